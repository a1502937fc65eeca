package config

import (
	"fmt"
	"reflect"
)

// Schema lists the kinds a file may name, so that this package can decode them and knows none of them.
type Schema struct {
	Sources, Stages, Sinks, Formats map[string]KindSpec
}

// KindSpec is one kind of source, stage, sink or format. The zero KindSpec is a kind without settings.
type KindSpec struct {
	// New returns a pointer to a Config that holds the kind's defaults; the file's settings are decoded over them.
	New func() any
	// Later, if not empty, refuses the kind and says why: "not in this version: the filter stage".
	Later string
	// Replays says of a source that it can read its events again: a full queue then blocks it by default.
	Replays bool
	// Summarises says of a stage that it makes summary events.
	Summarises bool
	// PacketsOnly says of a format that it has no place for summary events.
	PacketsOnly bool
}

// Kind makes the KindSpec of a component from its DefaultConfig.
func Kind[C any](defaults func() C) KindSpec {
	return KindSpec{New: func() any { c := defaults(); return &c }}
}

// ReplayKind is Kind for a source that can read its events again.
func ReplayKind[C any](defaults func() C) KindSpec {
	k := Kind(defaults)
	k.Replays = true
	return k
}

// LaterKind is a kind that is known and refused, for a reason in the user's words.
func LaterKind(reason string) KindSpec { return KindSpec{Later: reason} }

// config returns a new Config with its defaults, nil for a kind without settings.
func (k KindSpec) config() any {
	if k.New == nil {
		return nil
	}
	c := k.New()
	if v := reflect.ValueOf(c); v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("BUG: KindSpec.New returned a %T, not a pointer to a struct", c))
	}
	return c
}

// configType is the struct a kind's settings go to.
func (k KindSpec) configType() reflect.Type {
	if k.New == nil {
		return reflect.TypeFor[struct{}]()
	}
	return reflect.TypeOf(k.config()).Elem()
}

// verify panics if a kind's Config cannot be decoded.
func (s Schema) verify() {
	seen := map[reflect.Type]bool{}
	for _, kinds := range []map[string]KindSpec{s.Sources, s.Stages, s.Sinks, s.Formats} {
		for _, k := range kinds {
			verify(k.configType(), seen)
		}
	}
}
