package ecs

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

func TestCapturedPackets(t *testing.T) {
	var out bytes.Buffer
	x := codec(t, DefaultConfig(), nil).New()
	for _, name := range []string{"ulogd/nflog239.pcap", "ulogd/nflog239-bridge-netdev.pcap", "ulogd/nflog239-arp.pcap"} {
		b := encodetest.NFLOG(t, "golden/"+name, map[uint32]string{2: "va", 3: "veth0"})
		for i := range b.Events {
			line, _ := x.AppendEvent(nil, b, &b.Events[i])
			out.Write(append(line, '\n'))
		}
	}
	encodetest.Golden(t, "testdata/captured.jsonl", out.Bytes(), *update)
}

type object = map[string]any

// TestReferenceDocument holds our document of the reference's packet against the reference's, key by key.
func TestReferenceDocument(t *testing.T) {
	file, err := os.ReadFile(testenv.Shared(t, "reference/examples/ecs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want object
	if err := json.Unmarshal(file, &want); err != nil {
		t.Fatal(err)
	}
	b := encodetest.Example()
	b.Origins[0].Live, b.Received = true, b.Events[0].Time+16544000 // created: 17 ms later
	var got object
	if err := json.Unmarshal([]byte(encodetest.Line(t, codec(t, DefaultConfig(), nil), b)), &got); err != nil {
		t.Fatal(err)
	}
	want["event"].(object)["created"] = "2026-08-22T10:15:30.140000Z" // the reference has milliseconds
	contains(t, "", got, want)
}

// contains fails where got lacks something of want.
func contains(t *testing.T, path string, got, want any) {
	t.Helper()
	wanted, isObject := want.(object)
	if !isObject {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
		return
	}
	has, isObject := got.(object)
	if !isObject {
		t.Errorf("%s: got %v, want an object", path, got)
	}
	for key, value := range wanted {
		contains(t, path+"."+key, has[key], value)
	}
}

func TestAction(t *testing.T) {
	for action, want := range map[event.Action]string{
		event.ActionNone:   `"type":["connection"],"action":"logged","dataset"`,
		event.ActionAllow:  `"type":["connection","allowed"],"action":"allow","outcome":"success","dataset"`,
		event.ActionDrop:   `"type":["connection","denied"],"action":"drop","outcome":"failure","dataset"`,
		event.ActionReject: `"type":["connection","denied"],"action":"reject","outcome":"failure","dataset"`,
	} {
		b := encodetest.Example()
		b.Events[0].Action = action
		if got := encodetest.Line(t, codec(t, DefaultConfig(), nil), b); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s in it", action, got, want)
		}
	}
}

func TestTimeOfReceiptIsOfLivePackets(t *testing.T) {
	b := encodetest.Example()
	b.Received = b.Events[0].Time
	if got := encodetest.Line(t, codec(t, DefaultConfig(), nil), b); strings.Contains(got, "created") {
		t.Errorf("a replay would differ from run to run: %s", got)
	}
}

func TestOwnFieldsAreLabels(t *testing.T) {
	own := map[string]string{"site": "ams\"1", "env": "prod"}
	got := encodetest.Line(t, codec(t, DefaultConfig(), own), encodetest.Example())
	if want := `,"labels":{"env":"prod","site":"ams\"1"}}`; !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want it to end in %s", got, want)
	}
	for name, want := range map[string]string{"team.name": "dot", "": "needs a name"} {
		if _, err := New(DefaultConfig(), map[string]string{name: "x"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("own field %q: %v, want an error that says %s", name, err, want)
		}
	}
}

func TestOptions(t *testing.T) {
	cfg := DefaultConfig()
	if err := config.Decode("{include: [source, labels], rename: {source: src}, packet: base64}", &cfg); err != nil {
		t.Fatal(err)
	}
	b := encodetest.Example()
	b.Events[0].Packet.Len = 3
	got := encodetest.Line(t, codec(t, cfg, map[string]string{"site": "ams1"}), b)
	want := `{"@timestamp":"2026-08-22T10:15:30.123456Z","ecs":{"version":"8.17.0"},` +
		`"src":{"ip":"203.0.113.7","port":51544,"mac":"90-10-65-29-B6-2A"},"labels":{"site":"ams1"},"packet":"RQAA"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestConfigRefuses(t *testing.T) {
	for settings, want := range map[string]string{
		"exclude: [ecs]":                     "none without it",
		"exclude: [iptables.tcp]":            `only whole top-level keys can be chosen: "iptables"`,
		"include: [sorce]":                   `did you mean "source"?`,
		"rename: {source: client.ip}":        "a dot",
		"rename: {source: destination}":      "would both come out",
		"rename: {'@timestamp': event_time}": "none without it",
	} {
		cfg := DefaultConfig()
		if err := config.Decode(settings, &cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: err = %v, want one that says %s", settings, err, want)
		}
	}
}

// TestAnyEvent prints one document of known keys in their order, with what ECS asks of every document.
func TestAnyEvent(t *testing.T) {
	x := codec(t, DefaultConfig(), nil).New()
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
			checkDocument(t, encodetest.Parse(t, line), b, e)
		}
	})
}

func checkDocument(t *rapid.T, got object, b *event.Batch, e *event.Event) {
	if got["ecs"].(object)["version"] != "8.17.0" {
		t.Fatalf("ecs %v", got["ecs"])
	}
	kind := got["event"].(object)["kind"]
	if (kind == "metric") != (e.Kind == event.Summarised) {
		t.Fatalf("event.kind %v", kind)
	}
	related, _ := got["related"].(object)
	var ips []any
	if related["ip"] != nil {
		ips = related["ip"].([]any)
	}
	for i, ip := range ips {
		if slices.Contains(ips[:i], ip) {
			t.Fatalf("related.ip %v holds %v twice", ips, ip)
		}
	}
	if e.Kind == event.Summarised {
		checkKey(t, got, &b.Summaries[e.Aux-1], e)
	}
	for _, key := range []string{"source", "destination"} {
		end, _ := got[key].(object)
		if ip := end["ip"]; ip != nil && !slices.Contains(ips, ip) {
			t.Fatalf("related.ip %v lacks %s.ip %v", ips, key, ip)
		}
	}
	if e.Kind == event.Packet && e.Is(event.HasPrefix) {
		if got, want := got["iptables"].(object)["prefix"], string([]rune(string(b.Bytes(e.Prefix)))); got != want {
			t.Fatalf("prefix %q, want %q", got, want)
		}
	}
}

// checkKey holds that a summary shows the ends as far as its events have them in common.
func checkKey(t *rapid.T, got object, s *event.Summary, e *event.Event) {
	key := s.Key[:s.Keys]
	if s.Other {
		key = nil
	}
	source, _ := got["source"].(object)
	destination, _ := got["destination"].(object)
	for _, c := range []struct {
		name  string
		shown bool
		field event.Field
		has   bool
	}{
		{"source.ip", source["ip"] != nil, event.FieldSrc, e.Is(event.HasAddrs)},
		{"source.port", source["port"] != nil, event.FieldSrcPort, e.Is(event.HasPorts)},
		{"destination.ip", destination["ip"] != nil, event.FieldDst, e.Is(event.HasAddrs)},
		{"destination.port", destination["port"] != nil, event.FieldDstPort, e.Is(event.HasPorts)},
		{"destination.mac", destination["mac"] != nil, event.FieldMACDst, e.Is(event.HasMACDst)},
	} {
		if want := c.has && slices.Contains(key, c.field); c.shown != want {
			t.Fatalf("%s: shown %v, want %v, with key %v", c.name, c.shown, want, key)
		}
	}
}

// known are the fields that ECS 8.17 or Elastic's iptables integration has.
var known = strings.Fields(`
	@timestamp ecs.version event.kind event.category event.type event.action event.outcome event.dataset event.sequence
	event.created event.provider event.reason event.start event.end network.type network.transport network.iana_number
	network.bytes network.packets network.direction network.community_id network.vlan.id network.inner.vlan.id
	source.ip source.port source.mac source.nat.ip source.nat.port
	destination.ip destination.port destination.mac destination.nat.ip destination.nat.port
	observer.name observer.hostname observer.type observer.vendor observer.ingress.interface.name
	observer.ingress.interface.id observer.ingress.zone observer.egress.interface.name observer.egress.interface.id
	observer.egress.zone rule.id rule.name rule.ruleset related.ip related.hosts user.id group.id error.message tags
	iptables.ether_type iptables.flow_label iptables.fragment_flags iptables.fragment_offset iptables.icmp.code iptables.icmp.id
	iptables.icmp.parameter iptables.icmp.redirect iptables.icmp.seq iptables.icmp.type iptables.id iptables.incomplete_bytes
	iptables.input_device iptables.precedence_bits iptables.tos iptables.length iptables.output_device iptables.tcp.flags
	iptables.tcp.reserved_bits iptables.tcp.seq iptables.tcp.ack iptables.tcp.window iptables.ttl iptables.udp.length
	iptables.ubiquiti.input_zone iptables.ubiquiti.output_zone iptables.ubiquiti.rule_number iptables.ubiquiti.rule_set`)

// ours are the fields that are neither's.
var ours = strings.Fields(`iptables.prefix iptables.mark iptables.physical_input_device iptables.physical_output_device
	iptables.spi iptables.icmp.mtu nflogship.stage nflogship.suppressed nflogship.key`)

// TestEveryFieldIsKnown reads the goldens: a new field is either the schema's or ours on purpose.
func TestEveryFieldIsKnown(t *testing.T) {
	for _, name := range []string{"testdata/events.jsonl", "testdata/captured.jsonl", "testdata/example.json"} {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(file) {
			checkFields(t, "", encodetest.Parse(t, line))
		}
	}
}

func checkFields(t *testing.T, path string, o object) {
	t.Helper()
	for key, value := range o {
		field := strings.TrimPrefix(path+"."+key, ".")
		if inner, is := value.(object); is && field != "nflogship.key" {
			checkFields(t, field, inner)
		} else if !slices.Contains(known, field) && !slices.Contains(ours, field) {
			t.Errorf("%s is neither in ECS nor in the integration", field)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	example := encodetest.Case{Name: "example", Batch: encodetest.Example()}
	encodetest.NoAllocation(t, codec(t, DefaultConfig(), nil), example)
	encodetest.NoAllocation(t, codec(t, Config{Exclude: []string{"related"}, Packet: "hex"}, map[string]string{"site": "ams1"}), example)
}

func BenchmarkECS(b *testing.B) { encodetest.Bench(b, codec(b, DefaultConfig(), nil)) }
