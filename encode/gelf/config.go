package gelf

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"nflogship/config"
	"nflogship/encode/internal/keys"
)

// Config chooses among the message's fields, which go by their names with the underscore.
type Config struct {
	Include []string          `yaml:"include" check:"unique"`               // these and no others
	Exclude []string          `yaml:"exclude" check:"unique"`               // all but these
	Rename  map[string]string `yaml:"rename"`                               // another name for a field
	Packet  string            `yaml:"packet" check:"oneof=none|base64|hex"` // the packet's bytes, under _packet
}

// DefaultConfig is every field under its own name.
func DefaultConfig() Config { return Config{Packet: "none"} }

// Check looks for fields that there are not.
func (c *Config) Check(r *config.Report) { format.Check(r, c.options()) }

func (c *Config) options() keys.Options {
	return keys.Options{Include: c.Include, Exclude: c.Exclude, Rename: c.Rename, Packet: c.Packet}
}

// format needs what GELF requires, and the timestamp and level that receivers would make up.
var format = keys.Format{
	Name: "gelf", Prefix: "_", Needs: required, Invalid: invalidKey,
	Keys: append(slices.Clip(required), strings.Fields(`
		_kind _log_source _family _group _seq _seq_global _prefix _action _hook _in _in_index _out _out_index
		_physin _physin_index _physout _physout_index _mark _uid _gid _mac_src _mac_dst _ethertype _vlan _vlan_priority _vlan_inner
		_src _dst _proto _src_port _dst_port _length _ttl _tos _ip_id _flow_label _df _frag_offset _frag_more
		_tcp_flags _tcp_seq _tcp_ack _tcp_window _tcp_urgent _udp_length
		_icmp_type _icmp_code _icmp_id _icmp_seq _icmp_gateway _icmp_mtu _icmp_pointer
		_icmp_inner_src _icmp_inner_dst _icmp_inner_proto _icmp_inner_src_port _icmp_inner_dst_port _spi
		_arp_operation _arp_mac_src _arp_src _arp_mac_dst _arp_dst
		_conntrack_id _conntrack_state _conntrack_direction _conntrack_mark _nat_src _nat_dst _nat_src_port _nat_dst_port
		_truncated _malformed _reason _stage _suppressed _bytes _first _last`)...),
}

var required = []string{"version", "host", "short_message", "timestamp", "level"}

// GELF 1.1: additional field names. Receivers take the underscore off, so that _source would take the place of the host.
var (
	validKey = regexp.MustCompile(`^_[\w.-]+$`)
	reserved = []string{"_id", "_source", "_message", "_timestamp", "_full_message"}
)

func invalidKey(key string) error {
	switch {
	case !validKey.MatchString(key):
		return fmt.Errorf("%q: a GELF field is an underscore and then letters, digits, _, . and -", key)
	case slices.Contains(reserved, key):
		return fmt.Errorf("%q has a meaning of its own to GELF's receivers: choose another name", key)
	}
	return nil
}
