package config

import (
	"encoding"
	"reflect"

	"gopkg.in/yaml.v3"
)

const (
	maxDepth  = 64      // of nesting
	maxVisits = 200_000 // of values, each alias counting again
	maxKey    = 256     // bytes of a key: paths are made of keys
)

// decoder decodes one file. It is used by one goroutine, and afterwards read only.
type decoder struct {
	options
	schema      Schema
	text        *text
	secretNames []string // declared ones, to know their misspellings
	found       findings
	warned      findings
	visits      int
	hiddenKeys  map[*yaml.Node]bool // keys that are, or may be, a part of a secret
	hidden      map[string]bool     // full paths of what came from outside
	revealed    []string            // what came from outside and literal secrets: not to be repeated by what others write
}

// fail reports what is wrong at a place.
func (d *decoder) fail(at place, format string, args ...any) bool {
	d.found.add(d.finding(at.mark(), at.message(format, args)))
	return false
}

// warn reports what is allowed and better not done.
func (d *decoder) warn(at place, format string, args ...any) {
	d.warned.add(d.finding(at.mark(), at.message(format, args)))
}

func (d *decoder) finding(n *yaml.Node, message string) finding {
	return finding{posOf(n), d.text.width(n), message}
}

// foreign makes a finding of what a component says: it may repeat what must not be shown.
func (d *decoder) foreign(at place, path, format string, args []any) finding {
	target, _ := at.find(path)
	if path != "" && path[0] == '[' {
		at.path += path
	} else if path != "" {
		at.path = join(at.path, path)
	}
	return d.finding(target.mark(), d.scrub(at.message(format, args)))
}

// value decodes the value at a place into v, which can be set. It reports whether all of it was right.
func (d *decoder) value(at place, v reflect.Value) bool {
	if d.visits++; d.visits > maxVisits || at.depth > maxDepth {
		if d.visits <= maxVisits+1 {
			return d.fail(at, "too much: nested deeper than %d, or more than %d values; does an alias multiply?", maxDepth, maxVisits)
		}
		return false
	}
	if v.Kind() == reflect.Pointer {
		return d.pointer(at, v)
	}
	d.guard(at.node, v.Type())
	if at.node.Tag == "!!null" && at.node.Kind == yaml.ScalarNode {
		return d.fail(at, "has no value; %s, or remove the line", wantedOf(v.Type()))
	}
	ok := d.typed(at, v)
	if c, is := v.Addr().Interface().(Checker); is && ok {
		r := &Report{d: d, at: at}
		c.Check(r)
		return !r.failed
	}
	return ok
}

// guard masks the value wherever it is shown if it is a secret written in the file itself.
func (d *decoder) guard(n *yaml.Node, t reflect.Type) {
	if innermost(t) == secretType {
		d.text.hideNode(n)
	}
}

func (d *decoder) pointer(at place, v reflect.Value) bool {
	target := v
	if v.IsNil() {
		target = reflect.New(v.Type().Elem())
		setDefaults(target)
	}
	if !d.value(at, target.Elem()) {
		return false
	}
	v.Set(target)
	return true
}

// Defaulter gives a struct its defaults where no DefaultConfig can: behind a pointer that was nil, in a list or map.
type Defaulter interface{ SetDefaults() }

func setDefaults(pointer reflect.Value) {
	if s, ok := pointer.Interface().(Defaulter); ok {
		s.SetDefaults()
	}
}

// typed decodes by what the type can do, then by its kind.
func (d *decoder) typed(at place, v reflect.Value) bool {
	switch t := v.Addr().Interface().(type) {
	case Unmarshaler:
		return d.unmarshal(at, t)
	case encoding.TextUnmarshaler:
		return d.textual(at, v.Type(), t)
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.structure(at, v, nil)
	case reflect.Slice:
		return d.list(at, v)
	case reflect.Map:
		return d.mapping(at, v)
	}
	return d.basic(at, v)
}

func (d *decoder) unmarshal(at place, u Unmarshaler) bool {
	before := d.found.count()
	err := u.UnmarshalConfig(Value{d, at})
	switch {
	case err == nil:
		return d.found.count() == before
	case d.found.count() > before:
		// What it could not use is in the list already.
	case d.isHidden(at):
		d.fail(at, "%s is not allowed here", masked)
	default:
		d.found.add(d.foreign(at, "", "%v", []any{err}))
	}
	return false
}

func (d *decoder) list(at place, v reflect.Value) bool {
	if formOf(at.node) != List {
		return d.fail(at, "want a list, [...], not %s", given(at.node))
	}
	ok := true
	list := reflect.MakeSlice(v.Type(), len(at.node.Content), len(at.node.Content))
	for i, n := range at.node.Content {
		setDefaults(list.Index(i).Addr())
		ok = d.value(at.element(i, n), list.Index(i)) && ok
	}
	v.Set(list)
	return ok
}

func (d *decoder) mapping(at place, v reflect.Value) bool {
	if formOf(at.node) != Mapping {
		return d.fail(at, "want a mapping, {name: value}, not %s", given(at.node))
	}
	ok := true
	m := reflect.MakeMapWithSize(v.Type(), len(at.node.Content)/2)
	for key, value := range pairs(at.node) {
		k := reflect.New(v.Type().Key()).Elem()
		if err := setBasic(k, key.Value); err != nil {
			at := at.field(key, value)
			d.found.add(d.finding(key, at.message("the key %s %v", []any{quote(key.Value), err})))
			ok = false
			continue
		}
		e := reflect.New(v.Type().Elem())
		setDefaults(e)
		ok = d.value(at.field(key, value), e.Elem()) && ok
		m.SetMapIndex(k, e.Elem())
	}
	v.Set(m)
	return ok
}
