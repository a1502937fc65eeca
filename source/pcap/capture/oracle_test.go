package capture

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"nflogship/internal/testenv"
)

// pcapgoRefuses says of files why gopacket cannot be asked about them; then tshark's table beside the corpus answers.
var pcapgoRefuses = map[string]string{
	"rusticata__modified-format.pcap": "modified pcap",
	"hadriel__le_test102.pcapng":      "simple packet blocks get a time",
}

func TestGopacketAgrees(t *testing.T) {
	for _, pattern := range []string{"corpus/*.pcap*", "golden/*.pcap", "golden/ulogd/*.pcap"} {
		paths, err := filepath.Glob(testenv.Shared(t, filepath.Dir(pattern)) + "/" + filepath.Base(pattern))
		if err != nil || len(paths) == 0 {
			t.Fatal(pattern, paths, err)
		}
		for _, path := range paths {
			name := filepath.Base(path)
			if pcapgoRefuses[name] == "" {
				t.Run(name, func(t *testing.T) { compareWithGopacket(t, path) })
			}
		}
	}
}

func compareWithGopacket(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(data, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	want, err := askGopacket(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 || len(got) != len(want) {
		t.Fatalf("%d records, gopacket reads %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.Packet != w.packet || g.Time != w.time || int(g.Length) != w.length || g.Link&0xff != w.link {
			t.Errorf("record %d: time %d, length %d, link type %d; gopacket says %d, %d, %d", i, g.Time, g.Length, g.Link, w.time, w.length, w.link)
		}
	}
}

type gopacketRecord struct {
	packet string
	time   int64
	length int
	link   uint16 // its low eight bits: gopacket has no more
}

func askGopacket(data []byte) (all []gopacketRecord, err error) {
	read, link, err := openGopacket(data)
	if err != nil {
		return nil, err
	}
	for {
		packet, info, err := read()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		of := link
		if len(info.AncillaryData) > 0 {
			of = uint16(info.AncillaryData[0].(layers.LinkType)) & 0xff
		}
		all = append(all, gopacketRecord{string(packet), info.Timestamp.UnixNano(), info.Length, of})
	}
}

func openGopacket(data []byte) (read func() ([]byte, gopacket.CaptureInfo, error), link uint16, err error) {
	if bytes.HasPrefix(data, []byte("\x0a\x0d\x0d\x0a")) {
		r, err := pcapgo.NewNgReader(bytes.NewReader(data), pcapgo.NgReaderOptions{WantMixedLinkType: true})
		if err != nil {
			return nil, 0, err
		}
		return r.ReadPacketData, uint16(r.LinkType()), nil
	}
	r, err := pcapgo.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, 0, err
	}
	return r.ReadPacketData, uint16(r.LinkType()) & 0xff, nil
}

// TestTsharkAgrees compares with the tables that stand beside the corpus.
func TestTsharkAgrees(t *testing.T) {
	tables, err := filepath.Glob(testenv.Shared(t, "corpus/ref") + "/*.outer.tsv")
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	for _, table := range tables {
		name := strings.TrimSuffix(filepath.Base(table), ".outer.tsv")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(testenv.Shared(t, "corpus/"+name))
			if err != nil {
				t.Fatal(err)
			}
			got, err := readAll(data, 4096)
			if err != nil {
				t.Fatal(err)
			}
			rows := readTable(t, table)
			if len(got) != len(rows) {
				t.Fatalf("%d records, tshark has %d", len(got), len(rows))
			}
			for i, row := range rows {
				g := fmt.Sprintf("%d.%09d %d %d", got[i].Time/second, got[i].Time%second, got[i].Length, len(got[i].Packet))
				if w := row["frame.time_epoch"] + " " + row["frame.len"] + " " + row["frame.cap_len"]; g != w {
					t.Errorf("record %d: %s, tshark has %s", i, g, w)
				}
			}
		})
	}
}

// TestIndexAgrees compares with the numbers of packets in the corpus' list.
func TestIndexAgrees(t *testing.T) {
	rows := readTable(t, testenv.Shared(t, "corpus/INDEX.tsv"))
	if len(rows) == 0 {
		t.Fatal("the list is empty")
	}
	for _, row := range rows {
		t.Run(row["path"], func(t *testing.T) {
			data, err := os.ReadFile(testenv.Shared(t, "corpus/"+row["path"]))
			if err != nil {
				t.Fatal(err)
			}
			got, err := readAll(data, 1)
			if err != nil || strconv.Itoa(len(got)) != row["packets"] {
				t.Errorf("%d records and %v, want %s", len(got), err, row["packets"])
			}
			links := strings.Split(row["linktype"], ",")
			for i, g := range got {
				if !slices.Contains(links, strconv.Itoa(int(g.Link))) {
					t.Errorf("record %d has link type %d, want one of %s", i, g.Link, row["linktype"])
				}
			}
		})
	}
}

func readTable(t *testing.T, path string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	all, err := r.ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatal(path, err)
	}
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, v := range line {
			row[all[0][i]] = v
		}
		rows = append(rows, row)
	}
	return rows
}
