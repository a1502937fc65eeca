package sd

import (
	"fmt"
	"strconv"

	"nflogship/encode"
	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

// Config names the element. An enterprise number is an organisation's own, from IANA; 32473 is the one that RFC 5612 keeps
// for examples, and clashes with nobody's.
type Config struct {
	Enterprise uint32 `yaml:"enterprise" check:"min=1"`
}

// DefaultConfig is nflog@32473.
func DefaultConfig() Config { return Config{Enterprise: 32473} }

// New returns the format. Own fields, if any, end every element, sorted by name.
func New(cfg Config, own map[string]string) (*encode.Codec, error) {
	tail, err := param.Own(own, keys, checkName)
	if err != nil {
		return nil, err
	}
	tail = append(tail, ']')
	head := strconv.AppendUint([]byte("[nflog@"), uint64(cfg.Enterprise), 10)
	return &encode.Codec{Name: "structured_data", Framing: encode.Line, New: func() encode.Encoder {
		return &encoder{head: head, tail: tail, sources: jsontext.NewOrigins(appendSource)}
	}}, nil
}

func appendSource(dst []byte, o *event.Origin) []byte {
	if o.Source == "" {
		return dst
	}
	return param.Text(dst, ` source="`, o.Source)
}

const maxName = 32

// checkName holds a name to RFC 5424, section 6: SD-NAME.
func checkName(name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("RFC 5424 allows names of 1 to %d characters", maxName)
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == '=' || c == ']' || c == '"' {
			return fmt.Errorf("RFC 5424 allows printable ASCII in a name, but no space, =, ] and \": this has %q", c)
		}
	}
	return nil
}

// keys are those that the format itself writes.
var keys = []string{
	"kind", "source", "family", "group", "seq", "seq_global", "prefix", "action", "hook", "in", "in_index", "out", "out_index",
	"physin", "physin_index", "physout", "physout_index", "mark", "uid", "gid", "mac_src", "mac_dst", "ethertype", "vlan",
	"vlan_priority", "vlan_inner", "src", "dst", "proto", "src_port", "dst_port", "length", "ttl", "tos", "id", "flow_label", "df",
	"frag_offset", "frag_more", "frag_id", "tcp_flags", "tcp_seq", "tcp_ack", "tcp_window", "tcp_urgent", "udp_length",
	"icmp_type", "icmp_code", "icmp_id", "icmp_seq", "icmp_gateway", "icmp_mtu", "icmp_pointer", "inner_src", "inner_dst",
	"inner_proto", "inner_src_port", "inner_dst_port", "spi", "arp_operation", "arp_mac_src", "arp_src", "arp_mac_dst", "arp_dst",
	"ct_id", "ct_state", "ct_direction", "ct_mark", "ct_nat_src", "ct_nat_dst", "ct_nat_src_port", "ct_nat_dst_port",
	"truncated", "malformed", "host", "reason", "stage", "key", "suppressed", "bytes", "first", "last",
}
