package json

import (
	"fmt"
	"maps"
	"slices"
)

// keys are the top-level keys of packets and summaries, in the order in which they are printed.
var keys = []string{
	"kind", "time", "host", "source", "family", "group", "seq", "seq_global", "prefix", "action", "hook",
	"in", "in_index", "out", "out_index", "physin", "physin_index", "physout", "physout_index", "mark", "uid", "gid",
	"mac_src", "mac_dst", "ethertype", "vlan", "vlan_priority", "vlan_inner", "src", "dst", "proto", "src_port", "dst_port",
	"length", "ttl", "tos", "id", "flow_label", "df", "frag", "tcp", "udp", "icmp", "spi", "arp", "conntrack", "process",
	"truncated", "malformed", "reason", "stage", "key", "suppressed", "bytes", "first", "last",
}

// ownFields returns how own ends an object, its closing brace included.
func ownFields(own map[string]string) ([]byte, error) {
	var tail []byte
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if slices.Contains(keys, name) {
			return nil, fmt.Errorf("own field %q: the json event has a key of that name: choose another", name)
		}
		tail = append(tail, ',')
		tail = append(appendString(tail, name), ':')
		tail = appendString(tail, own[name])
	}
	return append(tail, '}'), nil
}
