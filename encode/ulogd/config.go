package ulogd

import (
	"strings"

	"nflogship/config"
	"nflogship/encode/internal/keys"
)

// Config has ulogd2's own settings under their names there, and those that formats of JSON objects share.
type Config struct {
	EventV1      bool              `yaml:"eventv1"`       // @timestamp and @version, as Logstash has them
	BooleanLabel bool              `yaml:"boolean_label"` // action, blocked or allowed, instead of raw.label
	NumericLabel *uint8            `yaml:"numeric_label"` // raw.label (default 0); with boolean_label, where no rule tells the action: 0 blocked, else allowed
	Device       string            `yaml:"device" check:"min=1"`
	UTC          bool              `yaml:"utc"`                                  // times in UTC, not in the local zone
	Include      []string          `yaml:"include" check:"unique"`               // of the top-level keys, these and no others
	Exclude      []string          `yaml:"exclude" check:"unique"`               // all but these
	Rename       map[string]string `yaml:"rename"`                               // another name for a key
	Packet       string            `yaml:"packet" check:"oneof=none|base64|hex"` // the packet's bytes, under packet
}

// DefaultConfig is what ulogd2 does without settings.
func DefaultConfig() Config { return Config{Device: "Netfilter", Packet: "none"} }

// Check looks for keys that there are not.
func (c *Config) Check(r *config.Report) { format.Check(r, c.options()) }

func (c *Config) options() keys.Options {
	return keys.Options{Include: c.Include, Exclude: c.Exclude, Rename: c.Rename, Packet: c.Packet}
}

// format has its keys in ulogd2's order: that of its plugins NFLOG, BASE, IFINDEX, IP2STR, HWHDR.
var format = keys.Format{Name: "ulogd", Spaced: true, Keys: strings.Fields(`
	@version timestamp @timestamp dvc
	raw.pktlen raw.pktcount oob.prefix oob.time.sec oob.time.usec oob.mark oob.ifindex_in oob.ifindex_out oob.hook raw.mac_len
	oob.seq.local oob.seq.global oob.family oob.protocol oob.uid oob.gid raw.label action raw.type raw.mac.addrlen
	ip.protocol ip.tos ip.ttl ip.totlen ip.ihl ip.csum ip.id ip.fragoff
	ip6.payloadlen ip6.priority ip6.flowlabel ip6.hoplimit ip6.nexthdr ip6.fragoff ip6.fragid
	src_port dest_port
	tcp.seq tcp.ackseq tcp.window tcp.offset tcp.reserved tcp.urg tcp.urgp tcp.ack tcp.psh tcp.rst tcp.syn tcp.fin tcp.res1 tcp.res2 tcp.csum
	udp.len udp.csum icmp.type icmp.code icmp.echoid icmp.echoseq icmp.fragmtu icmp.csum
	icmpv6.type icmpv6.code icmpv6.echoid icmpv6.echoseq icmpv6.csum
	arp.hwtype arp.protocoltype arp.operation sctp.csum
	oob.in oob.out src_ip dest_ip arp.saddr.str arp.daddr.str mac.saddr.str mac.daddr.str mac.str`)}
