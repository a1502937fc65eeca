package jsontext

// ctInfo is what the values of enum ip_conntrack_info mean (include/uapi/linux/netfilter/nf_conntrack_common.h).
var ctInfo = [...]struct{ state, direction string }{
	0: {"established", "original"},
	1: {"related", "original"},
	2: {"new", "original"},
	3: {"established", "reply"},
	4: {"related", "reply"},
	5: {"new", "reply"},
	7: {"untracked", ""},
}

// ConntrackInfo names the state of a connection and the packet's direction in it, "" for what has no name.
func ConntrackInfo(info uint32) (state, direction string) {
	if info >= uint32(len(ctInfo)) {
		return "", ""
	}
	return ctInfo[info].state, ctInfo[info].direction
}
