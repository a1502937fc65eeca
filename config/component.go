package config

import (
	"reflect"
	"regexp"
	"slices"
)

// Component is what every source, stage and sink has.
type Component struct {
	Name   string
	Kind   string
	Config any // what the kind's KindSpec.New returned, decoded into; nil for a kind without settings
	Pos    Pos

	at    place // of the kind's settings
	whole place // of the kind and what stands beside it
	d     *decoder
}

// Errorf makes an error about a setting of the component's Config, in the style of Parse: for what only shows when the
// component is built. The path is relative to the Config, "" means the component.
func (c *Component) Errorf(path, format string, args ...any) error {
	return c.errorAt(c.at, path, format, args)
}

// BesideErrorf is Errorf for a setting that stands beside the kind: "format", "fields".
func (c *Component) BesideErrorf(path, format string, args ...any) error {
	return c.errorAt(c.whole, path, format, args)
}

func (c *Component) errorAt(at place, path, format string, args []any) error {
	f := c.d.foreign(at, path, format, args)
	f.text = oneLine(f.text)
	return c.d.text.problem(f)
}

// Mask hides in a text what came from outside the file and passwords: for what the program says while it runs.
func (f *File) Mask(text string) string { return f.d.scrub(text) }

// Source is one source of events.
type Source struct {
	Component
	Replays bool // it can read its events again
	Action  *Action
}

// sourceSettings is what every source may have beside its kind.
type sourceSettings struct {
	Action *Action `yaml:"action"`
}

// Stage is one stage; each pipeline that names it has its own instance.
type Stage struct{ Component }

type stageSettings struct{}

// section is sources, stages or sinks.
type section struct {
	word  string // source
	kinds map[string]KindSpec
}

var validName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// name checks a name that becomes a metrics label and the name of a directory.
func (d *decoder) name(at place) bool {
	if validName.MatchString(at.label.Value) {
		return true
	}
	d.found.add(d.finding(at.label, at.owner+": a name has 1 to 64 letters, digits, _ and -"))
	return false
}

// component decodes NAME: {KIND: {...}, ...}. The settings beside KIND go to common.
func (d *decoder) component(s section, at place, common reflect.Value) (c Component, ok bool) {
	named := at.owned(s.word + " " + quote(at.label.Value))
	c = Component{Name: at.label.Value, Pos: posOf(at.label), at: named, whole: named, d: d}
	ok = d.name(named)
	if formOf(named.node) != Mapping {
		return c, d.fail(named, "want {KIND: {settings}}, where KIND is one of %s", anyOf(sortedKeys(s.kinds)))
	}
	var unknown []place
	ok = d.structure(named, common, func(at place) bool {
		switch {
		case !s.knows(at.path):
			unknown = append(unknown, at)
			return false
		case c.Kind != "":
			d.found.add(d.finding(at.label, named.message("has two kinds, %s and %s; give each a name of its own", []any{c.Kind, at.path})))
			return false
		}
		return d.kind(s, at, common.Type(), &c)
	}) && ok
	for _, at := range unknown {
		d.misplaced(s, named, at, c, common.Type())
	}
	if c.Kind == "" && len(unknown) == 0 {
		return c, d.fail(named, "has no kind; add one of %s", anyOf(sortedKeys(s.kinds)))
	}
	return c, ok
}

func (s section) knows(kind string) bool {
	_, known := s.kinds[kind]
	return known
}

// kind decodes the settings below KIND.
func (d *decoder) kind(s section, at place, common reflect.Type, c *Component) bool {
	spec := s.kinds[at.path]
	c.Kind = at.path
	if spec.Later != "" {
		d.found.add(d.finding(at.label, at.message("%s", []any{spec.Later})))
		return false
	}
	c.at = at.owned(at.owner + " (" + c.Kind + ")")
	c.at.beside = fieldNames(fieldsOf(common))
	target := reflect.New(spec.configType())
	if c.Config = spec.config(); c.Config != nil {
		target = reflect.ValueOf(c.Config)
	}
	return d.value(c.at, target.Elem())
}

// misplaced reports a key beside KIND that is neither a kind nor a setting that all have.
func (d *decoder) misplaced(s section, named, at place, c Component, common reflect.Type) {
	if spec, known := s.kinds[c.Kind]; known && slices.Contains(fieldNames(fieldsOf(spec.configType())), at.path) {
		d.found.add(d.finding(at.label, named.message("%s belongs inside %s", []any{quote(at.path), c.Kind})))
		return
	}
	names := fieldNames(fieldsOf(common))
	if c.Kind == "" {
		names = append(names, sortedKeys(s.kinds)...)
		d.found.add(d.finding(at.label, named.message("unknown kind %s, want one of %s%s",
			[]any{quote(at.path), anyOf(sortedKeys(s.kinds)), didYouMean(at.path, names)})))
		return
	}
	d.unknownKey(named, at.label, names)
}
