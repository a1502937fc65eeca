package pcap

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nflogship/event"
	"nflogship/internal/testenv"
)

// TestNetlink replays captures of nlmon devices, ULOG of each kind of machine and NFLOG. This kernel has neither ULOG nor
// nlmon devices: the tests of decode make them.
func TestNetlink(t *testing.T) {
	ulog := `0/0 1400000000.000001000 eth0> "SSH DROP " 40
0/1 1400000000.000002000 eth0>ppp0 "FWD " 29
0/2 1400000001.000500000 >eth0 "SMTP25BLOCK" 40
0/4 1400000000.123456000 eth0> "SSH DROP " 32
`
	nflog := `0/2 1400000003.000500000 eth1> "first " 32
0/3 1400000003.000500000 3> "second " 32
`
	for name, want := range map[string]string{
		"ulog-32-bits-big-endian": ulog, "ulog-32-bits-little-endian": ulog, "ulog-64-bits-big-endian": ulog, "ulog-64-bits-little-endian": ulog,
		"nflog": nflog,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(testenv.Root(), "decode/testdata/netlink-"+name+".pcap")
			r := newRig(t, Config{Files: []string{path}, Interfaces: map[uint32]string{2: "eth1"}}).sound()
			if got := r.lines(); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// lines is the events, one each.
func (r *rig) lines() string {
	var s strings.Builder
	for _, e := range r.events {
		in := e.In
		if in == "" && e.inIndex > 0 {
			in = fmt.Sprint(e.inIndex)
		}
		fmt.Fprintf(&s, "%s %d.%09d %s>%s %q %d\n", e.ID, e.Time/1e9, e.Time%1e9, in, e.Out, e.Prefix, len(e.Packet))
	}
	return s.String()
}

// TestNetlinkCounts has datagrams with more and fewer events than one: no two share an id, what is broken is counted.
func TestNetlinkCounts(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "decode/testdata/netlink-ulog-64-bits-little-endian.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	header, records := data[:24], data[24:]
	batch := records[:16+int(records[8])+int(records[9])<<8]
	broken := bytes.Clone(batch)
	broken[16+16+16+64]++ // the first message's data_len
	short := record(0, 0, batch[16:16+10])
	r := newRig(t, Config{Files: []string{write(t, "n.pcap", bytes.Join([][]byte{header, batch, broken, short, batch, batch}, nil))}}).run()
	if len(r.events) != 11 || r.counts.Undecodable.Load() != 2 || len(r.damage) != 0 {
		t.Fatalf("%d events, %d undecodable, damage %q", len(r.events), r.counts.Undecodable.Load(), r.damage)
	}
	ids := map[string]bool{}
	last := -1
	for _, e := range r.events {
		ids[e.ID] = true
		if int(e.Record) <= last {
			t.Errorf("record %d after %d", e.Record, last)
		}
		last = int(e.Record)
	}
	if len(ids) != len(r.events) {
		t.Errorf("%d ids for %d events", len(ids), len(r.events))
	}
	if n := strings.Count(r.log.String(), "holds no event"); n != 1 {
		t.Errorf("warned %d times: %s", n, r.log)
	}
}

// TestNetlinkFillsABatch has more messages in a file than a batch takes.
func TestNetlinkFillsABatch(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "decode/testdata/netlink-ulog-32-bits-big-endian.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	const copies = 1000
	many := append(data[:24:24], bytes.Repeat(data[24:], copies)...)
	r := newRig(t, Config{Files: []string{write(t, "many.pcap", many)}}).sound()
	if len(r.events) != 4*copies || r.batches < 2 || r.events[len(r.events)-1].Record != 5*copies-1 {
		t.Errorf("%d events in %d batches, the last is %+v", len(r.events), r.batches, r.events[len(r.events)-1])
	}
	for _, e := range r.events {
		if e.fault != event.FaultNone || len(e.Packet) < 29 {
			t.Fatalf("%+v", e)
		}
	}
}
