package config

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// secretPlaces are files with a secret at @ (as a URL needs it, at §): right, misspelt, of the wrong type, in what is refused or unknown, twice,
// around mistakes and broken syntax. Each has to be shown with the secret masked, whatever is wrong.
var secretPlaces = []string{
	"sinks: {s: {kafka: {topic: t, sasl: {password: @, realm: x}}}}",
	"sinks:\n  s:\n    kafka:\n      sasl:\n        password: @\n        usernam: x\n",
	"sinks:\n  s:\n    kafka:\n      sasl: {pasword: @, mechanism: x}\n",
	"sinks:\n  s:\n    kafka:\n      sasl: §\n",
	"sinks:\n  s:\n    kafka:\n      sasl: {password: [@], mechanism: x}\n",
	"sinks:\n  s:\n    kafka:\n      sasl: {password: {a: @}, mechanism: x}\n",
	"sinks:\n  s:\n    kafka:\n      sasl: {password: {@, @}, mechanism: x}\n",
	"sinks:\n  s:\n    kafka:\n      sasl: {password: x, password: @}\n",
	"sinks: {s: {kafak: {sasl: {password: @}}}}",
	"sinks: {s: {nats: {token: @, tokn: @, auth_secret: @}}}",
	"sinks: {s: {nats: {token: @, subject: [x]}}}",
	"stages: {s: {filter: {password: @}}}\nadmin: {token: @}",
	"sinks: {s: {nats: {servers: [\"nats://me:§@127.0.0.1:4222\"], subject: }}}",
	"a: &pw §\nsinks: {s: {nats: {token: *pw}}}",
	"a: &pw §\nsinks: {s: {kafak: {token: *pw}}}",
	"sinks: {s: {nats: {token: &pw @, creds: {}}}}",
	"sinks: {s: {nats: {token: !x @, creds: {}}}}",
	"sinks: {s: {nats: {token: *@, creds: {}}}}",
	"sinks:\n  s:\n    nats:\n      token: a #@\n      creds: []\n",
	"sinks:\n  s:\n    nats:\n      token: a\n      token: b #@\n",
	"sinks: {s: {nats: {token: a,§, creds: x}}}",
	"sinks: {s: {nats: {token: a,§,b,§, creds: x}}}",
	"sinks:\n  s:\n    nats:\n      token: #@\n      creds: []\n",
	"sinks:\n  s:\n    nats:\n      token: @ @\n      creds: []\n",
	"sinks:\n  s:\n    nats:\n      token: |\n        x\n        @\n       creds: []\n",
	"sinks:\n  s:\n    nats:\n      token: >-\n        x\n\n        @\n      creds: []\n",
	"sinks:\n  s:\n    nats:\n      token: \"x\n@\n      creds: []\n",
	"sinks:\n  s:\n    nats:\n      token: @\n     creds: []\n",
	"sinks:\n  s:\n    nats: {token: @, x: {\n",
	"sinks:\n  s:\n    nats: {token:\n         @, x: ]}\n",
	"\ttoken: @\n",
	"a: b\n--- {token: @}\n",
	"# token: @\n",
	"token: \"\x01\"@\n",
	"token: \xff@\n",
	"token: @\nhost: " + strings.Repeat("[", 70) + strings.Repeat("]", 70),
	"a: " + strings.Repeat("[", 70) + "{token: @}" + strings.Repeat("]", 70),
	"token: {a: " + strings.Repeat("[", 70) + "@" + strings.Repeat("]", 70) + "}",
	"sinks: {s: {nats: {creds: '${X}', subject: '${X}', events_per_message: '${X}', jetstream: '${X}', servers: ['a${X}', 'a${X}']}}}",
	"sinks: {s: {kafka: {brokers: ['${X}'], timestamp: '${X}', key: '${X}', topic: '${X}'}, queue: {max_bytes: '${X}', when_full: '${X}'}, retry: {initial: '${X}'}, format: '${X}'}}",
	"sinks: {s: {kafka: {brokers: ['file:/x', 'file:/x'], timestamp: 'file:/x', topic: 'file:/x'}}}\npipelines: {p: {sources: ['${X}'], sinks: ['file:/x']}}",
	"data_dir: '${X}'\nhost: '${X}'\nlog: {level: '${X}'}\nshutdown_timeout: '${X}'",
	"sources: {a: {pcap: {files: ['${X}', '${X}'], speed: '${X}'}}}\nstages: {q: {threshold: {type: '${X}', track: '${X}', count: 1, seconds: '${X}'}}}",
	"sources: {a: {nflog: {groups: [1]}}}\nsinks: {s: {nats: {servers: [a], subject: '${X}', token: @}}, f: {file: {path: '${X}', mode: 0644}}}",
	"sources: {a: {nflog: {groups: [1]}}}\nsinks: {s: {kafka: {brokers: ['${X}:1'], topic: x, tls: {insecure: true, ca: '${X}'}}}}",
}

// secretStyles are the ways to write a text.
var secretStyles = []func(string) string{
	func(s string) string { return s },
	func(s string) string { return `"` + s + `"` },
	func(s string) string { return `'` + s + `'` },
}

// withSecret writes a secret into one of secretPlaces. What a URL or a word holds as it is takes only the core.
func withSecret(place, core, secret string, style func(string) string) string {
	if strings.Contains(place, "§") {
		return strings.ReplaceAll(place, "§", core)
	}
	return strings.ReplaceAll(place, "@", style(secret))
}

func TestSecretsNeverShow(t *testing.T) {
	const core = "hunter2hunter2"
	for _, place := range secretPlaces {
		for _, style := range secretStyles {
			for _, secret := range []string{core, core + "!", core + " #x", core + ": x", core + `\`, core + `"`, core + "'", "*" + core, "&" + core, "!" + core, "%" + core, "#" + core, "$$" + core, "ü€" + core} {
				checkHidden(t, withSecret(place, core, secret, style), core, secret)
			}
		}
	}
}

func TestAnySecretIsMasked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		core := rapid.StringMatching(`[a-zA-Z0-9]{8,20}`).Draw(t, "core")
		secret := rapid.StringMatching(`[ -~]{0,3}`).Draw(t, "head") + core + rapid.StringMatching(`[ -~]{0,3}`).Draw(t, "tail")
		place := rapid.SampledFrom(secretPlaces).Draw(t, "place")
		checkHidden(t, withSecret(place, core, secret, rapid.SampledFrom(secretStyles).Draw(t, "style")), core, secret)
	})
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkHidden parses a file whose variables and files hold secret, and looks for core in all that is shown.
func checkHidden(t failer, file, core, secret string) {
	t.Helper()
	f, err := parse(file,
		WithEnv(func(string) (string, bool) { return secret, true }),
		WithReadFile(func(string) ([]byte, fs.FileMode, error) { return []byte(secret + "\n"), 0o644, nil }),
		withMode(0o644))
	shown := fmt.Sprintf("%v", err)
	if err == nil {
		shown = string(f.Render())
		for _, w := range f.Warnings {
			shown += w.Error()
		}
		for _, s := range f.Sinks {
			shown += s.Errorf("token", "%v", s.Config).Error()
			shown += s.Errorf("brokers[0]", "dial %s-%q", secret, secret).Error()
			shown += s.Errorf("tls.ca", "cannot read %s", secret).Error()
		}
	}
	if strings.Contains(shown, core) {
		t.Fatalf("the secret %q shows in\n%s\nof the file\n%s", secret, shown, file)
	}
}

// opener decodes a secret by itself, where no type tells.
type opener struct{ secret Secret }

func (o *opener) UnmarshalConfig(v Value) error { return v.Decode(&o.secret) }

func (o opener) String() string { return o.secret.String() }

func TestSecretsOfWhatDecodesItself(t *testing.T) {
	var c struct {
		Opener opener `yaml:"opener"`
		Count  int    `yaml:"count"`
	}
	err := Decode("{opener: hunter2, count: x}", &c)
	want := "settings:1:26: count: \"x\" is not a whole number\n    1 | {opener: ***, count: x}\n      |                      ^"
	if errText(err) != want || c.Opener.secret.Reveal() != "hunter2" {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// talker repeats in its Check what it was given.
type talker struct {
	Word   string `yaml:"word"`
	Secret Secret `yaml:"secret"`
}

func (c *talker) Check(r *Report) {
	r.Errorf("", "word %s, secret %q, part %s", c.Word, c.Secret.Reveal(), strings.TrimPrefix(c.Word, "x-"))
}

func TestWhatACheckRepeatsIsMasked(t *testing.T) {
	env := WithEnv(func(string) (string, bool) { return "fromenv", true })
	for _, c := range []struct{ name, settings, want string }{
		{"a literal secret", "{word: x-a, secret: hunter2}", `1:1: word x-a, secret "***", part a`},
		{"a secret that YAML takes for a number", "{word: x-a, secret: 1234567}", `1:1: word x-a, secret "***", part a`},
		{"a part from the environment", "{word: 'x-${X}', secret: ''}", `1:1: word x-***, secret "", part ***`},
	} {
		if got := strings.Join(texts(Decode(c.settings, &talker{}, env)), "|"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestHideByName(t *testing.T) {
	const file = "a: 1\npassword: x # y\n  z\nb: 2\n- token: 'x\n y\nz'\nc: 3\nd: {e: f, secret: \"x\", g: h}\n\ni: 4"
	text := newText("f", []byte(file))
	text.hideByName(sensitive.MatchString)
	var got []string
	for i := range text.lines {
		shown, _ := maskLine([]rune(text.lines[i]), text.masks[i+1])
		got = append(got, string(shown))
	}
	want := "a: 1\npassword:***\n***\nb: 2\n- token:***\n***\n***\nc: 3\nd: {e: f, secret:***\n\ni: 4"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}
