package event

import (
	"strings"
	"testing"
)

// full is a batch with one event of every kind that points somewhere.
func full(pool *Pool) *Batch {
	b := pool.Get()
	at := b.AddOrigin(&Origin{Host: "h", Source: "s", ID: "life"})
	e := Event{Origin: at, Record: 7, Has: HasPrefix | HasIn | HasCT | HasInner, Prefix: b.AppendString("P "), In: b.AppendString("eth0"),
		Out: b.AppendString("eth1"), PhysIn: b.AppendString("p0"), PhysOut: b.AppendString("p1"), Packet: b.AppendString("packet"), Link: b.AppendString("link")}
	b.Inners = append(b.Inners, Inner{Proto: 1}, Inner{Proto: 17})
	b.Conntracks = append(b.Conntracks, Conntrack{ID: 99})
	e.Aux, e.CT = 2, 1
	arp := Event{Origin: at, Record: 8, Has: HasARP, Aux: 1}
	b.ARPs = append(b.ARPs, ARP{Operation: 2})
	sum := Event{Origin: at, Record: 9, Kind: Summarised, Aux: 1}
	b.Summaries = append(b.Summaries, Summary{Suppressed: 5})
	b.Events = append(b.Events, e, arp, sum)
	return b
}

func describe(b *Batch) string {
	var s strings.Builder
	for i := range b.Events {
		e := &b.Events[i]
		s.Write(AppendID(nil, b, e))
		for _, span := range []Span{e.Prefix, e.In, e.Out, e.PhysIn, e.PhysOut, e.Packet, e.Link} {
			s.WriteString("|" + string(b.Bytes(span)))
		}
		if e.CT > 0 && b.Conntracks[e.CT-1].ID != 99 {
			s.WriteString("wrong conntrack")
		}
		switch {
		case e.Kind == Summarised:
			s.WriteByte('0' + byte(b.Summaries[e.Aux-1].Suppressed))
		case e.Is(HasARP):
			s.WriteByte('0' + byte(b.ARPs[e.Aux-1].Operation))
		case e.Aux > 0:
			s.WriteByte('a' + b.Inners[e.Aux-1].Proto)
		}
		s.WriteByte('\n')
	}
	return s.String()
}

func TestCopiesHoldAllAnEventPointsTo(t *testing.T) {
	pool := &Pool{}
	b := full(pool)
	want := describe(b)
	c := b.Clone()
	d := pool.Get()
	d.AppendString("something else before it")
	d.AddOrigin(&Origin{})
	for i := range b.Events {
		d.AppendEvent(b, &b.Events[i])
	}
	b.Release()
	full(pool).AppendString("xxxxxxxxxxxxxxxxxxxxxxx") // takes the released memory
	if got := describe(c); got != want {
		t.Errorf("the clone is\n%s, want\n%s", got, want)
	}
	if got := describe(d); got != want {
		t.Errorf("the copied events are\n%s, want\n%s", got, want)
	}
}

// TestCopiesOfEmptyBytes has an event with an empty prefix far behind where the copy's arena ends.
func TestCopiesOfEmptyBytes(t *testing.T) {
	b := &Batch{Origins: []*Origin{{}}, Arena: make([]byte, 1000)}
	b.Events = append(b.Events, Event{Has: HasPrefix, Prefix: Span{Off: 999}})
	c := &Batch{}
	c.AppendEvent(b, &b.Events[0])
	if got := c.Bytes(c.Events[0].Prefix); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestPoolGivesEmptyBatches(t *testing.T) {
	pool := &Pool{}
	b := full(pool)
	b.Sealed, b.Received = true, 1
	b.End(Delivered)
	c := pool.Get()
	if len(c.Events)+len(c.Arena)+len(c.Origins)+len(c.Inners)+len(c.ARPs)+len(c.Conntracks)+len(c.Summaries) > 0 || c.Sealed || c.Received != 0 {
		t.Errorf("%+v", c)
	}
}

func TestFieldNames(t *testing.T) {
	for f := FieldHost; f < fieldCount; f++ {
		if got, ok := ParseField(f.String()); !ok || got != f {
			t.Errorf("%s is parsed as %s", f, got)
		}
	}
	if _, ok := ParseField("nonsense"); ok {
		t.Error("nonsense is a field")
	}
	if len(FieldNames()) != int(fieldCount)-1 {
		t.Errorf("%d names", len(FieldNames()))
	}
}

func TestLedger(t *testing.T) {
	l := &Ledger{}
	src, st, sk := l.Source("fw", "40"), l.Stage("main", "quiet"), l.Sink("siem")
	src.In.Add(10)
	if l.Check() == nil {
		t.Error("ten events came in and none went out, and it adds up")
	}
	src.Out.Add(10)
	st.In.Add(10)
	st.Passed.Add(6)
	st.Suppressed.Add(4)
	sk.In.Add(6)
	sk.Delivered.Add(5)
	sk.Queued.Add(1)
	if err := l.Check(); err != nil || !l.Lossless() {
		t.Error(err)
	}
	want := "source fw/40: in 10; stage main/quiet: in 10 passed 6 suppressed 4; sink siem: in 6 delivered 5 waiting 1"
	if got := l.String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	src.KernelLost.Add(1)
	if l.Lossless() {
		t.Error("a loss in the kernel is no loss")
	}
}
