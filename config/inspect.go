package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// inspect reports what is wrong with the document whatever its types: it also learns where each value ends, and masks
// what is secret by its name, since not all of the file may come to be decoded. It reports whether decoding can go on.
func (d *decoder) inspect(n *yaml.Node, depth int, secret bool) bool {
	d.text.visit(n)
	if depth > maxDepth {
		d.found.add(d.finding(n, fmt.Sprintf("nested deeper than %d", maxDepth)))
		return false
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.found.add(d.finding(n, "YAML tags (!) are not supported; put a text that starts with ! in quotes"))
	}
	ok := true
	for i, c := range n.Content {
		below := secret
		if n.Kind == yaml.MappingNode && i%2 == 1 && d.secretName(n.Content[i-1].Value) {
			d.text.secrets = append(d.text.secrets, c, follow(c))
			below = true
		}
		ok = ok && d.inspect(c, depth+1, below)
	}
	if n.Kind == yaml.MappingNode {
		d.inspectKeys(n, secret)
	}
	d.text.leave(n)
	return ok
}

func (d *decoder) inspectKeys(n *yaml.Node, secret bool) {
	first := map[string]*yaml.Node{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		switch before, again := first[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			d.found.add(d.finding(key, "a key must be a name, not "+keyForm(key)))
		case key.Tag == "!!merge":
			d.found.add(d.finding(key, "merge keys (<<) are not supported; give the whole block an anchor (&name) and repeat it with *name"))
		case key.Value == "" || key.Tag == "!!null":
			d.found.add(d.finding(key, "a key must be a name, not empty"))
		case again:
			d.found.add(d.finding(key, fmt.Sprintf("%s is given twice; first on line %d", word{key.Value, secret}, before.Line)))
		default:
			first[key.Value] = key
		}
	}
}

func keyForm(n *yaml.Node) string {
	if n.Kind == yaml.AliasNode {
		return "an alias"
	}
	return formOf(n).String()
}

// sensitive finds names under which secrets are kept.
var sensitive = regexp.MustCompile(`(?i)passw|passphrase|secret|token|credential|api_?key|private|pwd`)

// secretName tells whether a key holds a secret: by its sound, or as a slip of one that is declared.
func (d *decoder) secretName(key string) bool {
	if sensitive.MatchString(key) {
		return true
	}
	for _, name := range d.secretNames {
		if distance(normal(key), normal(name)) <= min(2, len(name)/4) {
			return true
		}
	}
	return false
}

// declaredSecrets collects the names of all settings in the schema that hold a Secret.
func declaredSecrets(s Schema) (names []string) {
	seen := map[reflect.Type]bool{}
	for _, kinds := range []map[string]KindSpec{s.Sources, s.Stages, s.Sinks, s.Formats} {
		for _, name := range sortedKeys(kinds) {
			if t := kinds[name].configType(); t != nil {
				names = secretsOf(t, names, seen)
			}
		}
	}
	return names
}

func secretsOf(t reflect.Type, names []string, seen map[reflect.Type]bool) []string {
	t = innermost(t)
	if t.Kind() != reflect.Struct || t == secretType || seen[t] {
		return names
	}
	seen[t] = true
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		if innermost(f.Type) == secretType && name != "" && name != "-" {
			names = append(names, name)
		}
		names = secretsOf(f.Type, names, seen)
	}
	return names
}

// innermost is what lists, maps and pointers hold in the end.
func innermost(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.Pointer || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	return t
}

// refersOnly tells whether a text says where a secret is and nothing of the secret itself.
func refersOnly(s string) bool {
	return strings.HasPrefix(s, "file:/") || variable.FindString(s) == s && s != ""
}
