package config

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// check applies a check tag to a value that was decoded.
func (d *decoder) check(at place, v reflect.Value, c checks) bool {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if c.required && isEmpty(v) {
		return d.fail(at, "must not be empty")
	}
	return d.bounds(at, v, c) && d.words(at, v, c) && d.unique(at, v, c)
}

func isEmpty(v reflect.Value) bool {
	if s, ok := v.Interface().(Secret); ok {
		return !s.IsSet()
	}
	return hasLength(v.Type()) && v.Len() == 0
}

func (d *decoder) bounds(at place, v reflect.Value, c checks) bool {
	noun, measured := "", v
	switch {
	case v.Kind() == reflect.String:
		noun, measured = " characters", reflect.ValueOf(utf8.RuneCountInString(v.String()))
	case hasLength(v.Type()):
		noun, measured = " entries", reflect.ValueOf(v.Len())
	}
	for _, b := range []struct {
		text, word string
		wrong      int
	}{{c.min, "least", -1}, {c.max, "most", 1}} {
		if b.text == "" {
			continue
		}
		limit, err := boundOf(v.Type(), b.text)
		if err != nil {
			panic(fmt.Sprintf("BUG: the bound %q of %s: %v", b.text, at.full, err))
		}
		if compare(measured, limit) == b.wrong {
			is := fmt.Sprint(measured)
			if d.isHidden(at) {
				is = masked
			}
			return d.fail(at, "must be at %s %s%s, is %s", b.word, b.text, noun, is)
		}
	}
	return true
}

// compare orders two numbers of one kind.
func compare(a, b reflect.Value) int {
	switch {
	case isInt(a.Kind()):
		return cmp.Compare(a.Int(), b.Int())
	case isUint(a.Kind()):
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	}
	panic(fmt.Sprintf("BUG: min and max of a %s", a.Type()))
}

// words checks oneof and later: of the value, or of each element.
func (d *decoder) words(at place, v reflect.Value, c checks) bool {
	if c.oneof == nil && c.later == nil {
		return true
	}
	if v.Kind() != reflect.Slice {
		return d.word(at, v, c)
	}
	ok := true
	for i := range v.Len() {
		ok = d.word(at.entry(i), v.Index(i), c) && ok
	}
	return ok
}

func (d *decoder) word(at place, v reflect.Value, c checks) bool {
	word := fmt.Sprint(v)
	if slices.Contains(c.oneof, word) {
		return true
	}
	shown, guess := quote(word), ""
	if d.isHidden(at) {
		shown = masked
	} else {
		guess = didYouMean(word, c.oneof)
	}
	if slices.Contains(c.later, word) {
		return d.fail(at, "%s is not in this version; use %s", shown, anyOf(c.oneof))
	}
	return d.fail(at, "%s is not one of %s%s", shown, anyOf(c.oneof), guess)
}

func (d *decoder) unique(at place, v reflect.Value, c checks) bool {
	if !c.unique {
		return true
	}
	ok := true
	first := map[string]*yaml.Node{}
	for i := range v.Len() {
		element := at.entry(i)
		word := fmt.Sprint(v.Index(i))
		if _, again := first[word]; !again {
			first[word] = element.node
			continue
		}
		shown := quote(word)
		if d.isHidden(element) {
			shown = masked
		}
		ok = d.fail(element, "%s stands in the list twice", shown)
	}
	return ok
}
