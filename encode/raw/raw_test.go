package raw

import (
	"testing"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/event"
)

func TestRecordsAreThePackets(t *testing.T) {
	b := &event.Batch{Events: make([]event.Event, 4)}
	b.Events[0].Packet = b.AppendString("first\n")
	b.Events[1].Kind, b.Events[1].Packet = event.Summarised, b.AppendString("of a summary")
	b.Events[3].Packet = b.AppendString("\x00last")

	codec := New()
	body := encode.NewBody()
	defer body.Release()
	codec.AppendBatch(body, codec.New(), b, len(b.Events))
	p := encode.View(body, 0, len(body.Records))
	defer p.Release()

	if p.Len() != 2 {
		t.Fatalf("%d records, want 2: no place for a summary, nor for a packet without bytes", p.Len())
	}
	if got := string(p.Record(0)); got != "first\n" {
		t.Errorf("first record is %q", got)
	}
	if got := string(p.Record(1)); got != "\x00last" {
		t.Errorf("last record is %q", got)
	}
	if got := body.Records[1].Event; got != 3 {
		t.Errorf("last record is of event %d, want 3", got)
	}
}

func TestNoAllocation(t *testing.T) {
	b := &event.Batch{Events: make([]event.Event, 1)}
	b.Events[0].Packet = b.AppendString("packet")
	x, buf := New().New(), make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() { x.AppendEvent(buf, b, &b.Events[0]) }); n != 0 {
		t.Errorf("%v allocations an event, want 0", n)
	}
}

func TestConfigIsEmpty(t *testing.T) {
	cfg := DefaultConfig()
	if err := config.Decode("{}", &cfg); err != nil {
		t.Error(err)
	}
	if err := config.Decode("pretty: true", &cfg); err == nil {
		t.Error("an unknown setting is accepted")
	}
}
