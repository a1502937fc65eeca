package main

import (
	"errors"
	"fmt"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/encode/cef"
	"nflogship/encode/ecs"
	"nflogship/encode/gelf"
	"nflogship/encode/json"
	"nflogship/encode/kernel"
	"nflogship/encode/leef"
	"nflogship/encode/logemu"
	"nflogship/encode/ocsf"
	pcapformat "nflogship/encode/pcap"
	"nflogship/encode/protobuf"
	"nflogship/encode/raw"
	"nflogship/encode/sd"
	"nflogship/encode/ulogd"
	"nflogship/pipeline/batch"
	"nflogship/pipeline/stage"
	"nflogship/pipeline/threshold"
	"nflogship/sink"
	"nflogship/sink/file"
	"nflogship/sink/kafka"
	"nflogship/sink/nats"
	"nflogship/sink/syslog"
	"nflogship/source"
	"nflogship/source/nflog"
	"nflogship/source/pcap"
)

// kind is one kind of component: how its settings are read, and how it is built from them and what code hands it.
type kind[Deps, Component any] struct {
	spec  config.KindSpec
	build func(settings any, d Deps) (Component, error)
}

// Every source, stage, sink and format there is.
var (
	sources = map[string]kind[source.Deps, source.Source]{
		"nflog": {config.Kind(nflog.DefaultConfig), func(c any, d source.Deps) (source.Source, error) {
			return nflog.New(*c.(*nflog.Config), d), nil
		}},
		"pcap": {config.ReplayKind(pcap.DefaultConfig), func(c any, d source.Deps) (source.Source, error) {
			return pcap.New(*c.(*pcap.Config), d)
		}},
	}
	stages = map[string]kind[stage.Deps, stage.Stage]{
		"batch": {config.Kind(batch.DefaultConfig), func(c any, d stage.Deps) (stage.Stage, error) {
			return batch.New(*c.(*batch.Config), d), nil
		}},
		"threshold": {summarising(config.Kind(threshold.DefaultConfig)), func(c any, d stage.Deps) (stage.Stage, error) {
			return threshold.New(*c.(*threshold.Config), d), nil
		}},
	}
	sinks = map[string]kind[sink.Deps, *sink.Sink]{
		"file": {config.Kind(file.DefaultConfig), func(c any, d sink.Deps) (*sink.Sink, error) {
			return file.New(*c.(*file.Config), d)
		}},
		"syslog": {config.Kind(syslog.DefaultConfig), func(c any, d sink.Deps) (*sink.Sink, error) {
			return syslog.New(*c.(*syslog.Config), d)
		}},
		"kafka": {config.Kind(kafka.DefaultConfig), func(c any, d sink.Deps) (*sink.Sink, error) {
			return kafka.New(*c.(*kafka.Config), d)
		}},
		"nats": {config.Kind(nats.DefaultConfig), func(c any, d sink.Deps) (*sink.Sink, error) {
			return nats.New(*c.(*nats.Config), d)
		}},
	}
	formats = map[string]kind[ownFields, *encode.Codec]{
		"json": {config.Kind(json.DefaultConfig), func(c any, own ownFields) (*encode.Codec, error) {
			return json.New(*c.(*json.Config), own)
		}},
		"ulogd": {packetsOnly(config.Kind(ulogd.DefaultConfig)), func(c any, own ownFields) (*encode.Codec, error) {
			return ulogd.New(*c.(*ulogd.Config), own)
		}},
		"logemu": {packetsOnly(config.Kind(logemu.DefaultConfig)), func(c any, own ownFields) (*encode.Codec, error) {
			return logemu.New(*c.(*logemu.Config), own)
		}},
		"ecs": {config.Kind(ecs.DefaultConfig), func(c any, own ownFields) (*encode.Codec, error) {
			return ecs.New(*c.(*ecs.Config), own)
		}},
		"ocsf": {config.Kind(ocsf.DefaultConfig), func(c any, own ownFields) (*encode.Codec, error) {
			return ocsf.New(*c.(*ocsf.Config), own)
		}},
		"cef": {config.Kind(cef.DefaultConfig), func(c any, own ownFields) (*encode.Codec, error) {
			return cef.New(*c.(*cef.Config), own)
		}},
		"leef": {config.Kind(leef.DefaultConfig), func(c any, own ownFields) (*encode.Codec, error) {
			return leef.New(*c.(*leef.Config), own)
		}},
		"gelf": {config.Kind(gelf.DefaultConfig), func(c any, own ownFields) (*encode.Codec, error) {
			return gelf.New(*c.(*gelf.Config), own)
		}},
		"structured_data": {config.Kind(sd.DefaultConfig), func(c any, own ownFields) (*encode.Codec, error) {
			return sd.New(*c.(*sd.Config), own)
		}},
		"kernel": {packetsOnly(config.Kind(kernel.DefaultConfig)), func(c any, own ownFields) (*encode.Codec, error) {
			return kernel.New(*c.(*kernel.Config)), own.unwanted()
		}},
		"pcap": {packetsOnly(config.Kind(pcapformat.DefaultConfig)), func(c any, own ownFields) (*encode.Codec, error) {
			return pcapformat.New(*c.(*pcapformat.Config), own)
		}},
		"protobuf": {config.Kind(protobuf.DefaultConfig), func(c any, own ownFields) (*encode.Codec, error) {
			return protobuf.New(*c.(*protobuf.Config), own)
		}},
		"raw": {packetsOnly(config.Kind(raw.DefaultConfig)), func(_ any, own ownFields) (*encode.Codec, error) {
			return raw.New(), own.unwanted()
		}},
	}
)

// summarising marks a stage that makes summary events.
func summarising(s config.KindSpec) config.KindSpec {
	s.Summarises = true
	return s
}

// packetsOnly marks a format without a place for summary events.
func packetsOnly(s config.KindSpec) config.KindSpec {
	s.PacketsOnly = true
	return s
}

// ownFields are a sink's fields: the same in every event.
type ownFields map[string]string

// unwanted is the error of a format that has no place for them.
func (f ownFields) unwanted() error {
	if len(f) == 0 {
		return nil
	}
	return errors.New("has no place for fields")
}

// What is known by name and comes later: a configuration that asks for it is told so.
var laterStages = []string{"filter", "aggregate", "sample", "enrich"}

// schema is what a configuration may name.
func schema() config.Schema {
	s := config.Schema{Sources: specs(sources), Stages: specs(stages), Sinks: specs(sinks), Formats: specs(formats)}
	for _, name := range laterStages {
		s.Stages[name] = config.LaterKind(fmt.Sprintf("not in this version: the %s stage", name))
	}
	return s
}

func specs[D, C any](kinds map[string]kind[D, C]) map[string]config.KindSpec {
	out := make(map[string]config.KindSpec, len(kinds))
	for name, k := range kinds {
		out[name] = k.spec
	}
	return out
}
