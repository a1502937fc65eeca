package pcap

import "encoding/binary"

// Attributes (include/uapi/linux/netfilter/nfnetlink_log.h): a length that counts the header and a kind, here little-endian
// as the file is, then the value in network order, padded to four bytes.
const (
	attrPacketHdr  = 1 // hw_protocol be16, hook u8, pad u8
	attrMark       = 2
	attrTimestamp  = 3 // sec be64, usec be64
	attrInDev      = 4
	attrOutDev     = 5
	attrPhysInDev  = 6
	attrPhysOutDev = 7
	attrHWAddr     = 8 // len be16, pad be16, 8 bytes
	attrPayload    = 9
	attrPrefix     = 10
	attrUID        = 11
	attrSeq        = 12
	attrSeqGlobal  = 13
	attrGID        = 14
	attrHWType     = 15
	attrHWHeader   = 16
	attrHWLen      = 17
	attrCT         = 18
	attrCTInfo     = 19
	attrVLAN       = 20
	attrL2Hdr      = 21

	nested     = 0x8000 // NLA_F_NESTED
	attrHeader = 4
	maxValue   = 0xffff - attrHeader
)

// open begins an attribute, whose value follows; shut ends it.
func open(dst []byte, kind uint16) (out []byte, at int) {
	at = len(dst)
	return append(dst, 0, 0, byte(kind), byte(kind>>8)), at
}

func shut(dst []byte, at int) []byte {
	n := len(dst) - at
	binary.LittleEndian.PutUint16(dst[at:], uint16(n))
	return append(dst, "\x00\x00\x00"[:-n&3]...)
}

func appendBytes(dst []byte, kind uint16, value []byte) []byte {
	dst, at := open(dst, kind)
	return shut(append(dst, value...), at)
}

func append8(dst []byte, kind uint16, v uint8) []byte {
	return append(dst, attrHeader+1, 0, byte(kind), byte(kind>>8), v, 0, 0, 0)
}

func append16(dst []byte, kind, v uint16) []byte {
	return append(dst, attrHeader+2, 0, byte(kind), byte(kind>>8), byte(v>>8), byte(v), 0, 0)
}

func append32(dst []byte, kind uint16, v uint32) []byte {
	return append(dst, attrHeader+4, 0, byte(kind), byte(kind>>8), byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}
