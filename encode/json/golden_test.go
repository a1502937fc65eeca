package json

import (
	"bytes"
	"encoding/binary"
	stdjson "encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"nflogship/decode"
	"nflogship/event"
	"nflogship/internal/testenv"
)

// TestCapturedPackets prints what NFLOG delivered, one packet of each shape: the first with its set of keys.
func TestCapturedPackets(t *testing.T) {
	var out bytes.Buffer
	seen := map[string]bool{}
	for _, name := range []string{"GA.nflog.pcap", "ulogd/nflog239.pcap", "ulogd/nflog239-bridge-netdev.pcap", "ulogd/nflog239-arp.pcap"} {
		b := readNFLOG(t, "golden/"+name)
		x := newEncoder([]byte("}"))
		for i := range b.Events {
			line, _ := x.AppendEvent(nil, b, &b.Events[i])
			if s := shape(t, line); !seen[s] {
				seen[s] = true
				out.Write(append(line, '\n'))
			}
		}
	}
	const file = "testdata/captured.jsonl"
	if *update {
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("%s differs; run with -update and read the difference", file)
	}
}

// readNFLOG decodes a little-endian capture of link type 239.
func readNFLOG(t *testing.T, name string) *event.Batch {
	t.Helper()
	file, err := os.ReadFile(testenv.Shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	b := &event.Batch{Origins: []*event.Origin{{Host: "fw", Source: "replay"}}}
	d := decode.Decoder{Names: func(index uint32) string { return map[uint32]string{2: "va", 3: "veth0"}[index] }}
	d.Begin(b)
	for rest := file[24:]; len(rest) > 0; {
		size := binary.LittleEndian.Uint32(rest[8:])
		e := event.Event{Time: stamp}
		if err := d.NFLOG(&e, b.AppendBytes(rest[16:16+size]), decode.Little); err != nil {
			t.Fatal(err)
		}
		b.Events = append(b.Events, e)
		rest = rest[16+size:]
	}
	return b
}

// shape is the family, the protocol and every key of a line.
func shape(t *testing.T, line []byte) string {
	t.Helper()
	var v map[string]any
	if err := stdjson.Unmarshal(line, &v); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	var parts []string
	for key, value := range v {
		switch value := value.(type) {
		case map[string]any:
			for inner := range value {
				parts = append(parts, key+"."+inner)
			}
		case string:
			if key == "family" || key == "proto" {
				key += "=" + value
			}
			parts = append(parts, key)
		default:
			parts = append(parts, key)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}
