package capture

// pcap, as libpcap's sf-pcap.c and draft-ietf-opsawg-pcap have it. All numbers are in the byte order of the magic.
//
//	file header             record header           Kuznetsov's adds
//	 0  magic         u32    0  seconds       u32    16  interface index u32
//	 4  version major u16    4  fraction      u32    20  protocol        u16
//	 6  version minor u16    8  bytes here    u32    22  packet type     u8
//	 8  time zone     i32   12  packet length u32    23  padding         u8
//	12  accuracy      u32   16  the packet           24  the packet
//	16  snapshot len  u32
//	20  link type     u16, then 16 bits of flags (FCS length)
const (
	pcapHeaderLen         = 24
	pcapRecordLen         = 16
	pcapModifiedRecordLen = 24
)

// pcapHeader is what a pcap file's header says of its records. The time zone is ignored: libpcap writes 0, and who writes
// another stamps in UTC all the same. So is the snapshot length, which files break.
type pcapHeader struct {
	headerLen int
	perUnit   int64 // nanoseconds in a unit of fraction
	link      uint16
	lengths   lengthOrder
	version   uint32 // both halves as one number in the header's byte order
	foreign   uint32 // the same, as a header of the other byte order has it
}

// lengthOrder says which of a record's two lengths is which: versions before 2.4 had not settled it.
type lengthOrder uint8

const (
	hereFirst lengthOrder = iota
	packetFirst
	smallerIsHere
)

func (r *Reader) pcapBegin(buf []byte) (n int, found bool, err error) {
	if len(buf) < pcapHeaderLen {
		return r.more("capture's header", pcapHeaderLen)
	}
	major, minor := r.u16(buf[4:]), r.u16(buf[6:])
	if major != 2 && (major != 543 || minor != 0) {
		return 0, false, r.errorf("pcap version %d.%d, where only 2.x is known", major, minor)
	}
	h := pcapHeader{headerLen: pcapRecordLen, perUnit: 1000, version: r.u32(buf[4:]), lengths: lengthsOf(major, minor)}
	h.foreign = h.version&0x00ff00ff<<8 | h.version>>8&0x00ff00ff
	switch r.u32(buf) {
	case magicNano:
		h.perUnit = 1
	case magicModified:
		h.headerLen = pcapModifiedRecordLen
	}
	h.link = uint16(r.u32(buf[20:]))
	r.pcap, r.step = h, (*Reader).pcapRecord
	return pcapHeaderLen, false, nil
}

// lengthsOf follows libpcap: 543.0 is DG/UX's.
func lengthsOf(major, minor uint16) lengthOrder {
	switch {
	case major == 543 || minor < 3:
		return packetFirst
	case minor == 3:
		return smallerIsHere
	}
	return hereFirst
}

func (r *Reader) pcapRecord(buf []byte, rec *Record) (n int, found bool, err error) {
	h := &r.pcap
	if len(buf) < h.headerLen {
		return r.more("record's header", h.headerLen)
	}
	sec, frac, here, length := r.u32(buf), r.u32(buf[4:]), r.u32(buf[8:]), r.u32(buf[12:])
	// A file header where a record should be: captures that were put together with cat. Its version stands where the
	// fraction of a second does.
	if (frac == h.version || frac == h.foreign || sec == magicSection) && beginsCapture(buf) {
		r.step = (*Reader).begin
		return r.begin(buf, rec)
	}
	if h.lengths != hereFirst && (h.lengths == packetFirst || here > length) {
		here, length = length, here
	}
	if here > MaxPacket {
		return 0, false, r.errorf("a record says that it holds %d bytes; no packet has more than %d", here, MaxPacket)
	}
	if here|length|sec|frac == 0 {
		return 0, false, r.errorf("zeros where a record should be: was the file being written when the machine went down?")
	}
	end := h.headerLen + int(here)
	if len(buf) < end {
		return r.more("record", end)
	}
	rec.Off, rec.Len = h.headerLen, int(here)
	rec.Time, rec.HasTime = int64(sec)*1e9+int64(frac)*h.perUnit, true
	rec.Link, rec.Mixed, rec.BigEndian, rec.Length = h.link, false, r.swap, length
	return end, true, nil
}
