// Package rule reads the name of a rule from a prefix.
package rule

import "bytes"

// Rule is what a prefix says of the rule that logged. It points into the prefix.
type Rule struct {
	Name   []byte // of the rule, or of its set where it has an ID
	ID     []byte // its number in the set, or default; nil where the prefix has none
	Action []byte // the word behind the number
}

// Parse reads a prefix: SET-NUMBER-ACTION as VyOS, EdgeOS and UniFi write it, with brackets or without, else a name,
// without what commonly stands around one.
//
//	"WAN_IN-42-DROP "     WAN_IN   42       DROP
//	"[wan-lan-default-D]" wan-lan  default  D
//	"SSH drop: "          SSH drop
func Parse(prefix []byte) Rule {
	name := bytes.Trim(prefix, " \t:[]")
	action := bytes.LastIndexByte(name, '-')
	if action <= 0 || !isWord(name[action+1:]) {
		return Rule{Name: name}
	}
	id := bytes.LastIndexByte(name[:action], '-')
	if id <= 0 || !isNumber(name[id+1:action]) {
		return Rule{Name: name}
	}
	return Rule{Name: name[:id], ID: name[id+1 : action], Action: name[action+1:]}
}

func isNumber(s []byte) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return string(s) == "default"
		}
	}
	return len(s) > 0
}

func isWord(s []byte) bool {
	for _, c := range s {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return len(s) > 0
}

// Zones are the zones that the name of a set speaks of: wan and lan in wan-lan, WAN in WAN_IN (packets that come from
// there), WAN_LOCAL (those for the firewall itself) and WAN_OUT (that go there). Nil where it speaks of none.
func (r Rule) Zones() (in, out []byte) {
	if r.ID == nil {
		return nil, nil
	}
	if from, to, ok := bytes.Cut(r.Name, []byte("-")); ok && len(from) > 0 && len(to) > 0 && bytes.IndexByte(to, '-') < 0 {
		return from, to
	}
	name := r.Name[bytes.LastIndexByte(r.Name, '-')+1:] // without VyOS's ipv4-NAM-
	i := bytes.LastIndexByte(name, '_')
	if i <= 0 {
		return nil, nil
	}
	switch string(name[i+1:]) {
	case "IN", "LOCAL":
		return name[:i], nil
	case "OUT":
		return nil, name[:i]
	}
	return nil, nil
}
