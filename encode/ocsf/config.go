package ocsf

import (
	"fmt"
	"slices"
	"strings"

	"nflogship/config"
	"nflogship/encode/internal/keys"
)

// Config chooses among the event's top-level attributes.
type Config struct {
	Include []string          `yaml:"include" check:"unique"`               // these and no others
	Exclude []string          `yaml:"exclude" check:"unique"`               // all but these
	Rename  map[string]string `yaml:"rename"`                               // another name for an attribute
	Packet  string            `yaml:"packet" check:"oneof=none|base64|hex"` // the packet's bytes, under unmapped.packet
}

// DefaultConfig is every attribute under its own name.
func DefaultConfig() Config { return Config{Packet: "none"} }

// Check looks for attributes that there are not.
func (c *Config) Check(r *config.Report) { format.Check(r, c.options()) }

// options leaves the packet out: it has its place in unmapped.
func (c *Config) options() keys.Options {
	return keys.Options{Include: c.Include, Exclude: c.Exclude, Rename: c.Rename}
}

// format needs the attributes that the schema requires; of the endpoints, one.
var format = keys.Format{
	Name: "ocsf",
	Keys: strings.Fields(`metadata category_uid category_name class_uid class_name activity_id activity_name type_uid type_name
		severity_id severity time start_time end_time count action_id action disposition_id disposition is_alert firewall_rule
		device actor src_endpoint dst_endpoint connection_info traffic observables unmapped`),
	Needs: strings.Fields("metadata category_uid class_uid activity_id type_uid severity_id time src_endpoint"),
}

// unmapped are the names of what the schema has no place for.
var unmapped = strings.Fields(`nflog.prefix nflog.hook nflog.seq_global nflog.mark nflog.gid nflog.physin nflog.physout
	link.ethertype link.vlan_inner ip.ttl ip.tos ip.id ip.flow_label ip.df ip.fragment_offset ip.more_fragments
	tcp.seq tcp.ack tcp.window tcp.urgent udp.length icmp.type icmp.code icmp.id icmp.seq icmp.mtu icmp.pointer icmp.gateway
	ipsec.spi arp.operation nat.src_ip nat.src_port nat.dst_ip nat.dst_port truncated malformed
	summary.reason summary.stage summary.key packet`)

// ownFields are the members that own fields add to unmapped.
func ownFields(own map[string]string) ([]byte, error) {
	for name := range own {
		if slices.Contains(unmapped, name) {
			return nil, fmt.Errorf("own field %q: the ocsf event has a name like that in unmapped: choose another", name)
		}
	}
	return keys.Members(own), nil
}
