package leef

import (
	"time"

	"nflogship/encode"
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/pairs"
	"nflogship/event"
)

// Config is what QRadar chooses the log source type by.
type Config struct {
	Vendor  string `yaml:"vendor" check:"min=1,max=63"`
	Product string `yaml:"product" check:"min=1,max=63"`
	Version string `yaml:"version" check:"min=1,max=31"`
}

// DefaultConfig is Netfilter|nflog|1.0. The version is that of the mapping from packets to attributes.
func DefaultConfig() Config { return Config{Vendor: "Netfilter", Product: "nflog", Version: "1.0"} }

// New returns the format. Own fields, if any, end every line, sorted by name.
func New(cfg Config, own map[string]string) (*encode.Codec, error) {
	tail, err := attribute.Own(own, keys, pairs.Alphanumeric)
	if err != nil {
		return nil, err
	}
	head := []byte("LEEF:2.0|")
	for _, field := range []string{cfg.Vendor, cfg.Product, cfg.Version} {
		head = append(pairs.Append(head, header, field), '|')
	}
	return &encode.Codec{Name: "leef", Framing: encode.Line, New: func() encode.Encoder {
		return &encoder{head: head, tail: tail, clock: jsontext.NewClock(time.UTC), hosts: jsontext.NewOrigins(appendHost)}
	}}, nil
}

func appendHost(dst []byte, o *event.Origin) []byte {
	if o.Host == "" {
		return dst
	}
	return attribute.Text(dst, "\thost=", o.Host)
}

// keys are those that the format itself writes: LEEF's own first, then those it has none for.
var keys = []string{
	"cat", "devTime", "devTimeFormat", "sev", "src", "dst", "srcPort", "dstPort", "proto", "srcMAC", "dstMAC",
	"srcPostNAT", "srcPostNATPort", "dstPostNAT", "dstPostNATPort", "srcBytes", "srcPackets", "policy",
	"host", "seq", "prefix", "hook", "in", "out", "physin", "physout", "mark", "uid", "gid", "vlan", "ttl", "tos",
	"tcpFlags", "icmpType", "icmpCode", "malformed", "truncated", "reason", "stage", "key", "first", "last",
}
