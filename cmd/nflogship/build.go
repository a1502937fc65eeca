package main

import (
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"sync/atomic"
	"time"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/event"
	"nflogship/pipeline"
	"nflogship/pipeline/queue"
	"nflogship/pipeline/stage"
	"nflogship/sink"
	"nflogship/source"
	"nflogship/source/action"
)

// built is a pipeline and what tells how it went.
type built struct {
	*pipeline.Pipeline
	damaged *atomic.Bool // an input was broken or unreadable
}

// sources are the names of what events come from.
func (p *built) sources() (names []string) {
	for _, f := range p.Feeds {
		names = append(names, f.Name)
	}
	return names
}

// sinks are the names of where events go.
func (p *built) sinks() (names []string) {
	for _, s := range p.Shippers {
		names = append(names, s.Name())
	}
	return names
}

type buildOptions struct {
	log *slog.Logger
	// replay, if not nil, takes the place of every source: of the named pipeline, or of the only one.
	replay func(source.Deps) (source.Source, error)
	only   string
}

// builder makes a pipeline from a configuration.
type builder struct {
	buildOptions
	file   *config.File
	pool   *event.Pool
	out    built
	sinks  map[string]*pipeline.Shipper
	lanes  map[string][]*pipeline.Lane // by source
	codecs []namedCodec
}

type namedCodec struct {
	format config.Format
	fields map[string]string
	codec  *encode.Codec
}

// build makes every component of the configuration. Nothing is opened.
func build(file *config.File, opts buildOptions) (*built, error) {
	if err := clashes(file); err != nil {
		return nil, err
	}
	b := &builder{
		buildOptions: opts, file: file, pool: &event.Pool{},
		sinks: map[string]*pipeline.Shipper{}, lanes: map[string][]*pipeline.Lane{},
	}
	b.out = built{
		Pipeline: &pipeline.Pipeline{Timeout: time.Duration(file.ShutdownTimeout), Log: opts.log, Ledger: &event.Ledger{}},
		damaged:  &atomic.Bool{},
	}
	for _, p := range file.Pipelines {
		if opts.only == "" || p.Name == opts.only {
			if err := b.lane(p); err != nil {
				return nil, err
			}
		}
	}
	if opts.replay != nil {
		return &b.out, b.replaying()
	}
	for _, s := range file.Sources {
		if err := b.source(s); err != nil {
			return nil, err
		}
	}
	return &b.out, nil
}

func (b *builder) lane(p *config.Pipeline) error {
	var chain []stage.Stage
	for _, s := range p.Stages {
		made, err := stages[s.Kind].build(s.Config, stage.Deps{
			Name: s.Name, Host: b.file.Host, Pool: b.pool, Counts: b.out.Ledger.Stage(p.Name, s.Name),
		})
		if err != nil {
			return s.Errorf("", "%v", err)
		}
		chain = append(chain, made)
	}
	var shippers []*pipeline.Shipper
	for _, s := range p.Sinks {
		made, err := b.sink(s)
		if err != nil {
			return err
		}
		shippers = append(shippers, made)
	}
	l := pipeline.NewLane(p.Name, chain, shippers)
	b.out.Lanes = append(b.out.Lanes, l)
	for _, s := range p.Sources {
		b.lanes[s.Name] = append(b.lanes[s.Name], l)
	}
	return nil
}

// sink makes a sink, once however many pipelines name it.
func (b *builder) sink(s *config.Sink) (*pipeline.Shipper, error) {
	if made := b.sinks[s.Name]; made != nil {
		return made, nil
	}
	codec, err := b.codec(s.Format, s.Fields)
	if err != nil {
		setting := "format"
		if len(s.Fields) > 0 { // options alone were checked when they were read
			setting = "fields"
		}
		return nil, s.BesideErrorf(setting, "format %s: %v", s.Format.Name, err)
	}
	made, err := sinks[s.Kind].build(s.Config, sink.Deps{
		Name: s.Name, Host: b.file.Host, Format: s.Format.Name, Codec: codec, Log: b.log.With("sink", s.Name),
	})
	if err != nil {
		return nil, s.Errorf("", "%v", err)
	}
	shipper := pipeline.NewShipper(s.Name, made, codec, queueOf(s.Queue), retryOf(s.Retry), b.out.Ledger.Sink(s.Name), b.log)
	b.sinks[s.Name] = shipper
	b.out.Shippers = append(b.out.Shippers, shipper)
	return shipper, nil
}

// codec returns one codec for equal formats, so that a batch is encoded once for all of them.
func (b *builder) codec(f config.Format, own map[string]string) (*encode.Codec, error) {
	for _, known := range b.codecs {
		if reflect.DeepEqual(known.format, f) && maps.Equal(known.fields, own) {
			return known.codec, nil
		}
	}
	c, err := formats[f.Name].build(f.Config, own)
	if err != nil {
		return nil, err
	}
	b.codecs = append(b.codecs, namedCodec{f, own, c})
	return c, nil
}

func (b *builder) source(s *config.Source) error {
	made, err := sources[s.Kind].build(s.Config, b.sourceDeps(s.Name))
	if err != nil {
		return s.Errorf("", "%v", err)
	}
	feed := pipeline.Feed{Name: s.Name, Source: made, Action: actionOf(s.Action), Lanes: b.lanes[s.Name]}
	b.out.Feeds = append(b.out.Feeds, feed)
	return nil
}

// replaying puts the capture where the pipeline's sources would be.
func (b *builder) replaying() error {
	if len(b.out.Lanes) == 0 {
		return fmt.Errorf("there is no pipeline %q in the configuration", b.only)
	}
	if len(b.out.Lanes) > 1 {
		return fmt.Errorf("the configuration has %d pipelines: name the one to replay through with --pipeline", len(b.out.Lanes))
	}
	made, err := b.replay(b.sourceDeps("replay"))
	if err != nil {
		return err
	}
	b.out.Feeds = []pipeline.Feed{{Name: "replay", Source: made, Action: b.replayedAction(), Lanes: b.out.Lanes}}
	return nil
}

// replayedAction is what the source says that the capture stands for; of several nobody can tell which.
func (b *builder) replayedAction() *action.Rules {
	for _, p := range b.file.Pipelines {
		if (b.only == "" || p.Name == b.only) && len(p.Sources) == 1 {
			return actionOf(p.Sources[0].Action)
		}
	}
	return actionOf(nil)
}

func (b *builder) sourceDeps(name string) source.Deps {
	log := b.log.With("source", name)
	return source.Deps{
		Name: name, Host: b.file.Host, Log: log, Pool: b.pool, Ledger: b.out.Ledger,
		Damaged: func(err error) {
			b.out.damaged.Store(true)
			log.Error("an input is damaged: what came before is delivered, and the rest goes on", "error", err)
		},
	}
}

var policies = map[string]queue.Policy{"block": queue.Block, "drop_newest": queue.DropNewest, "drop_oldest": queue.DropOldest}

func queueOf(c config.Queue) queue.Config {
	policy, ok := policies[c.WhenFull]
	if !ok {
		panic("BUG: when_full " + c.WhenFull)
	}
	return queue.Config{MaxBytes: int64(c.MaxBytes), MaxEvents: c.MaxEvents, WhenFull: policy}
}

func retryOf(c config.Retry) pipeline.Retry {
	return pipeline.Retry{
		Initial: time.Duration(c.Initial), Max: time.Duration(c.Max), MaxAge: time.Duration(c.MaxAge), MaxAttempts: c.MaxAttempts,
	}
}

var actions = map[string]event.Action{"allow": event.ActionAllow, "drop": event.ActionDrop, "reject": event.ActionReject}

// actionOf makes the rules of a source; a list of words that the file does not give is the default one.
func actionOf(c *config.Action) *action.Rules {
	words := action.DefaultWords()
	if c == nil {
		r := action.New(words)
		r.Guess = true
		return r
	}
	for _, list := range []struct{ is, given *[]string }{{&words.Drop, &c.Drop}, {&words.Allow, &c.Allow}, {&words.Reject, &c.Reject}} {
		if *list.given != nil {
			*list.is = *list.given
		}
	}
	r := action.New(words)
	r.Always = actions[c.Always]
	r.Groups = make(map[uint16]event.Action, len(c.Groups))
	for group, word := range c.Groups {
		r.Groups[group] = actions[word]
	}
	return r
}
