package json

import (
	"nflogship/encode/internal/jsontext"
	"nflogship/event"
)

func appendConntrack(dst []byte, ct *event.Conntrack) []byte {
	dst, o := jsontext.Open(dst, `,"conntrack":`)
	if ct.Has&event.CTHasID != 0 {
		dst = jsontext.AppendNumber(dst, `,"id":`, uint64(ct.ID))
	}
	if ct.Has&event.CTHasInfo != 0 {
		state, direction := jsontext.ConntrackInfo(ct.Info)
		dst = jsontext.AppendName(dst, `,"state":"`, state)
		dst = jsontext.AppendName(dst, `,"direction":"`, direction)
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
