package config

import (
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// structure decodes a mapping into a struct. Keys that are no field go to other, if there is one. It reports whether
// every field holds what it should: an unknown key is a mistake, but does not keep a Check from running.
func (d *decoder) structure(at place, v reflect.Value, other func(place) bool) bool {
	if formOf(at.node) != Mapping {
		if len(secretsOf(v.Type(), nil, map[reflect.Type]bool{})) > 0 {
			d.text.hideNode(at.node)
		}
		return d.fail(at, "want a mapping, {key: value}, not %s", given(at.node))
	}
	ok := true
	present, meant := map[string]bool{}, map[string]bool{}
	fields := fieldsOf(v.Type())
	for key, value := range pairs(at.node) {
		present[key.Value] = true
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == key.Value })
		switch {
		case i >= 0:
			ok = d.setting(at.field(key, value), v, fields[i]) && ok
		case other != nil:
			ok = other(at.field(key, value)) && ok
		default:
			names := fieldNames(fields)
			meant[nearest(key.Value, names)] = true
			d.unknownKey(at, key, names)
		}
	}
	for _, f := range fields {
		if !f.checks.required || present[f.name] {
			continue
		}
		ok = false
		if !meant[f.name] {
			d.fail(at, "%s is missing", quote(f.name))
		}
	}
	return ok
}

func (d *decoder) setting(at place, in reflect.Value, f field) bool {
	if f.later != "" {
		d.found.add(d.finding(at.label, at.message("%s", []any{f.later})))
		return true
	}
	v := in.Field(f.index)
	return d.value(at, v) && d.check(at, v, f.checks)
}

// maxListed is how many keys an error lists when it cannot guess which was meant.
const maxListed = 20

func (d *decoder) unknownKey(at place, key *yaml.Node, names []string) {
	if slices.Contains(at.beside, key.Value) {
		d.found.add(d.finding(key, at.message("%s stands beside %s, not inside it", []any{quote(key.Value), at.label.Value})))
		return
	}
	in := ""
	if called := at.called(); called != "" {
		in = " in " + called
	}
	guess := ""
	if !d.hiddenKeys[key] {
		guess = didYouMean(key.Value, names)
	}
	if guess == "" && len(names) > 0 && len(names) <= maxListed {
		guess = "; want one of " + strings.Join(names, ", ")
	}
	d.found.add(d.finding(key, "unknown key "+d.keyWord(key).String()+in+guess))
}

func fieldNames(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}
