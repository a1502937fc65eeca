package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Pipeline connects sources through stages to sinks: every event of every source runs through the stages in their order
// and goes to every sink. A stage that several pipelines name has an instance in each; a sink has one queue for all.
//
// Where the file has no pipelines, one called main connects all sources, through all stages in the order of the file,
// with all sinks. That is allowed where there is one source or one sink, and so one way only to connect them; with
// several of both the file has to say which goes where.
type Pipeline struct {
	Name    string
	Sources []*Source
	Stages  []*Stage
	Sinks   []*Sink
	Pos     Pos
}

// pipelineSettings is a pipeline as it is written.
type pipelineSettings struct {
	Sources []string `yaml:"sources" check:"required,unique"`
	Stages  []string `yaml:"stages" check:"unique"`
	Sinks   []string `yaml:"sinks" check:"required,unique"`
}

// wiring decodes the sections and connects what is in them.
type wiring struct {
	d        *decoder
	f        *File
	root     place
	sections map[string]place
	sources  parts[Source]
	stages   parts[Stage]
	sinks    parts[Sink]
	broken   bool // some name in a pipeline is wrong: what is unused cannot be told
}

// parts is a section's components by name; one that has mistakes is nil, and known by its name still.
type parts[T any] struct {
	word   string
	byName map[string]*T
	places []place
	used   map[string]bool
}

func newWiring(d *decoder, f *File, root place, sections map[string]place) *wiring {
	return &wiring{d: d, f: f, root: root, sections: sections}
}

func (w *wiring) connect() {
	w.sources = decodeParts(w, "source", w.source)
	w.stages = decodeParts(w, "stage", w.stage)
	w.sinks = decodeParts(w, "sink", w.d.sink)
	w.f.Sources, w.f.Stages, w.f.Sinks = w.sources.good(), w.stages.good(), w.sinks.good()
	if len(w.sources.places) == 0 || len(w.sinks.places) == 0 {
		w.nothingToConnect()
		return
	}
	if at, written := w.sections["pipelines"]; written {
		w.pipelines(at)
	} else {
		w.implicit()
	}
	for _, s := range w.f.Sinks {
		w.defaultWhenFull(s)
	}
	w.warnSummaries()
}

func (w *wiring) nothingToConnect() {
	for _, s := range []struct {
		name string
		n    int
	}{{"sources", len(w.sources.places)}, {"sinks", len(w.sinks.places)}} {
		at, written := w.sections[s.name]
		switch {
		case s.n > 0:
		case !written:
			w.d.fail(w.root, "%s is missing", quote(s.name))
		case formOf(at.node) == Mapping:
			w.d.fail(at, "has none in it")
		}
	}
}

// decodeParts decodes the components of one section in the order of the file.
func decodeParts[T any](w *wiring, word string, decode func(place) (*T, bool)) parts[T] {
	p := parts[T]{word: word, byName: map[string]*T{}, used: map[string]bool{}}
	at, written := w.sections[word+"s"]
	if !written {
		return p
	}
	if formOf(at.node) != Mapping {
		w.d.fail(at, "want a mapping, {NAME: {KIND: {settings}}}, not %s", given(at.node))
		return p
	}
	for key, value := range pairs(at.node) {
		c, ok := decode(at.field(key, value))
		if !ok {
			c = nil
		}
		p.byName[key.Value] = c
		p.places = append(p.places, at.field(key, value))
	}
	return p
}

func (w *wiring) source(at place) (*Source, bool) {
	set := sourceSettings{}
	c, ok := w.d.component(section{"source", w.d.schema.Sources}, at, reflect.ValueOf(&set).Elem())
	return &Source{c, w.d.schema.Sources[c.Kind].Replays, set.Action}, ok
}

func (w *wiring) stage(at place) (*Stage, bool) {
	c, ok := w.d.component(section{"stage", w.d.schema.Stages}, at, reflect.ValueOf(&stageSettings{}).Elem())
	return &Stage{c}, ok
}

// good lists the components without mistakes in the order of the file.
func (p parts[T]) good() (list []*T) {
	for _, at := range p.places {
		if c := p.byName[at.label.Value]; c != nil {
			list = append(list, c)
		}
	}
	return list
}

func (p parts[T]) names() (names []string) {
	for _, at := range p.places {
		names = append(names, at.label.Value)
	}
	return names
}

// pipelines decodes the pipelines that are written, then looks for what none of them uses.
func (w *wiring) pipelines(at place) {
	if formOf(at.node) != Mapping || len(at.node.Content) == 0 {
		w.d.fail(at, "want a mapping, {NAME: {sources: [...], stages: [...], sinks: [...]}}")
		return
	}
	for key, value := range pairs(at.node) {
		w.pipeline(at.field(key, value))
	}
	if !w.broken {
		reportUnused(w, w.sources)
		reportUnused(w, w.stages)
		reportUnused(w, w.sinks)
	}
}

func (w *wiring) pipeline(at place) {
	at = at.owned("pipeline " + quote(at.label.Value))
	w.d.name(at)
	var set pipelineSettings
	if !w.d.value(at, reflect.ValueOf(&set).Elem()) {
		w.broken = true
	}
	w.f.Pipelines = append(w.f.Pipelines, &Pipeline{
		Name:    at.label.Value,
		Sources: resolve(w, at, w.sources, set.Sources),
		Stages:  resolve(w, at, w.stages, set.Stages),
		Sinks:   resolve(w, at, w.sinks, set.Sinks),
		Pos:     posOf(at.label),
	})
}

// resolve finds the components that a pipeline names.
func resolve[T any](w *wiring, pipeline place, p parts[T], names []string) (list []*T) {
	for i, name := range names {
		p.used[name] = true
		c, known := p.byName[name]
		if c != nil {
			list = append(list, c)
		}
		if known {
			continue
		}
		w.broken = true
		at, _ := pipeline.find(fmt.Sprintf("%ss[%d]", p.word, i))
		if w.d.isHidden(at) {
			w.d.fail(at, "%s is no %s", masked, p.word)
			continue
		}
		w.d.fail(at, "there is no %s %s%s", p.word, quote(name), didYouMean(name, p.names()))
	}
	return list
}

// reportUnused finds what no pipeline names.
func reportUnused[T any](w *wiring, p parts[T]) {
	for _, at := range p.places {
		if name := at.label.Value; !p.used[name] {
			w.d.found.add(w.d.finding(at.label, fmt.Sprintf("%s %s is in no pipeline; add it to one, or remove it", p.word, quote(name))))
		}
	}
}

// implicit connects everything where the file has no pipelines.
func (w *wiring) implicit() {
	if len(w.sources.places) > 1 && len(w.sinks.places) > 1 {
		w.d.fail(w.sections["sinks"], "%d sources and %d sinks can be connected in more than one way; add for instance pipelines: {main: {sources: [%s], stages: [%s], sinks: [%s]}}",
			len(w.sources.places), len(w.sinks.places),
			strings.Join(w.sources.names(), ", "), strings.Join(w.stages.names(), ", "), strings.Join(w.sinks.names(), ", "))
		return
	}
	w.f.Pipelines = []*Pipeline{{Name: "main", Sources: w.f.Sources, Stages: w.f.Stages, Sinks: w.f.Sinks}}
}

// defaultWhenFull blocks only what can wait: a source that cannot replay would lose events unseen in the kernel.
func (w *wiring) defaultWhenFull(s *Sink) {
	if s.Queue.WhenFull != "" {
		return
	}
	s.Queue.WhenFull = "block"
	for _, p := range w.f.Pipelines {
		for _, source := range p.Sources {
			if !source.Replays && slices.Contains(p.Sinks, s) {
				s.Queue.WhenFull = "drop_newest"
			}
		}
	}
}

// warnSummaries tells of sinks whose format leaves out what a stage before them makes.
func (w *wiring) warnSummaries() {
	told := map[string]bool{}
	for _, p := range w.f.Pipelines {
		stage := w.summarising(p)
		for _, s := range p.Sinks {
			if stage != "" && w.d.schema.Formats[s.Format.Name].PacketsOnly && !told[s.Name] {
				told[s.Name] = true
				w.warnLeftOut(s, stage)
			}
		}
	}
}

// summarising is the name of a stage of the pipeline that makes summary events, "" for none.
func (w *wiring) summarising(p *Pipeline) string {
	for _, s := range p.Stages {
		if w.d.schema.Stages[s.Kind].Summarises {
			return s.Name
		}
	}
	return ""
}

func (w *wiring) warnLeftOut(s *Sink, stage string) {
	for _, at := range w.sinks.places {
		if at.label.Value == s.Name {
			named := at.owned("sink " + quote(s.Name))
			w.d.warned.add(w.d.foreign(named, "format", "the format %s has no place for the summary events of stage %s: they are left out, and counted",
				[]any{s.Format.Name, quote(stage)}))
		}
	}
}
