// Package pcap writes events as capture files of link type 239: what netfilter said of a packet, with the packet. tcpdump and
// Wireshark read them, and a replay with the same interfaces gives the same events. They differ in what an NFLOG message
// has no place for:
//
//   - interfaces of which only the name is known (ULOG), host, source, action; how a message itself was malformed;
//   - the inner of two VLAN tags, except in the bridge, netdev and inet families;
//   - a packet of which only the link header was captured, and bytes beyond the 65531 that an attribute holds;
//   - with NAT, the untranslated addresses are the packet's own, or zeros where NAT had replaced them.
//
// And in what a capture always has: a group (0 where there was none) and a time, between 1970 and 2106.
package pcap

import (
	"encoding/binary"
	"errors"
	"math"

	"nflogship/encode"
	"nflogship/event"
)

// Config has no settings.
type Config struct{}

// DefaultConfig is the only one there is.
func DefaultConfig() Config { return Config{} }

// New returns the format.
func New(_ Config, own map[string]string) (*encode.Codec, error) {
	if len(own) > 0 {
		return nil, errors.New("has no place for fields")
	}
	return &encode.Codec{
		Name: "pcap", Framing: encode.Bare, Header: fileHeader(), Length: length, New: func() encode.Encoder { return encoder{} },
	}, nil
}

// A pcap file with nanoseconds (draft-ietf-opsawg-pcap), little-endian on every machine:
//
//	file header              record header
//	 0  magic         u32     0  seconds        u32
//	 4  version 2.4   u16×2   4  nanoseconds    u32
//	 8  unused        u32×2   8  bytes here     u32
//	16  snapshot len  u32    12  message length u32
//	20  link type     u32    16  the message
const (
	magicNano    = 0xa1b23c4d
	snapLen      = 262144 // libpcap's own: readers refuse records that are longer
	linkNFLOG    = 239
	recordHeader = 16
)

func fileHeader() []byte {
	h := make([]byte, 0, 24)
	for _, v := range []uint32{magicNano, 4<<16 | 2, 0, 0, snapLen, linkNFLOG} {
		h = binary.LittleEndian.AppendUint32(h, v)
	}
	return h
}

// length is how long a record is by its header: encode.Codec.Length.
func length(head []byte) (n int, known bool) {
	if len(head) < recordHeader {
		return 0, false
	}
	here := binary.LittleEndian.Uint32(head[8:])
	return recordHeader + int(here), here > 0 && here <= snapLen
}

type encoder struct{}

// AppendEvent has no place for a summary.
func (encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	if e.Kind != event.Packet {
		return dst, false
	}
	start := len(dst)
	sec := min(max(e.Time/1e9, 0), math.MaxUint32)
	nano := max(e.Time-sec*1e9, 0) % 1e9
	dst = binary.LittleEndian.AppendUint32(dst, uint32(sec))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(nano))
	dst = append(dst, make([]byte, 8)...)
	m := newMessage(b, e)
	dst = m.append(dst, b)
	here := uint32(len(dst) - start - recordHeader)
	binary.LittleEndian.PutUint32(dst[start+8:], here)
	binary.LittleEndian.PutUint32(dst[start+12:], here+m.left)
	return dst, true
}
