package nflog

import (
	"encoding/binary"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"nflogship/internal/netnstest"
)

// An interface's new name is seen in the very next events, and an interface that comes later has its name, too.
func TestInterfaceNames(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	(&netnstest.Rule{Port: 4001, Group: 40}).Add(t)
	netnstest.Veth(t, "va", "vb")
	netnstest.Address(t, "va", "10.9.0.1/24")
	r := start(t, testConfig(40))
	n := 0
	leaves := func(by, to string) {
		t.Helper()
		until(t, "packets that leave by "+by, func() bool {
			n++
			send(t, to, 1, 10)
			b := r.events(t, n)
			return string(b.Bytes(b.Events[n-1].Out)) == by
		})
	}
	leaves("va", "10.9.0.2:4001")
	netnstest.Rename(t, "va", "wan0")
	leaves("wan0", "10.9.0.2:4001")
	netnstest.Veth(t, "vc", "vd")
	netnstest.Address(t, "vc", "10.9.1.1/24")
	leaves("vc", "10.9.1.2:4001")
	netnstest.Delete(t, "vc")
	leaves("wan0", "10.9.0.2:4001")
	r.finish(t)
	if n > 10 {
		t.Errorf("names were stale in %d events", n-4)
	}
}

func linkMessage(t *testing.T, kind netlink.HeaderType, family byte, index uint32, name string) netlink.Message {
	t.Helper()
	data := make([]byte, unix.SizeofIfInfomsg)
	data[0] = family
	binary.NativeEndian.PutUint32(data[4:], index)
	a := netlink.NewAttributeEncoder()
	a.String(unix.IFLA_IFNAME, name)
	attributes, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return netlink.Message{Header: netlink.Header{Type: kind}, Data: append(data, attributes...)}
}

func TestLinksApply(t *testing.T) {
	var l links
	l.table.Store(&map[uint32]string{})
	apply := func(kind netlink.HeaderType, family byte, index uint32, name string) {
		l.apply([]netlink.Message{linkMessage(t, kind, family, index, name)})
	}
	apply(unix.RTM_NEWLINK, unix.AF_UNSPEC, 7, "eth0")
	apply(unix.RTM_DELLINK, unix.AF_BRIDGE, 7, "eth0")
	if len(l.gone) != 0 {
		t.Error("leaving a bridge was taken for going")
	}
	apply(unix.RTM_DELLINK, unix.AF_UNSPEC, 7, "eth0")
	same(t, "name of an interface that has just gone", l.name(7), "eth0")
	apply(unix.RTM_NEWLINK, unix.AF_UNSPEC, 7, "eth1")
	for i := range uint32(maxGone + 1) {
		apply(unix.RTM_NEWLINK, unix.AF_UNSPEC, 100+i, "veth")
		apply(unix.RTM_DELLINK, unix.AF_UNSPEC, 100+i, "veth")
	}
	same(t, "name of an interface that came back", l.name(7), "eth1")
	same(t, "name of one that went long ago", l.name(100), "")
	same(t, "name of one that went lately", l.name(101), "veth")
	same(t, "names kept", len(*l.table.Load()), maxGone+1)
	l.apply([]netlink.Message{{Data: []byte{0, 1, 2}}})
}
