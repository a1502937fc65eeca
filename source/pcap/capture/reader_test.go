package capture

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// want is a record with its bytes.
type want struct {
	Packet    string
	Time      int64
	HasTime   bool
	BigEndian bool
	Mixed     bool
	Link      uint16
	Length    uint32
}

// readAll reads a stream that comes in pieces of so many bytes.
func readAll(data []byte, piece int) (all []want, err error) {
	r, rec := NewReader(), Record{}
	start, end := 0, 0
	for {
		n, found, err := r.Next(data[start:end], &rec)
		switch {
		case err != nil:
			return all, err
		case found:
			all = append(all, want{
				string(data[start+rec.Off : start+rec.Off+rec.Len]), rec.Time, rec.HasTime, rec.BigEndian, rec.Mixed, rec.Link, rec.Length,
			})
			if rec.Off+rec.Len > n {
				panic("the record is longer than what was done with")
			}
			start += n
		case end == len(data):
			return all, r.End(data[start+n:])
		default:
			start += n
			if end-start >= MaxNeed {
				panic("more is needed than MaxNeed")
			}
			end = min(end+piece, len(data))
		}
		if r.Offset() != int64(start) {
			panic(fmt.Sprintf("Offset says %d, consumed %d", r.Offset(), start))
		}
	}
}

const second = 1_000_000_000

func TestReader(t *testing.T) {
	const micro, nano, modified = magicMicro, magicNano, magicModified
	plain := func(p string, at int64, big bool) want {
		return want{p, at, true, big, false, 239, uint32(len(p)) + 7}
	}
	ng := func(p string, at int64, big bool) want {
		return want{p, at, true, big, true, 239, uint32(len(p)) + 7}
	}
	pcap := func(o order, magic uint32) []byte {
		return join(o.pcapHeader(magic, 2, 4, 239), o.pcapRecord(5, 6, "abc", 10), o.pcapRecord(7, 999999, "defgh", 12))
	}
	kuznetzov := func(o order) []byte {
		extra := "\x00\x00\x00\x02\x08\x00\x00\x00"
		return join(o.pcapHeader(modified, 2, 4, 239), o.words(5, 6, 3, 10), []byte(extra+"abc"), o.words(7, 8, 0, 7), []byte(extra))
	}
	sections := func(a, b order) []byte {
		return join(
			a.section(a.option(2, "some hardware")), a.iface(239, 0), a.packet(0, 5e6, "abc", 10),
			b.section(), b.iface(239, 0, b.option(9, "\x09")), b.packet(0, 6, "defgh", 12, b.option(1, "a comment")))
	}
	cases := []struct {
		name string
		data []byte
		want []want
	}{
		{"pcap, microseconds", pcap(little, micro), []want{plain("abc", 5*second+6000, false), plain("defgh", 7*second+999999000, false)}},
		{"pcap, nanoseconds", pcap(little, nano), []want{plain("abc", 5*second+6, false), plain("defgh", 7*second+999999, false)}},
		{"pcap, big-endian", pcap(big, micro), []want{plain("abc", 5*second+6000, true), plain("defgh", 7*second+999999000, true)}},
		{"pcap, big-endian nanoseconds", pcap(big, nano), []want{plain("abc", 5*second+6, true), plain("defgh", 7*second+999999, true)}},
		{"modified pcap", kuznetzov(little), []want{plain("abc", 5*second+6000, false), plain("", 7*second+8000, false)}},
		{"modified pcap, big-endian", kuznetzov(big), []want{plain("abc", 5*second+6000, true), plain("", 7*second+8000, true)}},
		{"pcap, no records", little.pcapHeader(micro, 2, 4, 239), nil},
		{"pcap, FCS bits above the link type", join(little.pcapHeader(micro, 2, 4, 0x240000ef), little.pcapRecord(5, 6, "abc", 10)),
			[]want{plain("abc", 5*second+6000, false)}},
		{"pcap, link type of more than 8 bits", join(little.pcapHeader(micro, 2, 4, 276), little.pcapRecord(5, 0, "abc", 3)),
			[]want{{"abc", 5 * second, true, false, false, 276, 3}}},
		{"pcap 2.2: lengths the other way round", join(little.pcapHeader(micro, 2, 2, 239), little.words(5, 6, 10, 3), []byte("abc")),
			[]want{plain("abc", 5*second+6000, false)}},
		{"pcap 2.3: lengths either way round", join(little.pcapHeader(micro, 2, 3, 239), little.words(5, 6, 10, 3), []byte("abc"),
			little.words(5, 6, 3, 10), []byte("abc")), []want{plain("abc", 5*second+6000, false), plain("abc", 5*second+6000, false)}},
		{"pcap, seconds after 2038", join(little.pcapHeader(micro, 2, 4, 239), little.pcapRecord(math.MaxUint32, 0, "abc", 10)),
			[]want{plain("abc", math.MaxUint32*second, false)}},
		{"pcap, captured more than there was", join(little.pcapHeader(micro, 2, 4, 239), little.pcapRecord(5, 0, "abc", 1)),
			[]want{{"abc", 5 * second, true, false, false, 239, 1}}},
		{"captures put together with cat", join(pcap(little, micro), pcap(big, nano), sections(little, big), pcap(big, micro), kuznetzov(little)),
			[]want{
				plain("abc", 5*second+6000, false), plain("defgh", 7*second+999999000, false),
				plain("abc", 5*second+6, true), plain("defgh", 7*second+999999, true),
				ng("abc", 5*second, false), ng("defgh", 6, true),
				plain("abc", 5*second+6000, true), plain("defgh", 7*second+999999000, true),
				plain("abc", 5*second+6000, false), plain("", 7*second+8000, false),
			}},
		{"a record at the time that is another capture's magic number", join(little.pcapHeader(micro, 2, 4, 239),
			little.pcapRecord(micro, 0, "abc", 10), little.pcapRecord(magicSection, 0, "abc", 10)),
			[]want{plain("abc", int64(micro)*second, false), plain("abc", magicSection*second, false)}},
		{"pcapng, sections of both byte orders", sections(little, big), []want{ng("abc", 5*second, false), ng("defgh", 6, true)}},
		{"pcapng, the other way round", sections(big, little), []want{ng("abc", 5*second, true), ng("defgh", 6, false)}},
		{"pcapng, no blocks but the first", little.section(), nil},
		{"pcapng, every kind of packet block", join(little.section(), little.iface(239, 3), little.iface(1, 0, little.option(9, "\x03")),
			little.packet(1, 5000, "abc", 10), little.obsoletePacket(1, 9, 6000, "abcde", 5), little.simplePacket("abc", 99),
			little.simplePacket("ab", 2)),
			[]want{
				{"abc", 5 * second, true, false, true, 1, 10}, {"abcde", 6 * second, true, false, true, 1, 5},
				{"abc", 0, false, false, true, 239, 99}, {"ab", 0, false, false, true, 239, 2},
			}},
		{"pcapng, a simple packet without a snapshot length", join(little.section(), little.iface(239, 0), little.simplePacket("abcdefgh", 7)),
			[]want{{"abcdefg", 0, false, false, true, 239, 7}}},
		{"pcapng, blocks without packets", join(little.section(), little.block(0x0bad, []byte("custom, may be copied")), little.iface(239, 0),
			little.block(0x40000bad, make([]byte, 100_000)), little.block(4), little.block(5, []byte("statistics")), little.packet(0, 5e6, "abc", 10),
			little.block(10, []byte("secret"))), []want{ng("abc", 5*second, false)}},
		{"pcapng, interfaces begin anew with a section", join(little.section(), little.iface(1, 0), little.iface(1, 0), little.section(),
			little.iface(239, 0), little.packet(0, 5e6, "abc", 10)), []want{ng("abc", 5*second, false)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, piece := range []int{1, 7, len(c.data) + 1} {
				got, err := readAll(c.data, piece)
				if err != nil {
					t.Fatalf("in pieces of %d bytes: %v", piece, err)
				}
				if d := cmp.Diff(c.want, got); d != "" {
					t.Fatalf("in pieces of %d bytes (-want +got):\n%s", piece, d)
				}
			}
		})
	}
}

func TestDamage(t *testing.T) {
	o := little
	head := o.pcapHeader(magicMicro, 2, 4, 239)
	first := o.pcapRecord(5, 6, "abc", 10)
	ng := join(o.section(), o.iface(239, 0))
	packet := o.packet(0, 5e6, "abcd", 4)
	edit := func(p []byte, at int, v ...byte) []byte {
		p = append([]byte(nil), p...)
		copy(p[at:], v)
		return p
	}
	cases := []struct {
		name    string
		data    []byte
		records int
		offset  int
		text    string
	}{
		{"empty", nil, 0, 0, "it is empty"},
		{"two bytes", []byte{0xd4, 0xc3}, 0, 0, "2 of its 4 bytes"},
		{"text", []byte("Nov 22 17:00:00 fw kernel: "), 0, 0, "neither pcap nor pcapng: it begins with 4e 6f 76 20"},
		{"xz", []byte("\xfd7zXZ\x00\x00"), 0, 0, "xz-compressed"},
		{"zeros", make([]byte, 512), 0, 0, "zeros"},
		{"pcap header cut", head[:23], 0, 0, "capture's header: 23 of its 24"},
		{"pcap version", edit(head, 4, 3), 0, 0, "version 3.4"},
		{"record header cut", join(head, first, first[:10]), 1, 43, "record's header: 10 of its 16"},
		{"record cut", join(head, first, first[:18]), 1, 43, "18 of its 19 bytes"},
		{"record too long", join(head, first, o.words(5, 6, MaxPacket+1, 5), make([]byte, MaxPacket+1)), 1, 43, "holds 262145 bytes"},
		{"record very much too long", join(head, first, o.words(5, 6, math.MaxUint32, 5)), 1, 43, "holds 4294967295 bytes"},
		{"zeros after a record", join(head, first, make([]byte, 4096)), 1, 43, "zeros where a record should be"},
		{"second capture's header cut", join(head, first, head[:20]), 1, 43, "capture's header: 20 of its 24"},
		{"byte-order magic", edit(ng, 8, 1, 2, 3, 4), 0, 0, "byte-order magic is 01 02 03 04"},
		{"byte-order magic of a second section", join(ng, packet, edit(ng, 8, 1, 2, 3, 4)), 1, 84, "byte-order magic"},
		{"pcapng version", edit(ng, 12, 2), 0, 0, "version 2.0"},
		{"section too short", edit(ng, 4, 24), 0, 0, "24 bytes long"},
		{"no interface", join(o.section(), packet), 0, 28, "interface 0"},
		{"interface of another section", join(ng, o.section(), packet), 0, 76, "interface 0, of which this section has said nothing"},
		{"simple packet without interface", join(o.section(), o.simplePacket("abc", 3)), 0, 28, "interface 0"},
		{"block length of 8", join(ng, packet, o.words(99, 8, 8)), 1, 84, "8 bytes long"},
		{"block length odd", join(ng, packet, o.words(99, 13, 13, 13)), 1, 84, "multiple of 4"},
		{"block length huge", join(ng, packet, o.words(99, 1<<30, 0)), 1, 84, "between 12 and 16777216"},
		{"packet block length huge", join(ng, packet, o.words(6, 1<<20, 0)), 1, 84, "no more than 327680"},
		{"packet block too short", join(ng, packet, o.words(6, 28, 0, 0, 0, 0, 28)), 1, 84, "28 bytes long"},
		{"lengths differ", join(ng, edit(packet, 32, 99)), 0, 48, "36 bytes says 99 at its end"},
		{"lengths of a skipped block differ", join(ng, o.words(99, 16, 7, 20)), 0, 48, "16 bytes says 20"},
		{"more packet than block", join(ng, edit(packet, 20, 5)), 0, 48, "5 bytes of it are here, in a block of 36"},
		{"block cut", join(ng, packet, packet[:30]), 1, 84, "30 of its 36 bytes"},
		{"skipped block cut", join(ng, packet, o.words(99, 400, 7)), 1, 84, "400 bytes: the last 388 are missing"},
		{"option longer than the block", join(o.section(), o.iface(239, 0, o.option(9, "\x06"), o.words(0x00ff0001))), 0, 28, "option 1 of an interface"},
		{"resolution of two bytes", join(o.section(), o.iface(239, 0, o.option(9, "\x06\x06"))), 0, 28, "option 9 of an interface"},
		{"offset of four bytes", join(o.section(), o.iface(239, 0, o.option(14, "\x06\x06\x06\x06"))), 0, 28, "option 14 of an interface"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, piece := range []int{1, len(c.data) + 1} {
				got, err := readAll(c.data, piece)
				var damage *Error
				if !errors.As(err, &damage) {
					t.Fatalf("error %v, want one that holds an *Error", err)
				}
				if len(got) != c.records {
					t.Errorf("%d records before the damage, want %d", len(got), c.records)
				}
				if damage.Offset != int64(c.offset) || !strings.Contains(err.Error(), c.text) {
					t.Errorf("%q at byte %d, want %q at %d", err, damage.Offset, c.text, c.offset)
				}
			}
		})
	}
}

func TestManyInterfacesAreBounded(t *testing.T) {
	one := little.iface(239, 0)
	data := little.section()
	for range maxInterfaces + 1 {
		data = append(data, one...)
	}
	if _, err := readAll(data, 1<<16); err == nil || !strings.Contains(err.Error(), "more than 65536 interfaces") {
		t.Errorf("error %v", err)
	}
}

func TestTruncationAtEveryByte(t *testing.T) {
	o := big
	captures := map[string][]byte{
		"pcap": join(o.pcapHeader(magicNano, 2, 4, 239), o.pcapRecord(5, 6, "abc", 10), o.pcapRecord(7, 8, "defgh", 12)),
		"pcapng": join(o.section(o.option(2, "hardware")), o.iface(239, 0, o.option(9, "\x09"), o.option(0, "")), o.packet(0, 6, "abc", 10),
			o.block(99, []byte("skip me")), o.simplePacket("abcd", 4), o.section(), o.iface(1, 0), o.obsoletePacket(0, 0, 1, "xyz", 3)),
	}
	for name, whole := range captures {
		t.Run(name, func(t *testing.T) {
			all, err := readAll(whole, len(whole))
			if err != nil {
				t.Fatal(err)
			}
			complete := 0
			for n := range whole {
				got, err := readAll(whole[:n], 5)
				if !slices.Equal(all[:len(got)], got) {
					t.Fatalf("cut at byte %d: records %v, want the first of %v", n, got, all)
				}
				if len(got) < complete {
					t.Fatalf("cut at byte %d there are %d records, at the one before %d", n, len(got), complete)
				}
				if complete = len(got); complete == len(all) {
					t.Fatalf("all %d records are there when it is cut at byte %d", complete, n)
				}
				var damage *Error
				if err != nil && !errors.As(err, &damage) {
					t.Fatalf("cut at byte %d: %v", n, err)
				}
			}
		})
	}
}

func TestReaderDoesNotAllocate(t *testing.T) {
	o := little
	for name, data := range map[string][]byte{
		"pcap":   join(o.pcapHeader(magicMicro, 2, 4, 239), o.pcapRecord(5, 6, "abc", 10)),
		"pcapng": join(o.section(), o.iface(239, 0), o.packet(0, 6, "abc", 10)),
	} {
		r, rec := NewReader(), Record{}
		n, found, err := r.Next(data, &rec)
		if err != nil || !found || n != len(data) {
			t.Fatal(n, found, err)
		}
		again := data[len(data)-19:]
		if name == "pcapng" {
			again = data[len(data)-36:]
		}
		allocs := testing.AllocsPerRun(100, func() {
			if _, found, err := r.Next(again, &rec); !found || err != nil {
				t.Fatal(found, err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations per record", name, allocs)
		}
	}
}
