package nats

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"nflogship/config"
)

func TestConfig(t *testing.T) {
	const good = "servers: [\"nats://127.0.0.1:4222\"]\nsubject: \"fw.{host}.{prefix}\"\n"
	for name, c := range map[string]struct{ text, says string }{
		"the example": {good + "jetstream: true\nstream: { name: FW, subjects: [\"fw.>\"], storage: file, replicas: 1, duplicate_window: 2m }\n" +
			"events_per_message: 1\nmax_in_flight: 4096\ncreds: /etc/nflogship/nats.creds\n", ""},
		"the least":                  {good, ""},
		"no servers":                 {"subject: fw\n", "servers"},
		"no subject":                 {"servers: [a]\n", "subject"},
		"two kinds of credentials":   {good + "creds: a\ntoken: b\n", "creds and token: a connection has one kind of credentials"},
		"a user in the URL and nkey": {"servers: [\"nats://u:s3cret@a\"]\nsubject: fw\nnkey: a\n", "nkey and a user in a server's URL"},
		"a password alone":           {good + "password: s3cret\n", "needs a username"},
		"another scheme":             {"servers: [\"http://a\"]\nsubject: fw\n", "http:// is not nats:// or tls://"},
		"a token in the URL":         {"servers: [\"nats://s3cret@a\"]\nsubject: fw\n", "a token goes under token"},
		"a bad port":                 {"servers: [\"nats://u:s3cret@a:x\"]\nsubject: fw\n", "invalid port"},
		"a wildcard":                 {"servers: [a]\nsubject: fw.*.{prefix}\n", "has the wildcard '*'"},
		"an empty token":             {"servers: [a]\nsubject: fw..x\n", "has an empty token"},
		"a blank":                    {"servers: [a]\nsubject: fw .x\n", "has ' ' in it"},
		"no field":                   {"servers: [a]\nsubject: \"fw.{nofield}\"\n", "{nofield} is not a field"},
		"the server's own":           {"servers: [a]\nsubject: $JS.API.x\n", "$JS. is the server's own"},
		"a stream without jetstream": {good + "jetstream: false\nstream: { name: FW }\n", "needs jetstream: true"},
		"a stream's name":            {good + "stream: { name: F.W }\n", `"F.W" cannot be a stream's name`},
		"a stream's subject":         {good + "stream: { name: FW, subjects: [\"fw.>.x\"] }\n", "stands only at the end"},
		"a stream of other subjects": {good + "stream: { name: FW, subjects: [\"other.>\"] }\n", "other.> can take no event: their subjects are fw.*.*"},
		"none per message":           {good + "events_per_message: 0\n", "must be at least 1"},
		"an unknown storage":         {good + "stream: { name: FW, storage: tape }\n", `"tape" is not one of`},
	} {
		t.Run(name, func(t *testing.T) {
			out := DefaultConfig()
			err := config.Decode(c.text, &out)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("shows a secret: %v", err)
			}
		})
	}
}

func TestConfigDefaults(t *testing.T) {
	c := DefaultConfig()
	fatal(t, config.Decode("servers: [a]\nsubject: \"fw.{prefix}\"\nstream: { name: FW }\n", &c))
	if !c.JetStream || c.EventsPerMessage != 1 || c.MaxInFlight != 4096 || c.MaxRoutes != 1000 {
		t.Errorf("%+v", c)
	}
	s := c.Stream
	if s.Storage != "file" || s.Replicas != 1 || time.Duration(s.DuplicateWindow) != 2*time.Minute || s.subjects(&c)[0] != "fw.*" {
		t.Errorf("%+v", s)
	}
}

func TestFormats(t *testing.T) {
	c := DefaultConfig()
	for format, ok := range map[string]bool{"json": true, "raw": true, "pcap": false, "structured_data": false} {
		if err := c.CheckFormat(format); (err == nil) != ok {
			t.Errorf("%s: %v", format, err)
		}
	}
	c.EventsPerMessage = 2
	if c.CheckFormat("raw") == nil || c.CheckFormat("json") != nil {
		t.Error("raw shares a message, or json does not")
	}
}

func TestFilterOf(t *testing.T) {
	for template, want := range map[string]string{
		"fw.log":                        "fw.log",
		"fw.{host}.{prefix}":            "fw.*.*",
		"fw.x-{host}-{prefix}.end":      "fw.*.end",
		"fw.{time:%Y.%m}":               "fw.*.*",
		"fw.{time:%Y-%m}":               "fw.*",
		"{{fw}}.{host}":                 "{fw}.*",
		"fw.{host}{prefix}.{{x}}.{src}": "fw.*.{x}.*",
	} {
		if got := filterOf(template); got != want {
			t.Errorf("%s: %s, want %s", template, got, want)
		}
	}
}

func TestCheckSubject(t *testing.T) {
	for subject, ok := range map[string]bool{
		"fw": true, "fw.{host}": true, "{prefix}": true, "fw.{time:%Y.%m}.x": true, "fwé.x": true,
		"": false, ".fw": false, "fw.": false, "fw..x": false, "fw.>": false, "fw.*": false, "fw.a*b": false, "fw x": false, "fw\tx": false,
		"fw\nx": false, "fw\x00x": false, "fw.{time:.%Y}": false, "fw.{time:%Y %m}": false, "$SYS.x": false, "_INBOX.x": false, "$KV.x.y": true,
		strings.Repeat("{prefix}", 40): false, strings.Repeat("a", 3000): false,
	} {
		if err := checkSubject(subject); (err == nil) != ok {
			t.Errorf("%q: %v", subject, err)
		}
	}
}

func TestCoverage(t *testing.T) {
	for _, c := range []struct {
		stream, filter string
		want           cover
	}{
		{"fw.>", "fw.*.*", fully}, {">", "fw", fully}, {"fw.log", "fw.log", fully}, {"fw.*", "fw.*", fully}, {"*.*", "fw.*", fully},
		{"fw.>", "fw", nothing}, {"fw.*", "fw.*.*", nothing}, {"fw.*.*", "fw.*", nothing}, {"other.>", "fw.*", nothing},
		{"fw.a", "fw.*", partly}, {"fw.a.>", "fw.*.*", partly}, {"other.> fw.a", "fw.*", partly}, {"fw.a fw.>", "fw.*", fully},
	} {
		if got := coverage(strings.Fields(c.stream), c.filter); got != c.want {
			t.Errorf("%s of %s: %d, want %d", c.stream, c.filter, got, c.want)
		}
	}
}

// TestCoverageAgainstSubjects holds coverage to what the subjects of a small world say.
func TestCoverageAgainstSubjects(t *testing.T) {
	world := []string{}
	for _, a := range []string{"a", "b"} {
		world = append(world, a)
		for _, b := range []string{"a", "b"} {
			world = append(world, a+"."+b)
			for _, c := range []string{"a", "b"} {
				world = append(world, a+"."+b+"."+c)
			}
		}
	}
	matches := func(filter, subject string) bool { return coverage([]string{filter}, subject) == fully }
	rapid.Check(t, func(t *rapid.T) {
		token := rapid.SampledFrom([]string{"a", "b", "*"})
		filter := strings.Join(rapid.SliceOfN(token, 1, 3).Draw(t, "filter"), ".")
		stream := strings.Join(rapid.SliceOfN(token, 1, 3).Draw(t, "stream"), ".")
		if rapid.Bool().Draw(t, "more") {
			stream += ".>"
		}
		both, only := 0, 0
		for _, subject := range world {
			switch ours, theirs := matches(filter, subject), matches(stream, subject); {
			case ours && theirs:
				both++
			case ours:
				only++
			}
		}
		want := map[bool]cover{true: partly, false: fully}[only > 0]
		if both == 0 {
			want = nothing
		}
		if got := coverage([]string{stream}, filter); got != want {
			t.Fatalf("%s of %s: %d, want %d (%d subjects of both, %d of ours only)", stream, filter, got, want, both, only)
		}
	})
}

func TestNothingShowsAPassword(t *testing.T) {
	u, err := parseServer("nats://fw:s3cret@127.0.0.1")
	fatal(t, err)
	if s := shown(u); strings.Contains(s, "s3cret") || !strings.Contains(s, "fw:") {
		t.Error(s)
	}
	if u.Port() != "4222" || fmt.Sprint(u.Scheme) != "nats" {
		t.Error(u.Redacted())
	}
}
