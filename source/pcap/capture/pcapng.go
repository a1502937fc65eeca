package capture

import "fmt"

// pcapng, as draft-ietf-opsawg-pcapng has it: blocks, in the byte order of their section.
//
//	 0  block type    u32
//	 4  block length  u32, all of it, a multiple of 4
//	 8  body
//	-4  block length  u32, once more
//
// The bodies that matter, offsets from the block's beginning:
//
//	section header 0a0d0d0a    interface description 1     enhanced packet 6         simple packet 3       packet 2 (obsolete)
//	 8  byte-order magic u32    8  link type       u16      8  interface     u32      8  its length u32     8  interface     u16
//	12  version major    u16   10  reserved        u16     12  time, high    u32     12  the packet        10  drops         u16
//	14  version minor    u16   12  snapshot length u32     16  time, low     u32                           12  time, high    u32
//	16  section length   i64   16  options                 20  bytes here    u32                           16  time, low     u32
//	24  options                                            24  packet length u32                           20  bytes here    u32
//	                                                       28  the packet, options                         24  packet length u32
//	                                                                                                       28  the packet, options
const (
	blockInterface      = 1
	blockObsoletePacket = 2
	blockSimplePacket   = 3
	blockPacket         = 6

	byteOrderMagic = 0x1a2b3c4d

	blockHeaderLen  = 8
	blockTrailerLen = 4

	sectionOptions   = 24 // offset of the options; of a packet below: of the packet
	interfaceOptions = 16
	packetData       = 28
	simpleData       = 12

	sectionMinimum   = sectionOptions + blockTrailerLen
	interfaceMinimum = interfaceOptions + blockTrailerLen
	packetMinimum    = packetData + blockTrailerLen
	simpleMinimum    = simpleData + blockTrailerLen

	maxBlock      = 16 << 20 // libpcap's limit
	maxInterfaces = 1 << 16  // of one section: 2 MiB of memory
)

// section is the state of the section being read.
type section struct {
	interfaces []iface

	// Of a block without a packet that is being passed over:
	skip   int64  // bytes still to come, its trailer included
	length uint32 // of all of it, as its trailer must say again
	begins int64  // its place in the stream
}

// iface is an interface description block.
type iface struct {
	link    uint16
	snaplen uint32
	clock   clock
}

// sectionBegin reads a section header block up to its options.
func (r *Reader) sectionBegin(buf []byte) (n int, found bool, err error) {
	if len(buf) < sectionOptions {
		return r.more("section's header", sectionOptions)
	}
	for _, r.swap = range [...]bool{false, true} {
		if r.u32(buf[8:]) == byteOrderMagic {
			break
		}
	}
	if r.u32(buf[8:]) != byteOrderMagic {
		return 0, false, r.errorf("a pcapng section's byte-order magic is % x", buf[8:12])
	}
	if major := r.u16(buf[12:]); major != 1 {
		return 0, false, r.errorf("pcapng version %d.%d, where only 1.x is known", major, r.u16(buf[14:]))
	}
	length := r.u32(buf[4:])
	if err := r.checkLength(length, sectionMinimum); err != nil {
		return 0, false, err
	}
	// Sections, like concatenated files, may be many: the memory of the last one's interfaces serves again.
	r.section = section{interfaces: r.section.interfaces[:0]}
	return r.pass(length, sectionOptions), false, nil
}

// pass says that n bytes of a block of this length are done with, and leaves the rest to be passed over.
func (r *Reader) pass(length uint32, n int) int {
	s := &r.section
	s.skip, s.length, s.begins = int64(length)-int64(n), length, r.offset
	r.step = (*Reader).passOver
	return n
}

// passOver passes over the rest of a block, however little of it is in memory.
func (r *Reader) passOver(buf []byte, _ *Record) (n int, found bool, err error) {
	s := &r.section
	n = int(min(int64(len(buf)), s.skip-blockTrailerLen))
	s.skip -= int64(n)
	if s.skip > blockTrailerLen || len(buf)-n < blockTrailerLen {
		return n, false, nil
	}
	if again := r.u32(buf[n:]); again != s.length {
		return n, false, &Error{s.begins, fmt.Errorf("a block of %d bytes says %d at its end", s.length, again)}
	}
	s.skip, r.step = 0, (*Reader).block
	return n + blockTrailerLen, false, nil
}

// block reads one block; those without a packet are done with.
func (r *Reader) block(buf []byte, rec *Record) (n int, found bool, err error) {
	if len(buf) < blockHeaderLen+4 {
		return r.more("block", blockHeaderLen+4)
	}
	kind, length := r.u32(buf), r.u32(buf[4:])
	switch kind {
	case blockPacket:
		return r.packet(buf, rec, length, true)
	case blockObsoletePacket:
		return r.packet(buf, rec, length, false)
	case blockSimplePacket:
		return r.simplePacket(buf, rec, length)
	case blockInterface:
		return r.iface(buf, length)
	}
	if kind == magicSection || beginsCapture(buf) {
		r.step = (*Reader).begin
		return r.begin(buf, rec)
	}
	if err := r.checkLength(length, blockHeaderLen+blockTrailerLen); err != nil {
		return 0, false, err
	}
	return r.pass(length, blockHeaderLen), false, nil
}

// whole tells whether the block is in memory from end to end, and looks at both its lengths.
func (r *Reader) whole(buf []byte, length, shortest uint32) (ok bool, err error) {
	if err := r.checkLength(length, shortest); err != nil {
		return false, err
	}
	if length > MaxNeed {
		return false, r.errorf("a block says that it is %d bytes long; one of its kind has no more than %d", length, MaxNeed)
	}
	if uint64(len(buf)) < uint64(length) {
		r.more("block", int(length))
		return false, nil
	}
	if again := r.u32(buf[length-blockTrailerLen:]); again != length {
		return false, r.errorf("a block of %d bytes says %d at its end", length, again)
	}
	return true, nil
}

func (r *Reader) checkLength(length, shortest uint32) error {
	if length < shortest || length > maxBlock || length%4 != 0 {
		return r.errorf("a block says that it is %d bytes long: between %d and %d and a multiple of 4 is right",
			length, shortest, maxBlock)
	}
	return nil
}

// iface adds an interface to the section.
func (r *Reader) iface(buf []byte, length uint32) (n int, found bool, err error) {
	if ok, err := r.whole(buf, length, interfaceMinimum); !ok {
		return 0, false, err
	}
	if len(r.section.interfaces) == maxInterfaces {
		return 0, false, r.errorf("more than %d interfaces in one section", maxInterfaces)
	}
	clock, err := r.readClock(buf[interfaceOptions : length-blockTrailerLen])
	if err != nil {
		return 0, false, err
	}
	r.section.interfaces = append(r.section.interfaces, iface{r.u16(buf[8:]), r.u32(buf[12:]), clock})
	return int(length), false, nil
}

// packet reads an enhanced packet block or its obsolete predecessor, which differ in the width of the interface's number.
func (r *Reader) packet(buf []byte, rec *Record, length uint32, enhanced bool) (n int, found bool, err error) {
	if ok, err := r.whole(buf, length, packetMinimum); !ok {
		return 0, false, err
	}
	number := r.u32(buf[8:])
	if !enhanced {
		number = uint32(r.u16(buf[8:]))
	}
	if uint64(number) >= uint64(len(r.section.interfaces)) {
		return 0, false, r.noInterface(number)
	}
	i := &r.section.interfaces[number]
	here := r.u32(buf[20:])
	if here > length-packetMinimum || here > MaxPacket {
		return 0, false, r.errorf("a packet says that %d bytes of it are here, in a block of %d bytes", here, length)
	}
	rec.Off, rec.Len = packetData, int(here)
	rec.Time, rec.HasTime = i.clock.nanoseconds(uint64(r.u32(buf[12:]))<<32|uint64(r.u32(buf[16:]))), true
	rec.Link, rec.Mixed, rec.BigEndian, rec.Length = i.link, true, r.swap, r.u32(buf[24:])
	return int(length), true, nil
}

// simplePacket reads a packet of the first interface; how much of it is there is the least of three lengths.
func (r *Reader) simplePacket(buf []byte, rec *Record, length uint32) (n int, found bool, err error) {
	if ok, err := r.whole(buf, length, simpleMinimum); !ok {
		return 0, false, err
	}
	if len(r.section.interfaces) == 0 {
		return 0, false, r.noInterface(0)
	}
	i := &r.section.interfaces[0]
	rec.Length = r.u32(buf[8:])
	here := min(length-simpleMinimum, rec.Length)
	if i.snaplen > 0 {
		here = min(here, i.snaplen)
	}
	if here > MaxPacket {
		return 0, false, r.errorf("a packet says that %d bytes of it are here; no packet has more than %d", here, MaxPacket)
	}
	rec.Off, rec.Len = simpleData, int(here)
	rec.Time, rec.HasTime = 0, false
	rec.Link, rec.Mixed, rec.BigEndian = i.link, true, r.swap
	return int(length), true, nil
}

func (r *Reader) noInterface(number uint32) error {
	return r.errorf("a packet of interface %d, of which this section has said nothing (it has %d)",
		number, len(r.section.interfaces))
}
