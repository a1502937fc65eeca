package nats

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nflogship/encode"
	"nflogship/sink"
)

// cutInto says how a plan cuts its load: "subject:text,text subject:text".
func cutInto(p *plan) string {
	var out []string
	for i := range p.messages {
		m := &p.messages[i]
		out = append(out, m.subject+":"+strings.ReplaceAll(string(p.data(m)), "\n", ","))
	}
	return strings.Join(out, " ")
}

func texts(route, text string) (records []record) {
	for _, t := range strings.Split(text, ",") {
		records = append(records, record{id: "id-" + t, route: route, text: t})
	}
	return records
}

func TestPlan(t *testing.T) {
	interleaved := append(texts("a", "1,2"), append(texts("b", "3"), append(texts("a", "4"), texts("b", "5")...)...)...)
	for name, c := range map[string]struct {
		payloads []*encode.Payload
		most     int
		want     string
	}{
		"one each":                       {[]*encode.Payload{payload(lines, texts("a", "1,2")...), payload(lines, texts("a", "3")...)}, 1, "a:1 a:2 a:3"},
		"several":                        {[]*encode.Payload{payload(lines, texts("a", "1,2,3,4,5")...)}, 2, "a:1,2 a:3,4 a:5"},
		"over payloads":                  {[]*encode.Payload{payload(lines, texts("a", "1,2")...), payload(lines, texts("a", "3,4")...)}, 3, "a:1,2,3 a:4"},
		"an empty payload between":       {[]*encode.Payload{payload(lines, texts("a", "1")...), payload(lines), payload(lines, texts("a", "2")...)}, 3, "a:1,2"},
		"one subject in a message":       {[]*encode.Payload{payload(lines, interleaved...)}, 3, "a:1,2,4 b:3,5"},
		"a sealed payload alone":         {[]*encode.Payload{payload(lines, texts("a", "1")...), sealed(payload(lines, texts("a", "2")...)), payload(lines, texts("a", "3")...), payload(lines, texts("a", "4")...)}, 9, "a:1 a:2 a:3,4"},
		"two sealed payloads":            {[]*encode.Payload{sealed(payload(lines, texts("a", "1,2")...)), sealed(payload(lines, texts("a", "3")...))}, 9, "a:1,2 a:3"},
		"the sink's subject":             {[]*encode.Payload{payload(lines, texts("", "1,2")...)}, 9, "own:1,2"},
		"packets one each have no frame": {[]*encode.Payload{payload(packets, texts("a", "1,2")...)}, 1, "a:1 a:2"},
		"packets behind their lengths":   {[]*encode.Payload{payload(packets, texts("a", "one,x")...), payload(packets, texts("b", "2")...)}, 2, "a:\x03one\x01x b:\x012"},
		"formats apart":                  {[]*encode.Payload{payload(lines, texts("a", "1")...), payload(packets, texts("a", "2")...)}, 9, "a:1 a:\x012"},
	} {
		t.Run(name, func(t *testing.T) {
			var p plan
			p.make(load(c.payloads...), rules{subject: "own", most: c.most, limit: 1 << 20, joined: 1 << 20})
			if got := cutInto(&p); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestIDOfAMessage(t *testing.T) {
	l := load(payload(lines, texts("a", "1,2")...), payload(lines, texts("a", "3,4,5")...))
	s := &Sender{config: Config{MaxInFlight: 1}, link: &link{}}
	s.plan.make(l, rules{most: 4, limit: 1 << 20, joined: 1 << 20, ids: true})
	s.window.begin(s)
	var ids []string
	for i := range s.plan.messages {
		ids = append(ids, s.window.id(&s.plan.messages[i]))
	}
	if want := []string{"id-1+3", "id-5"}; !slices.Equal(ids, want) {
		t.Errorf("ids %q, want %q", ids, want)
	}
}

// Whatever a load holds: every event that fits is in exactly one message, with others of its subject and group only, in
// order; and what was acknowledged in between changes nothing of how the rest is cut.
func TestPlanProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codec := rapid.SampledFrom([]*encode.Codec{lines, packets}).Draw(t, "codec")
		n := 0
		payloads := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) *encode.Payload {
			var records []record
			for range rapid.IntRange(0, 12).Draw(t, "records") {
				text := fmt.Sprintf("%d-%s", n, strings.Repeat("x", rapid.IntRange(0, 60).Draw(t, "size")))
				records = append(records, record{fmt.Sprint("id", n), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "route"), text})
				n++
			}
			p := payload(codec, records...)
			p.Sealed = rapid.Bool().Draw(t, "sealed")
			return p
		}), 1, 6).Draw(t, "payloads")
		limit := rapid.IntRange(60, 300).Draw(t, "limit")
		r := rules{most: rapid.IntRange(1, 6).Draw(t, "most"), limit: limit, joined: limit, ids: rapid.Bool().Draw(t, "ids")}
		l := sink.NewLoad(payloads)
		var p plan
		p.make(l, r)
		checkPlan(t, l, &p)

		before := cutInto(&p)
		for i := range p.messages {
			if rapid.Bool().Draw(t, "acknowledged") {
				p.deliver(&p.messages[i])
			}
		}
		p.make(l, r)
		if after := cutInto(&p); after != before {
			t.Fatalf("cut into %q before, %q after some were acknowledged", before, after)
		}
	})
}

func checkPlan(t *rapid.T, l *sink.Load, p *plan) {
	seen := make([]bool, l.Len())
	last := map[string]int{}
	for i := range p.messages {
		m := &p.messages[i]
		data := p.data(m)
		if len(data) > p.rules.limit || int(m.count) > p.rules.most || len(data) != int(m.size) {
			t.Fatalf("a message of %d events, %d bytes, said to be %d", m.count, len(data), m.size)
		}
		var joined []string
		k := int(m.payload)
		for n := int(m.first); ; n = int(p.next[n]) {
			for n >= l.Start(k)+l.Payloads[k].Len() {
				k++
			}
			if k != int(m.payload) && (l.Payloads[k].Sealed || l.Payloads[m.payload].Sealed) {
				t.Fatal("a sealed payload shares a message")
			}
			i := n - l.Start(k)
			if seen[n] || l.Payloads[k].Route(i) != m.subject {
				t.Fatalf("event %d twice, or on %s", n, m.subject)
			}
			key := fmt.Sprint(m.subject)
			if before, ok := last[key]; ok && before > n {
				t.Fatalf("event %d after %d on %s", n, before, m.subject)
			}
			seen[n], last[key] = true, n
			joined = append(joined, string(l.Payloads[k].Record(i)))
			if n == int(m.last) {
				break
			}
		}
		if got := split(data, l.Payloads[m.payload].Body.Codec.Framing == encode.Line || p.rules.most == 1, p.rules.most > 1); !slices.Equal(got, joined) {
			t.Fatalf("data %q, want %q", got, joined)
		}
	}
	for n := range seen {
		if seen[n] == l.Decided(n) {
			t.Fatalf("event %d: in a message %v, rejected %v", n, seen[n], l.Decided(n))
		}
	}
}

// split takes a message apart as its reader would.
func split(data []byte, line, several bool) (records []string) {
	if line && several {
		return strings.Split(string(data), "\n")
	}
	if line {
		return []string{string(data)}
	}
	for len(data) > 0 {
		size, n := binary.Uvarint(data)
		records = append(records, string(data[n:n+int(size)]))
		data = data[n+int(size):]
	}
	return records
}

// What nats.go allocates for a message we cannot change; of our own there are a few strings for each load.
func TestSendingAllocatesNothingPerEvent(t *testing.T) {
	const events = 10000
	l := load(payload(lines, numbered(0, events)...))
	s := &Sender{config: Config{MaxInFlight: events}, link: &link{}}
	s.link.replies.inbox = "_INBOX.0123456789012345678901."
	allocations := testing.AllocsPerRun(5, func() {
		l.Reset(l.Payloads)
		s.plan.make(l, rules{most: 1, limit: 1 << 20, joined: 1 << 20, ids: true})
		s.window.begin(s)
		for i := range s.plan.messages {
			m := &s.plan.messages[i]
			if len(s.window.id(m)) == 0 || len(s.plan.data(m)) == 0 {
				t.Fatal("nothing to send")
			}
			s.window.states[i] = sent
			s.window.inFlight++
			n, ok := s.link.replies.number(s.link.replies.take())
			if !ok || n-s.window.first != uint64(i) {
				t.Fatalf("message %d has number %d", i, n)
			}
			s.plan.deliver(m)
		}
	})
	if allocations > events/100 {
		t.Errorf("%v allocations for %d events", allocations, events)
	}
}
