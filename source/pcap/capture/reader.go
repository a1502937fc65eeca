// Package capture finds the records of a capture file, pcap or pcapng, in a stream of bytes that its caller holds. It does
// no input, copies nothing, allocates only for interface descriptions, and takes no length in a file on trust.
package capture

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

const (
	// MaxPacket is the longest packet taken from a record: libpcap's and Wireshark's limit for every link type that is
	// decoded here. A record that claims more is damage.
	MaxPacket = 256 << 10
	// MaxNeed is how many bytes the caller's buffer must be able to hold: the longest record with its headers and options.
	MaxNeed = MaxPacket + 64<<10
)

// Record is one packet of a capture.
type Record struct {
	Off, Len  int   // the packet as captured: its place in the bytes handed to Next
	Time      int64 // nanoseconds since 1970
	HasTime   bool  // false in a simple packet block, which has no time
	BigEndian bool  // the byte order of the machine that wrote it
	Mixed     bool  // of a pcapng file, whose other records may have another link type
	Link      uint16
	Length    uint32 // of the packet before the snapshot length cut it
}

// Reader reads one stream, which may hold several captures one after the other. It is not safe for several goroutines.
type Reader struct {
	step    func(r *Reader, buf []byte, rec *Record) (n int, found bool, err error)
	swap    bool   // numbers are big-endian
	offset  int64  // in the stream, of the first byte not consumed
	what    string // what begins at offset, if it is not all there
	wanted  int    // and how many bytes it has
	pcap    pcapHeader
	section section
}

// NewReader returns a Reader at the beginning of a stream.
func NewReader() *Reader { return &Reader{step: (*Reader).begin} }

// Next looks for a record in buf, which begins at the first byte not consumed so far. It returns how many bytes are done
// with, record included. Not found means that it needs more bytes than buf holds; they go after the ones not done with.
func (r *Reader) Next(buf []byte, rec *Record) (n int, found bool, err error) {
	for {
		k, found, err := r.step(r, buf[n:], rec)
		r.offset += int64(k)
		if found {
			rec.Off += n
		}
		n += k
		if found || err != nil || k == 0 {
			return n, found, err
		}
	}
}

// End tells whether the stream may end here, with rest not done with: nil, or what is missing.
func (r *Reader) End(rest []byte) error {
	have := int64(len(rest))
	switch {
	case r.section.skip > 0:
		return &Error{r.section.begins, fmt.Errorf("it is cut off in the middle of a block of %d bytes: the last %d are missing",
			r.section.length, r.section.skip-have)}
	case have > 0:
		return r.errorf("it is cut off in the middle of a %s: %d of its %d bytes are there", r.what, have, r.wanted)
	case r.offset == 0:
		return r.errorf("it is empty: not even a capture's header is there")
	}
	return nil
}

// Offset is the place in the stream of the first byte not consumed.
func (r *Reader) Offset() int64 { return r.offset }

// more says that something begins at offset, of which not all bytes are there.
func (r *Reader) more(what string, want int) (n int, found bool, err error) {
	r.what, r.wanted = what, want
	return 0, false, nil
}

func (r *Reader) u16(p []byte) uint16 {
	v := binary.LittleEndian.Uint16(p)
	if r.swap {
		v = bits.ReverseBytes16(v)
	}
	return v
}

func (r *Reader) u32(p []byte) uint32 {
	v := binary.LittleEndian.Uint32(p)
	if r.swap {
		v = bits.ReverseBytes32(v)
	}
	return v
}
