package config

import (
	"reflect"
	"time"
)

// Sink is one sink with what every sink has.
type Sink struct {
	Component
	Format Format
	Fields map[string]string
	Queue  Queue
	Retry  Retry
}

// sinkSettings is what every sink may have beside its kind.
type sinkSettings struct {
	Format Format            `yaml:"format"`
	Fields map[string]string `yaml:"fields"` // of our own, the same in every event
	Queue  Queue             `yaml:"queue"`
	Retry  Retry             `yaml:"retry"`
	_      struct{}          `yaml:"dead_letter" later:"not in this version: dead letters"`
}

// Queue bounds what waits for a sink.
type Queue struct {
	MaxBytes  Size     `yaml:"max_bytes" check:"min=1KiB"`
	MaxEvents int      `yaml:"max_events" check:"min=1"`
	WhenFull  string   `yaml:"when_full" check:"oneof=block|drop_newest|drop_oldest,later=spill|summarise"` // default: block where every source can replay, else drop_newest
	_         struct{} `yaml:"disk_max_bytes" later:"not in this version: the disk queue"`
	_         struct{} `yaml:"durable" later:"not in this version: the disk queue"`
}

// Retry says how long a sink tries again.
type Retry struct {
	Initial     Duration `yaml:"initial" check:"min=1ms"`
	Max         Duration `yaml:"max" check:"min=1ms"`
	MaxAge      Duration `yaml:"max_age"`                    // 0: without end
	MaxAttempts int      `yaml:"max_attempts" check:"min=0"` // 0: without end
}

// Check compares the bounds.
func (c *Retry) Check(r *Report) {
	if c.Initial > c.Max {
		path := "initial"
		if !r.IsSet(path) {
			path = "max"
		}
		r.Errorf(path, "initial (%s) is longer than max (%s)", c.Initial, c.Max)
	}
	if c.MaxAge != 0 && c.MaxAge < c.Initial {
		r.Errorf("max_age", "max_age (%s) is shorter than initial (%s): nothing would be tried again", c.MaxAge, c.Initial)
	}
}

func defaultSinkSettings() sinkSettings {
	return sinkSettings{
		Format: Format{Name: "json"},
		Queue:  Queue{MaxBytes: 64 * MiB, MaxEvents: 200_000},
		Retry:  Retry{Initial: Duration(100 * time.Millisecond), Max: Duration(30 * time.Second)},
	}
}

// Format is how a sink's events are encoded: format: json, or format: {ulogd: {eventv1: true}}.
type Format struct {
	Name   string
	Config any // as Component.Config
}

// FormatChecker is a sink's Config that does not take every format. The error is reported at the format.
type FormatChecker interface{ CheckFormat(format string) error }

// UnmarshalConfig implements Unmarshaler.
func (f *Format) UnmarshalConfig(v Value) error {
	d, at := v.d, v.at
	if v.Form() == Scalar {
		if name, ok := d.scalar(at, nil); ok {
			d.format(at, name.text, nil, f)
		}
		return nil
	}
	if v.Form() != Mapping || len(at.node.Content) != 2 {
		d.fail(at, "want a format's name, or {NAME: {options}} with one name")
		return nil
	}
	for key, value := range pairs(at.node) {
		options := at.field(key, value)
		d.format(options, key.Value, &options, f)
	}
	return nil
}

// format looks a format up and decodes its options, if there are any.
func (d *decoder) format(at place, name string, options *place, f *Format) {
	spec, known := d.schema.Formats[name]
	switch names := sortedKeys(d.schema.Formats); {
	case !known && d.isHidden(at):
		d.fail(at, "%s is not one of %s", masked, anyOf(names))
		return
	case !known:
		d.fail(at, "unknown format %s, want one of %s%s", quote(name), anyOf(names), didYouMean(name, names))
		return
	case spec.Later != "":
		d.fail(at, "%s", spec.Later)
		return
	}
	f.Name, f.Config = name, spec.config()
	if options == nil {
		return
	}
	target := reflect.New(spec.configType())
	if f.Config != nil {
		target = reflect.ValueOf(f.Config)
	}
	d.value(*options, target.Elem())
}

// sink decodes one sink.
func (d *decoder) sink(at place) (*Sink, bool) {
	set := defaultSinkSettings()
	c, ok := d.component(section{"sink", d.schema.Sinks}, at, reflect.ValueOf(&set).Elem())
	if set.Format.Config == nil {
		set.Format.Config = d.schema.Formats[set.Format.Name].config()
	}
	if checker, is := c.Config.(FormatChecker); is && ok {
		if err := checker.CheckFormat(set.Format.Name); err != nil {
			named := at.owned("sink " + quote(c.Name))
			d.found.add(d.foreign(named, "format", "%v", []any{err}))
			ok = false
		}
	}
	return &Sink{c, set.Format, set.Fields, set.Queue, set.Retry}, ok
}
