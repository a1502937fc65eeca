package config

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// every holds each kind of setting once.
type every struct {
	Text    string            `yaml:"text" check:"min=2,max=4"`
	Flag    bool              `yaml:"flag"`
	Small   int8              `yaml:"small" check:"min=-5"`
	Count   uint32            `yaml:"count"`
	Factor  float64           `yaml:"factor" check:"min=0.5,max=2"`
	Size    Size              `yaml:"size" check:"min=1KiB,max=1MiB"`
	Wait    Duration          `yaml:"wait" check:"min=10ms,max=1d"`
	Secret  Secret            `yaml:"secret"`
	Prefix  netip.Prefix      `yaml:"prefix"`
	List    []string          `yaml:"list" check:"unique,max=2"`
	Words   []string          `yaml:"words" check:"oneof=a|bcd|e,later=f"`
	Names   map[uint16]string `yaml:"names" check:"max=2"`
	Maybe   *int              `yaml:"maybe" check:"max=9"`
	Stream  *streamConfig     `yaml:"stream"`
	Streams []streamConfig    `yaml:"streams"`
	Secrets []Secret          `yaml:"secrets"`
	Speed   speed             `yaml:"speed"`
	Track   oneMany           `yaml:"track" check:"oneof=src|dst,unique,max=2"`
	Later   string            `yaml:"later" later:"not in this version: this"`
	Skipped func()            `yaml:"-"`
}

func TestDecode(t *testing.T) {
	nine := 9
	for _, c := range []struct {
		name, settings string
		want           every
	}{
		{"nothing", "{}", every{}},
		{"a word", "text: fw", every{Text: "fw"}},
		{"a text that looks like a number", "text: 0640", every{Text: "0640"}},
		{"a text that looks like a boolean", "text: no", every{Text: "no"}},
		{"a flag", "flag: true", every{Flag: true}},
		{"the least number", "small: -5", every{Small: -5}},
		{"a quoted number", `count: "7"`, every{Count: 7}},
		{"the greatest number", "count: 4294967295", every{Count: 4294967295}},
		{"a whole factor", "factor: 1", every{Factor: 1}},
		{"a size", "size: 64KiB", every{Size: 64 * KiB}},
		{"a time", "wait: 1d", every{Wait: Duration(day)}},
		{"a number as a secret", "secret: 1234", every{Secret: NewSecret("1234")}},
		{"a text unmarshaler", "prefix: 10.0.0.0/8", every{Prefix: netip.MustParsePrefix("10.0.0.0/8")}},
		{"a list", "list: [a, b]", every{List: []string{"a", "b"}}},
		{"an empty list", "list: []", every{List: []string{}}},
		{"integer keys", "names: {2: va, 70: vb}", every{Names: map[uint16]string{2: "va", 70: "vb"}}},
		{"a pointer", "maybe: 9", every{Maybe: &nine}},
		{"defaults behind a pointer", "stream: {name: x}", every{Stream: newStream("x", 1)}},
		{"defaults in a list", "streams: [{name: x}, {name: y, replicas: 3}]", every{Streams: []streamConfig{*newStream("x", 1), *newStream("y", 3)}}},
		{"the word", "speed: max", every{}},
		{"the number", "speed: 0.5", every{Speed: 0.5}},
		{"one word", "track: src", every{Track: oneMany{"src"}}},
		{"a list of words", "track: [src, dst]", every{Track: oneMany{"src", "dst"}}},
		{"an alias", "list: &l [a]\nwords: *l", every{List: []string{"a"}, Words: []string{"a"}}},
		{"two aliases, two structs", "stream: &s {name: x}\nstreams: [*s, *s]", every{Stream: newStream("x", 1), Streams: []streamConfig{*newStream("x", 1), *newStream("x", 1)}}},
		{"a folded text", "text: >-\n  a\n  b\n", every{Text: "a b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got every
			if err := Decode(c.settings, &got); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func newStream(name string, replicas int) *streamConfig {
	s := &streamConfig{}
	s.SetDefaults()
	s.Name, s.Replicas = name, replicas
	return s
}

func TestDecodeOverDefaults(t *testing.T) {
	got := every{Text: "old", List: []string{"a", "b"}, Names: map[uint16]string{1: "x"}, Stream: newStream("x", 5)}
	if err := Decode("{list: [c], names: {2: y}, stream: {storage: memory}}", &got); err == nil || !strings.Contains(err.Error(), `"name" is missing`) {
		t.Errorf("a required key may be left out where a default stands: %v", err)
	}
	if err := Decode("{list: [c], names: {2: y}, stream: {storage: memory, name: y}}", &got); err != nil {
		t.Fatal(err)
	}
	want := every{Text: "old", List: []string{"c"}, Names: map[uint16]string{2: "y"}, Stream: newStream("y", 5)}
	want.Stream.Storage = "memory"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDecodeMistakes(t *testing.T) {
	for _, c := range []struct {
		name, settings string
		want           string // line:col: text, several split by |
	}{
		{"not a mapping", "[a]", "1:1: want a mapping, {key: value}, not a list"},
		{"a list for a word", "text: [fw]", "1:1: text: want a text, not a list"},
		{"nothing for a word", "text:", "1:1: text: has no value; give it a text, or remove the line"},
		{"nothing for a list", "list: ~", "1:1: list: has no value; write a list, [...], or remove the line"},
		{"nothing for a struct", "stream:", "1:1: stream: has no value; write {} for its defaults, or remove the line"},
		{"nothing for what decodes itself", "speed:", "1:1: speed: has no value; give it a number, or remove the line"},
		{"too short", "text: a", "1:7: text: must be at least 2 characters, is 1"},
		{"too long, counted in characters", "text: üüüüü", "1:7: text: must be at most 4 characters, is 5"},
		{"a word for a list", "list: a", "1:7: list: want a list, [...], not a single value"},
		{"a list for a mapping", "names: [a]", "1:1: names: want a mapping, {name: value}, not a list"},
		{"yes", "flag: yes", `1:7: flag: "yes" is not true or false; did you mean true?`},
		{"a capital", "flag: False", `1:7: flag: "False" is not true or false; did you mean false?`},
		{"a word for a flag", "flag: maybe", `1:7: flag: "maybe" is not true or false`},
		{"too small", "small: -6", "1:8: small: must be at least -5, is -6"},
		{"out of range", "small: 128", `1:8: small: "128" is not between -128 and 127`},
		{"negative", "count: -1", `1:8: count: "-1" is not between 0 and 4294967295`},
		{"out of range, unsigned", "count: 4294967296", `1:8: count: "4294967296" is not between 0 and 4294967295`},
		{"a decimal", "count: 1.5", `1:8: count: "1.5" is not a whole number`},
		{"octal or not", "count: 010", `1:8: count: "010" has a leading zero: octal or decimal, nobody can tell`},
		{"thousands", "count: 1_000", `1:8: count: "1_000" is not a whole number`},
		{"too small a factor", "factor: 0.4", "1:9: factor: must be at least 0.5, is 0.4"},
		{"not a number", "factor: .nan", `1:9: factor: ".nan" is not a number`},
		{"infinite", "factor: inf", `1:9: factor: "inf" is not a number`},
		{"too large a size", "size: 2MiB", "1:7: size: must be at most 1MiB, is 2MiB"},
		{"too short a time", "wait: 1ms", "1:7: wait: must be at least 10ms, is 1ms"},
		{"a bad prefix", "prefix: 10.0.0.0/33", `1:9: prefix: netip.ParsePrefix("10.0.0.0/33"): prefix length out of range`},
		{"twice in a list", "list: [a, a]", `1:11: list[1]: "a" stands in the list twice`},
		{"a long list", "list: [a, b, c]", "1:1: list: must be at most 2 entries, is 3"},
		{"a word not allowed", "words: [a, bdc, f]", `1:12: words[1]: "bdc" is not one of a, bcd, e; did you mean "bcd"?|1:17: words[2]: "f" is not in this version; use a, bcd, e`},
		{"a key of the wrong type", "names: {x: a}", `1:9: names.x: the key "x" is not a whole number`},
		{"a key out of range", "names: {70000: a}", `1:9: names.70000: the key "70000" is not between 0 and 65535`},
		{"behind a pointer", "maybe: 10", "1:8: maybe: must be at most 9, is 10"},
		{"in a list of structs", "streams:\n- name: x\n- name: y\n  replicas: 2\n", `4:13: streams[1].replicas: "2" is not one of 1, 3, 5`},
		{"missing in a list of structs", "streams:\n- name: x\n- {}\n", `1:1: streams[1]: "name" is missing`},
		{"later, whatever it holds", "later: [1, {}]", "1:1: later: not in this version: this"},
		{"skipped", "skipped: 1", `1:1: unknown key "skipped"; want one of text, flag, small, count, factor, size, wait, secret, prefix, list, words, names, maybe, stream, streams, secrets, speed, track, later`},
		{"what decodes itself, another form", "track: {a: b}", "1:1: track: want a list, [...], not a mapping"},
		{"what decodes itself, inside", "track: [[a]]", "1:1: track[0]: want a text, not a list"},
		{"what decodes itself, a word not allowed", "track: srx", `1:8: track: "srx" is not one of src, dst; did you mean "src"?`},
		{"what decodes itself, in a list", "track: [src, dts]", `1:14: track[1]: "dts" is not one of src, dst; did you mean "dst"?`},
		{"neither the word nor a number", "speed: fast", `1:8: speed: "fast" is not a number`},
		{"an alias", "text: &t aaaaa\nlist: [*t]\nsecrets: {}", "1:7: text: must be at most 4 characters, is 5|3:1: secrets: want a list, [...], not a mapping"},
		{"a required key misspelt", "stream: {nmae: x}", `1:10: unknown key "nmae" in stream; did you mean "name"?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Decode(c.settings, &every{})
			if got := strings.Join(texts(err), "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// filterRule can hold itself: the bound on depth is what ends it.
func TestAliasThatHoldsItself(t *testing.T) {
	err := Decode("any: [&r {prefix: x, not: *r}]", &filterConfig{})
	if err == nil || !strings.Contains(err.Error(), "too much") {
		t.Errorf("got %v", err)
	}
}

func TestAliasesThatMultiply(t *testing.T) {
	type node struct {
		Any []node `yaml:"any"`
	}
	var b strings.Builder
	b.WriteString("any:\n- &a0 {}\n")
	for i := range 20 {
		fmt.Fprintf(&b, "- &a%d {any: [%s*a%d]}\n", i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), i)
	}
	err := Decode(b.String(), &node{})
	if err == nil || !strings.Contains(err.Error(), "does an alias multiply?") {
		t.Errorf("got %v", err)
	}
}

// picky reports through a Report, and refuses to be decoded from some words.
type picky struct {
	Word  pickyWord         `yaml:"word"`
	List  []string          `yaml:"list"`
	Map   map[string]string `yaml:"map"`
	Inner *innerPicky       `yaml:"inner"`
	paths []string
}

type innerPicky struct {
	A int `yaml:"a"`
}

func (c *innerPicky) Check(r *Report) {
	if c.A == 7 {
		r.Errorf("a", "seven")
	}
}

type pickyWord string

func (w *pickyWord) UnmarshalConfig(v Value) error {
	if v.Form() != Scalar {
		return fmt.Errorf("want a word, not %s", v.Form())
	}
	text, _ := v.Text()
	*w = pickyWord(text)
	if text == "bad" {
		return errors.New("bad is not good")
	}
	return nil
}

func (c *picky) Check(r *Report) {
	for _, p := range c.paths {
		r.Errorf(p, "wrong (set: %v)", r.IsSet(p))
	}
}

func TestReportPaths(t *testing.T) {
	const settings = "word: w\nlist: [a, b]\nmap:\n  eth0.100: x\n  eth0: y\ninner: {a: 1}\n"
	for _, c := range []struct{ path, want string }{
		{"", "1:1: wrong (set: true)"},
		{"word", "1:7: word: wrong (set: true)"},
		{"list", "2:1: list: wrong (set: true)"},
		{"list[1]", "2:11: list[1]: wrong (set: true)"},
		{"list[2]", "2:1: list[2]: wrong (set: false)"},
		{"map.eth0", "5:9: map.eth0: wrong (set: true)"},
		{"map.eth0.100", "4:13: map.eth0.100: wrong (set: true)"},
		{"map.eth1", "3:1: map.eth1: wrong (set: false)"},
		{"inner.a", "6:12: inner.a: wrong (set: true)"},
		{"inner.b.c", "6:1: inner.b.c: wrong (set: false)"},
		{"nowhere", "1:1: nowhere: wrong (set: false)"},
		{"list[x", "2:1: list[x: wrong (set: false)"},
	} {
		t.Run(c.path, func(t *testing.T) {
			err := Decode(settings, &picky{paths: []string{c.path}})
			if got := strings.Join(texts(err), "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestCheckRunsOnlyOnWhatWasDecoded(t *testing.T) {
	for _, c := range []struct{ name, settings, want string }{
		{"after an unknown key", "lits: []", `1:1: unknown key "lits"; did you mean "list"?|1:1: word: wrong (set: false)`},
		{"not after a wrong value", "list: x", "1:7: list: want a list, [...], not a single value"},
		{"not after an inner Check failed", "inner: {a: 7}", "1:12: inner.a: seven"},
		{"not after a word refused itself", "word: bad", "1:7: word: bad is not good"},
		{"not after another form", "word: [bad]", "1:1: word: want a word, not a list"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Decode(c.settings, &picky{paths: []string{"word"}})
			if got := strings.Join(texts(err), "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestStructsThatCannotBeDecodedAreBugs(t *testing.T) {
	for _, c := range []struct {
		name string
		into any
		want string
	}{
		{"no tag", &struct{ A int }{}, "has no yaml tag"},
		{"an unknown check", &struct {
			A int `yaml:"a" check:"minimum=1"`
		}{}, `unknown check "minimum=1"`},
		{"a bound that cannot be read", &struct {
			A Size `yaml:"a" check:"min=1KB"`
		}{}, `bound "1KB"`},
		{"a type that cannot be decoded", &struct {
			A chan int `yaml:"a"`
		}{}, "chan int cannot be decoded"},
		{"a key that cannot be decoded", &struct {
			A map[[2]int]int `yaml:"a"`
		}{}, "[2]int cannot be decoded"},
		{"not exported", &struct {
			a int `yaml:"a"`
		}{}, "not exported"},
		{"bounds of a flag", &struct {
			A bool `yaml:"a" check:"min=1"`
		}{}, "a bool has no bounds"},
		{"bounds of what has none", &struct {
			A netip.Addr `yaml:"a" check:"min=10.0.0.1"`
		}{}, "a netip.Addr has no bounds"},
		{"unique words", &struct {
			A string `yaml:"a" check:"unique"`
		}{}, "unique is for lists"},
		{"not a pointer", struct{}{}, "not a pointer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.HasPrefix(r, "BUG: ") || !strings.Contains(r, c.want) {
					t.Errorf("got %s, want %s", r, c.want)
				}
			}()
			_ = Decode("{}", c.into)
		})
	}
}
