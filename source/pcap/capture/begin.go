package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// The first four bytes of a capture, as a number read with the least significant byte first.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // Alexey Kuznetsov's: 24-byte record headers
	magicSection  = 0x0a0d0d0a // pcapng's section header block; the same in both byte orders
)

const magicLen = 4

// begin reads what stands at the beginning of a stream, or after the end of a capture in it.
func (r *Reader) begin(buf []byte, rec *Record) (n int, found bool, err error) {
	if len(buf) < magicLen {
		return r.more("capture's header", magicLen)
	}
	for _, r.swap = range [...]bool{false, true} {
		switch r.u32(buf) {
		case magicMicro, magicNano, magicModified:
			return r.pcapBegin(buf)
		case magicSection:
			return r.sectionBegin(buf)
		}
	}
	return 0, false, r.errorf("neither pcap nor pcapng: it begins with % x%s", buf[:magicLen], looksLike(buf))
}

// beginsCapture tells whether a capture begins here rather than a record of the capture before it. It looks at the first
// twelve bytes.
func beginsCapture(buf []byte) bool {
	le, be := binary.LittleEndian.Uint32(buf), binary.BigEndian.Uint32(buf)
	if le == magicSection {
		le, be = binary.LittleEndian.Uint32(buf[8:]), binary.BigEndian.Uint32(buf[8:])
		return le == byteOrderMagic || be == byteOrderMagic
	}
	for _, m := range [...]uint32{magicMicro, magicNano, magicModified} {
		if le == m || be == m {
			return true
		}
	}
	return false
}

var otherFiles = []struct{ begins, name string }{
	{"\xfd7zX", "xz-compressed data: decompress it first"},
	{"BZh", "bzip2-compressed data: decompress it first"},
	{"\x04\x22\x4d\x18", "lz4-compressed data: decompress it first"},
	{"PK\x03\x04", "a zip archive: unpack it first"},
	{"\x1f\x8b", "data that is gzip-compressed twice"},
	{"\x28\xb5\x2f\xfd", "data that is compressed twice"},
	{"\x7fELF", "a program"},
	{"snoo", "a Solaris snoop capture: editcap -F pcap converts it"},
	{"\x1c\x00\x01\xac", "an IxVeriWave capture: editcap -F pcap converts it"},
	{"RTSS", "a Network Monitor capture: editcap -F pcap converts it"},
	{"GMBU", "a Network Monitor capture: editcap -F pcap converts it"},
	{"XCP\x00", "a NetXRay capture: editcap -F pcap converts it"},
	{"\x00\x00\x00\x00", "zeros: was it preallocated, and never written?"},
}

// looksLike names what is often taken for a capture.
func looksLike(buf []byte) string {
	for _, o := range otherFiles {
		if bytes.HasPrefix(buf, []byte(o.begins)) {
			return fmt.Sprintf(", like %s", o.name)
		}
	}
	return ""
}
