// Package event holds a decoded packet, the batch it travels in, the acknowledgement that comes back for it, and the
// ledger that says what became of it.
package event

// Span is a run of bytes in a batch's arena.
type Span struct{ Off, Len uint32 }

// Kind tells a packet from an event that stands for many.
type Kind uint8

// The kinds of event.
const (
	Packet Kind = iota
	Summarised
)

// Event is one logged packet, or one summary. It holds no pointers: a million of them cost the garbage collector nothing.
// A field is meaningful only where its bit in Has is set; bytes (names, the packet) are spans in the batch's arena.
type Event struct {
	Time   int64  // nanoseconds since 1970: the kernel's stamp, else the capture record's, else the time of receipt
	Record uint64 // number within Origin: live, the sequence number widened to 64 bits; a capture, the record's number, where further events of a record count too
	Has    Has

	Prefix  Span // as in the rule, without its NUL
	Packet  Span // the packet's bytes as copied, from the network header
	Link    Span // the link header's bytes (HWHEADER or L2HDR), or the capture's own
	In      Span // interface names; empty where only the index is known
	Out     Span
	PhysIn  Span
	PhysOut Span

	InIndex, OutIndex, PhysInIndex, PhysOutIndex uint32

	Src, Dst [16]byte // IPv4 addresses stand in the first four bytes; IsIPv6 tells

	Origin    uint16 // index into Batch.Origins
	Group     uint16 // NFLOG group
	Seq       uint32 // NFULA_SEQ
	SeqGlobal uint32 // NFULA_SEQ_GLOBAL
	Mark      uint32
	UID, GID  uint32

	Length    uint32 // IPv4 total length; IPv6 payload length + 40
	IPID      uint32 // IPv4 identification, or the IPv6 fragment header's
	FlowLabel uint32
	TCPSeq    uint32
	TCPAck    uint32
	Word      uint32 // ICMP: gateway (IPv4, as a big-endian number), MTU or pointer, as Has says; ESP and AH: the SPI

	Aux uint32 // index + 1 into Batch.Inners, ARPs or Summaries, as Has and Kind say
	CT  uint32 // index + 1 into Batch.Conntracks

	EtherType  uint16 // as in the message or the link header
	HWType     uint16 // ARPHRD_*, include/uapi/linux/if_arp.h
	VLAN       uint16 // tag control information: priority in the top three bits
	VLANInner  uint16 // the inner tag's
	FragOffset uint16 // bytes
	SrcPort    uint16
	DstPort    uint16
	Window     uint16
	Urgent     uint16
	TCPFlags   uint16 // nine bits, FIN lowest, AE highest
	UDPLength  uint16
	ICMPID     uint16
	ICMPSeq    uint16

	MACSrc, MACDst [6]byte

	Kind      Kind
	Family    Family
	Hook      Hook
	Action    Action
	Proto     uint8 // the upper-layer protocol, after IPv6 extension headers
	TTL       uint8 // or hop limit
	TOS       uint8 // or traffic class
	ICMPType  uint8
	ICMPCode  uint8
	Malformed Fault
}

// Has says which fields of an Event are there: absent is not the same as zero.
type Has uint64

// The bits of Has.
const (
	HasGroup Has = 1 << iota
	HasSeq
	HasSeqGlobal
	HasPrefix
	HasHook
	HasIn // InIndex or In; likewise the next three
	HasOut
	HasPhysIn
	HasPhysOut
	HasMark
	HasUID
	HasGID
	HasMACSrc
	HasMACDst
	HasHWType
	HasEtherType
	HasVLAN
	HasVLANInner
	HasAddrs // Src and Dst
	IsIPv6   // they are IPv6
	HasProto
	HasPorts
	HasIP // Length, TTL, TOS
	HasID // IPID, from an IPv4 header
	HasFlowLabel
	DontFragment
	HasFrag // a fragment: FragOffset, MoreFragments; IPv6: IPID
	MoreFragments
	HasTCP
	HasUDP
	HasICMP       // ICMPType, ICMPCode
	HasEcho       // ICMPID, ICMPSeq
	HasGateway    // Word
	HasMTU        // Word
	HasPointer    // Word
	HasInner      // Aux: the packet an ICMP error quotes
	HasSPI        // Word
	HasARP        // Aux
	HasCT         // CT
	Truncated     // headers cut by copy_range or a capture's snapshot length
	HasTimeSeen   // Time is the kernel's or the capture's, not the time of receipt
	ActionGuessed // Action was read from usual words in the prefix: no rule in the configuration says so
)

// Is reports whether every bit of h is set.
func (e *Event) Is(h Has) bool { return e.Has&h == h }

// SaidAction is the event's action where rules in the configuration say so, else ActionNone.
func (e *Event) SaidAction() Action {
	if e.Is(ActionGuessed) {
		return ActionNone
	}
	return e.Action
}

// Inner is the packet that an ICMP error quotes, as far as it goes.
type Inner struct {
	Has              Has // HasAddrs, IsIPv6, HasProto, HasPorts
	Src, Dst         [16]byte
	SrcPort, DstPort uint16
	Proto            uint8
}

// ARP is an ARP packet for IPv4 over Ethernet (RFC 826). Other hardware or protocol types leave the addresses out: Plain is false.
type ARP struct {
	HWType, ProtoType, Operation uint16
	Plain                        bool
	MACSrc, MACDst               [6]byte
	Src, Dst                     [4]byte
}

// Conntrack is what NFULA_CT and NFULA_CT_INFO hold (include/uapi/linux/netfilter/nfnetlink_conntrack.h).
type Conntrack struct {
	Has            CTHas
	ID, Mark, Info uint32
	Status         uint32
	NATSrc, NATDst [16]byte
	NATIPv6        bool
	NATSrcPort     uint16
	NATDstPort     uint16
}

// CTHas says which fields of a Conntrack are there.
type CTHas uint8

// The bits of CTHas.
const (
	CTHasID CTHas = 1 << iota
	CTHasMark
	CTHasInfo
	CTHasStatus
	CTHasNATSrc
	CTHasNATDst
	CTHasNATSrcPort
	CTHasNATDstPort
)

// Summary stands for events that were held back, or folded under overload. Its key's values are the event's own fields.
type Summary struct {
	Reason      string // "threshold" or "overload"
	Stage       string // the stage's name in the configuration
	Key         [8]Field
	Keys        int  // how many of Key are used
	Other       bool // the row for everything that found no row of its own
	Suppressed  uint64
	Bytes       uint64
	First, Last int64 // nanoseconds since 1970
}
