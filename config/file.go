package config

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"gopkg.in/yaml.v3"
)

// File is a whole configuration, complete with its defaults. It is not changed after Parse.
type File struct {
	DataDir         string   `yaml:"data_dir"`
	Host            string   `yaml:"host"` // default: the host's name
	Admin           Admin    `yaml:"admin" later:"not in this version: the listener for metrics and health"`
	Log             Log      `yaml:"log"`
	ShutdownTimeout Duration `yaml:"shutdown_timeout" check:"min=100ms,max=1h"`

	// In the order of the file.
	Sources   []*Source   `yaml:"-"`
	Stages    []*Stage    `yaml:"-"`
	Sinks     []*Sink     `yaml:"-"`
	Pipelines []*Pipeline `yaml:"-"`

	Warnings []Problem `yaml:"-"`

	d *decoder
}

// Log is the daemon's own log.
type Log struct {
	Level  string `yaml:"level" check:"oneof=debug|info|warn|error"`
	Format string `yaml:"format" check:"oneof=text|json"`
}

// Admin is the listener for metrics and health.
type Admin struct {
	Listen string `yaml:"listen" check:"required"`
}

// Check warns about a listener that others can reach: it asks nobody who they are.
func (a *Admin) Check(r *Report) {
	host, _, err := net.SplitHostPort(a.Listen)
	if err != nil {
		r.Errorf("listen", "%q is not host:port, such as 127.0.0.1:9111", a.Listen)
		return
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		r.Warnf("listen", "%q can be reached from other hosts, and answers everyone", a.Listen)
	}
}

// check looks at the top level.
func (f *File) check(r *Report) {
	if r.IsSet("data_dir") && !filepath.IsAbs(f.DataDir) {
		r.Errorf("data_dir", "must be an absolute path, such as /var/lib/nflogship")
	}
	if r.IsSet("data_dir") {
		r.Warnf("data_dir", "nothing is kept there in this version: no disk queue, no checkpoints, no dead letters")
	}
	if r.IsSet("host") && f.Host == "" {
		r.Errorf("host", "must not be empty; leave it out for the host's own name")
	}
}

// Load reads and parses the file at path. An error is an *Errors that holds everything wrong with it, or says why the
// file cannot be read.
func Load(path string, schema Schema, opts ...Option) (*File, error) {
	data, mode, err := readRegular(path, maxFileSize)
	if err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	return Parse(path, data, schema, append([]Option{withMode(mode)}, opts...)...)
}

// Parse parses a configuration; name stands in its errors, which are an *Errors.
func Parse(name string, data []byte, schema Schema, opts ...Option) (*File, error) {
	schema.verify()
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	d := newDecoder(name, data, schema, opts)
	f := &File{
		Log:             Log{Level: "info", Format: "text"},
		ShutdownTimeout: Duration(10 * time.Second),
		d:               d,
	}
	if at, ok := d.document(data); ok {
		d.file(at, f)
	}
	if err := d.errors(); err != nil {
		return nil, err
	}
	f.Warnings, _ = d.warned.problems(d.text, true)
	return f, nil
}

// Decode decodes one component's settings into what into points at, a Config with its defaults: for tests of components.
func Decode(settings string, into any, opts ...Option) error {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		panic("BUG: Decode into a value that is not a pointer")
	}
	verify(target.Type().Elem(), map[reflect.Type]bool{})
	spec := KindSpec{New: func() any { return reflect.New(target.Type().Elem()).Interface() }}
	d := newDecoder("settings", []byte(settings), Schema{Sources: map[string]KindSpec{"settings": spec}}, opts)
	if at, ok := d.document([]byte(settings)); ok {
		d.value(at, target.Elem())
	}
	return d.errors()
}

func newDecoder(name string, data []byte, schema Schema, opts []Option) *decoder {
	return &decoder{
		options:     newOptions(opts),
		schema:      schema,
		secretNames: declaredSecrets(schema),
		text:        newText(name, data),
		hidden:      map[string]bool{},
		hiddenKeys:  map[*yaml.Node]bool{},
	}
}

// document parses the YAML and looks it over.
func (d *decoder) document(data []byte) (at place, ok bool) {
	root := d.parseYAML(data)
	if root == nil || !d.inspect(root, 0, false) {
		d.text.hideByName(d.secretName)
		return at, false
	}
	for _, n := range d.text.secrets {
		d.text.hideNode(n)
	}
	return place{node: follow(root)}, true
}

// errors returns what was found, nil if nothing was.
func (d *decoder) errors() error {
	if d.found.count() == 0 {
		return nil
	}
	e := &Errors{}
	e.Problems, e.More = d.found.problems(d.text, false)
	return e
}

var sectionNames = []string{"sources", "stages", "sinks", "pipelines"}

// file decodes the whole document into f, component by component, and connects them.
func (d *decoder) file(at place, f *File) {
	sections := map[string]place{}
	d.structure(at, reflect.ValueOf(f).Elem(), func(key place) bool {
		if slices.Contains(sectionNames, key.path) {
			sections[key.path] = key
		} else {
			d.unknownKey(at, key.label, append(fieldNames(fieldsOf(reflect.TypeFor[File]())), sectionNames...))
		}
		return true
	})
	f.check(&Report{d: d, at: at})
	d.defaultHost(at, f)
	if formOf(at.node) == Mapping {
		newWiring(d, f, at, sections).connect()
	}
}

func (d *decoder) defaultHost(at place, f *File) {
	if f.Host != "" {
		return
	}
	name, err := d.hostname()
	if err == nil && name == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		d.fail(at, "the host's name is not known (%v); set host", err)
	}
	f.Host = name
}
