package netnstest

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// rtnetlink messages (include/uapi/linux/if_link.h, if_addr.h), in the machine's byte order but for addresses:
//
//	ifinfomsg  family u8, pad u8, type u16, index s32, flags u32, change u32
//	ifaddrmsg  family u8, prefix length u8, flags u8, scope u8, index u32
const vethPeer = 1 // VETH_INFO_PEER: an ifinfomsg and attributes

// Veth makes a pair of connected interfaces and sets both up.
func Veth(t testing.TB, one, other string) {
	t.Helper()
	a := netlink.NewAttributeEncoder()
	a.String(unix.IFLA_IFNAME, one)
	a.Nested(unix.IFLA_LINKINFO, func(info *netlink.AttributeEncoder) error {
		info.String(unix.IFLA_INFO_KIND, "veth")
		info.Nested(unix.IFLA_INFO_DATA, func(data *netlink.AttributeEncoder) error {
			peer := netlink.NewAttributeEncoder()
			peer.String(unix.IFLA_IFNAME, other)
			attributes, err := peer.Encode()
			data.Bytes(unix.NLA_F_NESTED|vethPeer, append(ifinfo(0, 0), attributes...))
			return err
		})
		return nil
	})
	route(t, "make veth "+one, unix.RTM_NEWLINK, netlink.Create|netlink.Excl, ifinfo(0, 0), a)
	Up(t, one)
	Up(t, other)
}

// Move puts an interface into the namespace at path, where it is down and has no address.
func Move(t testing.TB, name, path string) {
	t.Helper()
	ns, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	a := netlink.NewAttributeEncoder()
	a.Uint32(unix.IFLA_NET_NS_FD, uint32(ns.Fd()))
	route(t, "move "+name+" to "+path, unix.RTM_NEWLINK, 0, ifinfo(index(t, name), 0), a)
}

// Delete removes an interface.
func Delete(t testing.TB, name string) {
	t.Helper()
	route(t, "remove "+name, unix.RTM_DELLINK, 0, ifinfo(index(t, name), 0), netlink.NewAttributeEncoder())
}

// Rename gives an interface another name, even while it is up.
func Rename(t testing.TB, from, to string) {
	t.Helper()
	i := index(t, from)
	route(t, "set "+from+" down", unix.RTM_NEWLINK, 0, ifinfo(i, 0), netlink.NewAttributeEncoder())
	a := netlink.NewAttributeEncoder()
	a.String(unix.IFLA_IFNAME, to)
	route(t, "rename "+from, unix.RTM_NEWLINK, 0, ifinfo(i, 0), a)
	Up(t, to)
}

// Address gives an interface an address with its network, and waits for no check of duplicates.
func Address(t testing.TB, name, prefix string) {
	t.Helper()
	p := netip.MustParsePrefix(prefix)
	head := binary.NativeEndian.AppendUint32([]byte{unix.AF_INET, byte(p.Bits()), unix.IFA_F_NODAD, 0}, uint32(index(t, name)))
	if p.Addr().Is6() {
		head[0] = unix.AF_INET6
	}
	a := netlink.NewAttributeEncoder()
	a.Bytes(unix.IFA_LOCAL, p.Addr().AsSlice())
	a.Bytes(unix.IFA_ADDRESS, p.Addr().AsSlice())
	route(t, "add "+prefix+" to "+name, unix.RTM_NEWADDR, netlink.Create, head, a)
}

// Up sets an interface up.
func Up(t testing.TB, name string) {
	t.Helper()
	route(t, "set "+name+" up", unix.RTM_NEWLINK, 0, ifinfo(index(t, name), unix.IFF_UP), netlink.NewAttributeEncoder())
}

func ifinfo(index int, flags uint32) []byte {
	b := binary.NativeEndian.AppendUint32([]byte{unix.AF_UNSPEC, 0, 0, 0}, uint32(index))
	b = binary.NativeEndian.AppendUint32(b, flags)
	return binary.NativeEndian.AppendUint32(b, unix.IFF_UP) // of the flags, the one that is set or cleared
}

func index(t testing.TB, name string) int {
	t.Helper()
	i, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatalf("interface %s: %v", name, err)
	}
	return i.Index
}

// route sends an rtnetlink request and waits for the kernel's answer.
func route(t testing.TB, what string, kind netlink.HeaderType, flags netlink.HeaderFlags, head []byte, a *netlink.AttributeEncoder) {
	t.Helper()
	attributes, err := a.Encode()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	c, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer c.Close()
	_, err = c.Execute(netlink.Message{
		Header: netlink.Header{Type: kind, Flags: netlink.Request | netlink.Acknowledge | flags},
		Data:   append(head, attributes...),
	})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
