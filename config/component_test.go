package config

import (
	"strings"
	"testing"
)

func TestComponents(t *testing.T) {
	f, err := parse(`
data_dir: /var/lib/x
sources:
  fw:
    nflog: {groups: [1, 2], copy_range: 0}
  old:
    pcap: {files: ["-"], speed: 10}
sinks:
  out:
    queue: {max_bytes: 1MiB}
    file: {path: x, mode: 0600}
    format: {ulogd: {eventv1: true}}
    retry: {max: 1m, max_attempts: 3}
`)
	if err != nil {
		t.Fatal(err)
	}
	if f.Host != "fw1" || f.DataDir != "/var/lib/x" || f.Log.Level != "info" || f.ShutdownTimeout.String() != "10s" {
		t.Errorf("top level: %+v", f)
	}
	fw, old, out := f.Sources[0], f.Sources[1], f.Sinks[0]
	if c := fw.Config.(*nflogConfig); fw.Name != "fw" || fw.Kind != "nflog" || fw.Replays || c.CopyRange != 0 || c.QueueThreshold != 400 {
		t.Errorf("got %+v, %+v", fw, c)
	}
	if c := old.Config.(*pcapConfig); !old.Replays || c.Speed != 10 || old.Pos != (Pos{6, 3}) {
		t.Errorf("got %+v, %+v", old, c)
	}
	if c := out.Config.(*fileConfig); c.Mode != 0o600 || out.Format.Name != "ulogd" || !out.Format.Config.(*ulogdFormat).EventV1 {
		t.Errorf("got %+v, %+v", out, c)
	}
	if out.Queue.MaxBytes != MiB || out.Queue.MaxEvents != 200_000 || out.Retry.MaxAttempts != 3 || out.Retry.Max.String() != "1m" {
		t.Errorf("got %+v, %+v", out.Queue, out.Retry)
	}
}

func TestComponentErrorf(t *testing.T) {
	f, err := parse("sources:\n  fw:\n    nflog: {groups: [1, 100]}\n" + oneSink)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{"groups[1]", "f.yaml:3:25: source \"fw\" (nflog): groups[1]: in use\n    3 |     nflog: {groups: [1, 100]}\n      |                         ^~~"},
		{"", "f.yaml:3:5: source \"fw\" (nflog): in use\n    3 |     nflog: {groups: [1, 100]}\n      |     ^~~~~"},
	} {
		if got := f.Sources[0].Errorf(c.path, "in use").Error(); got != c.want {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct{ name, sink, want string }{
		{"left out", "file: {path: x}", ""},
		{"a name", "file: {path: x}, format: kernel", ""},
		{"options", "file: {path: x}, format: {ulogd: {}}", ""},
		{"no options", "file: {path: x}, format: {json: {}}", ""},
		{"misspelt", "file: {path: x}, format: jsno", `2:40: sink "out": format: unknown format "jsno", want one of ecs, json, kernel, raw, ulogd; did you mean "json"?`},
		{"misspelt with options", "file: {path: x}, format: {ulogdd: {}}", `2:41: sink "out": format.ulogdd: unknown format "ulogdd", want one of ecs, json, kernel, raw, ulogd; did you mean "ulogd"?`},
		{"later", "file: {path: x}, format: ecs", `2:40: sink "out": format: not in this version: the format ecs`},
		{"options it has not", "file: {path: x}, format: {json: {pretty: true}}", `2:48: unknown key "pretty" in format.json of sink "out"`},
		{"of a variable that is not set", "file: {path: x}, format: '${F}'", `2:40: sink "out": format: the environment variable "F" is not set`},
		{"two", "file: {path: x}, format: {json: {}, ulogd: {}}", `2:32: sink "out": format: want a format's name, or {NAME: {options}} with one name`},
		{"one the sink does not take", `syslog: {address: "udp://a:1"}, format: raw`, `2:55: sink "out": format: syslog takes lines of text, and raw is none`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(oneSource + "sinks: {out: {" + c.sink + "}}\n")
			if got := strings.Join(texts(err), "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSinkSettings(t *testing.T) {
	for _, c := range []struct{ name, settings, want string }{
		{"initial above max", "retry: {initial: 2m, max: 1m}", `3:26: sink "out": retry.initial: initial (2m) is longer than max (1m)`},
		{"default initial above max", "retry: {max: 50ms}", `3:22: sink "out": retry.max: initial (100ms) is longer than max (50ms)`},
		{"an age below the first wait", "retry: {max_age: 10ms}", `3:26: sink "out": retry.max_age: max_age (10ms) is shorter than initial (100ms): nothing would be tried again`},
		{"without end", "retry: {max_age: 0s, max_attempts: 0}", ""},
		{"a queue for nothing", "queue: {max_events: 0, max_bytes: 1}", `3:29: sink "out": queue.max_events: must be at least 1, is 0|3:43: sink "out": queue.max_bytes: must be at least 1KiB, is 1`},
		{"overflow to come", "queue: {when_full: spill}", `3:28: sink "out": queue.when_full: "spill" is not in this version; use block, drop_newest, drop_oldest`},
		{"inside the kind", "file: {path: x, queue: {}}", `3:25: sink "out" (file): "queue" stands beside file, not inside it`},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := oneSource + "sinks:\n  out: {" + c.settings
			if !strings.HasPrefix(c.settings, "file:") {
				file += ", file: {path: x}"
			}
			_, err := parse(file + "}\n")
			if got := strings.Join(texts(err), "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
