package ocsf

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/encode/encodetest"
	"nflogship/event"
	"nflogship/internal/testenv"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

func codec(t testing.TB, cfg Config, own map[string]string) *encode.Codec {
	t.Helper()
	c, err := New(cfg, own)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGolden(t *testing.T) {
	c := codec(t, DefaultConfig(), nil)
	encodetest.Golden(t, "testdata/events.jsonl", encodetest.Lines(c, encodetest.Cases()), *update)
	example := []encodetest.Case{{Batch: encodetest.Example()}}
	encodetest.Golden(t, "testdata/example.json", encodetest.Lines(c, example), *update)
}

// TestCapturedPackets holds real packets of every kind to the schema.
func TestCapturedPackets(t *testing.T) {
	x := codec(t, DefaultConfig(), nil).New()
	for _, name := range []string{"GA.nflog.pcap", "ulogd/nflog239.pcap", "ulogd/nflog239-bridge-netdev.pcap", "ulogd/nflog239-arp.pcap"} {
		b := encodetest.NFLOG(t, "golden/"+name, map[uint32]string{2: "va", 3: "veth0"})
		for i := range b.Events {
			line, _ := x.AppendEvent(nil, b, &b.Events[i])
			encodetest.Ordered(t, line, format.Keys)
			checkEvent(t, encodetest.Parse(t, line))
		}
	}
}

// TestReferenceEvent holds our event of the reference's packet against the reference's.
func TestReferenceEvent(t *testing.T) {
	file, err := os.ReadFile(testenv.Shared(t, "reference/examples/ocsf.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got, want object
	if err := json.Unmarshal(file, &want); err != nil {
		t.Fatal(err)
	}
	b := encodetest.Example()
	b.Origins[0].Live, b.Received = true, b.Events[0].Time+17e6
	if err := json.Unmarshal([]byte(encodetest.Line(t, codec(t, DefaultConfig(), nil), b)), &got); err != nil {
		t.Fatal(err)
	}
	beyond := got["unmapped"].(object)
	beyond["nflog.prefix"] = strings.TrimRight(beyond["nflog.prefix"].(string), " ") // the rule's own space: the reference lost it
	for key, value := range want["unmapped"].(object) {
		if !reflect.DeepEqual(beyond[key], value) {
			t.Errorf("unmapped.%s: got %v, want %v", key, beyond[key], value)
		}
	}
	delete(got, "unmapped")
	delete(want, "unmapped")
	for key := range want {
		if !reflect.DeepEqual(got[key], want[key]) {
			t.Errorf("%s: got %v, want %v", key, got[key], want[key])
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d attributes, want %d", len(got), len(want))
	}
}

func TestAction(t *testing.T) {
	for action, want := range map[event.Action]string{
		event.ActionNone:   `"action_id":3,"action":"Observed","disposition_id":17,"disposition":"Logged"`,
		event.ActionAllow:  `"action_id":1,"action":"Allowed","disposition_id":1,"disposition":"Allowed"`,
		event.ActionDrop:   `"action_id":2,"action":"Denied","disposition_id":6,"disposition":"Dropped"`,
		event.ActionReject: `"action_id":2,"action":"Denied","disposition_id":25,"disposition":"Rejected"`,
	} {
		b := encodetest.Example()
		b.Events[0].Action = action
		if got := encodetest.Line(t, codec(t, DefaultConfig(), nil), b); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s in it", action, got, want)
		}
	}
}

func TestOptions(t *testing.T) {
	cfg := DefaultConfig()
	if err := config.Decode("{include: [unmapped], packet: hex}", &cfg); err != nil {
		t.Fatal(err)
	}
	b := encodetest.Example()
	b.Events[0].Packet.Len = 2
	got := encodetest.Line(t, codec(t, cfg, map[string]string{"site": "ams\"1"}), b)
	members := encodetest.Members(t, []byte(got))
	var keys []string
	for _, m := range members {
		keys = append(keys, m.Key)
	}
	if want := append(slices.Clone(format.Needs), "unmapped"); !slices.Equal(keys, want) {
		t.Errorf("keys %v, want what is required and what was asked for, %v", keys, want)
	}
	if want := `,"packet":"4500","site":"ams\"1"}}`; !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want it to end in %s", got, want)
	}
}

func TestConfigRefuses(t *testing.T) {
	for settings, want := range map[string]string{
		"exclude: [severity_id]":     "none without it",
		"rename: {time: when}":       "none without it",
		"exclude: [unmapped.ip.ttl]": `only whole top-level keys can be chosen: "unmapped"`,
		"exclude: [observable]":      `did you mean "observables"?`,
		"exclude: [packet]":          `no key "packet"`,
	} {
		cfg := DefaultConfig()
		if err := config.Decode(settings, &cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: err = %v, want one that says %s", settings, err, want)
		}
	}
	if _, err := New(DefaultConfig(), map[string]string{"ip.ttl": "x"}); err == nil || !strings.Contains(err.Error(), "ip.ttl") {
		t.Errorf("own field ip.ttl: %v", err)
	}
}

// TestAnyEvent holds whatever an event may be to the schema.
func TestAnyEvent(t *testing.T) {
	x := codec(t, Config{Packet: "base64"}, map[string]string{"site": "ams1"}).New()
	rapid.Check(t, func(t *rapid.T) {
		b := encodetest.Draw(t)
		for i := range b.Events {
			e := &b.Events[i]
			line, ok := x.AppendEvent([]byte("before "), b, e)
			if !ok {
				t.Fatalf("no place for %+v", *e)
			}
			line = bytes.TrimPrefix(line, []byte("before "))
			encodetest.Ordered(t, line, format.Keys)
			got := encodetest.Parse(t, line)
			checkEvent(t, got)
			for key := range got["unmapped"].(object) {
				if key != "site" && !slices.Contains(unmapped, key) {
					t.Fatalf("unmapped.%s may clash with an own field", key)
				}
			}
			if prefix := got["unmapped"].(object)["nflog.prefix"]; e.Kind == event.Packet && e.Is(event.HasPrefix) &&
				prefix != string([]rune(string(b.Bytes(e.Prefix)))) {
				t.Fatalf("prefix %q, want %q", prefix, b.Bytes(e.Prefix))
			}
		}
	})
}

func TestNoAllocation(t *testing.T) {
	example := encodetest.Case{Name: "example", Batch: encodetest.Example()}
	encodetest.NoAllocation(t, codec(t, DefaultConfig(), nil), example)
	encodetest.NoAllocation(t, codec(t, Config{Exclude: []string{"count"}, Packet: "hex"}, map[string]string{"site": "ams1"}), example)
}

func BenchmarkOCSF(b *testing.B) { encodetest.Bench(b, codec(b, DefaultConfig(), nil)) }
