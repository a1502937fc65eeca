package config

import (
	"strings"
	"testing"
)

const (
	oneSource  = "sources: {fw: {nflog: {groups: [1]}}}\n"
	twoSources = "sources: {fw: {nflog: {groups: [1]}}, old: {pcap: {files: [a]}}}\n"
	twoStages  = "stages: {z: {batch: {}}, a: {batch: {}}}\n"
	oneSink    = "sinks: {out: {file: {path: x}}}\n"
	twoSinks   = "sinks: {out: {file: {path: x}}, bus: {nats: {servers: [n], subject: s}}}\n"
)

// drawn writes pipelines as name: source+source > stage > sink.
func drawn(f *File) string {
	var lines []string
	for _, p := range f.Pipelines {
		s := p.settings()
		var parts []string
		for _, names := range [][]string{s.Sources, s.Stages, s.Sinks} {
			if len(names) > 0 {
				parts = append(parts, strings.Join(names, "+"))
			}
		}
		lines = append(lines, p.Name+": "+strings.Join(parts, " > "))
	}
	return strings.Join(lines, "; ")
}

func TestWiring(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"left out: one of each", oneSource + oneSink, "main: fw > out"},
		{"left out: stages in the order of the file", oneSource + twoStages + oneSink, "main: fw > z+a > out"},
		{"left out: one source, two sinks", oneSource + twoSinks, "main: fw > out+bus"},
		{"left out: two sources, one sink", twoSources + oneSink, "main: fw+old > out"},
		{"written", twoSources + twoStages + twoSinks + "pipelines: {p: {sources: [old], stages: [a, z], sinks: [bus]}, q: {sources: [fw], stages: [z], sinks: [bus, out]}}", "p: old > a+z > bus; q: fw > z > bus+out"},
		{"written before what it names", "pipelines: {p: {sources: [fw], sinks: [out]}}\n" + oneSink + oneSource, "p: fw > out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := parse(c.file)
			if err != nil {
				t.Fatal(err)
			}
			if got := drawn(f); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestWiringMistakes(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"nothing", "host: a\n", `1:1: "sources" is missing|1:1: "sinks" is missing`},
		{"no sinks", oneSource, `1:1: "sinks" is missing`},
		{"empty sections", "sources: {}\nsinks: {}\n", "1:1: sources: has none in it|2:1: sinks: has none in it"},
		{"a section with nothing below", oneSource + oneSink + "stages:\n", "3:1: stages: want a mapping, {NAME: {KIND: {settings}}}, not nothing"},
		{"a section that is a list", oneSource + "sinks: [file]\n", "2:1: sinks: want a mapping, {NAME: {KIND: {settings}}}, not a list"},
		{"left out, two of both", twoSources + twoStages + twoSinks, "3:1: sinks: 2 sources and 2 sinks can be connected in more than one way; add for instance pipelines: {main: {sources: [fw, old], stages: [z, a], sinks: [out, bus]}}"},
		{"no pipeline", oneSource + oneSink + "pipelines: {}\n", "3:1: pipelines: want a mapping, {NAME: {sources: [...], stages: [...], sinks: [...]}}"},
		{"no sources in one", oneSource + oneSink + "pipelines: {p: {sinks: [out]}}\n", `3:13: pipeline "p": "sources" is missing`},
		{"no sinks in one", oneSource + oneSink + "pipelines: {p: {sources: [fw], sinks: []}}\n", `3:32: pipeline "p": sinks: must not be empty`},
		{"a name that is missing", oneSource + oneSink + "pipelines: {p: {sources: [fw], sinks: [uot]}}\n", `3:40: pipeline "p": sinks[0]: there is no sink "uot"; did you mean "out"?`},
		{"a name from another section", oneSource + oneSink + "pipelines: {p: {sources: [fw], stages: [fw], sinks: [out]}}\n", `3:41: pipeline "p": stages[0]: there is no stage "fw"`},
		{"a name twice", oneSource + oneSink + "pipelines: {p: {sources: [fw, fw], sinks: [out]}}\n", `3:31: pipeline "p": sources[1]: "fw" stands in the list twice`},
		{"unused stage", oneSource + twoStages + oneSink + "pipelines: {p: {sources: [fw], stages: [a], sinks: [out]}}\n", `2:10: stage "z" is in no pipeline; add it to one, or remove it`},
		{"unused source and sink", twoSources + twoSinks + "pipelines: {p: {sources: [fw], sinks: [out]}}\n", `1:39: source "old" is in no pipeline; add it to one, or remove it|2:33: sink "bus" is in no pipeline; add it to one, or remove it`},
		{"a component with mistakes is known by its name", "sources: {fw: {nflog: {groups: x}}}\n" + oneSink + "pipelines: {p: {sources: [fw], sinks: [out]}}\n", `1:32: source "fw" (nflog): groups: want a list, [...], not a single value`},
		{"a bad name", oneSource + oneSink + "pipelines: {a/b: {sources: [fw], sinks: [out]}}\n", `3:13: pipeline "a/b": a name has 1 to 64 letters, digits, _ and -`},
		{"a long name", oneSource + "sinks: {" + strings.Repeat("a", 65) + ": {file: {path: x}}}\n", `2:9: sink "` + strings.Repeat("a", 65) + `": a name has 1 to 64 letters, digits, _ and -`},
		{"an unknown key", oneSource + oneSink + "pipelines: {p: {sources: [fw], sink: [out], sinks: [out]}}\n", `3:32: unknown key "sink" in pipeline "p"; did you mean "sinks"?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(c.file)
			if got := strings.Join(texts(err), "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestDefaultWhenFull(t *testing.T) {
	const pipelines = "pipelines: {live: {sources: [fw], sinks: [out]}, replay: {sources: [old], sinks: [bus]}}\n"
	for _, c := range []struct{ name, file, out, bus string }{
		{"only a source that replays blocks", twoSources + twoSinks + pipelines, "drop_newest", "block"},
		{"one that cannot is enough", twoSources + twoSinks + "pipelines: {p: {sources: [old, fw], sinks: [out, bus]}}\n", "drop_newest", "drop_newest"},
		{"one in another pipeline too", twoSources + twoSinks + "pipelines: {p: {sources: [old], sinks: [out, bus]}, q: {sources: [fw], sinks: [bus]}}\n", "block", "drop_newest"},
		{"what is written stays", twoSources + "sinks: {out: {file: {path: x}, queue: {when_full: block}}, bus: {nats: {servers: [n], subject: s}, queue: {when_full: drop_oldest}}}\n" + pipelines, "block", "drop_oldest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := parse(c.file)
			if err != nil {
				t.Fatal(err)
			}
			if out, bus := f.Sinks[0].Queue.WhenFull, f.Sinks[1].Queue.WhenFull; out != c.out || bus != c.bus {
				t.Errorf("got %s and %s, want %s and %s", out, bus, c.out, c.bus)
			}
		})
	}
}
