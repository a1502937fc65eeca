package config

import (
	"bytes"
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Marshaler is an Unmarshaler that Render cannot tell from its type: it returns what it would be decoded from, nil for
// nothing.
type Marshaler interface{ MarshalConfig() any }

// Render writes the configuration as it takes effect, defaults filled in. Secrets and what came from outside are ***.
func (f *File) Render() []byte {
	r := renderer{f.d.hidden}
	root := r.structure(reflect.ValueOf(f).Elem(), "")
	renderSection(root, "sources", f.Sources, func(s *Source, full string) (string, *yaml.Node) {
		return s.Name, r.component(s.Component, full, sourceSettings{s.Action})
	})
	renderSection(root, "stages", f.Stages, func(s *Stage, full string) (string, *yaml.Node) {
		return s.Name, r.component(s.Component, full, stageSettings{})
	})
	renderSection(root, "sinks", f.Sinks, func(s *Sink, full string) (string, *yaml.Node) {
		return s.Name, r.component(s.Component, full, sinkSettings{Format: s.Format, Fields: s.Fields, Queue: s.Queue, Retry: s.Retry})
	})
	renderSection(root, "pipelines", f.Pipelines, func(p *Pipeline, full string) (string, *yaml.Node) {
		return p.Name, r.structure(reflect.ValueOf(p.settings()), join(full, p.Name))
	})
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		panic(fmt.Sprintf("BUG: render the configuration: %v", err))
	}
	return b.Bytes()
}

func renderSection[T any](root *yaml.Node, name string, all []T, render func(one T, full string) (string, *yaml.Node)) {
	m := &yaml.Node{Kind: yaml.MappingNode}
	for _, one := range all {
		key, value := render(one, name)
		put(m, key, value)
	}
	if len(m.Content) > 0 {
		put(root, name, m)
	}
}

// renderer turns typed settings back into YAML. A nil node stands for what is not set.
type renderer struct{ hidden map[string]bool }

func (r renderer) component(c Component, section string, common any) *yaml.Node {
	full := join(section, c.Name)
	m := &yaml.Node{Kind: yaml.MappingNode}
	put(m, c.Kind, r.settings(c.Config, join(full, c.Kind)))
	m.Content = append(m.Content, r.structure(reflect.ValueOf(common), full).Content...)
	return m
}

// settings renders a Config, which may be nil.
func (r renderer) settings(config any, full string) *yaml.Node {
	if config == nil {
		return &yaml.Node{Kind: yaml.MappingNode}
	}
	return r.structure(reflect.ValueOf(config).Elem(), full)
}

func (r renderer) structure(v reflect.Value, full string) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range fieldsOf(v.Type()) {
		// A zero that oneof does not allow is a default that depends on other settings: it can't be written.
		if one := v.Field(f.index); f.later == "" && !(one.IsZero() && f.checks.oneof != nil && !slices.Contains(f.checks.oneof, fmt.Sprint(one))) {
			put(m, f.name, r.value(one, join(full, f.name)))
		}
	}
	return m
}

func (r renderer) value(v reflect.Value, full string) *yaml.Node {
	if r.hidden[full] {
		return textNode(masked)
	}
	switch t := v.Interface().(type) {
	case Format:
		return r.format(t, full)
	case Marshaler:
		if out := t.MarshalConfig(); out != nil {
			return r.value(reflect.ValueOf(out), full)
		}
		return nil
	case encoding.TextMarshaler:
		return wordNode(v, marshalText(t))
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return r.value(v.Elem(), full)
	case reflect.Struct:
		if selfDecoding(v.Type()) {
			return wordNode(v, fmt.Sprint(v))
		}
		return r.structure(v, full)
	case reflect.Slice:
		return r.list(v, full)
	case reflect.Map:
		return r.mapping(v, full)
	}
	return wordNode(v, fmt.Sprint(v))
}

func marshalText(t encoding.TextMarshaler) string {
	text, err := t.MarshalText()
	if err != nil {
		panic(fmt.Sprintf("BUG: render a %T: %v", t, err))
	}
	return string(text)
}

func (r renderer) list(v reflect.Value, full string) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for i := range v.Len() {
		if n := r.value(v.Index(i), full+"["+strconv.Itoa(i)+"]"); n != nil {
			list.Content = append(list.Content, n)
		}
	}
	if len(list.Content) == 0 {
		return nil
	}
	return list
}

func (r renderer) mapping(v reflect.Value, full string) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	for _, k := range keys {
		put(m, fmt.Sprint(k), r.value(v.MapIndex(k), join(full, fmt.Sprint(k))))
	}
	if len(m.Content) == 0 {
		return nil
	}
	return m
}

func (r renderer) format(f Format, full string) *yaml.Node {
	options := r.settings(f.Config, join(full, f.Name))
	if len(options.Content) == 0 {
		return textNode(f.Name)
	}
	m := &yaml.Node{Kind: yaml.MappingNode}
	put(m, f.Name, options)
	return m
}

// wordNode is a scalar: a text is quoted where it could be read as a number, others are plain.
func wordNode(v reflect.Value, text string) *yaml.Node {
	switch v.Kind() {
	case reflect.Bool, reflect.Float32, reflect.Float64:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	}
	if isInt(v.Kind()) || isUint(v.Kind()) {
		return &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	}
	if text == "" {
		return nil
	}
	return textNode(hideUserinfo(text))
}

func textNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

func put(m *yaml.Node, key string, value *yaml.Node) {
	if value != nil {
		m.Content = append(m.Content, textNode(key), value)
	}
}

// settings is the pipeline as it would be written.
func (p *Pipeline) settings() (s pipelineSettings) {
	for _, c := range p.Sources {
		s.Sources = append(s.Sources, c.Name)
	}
	for _, c := range p.Stages {
		s.Stages = append(s.Stages, c.Name)
	}
	for _, c := range p.Sinks {
		s.Sinks = append(s.Sinks, c.Name)
	}
	return s
}
