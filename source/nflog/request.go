package nflog

import (
	"encoding/binary"

	nfl "github.com/florianl/go-nflog/v2"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A configuration message (include/uapi/linux/netfilter/nfnetlink_log.h) follows its netlink header. Numbers are
// big-endian, the headers of attributes in the machine's order:
//
//	 0        1         2             4
//	+--------+---------+-------------+------------ …
//	| family | version | group be16  | attributes    nfgenmsg: family 0, version 0
//	+--------+---------+-------------+------------ …
//
//	CMD       1   u8      BIND 1, UNBIND 2; PF_BIND 3 and PF_UNBIND 4 change what the kernel logs with, for everyone,
//	                      and outlive the program: never sent
//	MODE      2   be32 copy range, u8 mode, u8 padding
//	NLBUFSIZ  3   be32
//	TIMEOUT   4   be32    hundredths of a second
//	QTHRESH   5   be32
//	FLAGS     6   be16    SEQ 1, SEQ_GLOBAL 2, CONNTRACK 4
const (
	typeConfig = unix.NFNL_SUBSYS_ULOG<<8 | 1 // NFULNL_MSG_CONFIG

	cfgCmd      = 1
	cfgMode     = 2
	cfgNLBufSiz = 3
	cfgTimeout  = 4
	cfgQThresh  = 5
	cfgFlags    = 6

	cmdBind   = 1
	cmdUnbind = 2
)

// bindRequest claims the group and sets everything in one message, so that the first packet is already numbered.
func bindRequest(group uint16, c *Config) netlink.Message {
	return request(group, netlink.Acknowledge, func(a *netlink.AttributeEncoder) {
		a.Uint8(cfgCmd, cmdBind)
		a.Bytes(cfgMode, append(binary.BigEndian.AppendUint32(nil, uint32(c.CopyRange)), nfl.CopyPacket, 0))
		a.Uint32(cfgNLBufSiz, uint32(c.NetlinkBuffer))
		a.Uint32(cfgTimeout, c.flushUnits())
		a.Uint32(cfgQThresh, c.QueueThreshold)
		a.Uint16(cfgFlags, nfl.FlagSeq|nfl.FlagGlobal)
	})
}

// conntrackRequest asks for conntrack attributes too. A kernel without them refuses the whole request: it goes alone.
func conntrackRequest(group uint16) netlink.Message {
	return request(group, netlink.Acknowledge, func(a *netlink.AttributeEncoder) {
		a.Uint16(cfgFlags, nfl.FlagSeq|nfl.FlagGlobal|nfl.FlagConntrack)
	})
}

// unbindRequest makes the kernel send what it still holds, and no more after it.
func unbindRequest(group uint16) netlink.Message {
	return request(group, 0, func(a *netlink.AttributeEncoder) { a.Uint8(cfgCmd, cmdUnbind) })
}

func request(group uint16, flags netlink.HeaderFlags, fill func(*netlink.AttributeEncoder)) netlink.Message {
	a := netlink.NewAttributeEncoder()
	a.ByteOrder = binary.BigEndian
	fill(a)
	attributes, err := a.Encode()
	if err != nil {
		panic("BUG: nflog request: " + err.Error())
	}
	head := []byte{unix.AF_UNSPEC, unix.NFNETLINK_V0, byte(group >> 8), byte(group)}
	return netlink.Message{
		Header: netlink.Header{Type: typeConfig, Flags: netlink.Request | flags},
		Data:   append(head, attributes...),
	}
}
