package config

import (
	"errors"
	"reflect"

	"gopkg.in/yaml.v3"
)

// Unmarshaler is a setting that can be written in several ways: a word or a number, one text or a list, a word or a
// mapping. Its pointer type has the method. An error it returns is reported at the value.
//
//	func (s *Speed) UnmarshalConfig(v config.Value) error {
//		if word, _ := v.Text(); word == "max" {
//			*s = 0
//			return nil
//		}
//		return v.Decode((*float64)(s))
//	}
type Unmarshaler interface{ UnmarshalConfig(v Value) error }

// Form is the form of a Value.
type Form uint8

const (
	Scalar  Form = iota // a word, text or number
	List                // [a, b]
	Mapping             // {a: 1}
)

func (f Form) String() string { return [...]string{"a single value", "a list", "a mapping"}[f] }

// Value is what the file holds at one place, for an Unmarshaler.
type Value struct {
	d  *decoder
	at place
}

// Form says how the value is written.
func (v Value) Form() Form { return formOf(v.at.node) }

// given names what stands at a node where something else should.
func given(n *yaml.Node) string {
	if n.Tag == "!!null" && n.Kind == yaml.ScalarNode {
		return "nothing"
	}
	return formOf(n).String()
}

func formOf(n *yaml.Node) Form {
	switch n.Kind {
	case yaml.SequenceNode:
		return List
	case yaml.MappingNode:
		return Mapping
	}
	return Scalar
}

// Text returns the text of a scalar, with what it takes from outside filled in; it is "", false for a list or mapping.
// Where filling in fails, that is reported, the text is empty, and what UnmarshalConfig makes of it does not matter.
func (v Value) Text() (text string, ok bool) {
	if v.Form() != Scalar {
		return "", false
	}
	w, _ := v.d.scalar(v.at, nil)
	return w.text, true
}

// errReported is returned for a mistake that stands in the list already.
var errReported = errors.New("the value has mistakes, reported in their places")

// Decode decodes the value into what into points at, as strictly as a field of that type. The mistakes it finds
// are reported in their places; the error only says that there were some, and is for returning.
func (v Value) Decode(into any) error {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		panic("BUG: Decode into a value that is not a pointer")
	}
	if !v.d.value(v.at, target.Elem()) {
		return errReported
	}
	return nil
}
