package json

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

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

func appendConntrack(dst []byte, ct *event.Conntrack) []byte {
	dst, o := jsontext.Open(dst, `,"conntrack":`)
	if ct.Has&event.CTHasID != 0 {
		dst = jsontext.AppendNumber(dst, `,"id":`, uint64(ct.ID))
	}
	if ct.Has&event.CTHasInfo != 0 && ct.Info < uint32(len(ctInfo)) {
		dst = jsontext.AppendName(dst, `,"state":"`, ctInfo[ct.Info].state)
		dst = jsontext.AppendName(dst, `,"direction":"`, ctInfo[ct.Info].direction)
	}
	if ct.Has&event.CTHasMark != 0 {
		dst = jsontext.AppendNumber(dst, `,"mark":`, uint64(ct.Mark))
	}
	return o.Close(appendNAT(dst, ct))
}

func appendNAT(dst []byte, ct *event.Conntrack) []byte {
	if ct.Has&event.CTHasNATSrc != 0 {
		dst = jsontext.AppendAddr(dst, `,"nat_src":"`, &ct.NATSrc, ct.NATIPv6)
	}
	if ct.Has&event.CTHasNATDst != 0 {
		dst = jsontext.AppendAddr(dst, `,"nat_dst":"`, &ct.NATDst, ct.NATIPv6)
	}
	if ct.Has&event.CTHasNATSrcPort != 0 {
		dst = jsontext.AppendNumber(dst, `,"nat_src_port":`, uint64(ct.NATSrcPort))
	}
	if ct.Has&event.CTHasNATDstPort != 0 {
		dst = jsontext.AppendNumber(dst, `,"nat_dst_port":`, uint64(ct.NATDstPort))
	}
	return dst
}
