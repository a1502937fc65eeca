package nats

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"nflogship/config"
)

func (f *far) streamConfig(name string) jetstream.StreamConfig {
	f.t.Helper()
	js, err := jetstream.New(f.connect())
	fatal(f.t, err)
	s, err := js.Stream(ctx(f.t), name)
	fatal(f.t, err)
	return s.CachedInfo().Config
}

func TestStreamIsMadeIfMissing(t *testing.T) {
	f := startServer(t)
	log := &logged{}
	_, s := newSink(t, f, log, func(c *Config) {
		c.Subject, c.Stream = "fw.{host}.{prefix}", newStream("FW")
		c.Stream.Storage, c.Stream.DuplicateWindow = "memory", config.Duration(30*time.Second)
	})
	open(t, s)
	made := f.streamConfig("FW")
	if made.Storage != jetstream.MemoryStorage || made.Replicas != 1 || made.Duplicates != 30*time.Second ||
		len(made.Subjects) != 1 || made.Subjects[0] != "fw.*.*" {
		t.Errorf("made %+v", made)
	}
	if !strings.Contains(log.String(), "made the stream") || s.stream.duplicates != 30*time.Second {
		t.Errorf("window %v, log: %s", s.stream.duplicates, log)
	}
	open(t, s)
	if n := strings.Count(log.String(), "level=WARN"); n != 1 {
		t.Errorf("%d warnings, want the one about making it: %s", n, log)
	}
}

func TestStreamThatDiffersIsUsedAsItIs(t *testing.T) {
	f := startServer(t)
	c := fwStream()
	c.Subjects = []string{"fw.a", "other.>"}
	f.makeStream(c)
	log := &logged{}
	_, s := newSink(t, f, log, func(c *Config) {
		c.Subject, c.Stream = "fw.{prefix}", newStream("FW")
		c.Stream.Storage, c.Stream.Replicas, c.Stream.DuplicateWindow = "memory", 3, config.Duration(time.Hour)
	})
	for range 3 {
		open(t, s)
	}
	for _, part := range []string{
		"subjects is [fw.a other.>], not [fw.*]", "storage is file, not memory", "replicas is 1, not 3",
		"duplicate_window is 2m0s, not 1h0m0s", "it takes only some of our subjects fw.*",
	} {
		if strings.Count(log.String(), part) != 1 {
			t.Errorf("%q is not said once: %s", part, log)
		}
	}
	if got := f.streamConfig("FW"); got.Storage != jetstream.FileStorage || got.Duplicates != 2*time.Minute {
		t.Errorf("changed to %+v", got)
	}
}

func TestStreamThatTakesNoneOfOurSubjects(t *testing.T) {
	f := startServer(t)
	c := fwStream()
	c.Subjects = []string{"other.>"}
	f.makeStream(c)
	log := &logged{}
	_, s := newSink(t, f, log, func(c *Config) { c.Stream = newStream("FW") })
	open(t, s)
	if !strings.Contains(log.String(), "it takes none of our subjects fw.log") {
		t.Error(log)
	}
	err := s.Send(ctx(t), load(payload(lines, numbered(0, 1)...)))
	if !errors.Is(err, errNoStream) {
		t.Errorf("Send: %v", err)
	}
}

func TestStreamThatCannotBeMade(t *testing.T) {
	for name, c := range map[string]struct {
		server func(*server.Options)
		stream func(*Stream)
		says   string
	}{
		"without JetStream":            {func(o *server.Options) { o.JetStream = false }, nil, "JetStream is off"},
		"replicas without a cluster":   {nil, func(s *Stream) { s.Replicas = 3 }, "replicas > 1 not supported in non-clustered mode"},
		"subjects of another's stream": {nil, func(s *Stream) { s.Subjects = []string{"fw.>", "taken"} }, "subjects overlap with an existing stream"},
	} {
		t.Run(name, func(t *testing.T) {
			f := startServer(t, func(o *server.Options) {
				if c.server != nil {
					c.server(o)
				}
			})
			if c.server == nil {
				f.makeStream(jetstream.StreamConfig{Name: "TAKEN", Subjects: []string{"taken"}})
			}
			_, s := newSink(t, f, nil, func(config *Config) {
				config.Stream = newStream("FW")
				if c.stream != nil {
					c.stream(config.Stream)
				}
			})
			refuses(t, s, "stream FW", c.says)
		})
	}
}
