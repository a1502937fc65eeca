// Package keys holds the options that formats made of JSON objects share: which top-level keys come out and under which
// names, the packet's bytes, and the sink's own fields.
package keys

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"nflogship/config"
)

// Options are what a user can choose. Keys go by the names they have without Rename.
type Options struct {
	Include []string          // these and no others
	Exclude []string          // all but these
	Rename  map[string]string // another name for a key
	Packet  string            // none, base64 or hex: the packet's bytes under PacketKey
}

// Format is a format to which they apply.
type Format struct {
	Name    string
	Keys    []string               // every top-level key, in the order in which they are printed
	Needs   []string               // the keys without which the format is none: never left out, never renamed
	Prefix  string                 // what own fields and the packet have before their names
	Spaced  bool                   // a space follows each comma and colon
	Invalid func(key string) error // what is wrong with a key that the user chose; nil: nothing ever is
}

// PacketKey is where the packet's bytes go.
const PacketKey = "packet"

// problem is a mistake in the setting at a path.
type problem struct{ at, text string }

// Check reports the mistakes in the options, for the Check of a format's Config.
func (f *Format) Check(r *config.Report, o Options) {
	for _, p := range f.problems(o, nil) {
		r.Errorf(p.at, "%s", p.text)
	}
}

// New returns what ends each object. Own fields come last, sorted by name.
func (f *Format) New(o Options, own map[string]string) (*Ending, error) {
	if found := f.problems(o, own); len(found) > 0 {
		return nil, errors.New(found[0].text)
	}
	return f.ending(o, own), nil
}

// choice is the options, ready to be asked.
type choice struct {
	*Format
	Options
	keys []string // the packet's included, if it is wanted
}

func (f *Format) choose(o Options) choice {
	c := choice{f, o, f.Keys}
	if o.Packet == "base64" || o.Packet == "hex" {
		c.keys = append(slices.Clip(c.keys), f.Prefix+PacketKey)
	}
	return c
}

// printed is what a key comes out as, "" for not at all.
func (c choice) printed(key string) string {
	switch {
	case slices.Contains(c.Needs, key), key == c.Prefix+PacketKey:
	case slices.Contains(c.Exclude, key), len(c.Include) > 0 && !slices.Contains(c.Include, key):
		return ""
	}
	return cmp.Or(c.Rename[key], key)
}

func (f *Format) problems(o Options, own map[string]string) (found []problem) {
	c := f.choose(o)
	if len(o.Include) > 0 && len(o.Exclude) > 0 {
		found = append(found, problem{"exclude", "include and exclude together: give the one or the other"})
	}
	found = append(found, c.unknown("include", o.Include)...)
	found = append(found, c.unknown("exclude", o.Exclude)...)
	for i, key := range o.Exclude {
		if slices.Contains(f.Needs, key) {
			found = append(found, problem{fmt.Sprintf("exclude[%d]", i), fmt.Sprintf("%q: the %s format is none without it", key, f.Name)})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(o.Rename)) {
		if text := c.badRename(key); text != "" {
			found = append(found, problem{"rename." + key, text})
		}
	}
	if len(found) > 0 {
		return found
	}
	return c.clashes(own)
}

func (c choice) unknown(setting string, keys []string) (found []problem) {
	for i, key := range keys {
		if !slices.Contains(c.keys, key) {
			found = append(found, problem{fmt.Sprintf("%s[%d]", setting, i), c.noSuch(key)})
		}
	}
	return found
}

func (c choice) noSuch(key string) string {
	text := fmt.Sprintf("the %s format has no key %q", c.Name, key)
	if first, _, dotted := strings.Cut(key, "."); dotted && slices.Contains(c.keys, first) {
		return text + fmt.Sprintf("; only whole top-level keys can be chosen: %q", first)
	}
	if guess := config.DidYouMean(key, c.keys); guess != "" {
		return text + guess
	}
	return text + "; it has " + strings.Join(c.keys, ", ")
}

func (c choice) badRename(key string) string {
	name := c.Rename[key]
	switch {
	case !slices.Contains(c.keys, key):
		return c.noSuch(key)
	case slices.Contains(c.Needs, key):
		return fmt.Sprintf("%q: the %s format is none without it under that name", key, c.Name)
	case c.printed(key) == "":
		return fmt.Sprintf("%q is left out by include or exclude: there is nothing to rename", key)
	case name == "":
		return fmt.Sprintf("%q needs a name", key)
	}
	return c.invalid(name)
}

func (c choice) invalid(key string) string {
	if c.Invalid == nil {
		return ""
	}
	if err := c.Invalid(key); err != nil {
		return err.Error()
	}
	return ""
}

// clashes finds two keys that would come out under one name.
func (c choice) clashes(own map[string]string) (found []problem) {
	from := map[string]string{}
	for _, key := range c.keys {
		name := c.printed(key)
		if other, taken := from[name]; taken && name != "" {
			at := key
			if c.Rename[at] == "" {
				at = other
			}
			found = append(found, problem{"rename." + at, fmt.Sprintf("%q and %q would both come out as %q: choose another name", other, key, name)})
		}
		from[name] = key
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		key := c.Prefix + name
		if _, taken := from[key]; taken {
			found = append(found, problem{"", fmt.Sprintf("own field %q: the %s event has a key of that name: choose another", name, c.Name)})
		}
		if text := c.invalid(key); text != "" {
			found = append(found, problem{"", fmt.Sprintf("own field %q: %s", name, text)})
		}
	}
	return found
}
