package kernel

import (
	"bytes"
	"strconv"

	"nflogship/event"
)

// device is an interface of the packet, as far as the message told.
type device struct {
	known bool
	name  []byte
	index uint32
}

func (d device) is(other device) bool {
	return d.known == other.known && d.index == other.index && bytes.Equal(d.name, other.name)
}

// appendHead appends the prefix, to which nothing is added, and the interfaces.
func appendHead(dst []byte, b *event.Batch, e *event.Event) []byte {
	in := device{e.Is(event.HasIn), b.Bytes(e.In), e.InIndex}
	out := device{e.Is(event.HasOut), b.Bytes(e.Out), e.OutIndex}
	physIn := device{e.Is(event.HasPhysIn), b.Bytes(e.PhysIn), e.PhysInIndex}
	physOut := device{e.Is(event.HasPhysOut), b.Bytes(e.PhysOut), e.PhysOutIndex}
	if e.Family == event.FamilyBridge { // the rule sees ports there; NFLOG tells of the bridge above them too
		in, out = port(in, physIn), port(out, physOut)
	}
	dst = append(dst, b.Bytes(e.Prefix)...)
	dst = appendDevice(dst, "IN=", in)
	dst = appendDevice(dst, "OUT=", out)
	if physIn.known && !physIn.is(in) {
		dst = appendDevice(dst, "PHYSIN=", physIn)
	}
	if physOut.known && !physOut.is(out) {
		dst = appendDevice(dst, "PHYSOUT=", physOut)
	}
	return dst
}

func port(bridge, port device) device {
	if port.known {
		return port
	}
	return bridge
}

func appendDevice(dst []byte, key string, d device) []byte {
	dst = append(dst, key...)
	switch {
	case len(d.name) > 0:
		dst = append(dst, d.name...)
	case d.known:
		dst = strconv.AppendUint(dst, uint64(d.index), 10)
	}
	return append(dst, ' ')
}

// ARPHRD_*, include/uapi/linux/if_arp.h.
const (
	arphrdEther    = 1
	arphrdLoopback = 772
	arphrdSIT      = 776
)

// mac appends the link header, as long as the device says its headers are.
func (l *line) mac(dst []byte) []byte {
	dst = append(dst, "MAC="...)
	// Where the two begin at the same byte there is no link header (PPP), whatever the device says of its length.
	if len(l.link) > 0 && !bytes.HasPrefix(l.p, l.link) {
		dst = appendHex(dst, lowerHex, l.link[0])
		for _, c := range l.link[1:] {
			dst = appendHex(append(dst, ':'), lowerHex, c)
		}
		dst = l.tunnel(dst)
	}
	return append(dst, ' ')
}

// tunnel appends the addresses of the IPv4 header that stands behind the 14 bytes where a sit device has no Ethernet header.
func (l *line) tunnel(dst []byte) []byte {
	if l.e.HWType != arphrdSIT || len(l.link) < 34 {
		return dst
	}
	dst = append(dst, " TUNNEL="...)
	dst = event.AppendIPv4(dst, [4]byte(l.link[26:]))
	dst = append(dst, "->"...)
	return event.AppendIPv4(dst, [4]byte(l.link[30:]))
}
