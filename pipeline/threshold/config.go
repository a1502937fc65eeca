// Package threshold is the stage that holds repeats back, with the words and the semantics of Snort's and Suricata's
// thresholds, and says in a summary event how many it held back.
package threshold

import (
	"fmt"
	"time"

	"nflogship/config"
	"nflogship/event"
)

// Config is what a user writes under threshold:.
type Config struct {
	Type    string  `yaml:"type" check:"required,oneof=limit|threshold|both,later=detection_filter|rate_filter"`
	Track   Track   `yaml:"track" check:"required"`
	Count   uint32  `yaml:"count" check:"required,min=1"`
	Seconds float64 `yaml:"seconds" check:"required,min=0.001,max=604800"`
	MaxKeys int     `yaml:"max_keys" check:"min=1,max=16777216"` // remembered at once; an event for one more passes
}

// DefaultConfig remembers a quarter of a million keys: some 40 MiB when all of them are in use.
func DefaultConfig() Config { return Config{MaxKeys: 1 << 18} }

func (c *Config) window() int64 { return int64(c.Seconds * float64(time.Second)) }

// Track is what makes two events the same: a list of fields, or a word for some.
type Track struct {
	Fields []event.Field
	Both   bool // both directions between two addresses are the same: Fields is src, dst
	word   string
}

// maxFields is how many fields a Summary's key holds.
const maxFields = len(event.Summary{}.Key)

var trackWords = map[string]Track{
	"both": {Fields: []event.Field{event.FieldSrc, event.FieldDst}, Both: true, word: "both"},
	"rule": {Fields: []event.Field{event.FieldPrefix, event.FieldGroup}, word: "rule"},
}

// snortWords are what users of Snort and Suricata would write.
var snortWords = map[string]string{"by_src": "[src]", "by_dst": "[dst]", "by_both": "both", "by_rule": "rule"}

// UnmarshalConfig reads a list of fields, or the word both or rule.
func (t *Track) UnmarshalConfig(v config.Value) error {
	word, ok := v.Text()
	if !ok {
		return t.list(v)
	}
	known, ok := trackWords[word]
	if !ok {
		if ours := snortWords[word]; ours != "" {
			return fmt.Errorf("track: %s is written track: %s", word, ours)
		}
		return fmt.Errorf("track takes a list of fields such as [src, dst_port], or the word both (both directions between two addresses) or rule (prefix and group)")
	}
	*t = known
	return nil
}

func (t *Track) list(v config.Value) error {
	*t = Track{}
	if err := v.Decode(&t.Fields); err != nil {
		return err
	}
	if n := len(t.Fields); n == 0 || n > maxFields {
		return fmt.Errorf("track takes 1 to %d fields, not %d", maxFields, n)
	}
	seen := map[event.Field]bool{}
	for _, f := range t.Fields {
		if seen[f] {
			return fmt.Errorf("track names %s twice", f)
		}
		seen[f] = true
	}
	return nil
}

// MarshalConfig gives back what the setting is written as.
func (t Track) MarshalConfig() any {
	if t.word != "" {
		return t.word
	}
	return t.Fields
}
