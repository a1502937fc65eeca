package cef

import (
	"nflogship/encode"
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/pairs"
	"nflogship/event"
)

// Config is what SIEMs choose their parser and their device by. Sentinel's connectors and QRadar's log sources look for
// vendor and product; what they call this device is the user's to say.
type Config struct {
	Vendor  string `yaml:"vendor" check:"min=1,max=63"`
	Product string `yaml:"product" check:"min=1,max=63"`
	Version string `yaml:"version" check:"min=1,max=31"`
}

// DefaultConfig is Netfilter|nflog|1.0. The version is that of the mapping from packets to keys.
func DefaultConfig() Config { return Config{Vendor: "Netfilter", Product: "nflog", Version: "1.0"} }

// New returns the format. Own fields, if any, end every line, sorted by name: keys of the dictionary that this format
// leaves alone, such as cat or dvc, or keys of one's own.
func New(cfg Config, own map[string]string) (*encode.Codec, error) {
	tail, err := extension.Own(own, keys, pairs.Alphanumeric)
	if err != nil {
		return nil, err
	}
	head := []byte("CEF:0|")
	for _, field := range []string{cfg.Vendor, cfg.Product, cfg.Version} {
		head = append(pairs.Append(head, header, field), '|')
	}
	return &encode.Codec{Name: "cef", Framing: encode.Line, New: func() encode.Encoder {
		return &encoder{head: head, tail: tail, hosts: jsontext.NewOrigins(appendHost)}
	}}, nil
}

func appendHost(dst []byte, o *event.Origin) []byte { return text(dst, " dvchost=", []byte(o.Host)) }

// keys are those that the format itself writes.
var keys = []string{
	"rt", "dvchost", "act", "deviceDirection", "deviceInboundInterface", "deviceOutboundInterface", "proto",
	"src", "spt", "smac", "c6a2Label", "c6a2", "dst", "dpt", "dmac", "c6a3Label", "c6a3",
	"sourceTranslatedAddress", "sourceTranslatedPort", "destinationTranslatedAddress", "destinationTranslatedPort",
	"in", "cnt", "cs1Label", "cs1", "cs2Label", "cs2", "cs3Label", "cs3", "cs4Label", "cs4", "cs5Label", "cs5", "cs6Label", "cs6",
	"cn1Label", "cn1", "cn2Label", "cn2", "cn3Label", "cn3", "suid", "externalId", "msg", "reason", "start", "end",
}
