package nflog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// links knows the names of a network namespace's interfaces. The kernel reports every change (RTNLGRP_LINK), so a lookup
// is a plain read. Only name is safe for many goroutines.
type links struct {
	conn   *netlink.Conn
	log    *slog.Logger
	table  atomic.Pointer[map[uint32]string] // replaced, never changed
	closed atomic.Bool
	gone   []uint32 // interfaces that were removed, oldest first, whose names are still in table
}

// maxGone is how many removed interfaces keep their name: their last packets may still be on the way.
const maxGone = 256

// openLinks subscribes first and lists then, so that no change falls between.
func openLinks(space int, log *slog.Logger) (*links, error) {
	conn, err := netlink.Dial(unix.NETLINK_ROUTE, &netlink.Config{NetNS: space, Groups: unix.RTMGRP_LINK})
	if err != nil {
		return nil, err
	}
	l := &links{conn: conn, log: log}
	l.table.Store(&map[uint32]string{})
	if err := l.list(); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	return l, nil
}

// name is the interface's name, "" for an index that there is none for.
func (l *links) name(index uint32) string { return (*l.table.Load())[index] }

// list asks for all interfaces and takes in what comes until they have come: reports of changes may come between.
func (l *links) list() error {
	sent, err := l.conn.Send(netlink.Message{
		Header: netlink.Header{Type: unix.RTM_GETLINK, Flags: netlink.Request | netlink.Dump},
		Data:   make([]byte, unix.SizeofIfInfomsg),
	})
	for err == nil {
		var messages []netlink.Message
		if messages, err = l.conn.Receive(); err != nil {
			break
		}
		l.apply(messages)
		if slices.ContainsFunc(messages, func(m netlink.Message) bool { return m.Header.Sequence == sent.Header.Sequence }) {
			return nil
		}
	}
	return err
}

// follow takes in changes until close is called.
func (l *links) follow() {
	for {
		messages, err := l.conn.Receive()
		for errors.Is(err, unix.ENOBUFS) { // more changed at once than the socket holds
			err = l.list()
		}
		if l.closed.Load() {
			return
		}
		if err != nil {
			l.log.Warn("following changes of interfaces failed: names of new ones may be missing", "error", err)
			return
		}
		l.apply(messages)
	}
}

func (l *links) close() {
	l.closed.Store(true)
	_ = l.conn.Close()
}

// apply publishes a table with the changes made. rtnetlink(7): ifinfomsg {family u8, pad u8, type u16, index s32,
// flags u32, change u32}, then attributes; all in the machine's byte order.
func (l *links) apply(messages []netlink.Message) {
	next := maps.Clone(*l.table.Load())
	for _, m := range messages {
		if len(m.Data) < unix.SizeofIfInfomsg || m.Data[0] != unix.AF_UNSPEC {
			continue // a bridge reports its ports by the same messages: leaving a bridge is not going
		}
		index := binary.NativeEndian.Uint32(m.Data[4:])
		switch m.Header.Type {
		case unix.RTM_NEWLINK:
			if name := linkName(m.Data[unix.SizeofIfInfomsg:]); name != "" {
				next[index] = name
				l.gone = slices.DeleteFunc(l.gone, func(i uint32) bool { return i == index })
			}
		case unix.RTM_DELLINK:
			l.gone = append(l.gone, index)
		}
	}
	for len(l.gone) > maxGone {
		delete(next, l.gone[0])
		l.gone = l.gone[1:]
	}
	l.table.Store(&next)
}

// linkName finds IFLA_IFNAME among the attributes.
func linkName(attributes []byte) string {
	d, err := netlink.NewAttributeDecoder(attributes)
	if err != nil {
		return ""
	}
	for d.Next() {
		if d.Type() == unix.IFLA_IFNAME {
			return d.String()
		}
	}
	return ""
}
