package docs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"nflogship/encode/encodetest"
)

// key is one that the goldens print, with the first value they have of it.
type key struct{ top, path, kind, value string }

// keys is the table of all keys that the goldens print, in the order of the format's own list.
func keys(t *testing.T, f format, lines string) string {
	var all []key
	for line := range strings.Lines(lines) {
		at := 0
		for _, k := range flat(t, "", "", strings.TrimSuffix(line, "\n")) {
			if i := slices.IndexFunc(all, func(o key) bool { return o.path == k.path }); i >= 0 {
				at = i + 1
				continue
			}
			all = slices.Insert(all, at, k)
			at++
		}
	}
	slices.SortStableFunc(all, func(a, b key) int { return slices.Index(f.keys, a.top) - slices.Index(f.keys, b.top) })
	var p strings.Builder
	p.WriteString("## Keys\n\nEach with a value from the golden files. A key whose value the message did not contain is left out.\n\n" +
		"| key | type | such as |\n|---|---|---|\n")
	for _, k := range all {
		fmt.Fprintf(&p, "| `%s` | %s | %s |\n", k.path, k.kind, cell(code(k.value)))
	}
	var more []string
	for _, name := range f.keys {
		if !slices.ContainsFunc(all, func(k key) bool { return k.top == name }) {
			more = append(more, "`"+name+"`")
		}
	}
	if len(more) > 0 {
		fmt.Fprintf(&p, "\nIn none of them, but possible: %s.\n", strings.Join(more, ", "))
	}
	return p.String()
}

// flat lists the scalars and lists of an object, those within joined by dots.
func flat(t *testing.T, top, prefix, object string) (found []key) {
	for _, m := range encodetest.Members(t, []byte(object)) {
		path, first := prefix+m.Key, cmp.Or(top, m.Key)
		switch kind := kindOfJSON(m.Value); kind {
		case "object":
			found = append(found, flat(t, first, path+".", m.Value)...)
		case "list of objects":
			var items []json.RawMessage
			if err := json.Unmarshal([]byte(m.Value), &items); err != nil {
				t.Fatal(err)
			}
			found = append(found, flat(t, first, path+"[].", string(items[0]))...)
		default:
			found = append(found, key{first, path, kind, m.Value})
		}
	}
	return found
}

func kindOfJSON(value string) string {
	switch {
	case strings.HasPrefix(value, "[{"):
		return "list of objects"
	case value[0] == '{':
		return "object"
	case value[0] == '[':
		return "list"
	case value[0] == '"':
		return "string"
	case value == "true", value == "false":
		return "boolean"
	}
	return "number"
}
