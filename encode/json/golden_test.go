package json

import (
	"bytes"
	stdjson "encoding/json"
	"slices"
	"strings"
	"testing"

	"nflogship/encode/encodetest"
)

// TestCapturedPackets prints what NFLOG delivered, one packet of each shape: the first with its set of keys.
func TestCapturedPackets(t *testing.T) {
	var out bytes.Buffer
	seen := map[string]bool{}
	for _, name := range []string{"GA.nflog.pcap", "ulogd/nflog239.pcap", "ulogd/nflog239-bridge-netdev.pcap", "ulogd/nflog239-arp.pcap"} {
		b := encodetest.NFLOG(t, "golden/"+name, map[uint32]string{2: "va", 3: "veth0"})
		x := codec(t, DefaultConfig(), nil).New()
		for i := range b.Events {
			line, _ := x.AppendEvent(nil, b, &b.Events[i])
			if s := shape(t, line); !seen[s] {
				seen[s] = true
				out.Write(append(line, '\n'))
			}
		}
	}
	encodetest.Golden(t, "testdata/captured.jsonl", out.Bytes(), *update)
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
