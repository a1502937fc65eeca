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
	ok := n.Kind != yaml.MappingNode || d.inspectKeys(n, secret)
	for i, c := range n.Content {
		below := secret
		if !secret && n.Kind == yaml.MappingNode && i%2 == 1 && d.isSecret(n.Content[i-1]) {
			d.text.secrets = append(d.text.secrets, c, follow(c)) // with all that is in it
			below = true
		}
		ok = ok && d.inspect(c, depth+1, below)
	}
	d.text.leave(n)
	return ok
}

// inspectKeys looks for keys that are none, and for those that are secret. It reports whether decoding can go on.
func (d *decoder) inspectKeys(n *yaml.Node, secret bool) (ok bool) {
	ok = true
	first := map[string]*yaml.Node{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if secret || i > 0 && n.Style&yaml.FlowStyle != 0 && d.isRest(n.Content[i-2], n.Content[i+1]) {
			d.hiddenKeys[key] = true
			d.text.secrets = append(d.text.secrets, key)
		}
		switch before, again := first[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			d.found.add(d.finding(key, "a key must be a name, not "+keyForm(key)))
		case key.Tag == "!!merge":
			d.found.add(d.finding(key, "merge keys (<<) are not supported; give the whole block an anchor (&name) and repeat it with *name"))
		case key.Value == "" || key.Tag == "!!null":
			d.found.add(d.finding(key, "a key must be a name, not empty"))
		case len(key.Value) > maxKey:
			d.found.add(d.finding(key, fmt.Sprintf("a key has at most %d bytes", maxKey)))
			ok = false
		case again:
			d.found.add(d.finding(key, fmt.Sprintf("%s is given twice; first on line %d", d.keyWord(key), before.Line)))
		default:
			first[key.Value] = key
		}
	}
	return ok
}

// isRest tells whether a key without a value, as b in {password: a,b}, is the rest of the secret before it.
func (d *decoder) isRest(before, value *yaml.Node) bool {
	return value.Tag == "!!null" && value.Value == "" && d.isSecret(before)
}

func (d *decoder) isSecret(key *yaml.Node) bool { return d.hiddenKeys[key] || d.secretName(key.Value) }

// keyWord is a key for a message.
func (d *decoder) keyWord(key *yaml.Node) word { return word{key.Value, d.hiddenKeys[key]} }

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
		if len(key) <= 2*len(name) && distance(normal(key), normal(name)) <= min(2, len(name)/4) {
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
			names = secretsOf(kinds[name].configType(), names, seen)
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
