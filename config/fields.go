package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// field is one setting of a struct, as its tags describe it.
type field struct {
	index  int
	name   string
	typ    reflect.Type
	later  string
	checks checks
}

// checks is a check tag.
type checks struct {
	required, unique bool
	min, max         string
	oneof, later     []string
}

var (
	secretType          = reflect.TypeFor[Secret]()
	unmarshalerType     = reflect.TypeFor[Unmarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
	marshalerType       = reflect.TypeFor[Marshaler]()
	textMarshalerType   = reflect.TypeFor[encoding.TextMarshaler]()
	stringerType        = reflect.TypeFor[fmt.Stringer]()
)

// fieldsOf lists a struct's settings in the order of the struct.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, tagged := f.Tag.Lookup("yaml")
		switch {
		case name == "-" || !tagged && !f.IsExported():
			continue
		case !tagged:
			panic(fmt.Sprintf("BUG: %s.%s has no yaml tag", t, f.Name))
		}
		fields = append(fields, field{i, name, f.Type, f.Tag.Get("later"), parseChecks(t, f)})
	}
	return fields
}

func parseChecks(t reflect.Type, f reflect.StructField) (c checks) {
	tag := f.Tag.Get("check")
	if tag == "" {
		return c
	}
	for part := range strings.SplitSeq(tag, ",") {
		rule, arg, _ := strings.Cut(part, "=")
		switch rule {
		case "required":
			c.required = true
		case "unique":
			c.unique = true
		case "min":
			c.min = arg
		case "max":
			c.max = arg
		case "oneof":
			c.oneof = strings.Split(arg, "|")
		case "later":
			c.later = strings.Split(arg, "|")
		default:
			panic(fmt.Sprintf("BUG: %s.%s has the unknown check %q", t, f.Name, part))
		}
	}
	return c
}

// verify panics if a type, or one below it, cannot be decoded: with every start, not when a user first writes the key.
func verify(t reflect.Type, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	if selfDecoding(t) {
		mustShow(t)
		return
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		verify(t.Elem(), seen)
	case reflect.Map:
		mustBeBasic(t.Key())
		verify(t.Elem(), seen)
	case reflect.Struct:
		for _, f := range fieldsOf(t) {
			if f.later != "" {
				continue
			}
			if !t.Field(f.index).IsExported() {
				panic(fmt.Sprintf("BUG: %s: the field of %q is not exported", t, f.name))
			}
			verify(f.typ, seen)
			verifyChecks(t, f)
		}
	default:
		mustBeBasic(t)
	}
}

// selfDecoding tells a type that decodes itself.
func selfDecoding(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(unmarshalerType) || p.Implements(textUnmarshalerType)
}

// mustShow panics if Render could not show a struct that decodes itself.
func mustShow(t reflect.Type) {
	if t.Kind() == reflect.Struct && !t.Implements(marshalerType) && !t.Implements(textMarshalerType) && !t.Implements(stringerType) {
		panic(fmt.Sprintf("BUG: %s decodes itself and needs a String, MarshalText or MarshalConfig to be shown", t))
	}
}

func mustBeBasic(t reflect.Type) {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64:
		return
	}
	if !isInt(t.Kind()) && !isUint(t.Kind()) {
		panic(fmt.Sprintf("BUG: a setting of type %s cannot be decoded", t))
	}
}

func verifyChecks(owner reflect.Type, f field) {
	if f.checks.unique && indirect(f.typ).Kind() != reflect.Slice {
		panic(fmt.Sprintf("BUG: %s, setting %q: unique is for lists", owner, f.name))
	}
	for _, text := range []string{f.checks.min, f.checks.max} {
		if text == "" {
			continue
		}
		if t := indirect(f.typ); !hasLength(t) && !isInt(t.Kind()) && !isUint(t.Kind()) && t.Kind() != reflect.Float32 && t.Kind() != reflect.Float64 {
			panic(fmt.Sprintf("BUG: %s, setting %q: a %s has no bounds", owner, f.name, t))
		}
		if _, err := boundOf(indirect(f.typ), text); err != nil {
			panic(fmt.Sprintf("BUG: %s, setting %q: bound %q: %v", owner, f.name, text, err))
		}
	}
}

// indirect is what pointers point at in the end.
func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// boundOf reads a min or max for values of type t: for what has a length it is one, an int.
func boundOf(t reflect.Type, text string) (reflect.Value, error) {
	if hasLength(t) {
		n, err := strconv.Atoi(text)
		return reflect.ValueOf(n), err
	}
	v := reflect.New(t)
	if u, ok := v.Interface().(encoding.TextUnmarshaler); ok {
		return v.Elem(), u.UnmarshalText([]byte(text))
	}
	return v.Elem(), setBasic(v.Elem(), text)
}

func hasLength(t reflect.Type) bool {
	return t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.String
}
