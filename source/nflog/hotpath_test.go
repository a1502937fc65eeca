package nflog

import (
	"context"
	"encoding/binary"
	"log/slog"
	"os"
	"runtime/debug"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"nflogship/decode"
	"nflogship/event"
	"nflogship/source"
)

// testbed is a reader and a lane whose datagrams come from a socket pair instead of the kernel's nfnetlink_log.
type testbed struct {
	*Source
	reader *reader
	lane   lane
	peer   int // what is written to it is received
	fd     uintptr
}

func newTestbed(t testing.TB, emit source.Emit) *testbed {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(pair[0]), "datagrams")
	t.Cleanup(func() { _ = file.Close(); _ = unix.Close(pair[1]) })
	raw, err := file.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	c := DefaultConfig()
	c.Groups = []uint16{40}
	d := source.Deps{Name: "firewall", Host: "fw1", Log: slog.New(slog.DiscardHandler), Pool: &event.Pool{}, Ledger: &event.Ledger{}}
	b := &testbed{Source: New(c, d), peer: pair[1], fd: uintptr(pair[0])}
	b.reader = b.newReader(b.groups[0], func(index uint32) string { return "eth0" })
	b.reader.sock = &socket{raw: raw}
	b.lane = lane{emit: emit}
	return b
}

// pass writes a datagram and takes it through the reader and the lane.
func (b *testbed) pass(t testing.TB, datagram []byte) {
	if _, err := unix.Write(b.peer, datagram); err != nil {
		t.Fatal(err)
	}
	b.reader.receive(b.fd)
	for len(b.hauls) > 0 {
		h := <-b.hauls
		b.lane.take(context.Background(), &h)
	}
}

// logMessage is a netlink message with a logged packet: nfgenmsg, PACKET_HDR, PREFIX, interface, SEQ, PAYLOAD.
func logMessage(seq uint32) []byte {
	a := netlink.NewAttributeEncoder()
	a.ByteOrder = binary.BigEndian
	a.Bytes(1, []byte{0x08, 0, 3, 0})
	a.String(10, "DROP ")
	a.Uint32(5, 2)
	a.Uint32(12, seq)
	a.Bytes(9, []byte("\x45\x00\x00\x1c\x00\x01\x40\x00\x40\x11\x00\x00\x7f\x00\x00\x01\x7f\x00\x00\x01\x00\x07\x0f\xa1\x00\x08\x00\x00"))
	attributes, err := a.Encode()
	if err != nil {
		panic(err)
	}
	body := append([]byte{unix.AF_INET, 0, 0, 40}, attributes...)
	m, err := netlink.Message{
		Header: netlink.Header{Length: uint32(unix.SizeofNlMsghdr + len(body)), Type: decode.TypePacket}, Data: body,
	}.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return m
}

func deliver(_ context.Context, b *event.Batch) error {
	b.End(event.Delivered)
	return nil
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	if raceDetector() {
		t.Skip("sync.Pool drops things on purpose under the race detector")
	}
	b := newTestbed(t, deliver)
	var datagram []byte
	for range 100 {
		datagram = append(datagram, logMessage(0)...)
	}
	b.pass(t, datagram) // what is pooled is made once
	if n := testing.AllocsPerRun(200, func() { b.pass(t, datagram) }); n > 0 {
		t.Errorf("%v allocations for a datagram of 100 events", n)
	}
	if in := b.groups[0].counts.In.Load(); in != 202*100 {
		t.Errorf("%d events", in)
	}
}

func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if ok && s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

// Small datagrams that wait already become one batch; the numbers that are missing between them are counted.
func TestCoalesce(t *testing.T) {
	var sizes []int
	b := newTestbed(t, func(ctx context.Context, b *event.Batch) error {
		sizes = append(sizes, len(b.Events))
		return deliver(ctx, b)
	})
	for seq := range uint32(40) {
		if _, err := unix.Write(b.peer, logMessage(2*seq)); err != nil {
			t.Fatal(err)
		}
	}
	b.pass(t, append(logMessage(80), "garbage"...))
	if len(sizes) != 2 || sizes[0] != maxDatagrams || sizes[1] != 41-maxDatagrams {
		t.Errorf("batches of %v events", sizes)
	}
	counts := b.groups[0].counts
	if in, lost, bad := counts.In.Load(), counts.KernelLost.Load(), counts.Undecodable.Load(); in != 41 || lost != 40 || bad != 1 {
		t.Errorf("in %d, lost %d, undecodable %d; want 41, 40, 1", in, lost, bad)
	}
}

// A datagram larger than the room for it is cut; what is missing counts as lost when the next one comes.
func TestCutDatagram(t *testing.T) {
	b := newTestbed(t, deliver)
	b.reader.largest = 1000
	var datagram []byte
	for seq := range uint32(300) {
		datagram = append(datagram, logMessage(seq)...)
	}
	b.pass(t, datagram)
	b.pass(t, logMessage(300))
	whole := uint64((enough + 1000) / len(logMessage(0)))
	counts := b.groups[0].counts
	if in, lost, bad := counts.In.Load(), counts.KernelLost.Load(), counts.Undecodable.Load(); in != whole+1 || lost != 300-whole || bad != 1 {
		t.Errorf("in %d, lost %d, undecodable %d; %d were whole", in, lost, bad, whole)
	}
}

// Whatever stands in a datagram, events and losses stay below what was sent, every place comes back, and nothing panics.
func FuzzDatagram(f *testing.F) {
	f.Add(logMessage(0))
	f.Add(append(logMessage(1), logMessage(0xffffffff)...))
	f.Add([]byte{16, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, datagram []byte) {
		if len(datagram) == 0 || len(datagram) > 60000 {
			return
		}
		b := newTestbed(t, deliver)
		b.pass(t, datagram)
		counts := b.groups[0].counts
		if in := counts.In.Load(); in != counts.Out.Load() || in > uint64(len(datagram)/16) {
			t.Errorf("in %d, out %d of %d bytes", in, counts.Out.Load(), len(datagram))
		}
		var k skipped
		if events := k.tally(datagram); events < counts.In.Load() || events < k.events {
			t.Errorf("%d events counted, of which %d have numbers; %d were decoded", events, k.events, counts.In.Load())
		}
		if held := len(b.groups[0].places); held != 0 {
			t.Errorf("%d places are held", held)
		}
	})
}
