package json

import (
	"nflogship/config"
	"nflogship/encode/internal/keys"
)

// Config chooses among the event's top-level keys.
type Config struct {
	Include []string          `yaml:"include" check:"unique"`               // these and no others
	Exclude []string          `yaml:"exclude" check:"unique"`               // all but these
	Rename  map[string]string `yaml:"rename"`                               // another name for a key
	Packet  string            `yaml:"packet" check:"oneof=none|base64|hex"` // the packet's bytes, under packet
}

// DefaultConfig is every key under its own name.
func DefaultConfig() Config { return Config{Packet: "none"} }

// Check looks for keys that there are not.
func (c *Config) Check(r *config.Report) { format.Check(r, c.options()) }

func (c *Config) options() keys.Options {
	return keys.Options{Include: c.Include, Exclude: c.Exclude, Rename: c.Rename, Packet: c.Packet}
}

// format names the top-level keys of packets and summaries, in the order in which they are printed.
var format = keys.Format{Name: "json", Keys: []string{
	"kind", "time", "host", "source", "family", "group", "seq", "seq_global", "prefix", "action", "hook",
	"in", "in_index", "out", "out_index", "physin", "physin_index", "physout", "physout_index", "mark", "uid", "gid",
	"mac_src", "mac_dst", "ethertype", "vlan", "vlan_priority", "vlan_inner", "src", "dst", "proto", "src_port", "dst_port",
	"length", "ttl", "tos", "id", "flow_label", "df", "frag", "tcp", "udp", "icmp", "spi", "arp", "conntrack", "process",
	"truncated", "malformed", "reason", "stage", "key", "suppressed", "bytes", "first", "last",
}}
