package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// stream is what we know of the stream.
type stream struct {
	duplicates time.Duration // for how long it knows ids
	limit      int           // bytes of a message of several events, headers included; 0: not known
	warned     string        // what was said about it last
}

// ensureStream makes the stream if it is missing, and says how one that is there differs from the configuration.
func (s *Sender) ensureStream(ctx context.Context, k *link) error {
	limited, cancel := context.WithTimeout(ctx, s.ackWait)
	defer cancel()
	want := s.config.Stream
	js, err := jetstream.New(k.nc)
	if err != nil {
		return err
	}
	there, err := js.Stream(limited, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		there, err = s.makeStream(limited, js)
	}
	if err != nil {
		return fmt.Errorf("stream %s: %w", want.Name, s.explainStream(ctx, k, err))
	}
	is := there.CachedInfo().Config
	if is.NoAck {
		return fmt.Errorf("stream %s has no_ack set: it never acknowledges; unset it, or use jetstream: false", want.Name)
	}
	s.stream.duplicates, s.stream.limit = is.Duplicates, max(int(is.MaxMsgSize), 0)
	s.compare(&is)
	return nil
}

// makeStream makes the stream, or returns the one that somebody else has made meanwhile.
func (s *Sender) makeStream(ctx context.Context, js jetstream.JetStream) (jetstream.Stream, error) {
	want := s.config.Stream
	c := jetstream.StreamConfig{
		Name: want.Name, Subjects: want.subjects(&s.config), Replicas: want.Replicas,
		Storage: want.storage(), Duplicates: time.Duration(want.DuplicateWindow),
	}
	made, err := js.CreateStream(ctx, c)
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return js.Stream(ctx, want.Name)
	}
	if err == nil {
		s.log.Warn("made the stream; it keeps everything until the disk is full: bound it with nats stream edit --max-age or --max-bytes",
			"stream", c.Name, "subjects", c.Subjects, "storage", want.Storage, "replicas", c.Replicas)
	}
	return made, err
}

func (w *Stream) storage() jetstream.StorageType {
	if w.Storage == "memory" {
		return jetstream.MemoryStorage
	}
	return jetstream.FileStorage
}

// compare warns, once, of what is not as configured.
func (s *Sender) compare(is *jetstream.StreamConfig) {
	want := s.config.Stream
	var differs []string
	note := func(setting string, is, want any) {
		differs = append(differs, fmt.Sprintf("%s is %v, not %v", setting, is, want))
	}
	if w := want.subjects(&s.config); !sameSet(is.Subjects, w) {
		note("subjects", is.Subjects, w)
	}
	if is.Storage != want.storage() {
		note("storage", strings.ToLower(is.Storage.String()), want.Storage)
	}
	if is.Replicas != want.Replicas {
		note("replicas", is.Replicas, want.Replicas)
	}
	if w := time.Duration(want.DuplicateWindow); is.Duplicates != w {
		note("duplicate_window", is.Duplicates, w)
	}
	switch filter := filterOf(s.config.Subject); coverage(is.Subjects, filter) {
	case nothing:
		differs = append(differs, fmt.Sprintf("it takes none of our subjects %s: nothing arrives in it", filter))
	case partly:
		differs = append(differs, fmt.Sprintf("it takes only some of our subjects %s: the others wait for a stream that takes them", filter))
	}
	said := strings.Join(differs, "; ")
	if said != "" && said != s.stream.warned {
		s.log.Warn("the stream is not as configured, and is used as it is", "stream", is.Name, "differs", said)
	}
	s.stream.warned = said
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// explainStream says what is behind the errors of JetStream's API.
func (s *Sender) explainStream(ctx context.Context, k *link, err error) error {
	switch complaints := k.complaints(); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case len(complaints) > 0:
		return fmt.Errorf("%w: permit it, or leave stream out and make the stream yourself", errors.Join(complaints...))
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fmt.Errorf("JetStream is off on the server or for our account: %w", err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer in %v: JetStream may have no leader", s.ackWait)
	}
	return err
}
