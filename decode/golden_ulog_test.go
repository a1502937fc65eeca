package decode

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata anew")

// TestNetlinkCaptures keeps testdata's captures of nlmon devices what the code below makes: each machine's ULOG, and NFLOG.
// source/pcap replays them.
func TestNetlinkCaptures(t *testing.T) {
	captures := map[string][]byte{}
	for _, m := range machines {
		captures["ulog "+m.String()] = m.ulogCapture()
	}
	captures["nflog"] = nflogCapture()
	for name, want := range captures {
		path := "testdata/netlink-" + strings.ReplaceAll(name, " ", "-") + ".pcap"
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what this test makes (%v): -update writes it", path, err)
		}
	}
}

// pcap is a capture of link type 253, a frame a second.
func (m machine) pcap(frames ...[]byte) []byte {
	p := m.number(nil, 4, 0xa1b2c3d4)
	p = m.number(m.number(p, 2, 2), 2, 4)
	for _, v := range []uint64{0, 0, 262144, LinkNetlink} {
		p = m.number(p, 4, v)
	}
	for i, frame := range frames {
		for _, v := range []int{1_400_000_001 + i, 500, len(frame), len(frame)} {
			p = m.number(p, 4, uint64(v))
		}
		p = append(p, frame...)
	}
	return p
}

// ulogCapture is a batch of three packets, a request of somebody else, and a packet by itself.
func (m machine) ulogCapture() []byte {
	log := func(kind uint16, u ulogPacket) []byte { return m.message(kind, m.ulog(u)) }
	ssh := v4(protoTCP, join(b16(40000), b16(22), b32(1), b32(0), []byte{0x50, 2, 0xfa, 0xf0, 0, 0, 0, 0})...)
	mail := v4(protoTCP, join(b16(41000), b16(25), b32(9), b32(0), []byte{0x50, 2, 0xfa, 0xf0, 0, 0, 0, 0})...)
	ping := v4(protoICMP, 8, 0, 0, 0, 0, 1, 0, 2, 'p')
	return m.pcap(
		datagram(familyULOG,
			log(typeULOG, ulogPacket{0, 1_400_000_000, 1, 1, "eth0", "", "SSH DROP ", ether(typeIPv4), ssh}),
			log(typeULOG, ulogPacket{0x10, 1_400_000_000, 2, 2, "eth0", "ppp0", "FWD ", ether(typeIPv4), ping}),
			log(TypeDone, ulogPacket{0, 0, 0, 3, "", "eth0", "SMTP25BLOCK", nil, mail})),
		datagram(0, m.message(18, []byte("a request about routes!!"))),
		datagram(familyULOG, log(typeULOG, ulogExample)))
}

// nflogCapture is the binding of a group, its acknowledgement, and a batch of two packets.
func nflogCapture() []byte {
	m := machine{Little, 8}
	log := func(prefix string, index byte) []byte {
		msg := message(2, attr(attrPacketHdr, 8, 0, 1, 0), attr(attrPrefix, append([]byte(prefix), 0)...), attr(attrInDev, 0, 0, 0, index),
			attr(attrPayload, udpPacket...))
		if Native == Big {
			msg = swapHeaders(msg)
		}
		return m.message(TypePacket, msg)
	}
	return m.pcap(
		datagram(familyNetfilter, m.message(0x401, []byte{0, 0, 0, 7, 5, 0, 1, 0, 1, 0, 0, 0})),
		datagram(familyNetfilter, m.message(TypeError, make([]byte, 20))),
		datagram(familyNetfilter, log("first ", 2), log("second ", 3), m.message(TypeDone, make([]byte, 4))))
}
