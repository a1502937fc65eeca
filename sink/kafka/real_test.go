package kafka

import (
	"bytes"
	"cmp"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"nflogship/internal/tlsconf"
	"nflogship/sink"
	"nflogship/sink/sinktest"

	kafkago "github.com/segmentio/kafka-go"
)

// in gives a real test a topic of its own.
func in(topic string, edits ...func(*Config)) func(*Config) {
	return func(c *Config) {
		c.Topic = topic
		for _, edit := range edits {
			edit(c)
		}
	}
}

// TestRealListeners: every way to reach a broker, and what is said where it is the wrong one.
func TestRealListeners(t *testing.T) {
	b := realBroker(t)
	ca := over(tlsconf.Config{CA: b.certificate("ca.crt")})
	mutual := over(tlsconf.Config{CA: b.certificate("ca.crt"), Cert: b.certificate("client.crt"), Key: b.certificate("client.key")})
	for _, x := range []struct {
		name, address string
		edit          func(*Config)
		want          string
	}{
		{"plain", b.plain(), in("listeners"), ""},
		{"SASL PLAIN", b.saslPlaintext(), in("listeners", user("PLAIN", "secret")), ""},
		{"SCRAM-SHA-256", b.saslPlaintext(), in("listeners", user("SCRAM-SHA-256", "secret")), ""},
		{"SCRAM-SHA-512", b.saslPlaintext(), in("listeners", user("SCRAM-SHA-512", "secret")), ""},
		{"TLS", b.ssl(), in("listeners", ca), ""},
		{"TLS with our certificate", b.ssl(), in("listeners", mutual), ""},
		{"SCRAM within TLS", b.saslSSL(), in("listeners", ca, user("SCRAM-SHA-512", "secret")), ""},
		{"PLAIN within TLS", b.saslSSL(), in("listeners", ca, user("PLAIN", "secret")), ""},
		{"PLAIN, wrong password", b.saslPlaintext(), in("listeners", user("PLAIN", "wrongword")), "the broker refuses the user or the password"},
		{"SCRAM, wrong password", b.saslPlaintext(), in("listeners", user("SCRAM-SHA-256", "wrongword")), "the broker refuses the user or the password"},
		{"no user for a SASL port", b.saslPlaintext(), in("listeners"), "if its port wants SASL"},
		{"a user for a port without SASL", b.plain(), in("listeners", user("PLAIN", "secret")), "does not want SASL"},
		{"no TLS for a TLS port", b.ssl(), in("listeners"), "TLS"},
		{"TLS for a port without", b.plain(), in("listeners", ca), "does not seem to speak TLS"},
		{"an authority that is not ours", b.ssl(), in("listeners", over(tlsconf.Config{})), "unknown authority"},
	} {
		t.Run(x.name, func(t *testing.T) { opensOrSays(t, []string{x.address}, x.edit, x.want) })
	}
}

// TestRealReauthentication: the broker ends connections that have not shown their password for a while. None is in use then.
func TestRealReauthentication(t *testing.T) {
	b := realBroker(t)
	s := connect(t, []string{b.saslPlaintext()}, in("reauthentication", user("SCRAM-SHA-256", "secret")))
	ship(t, s, sinktest.Load(lines("x", 10, nil)))
	for began := time.Now(); time.Since(began) < 2*reauthentication; time.Sleep(reauthentication / 20) {
		if errs := ship(t, s, sinktest.Load(lines("y", 10, nil))); errs != nil {
			t.Fatalf("after %v: %v", time.Since(began), errs)
		}
	}
}

// TestRealCompressions reads every compression back with Java's own consumer.
func TestRealCompressions(t *testing.T) {
	b := realBroker(t)
	var want []string
	for _, compression := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		s := connect(t, []string{b.plain()}, in("compression."+compression, func(c *Config) { c.Compression = compression }))
		for k := range 3 {
			records := lines(fmt.Sprint(compression, k), 1000, func(i int, r *sinktest.Record) { r.Text += benchText(i) })
			for _, r := range records {
				want = append(want, r.Text)
			}
			ship(t, s, sinktest.Load(records)) // a topic just made may have to wait for its leader
		}
	}
	got := strings.Split(strings.TrimSuffix(b.consoleConsumer(t, `compression\..*`, len(want)), "\n"), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d records, want %d", len(got), len(want))
	}
}

func (b *broker) consoleConsumer(t *testing.T, topics string, n int) string {
	t.Helper()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), b.script, "tool", b.dir, "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", b.plain(),
		"--include", topics, "--from-beginning", "--max-messages", fmt.Sprint(n), "--timeout-ms", "30000")
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("console consumer: %v: %s", err, said.String())
	}
	return out.String()
}

// TestRealResend: the broker knows a batch by its producer and its number of records, so a resend may have a new stamp
// and another compression and is still the same.
func TestRealResend(t *testing.T) {
	b := realBroker(t)
	s := connect(t, []string{b.plain()}, in("resend")).Sender.(*Sender)
	l := sinktest.Load(lines("x", 100, nil))
	s.take(l)
	s.place(l)
	p := s.loaded[0]
	p.producer.id = s.producer
	for i, compression := range []string{"none", "none", "zstd", "lz4"} {
		c, err := newCompression(compression)
		if err != nil {
			t.Fatal(err)
		}
		r := &request{leader: p.leader, parts: []*partition{p}}
		r.carry(t.Context(), s.brokers, &layout{compression: c, eventTime: i%2 == 1}, s.payloads)
		if r.err != nil {
			t.Fatal(r.err)
		}
		a := r.answer.Topics[0].Partitions[0]
		if i == 0 && a.ErrorCode == int16(kafkago.NotLeaderForPartition) { // the topic was made just now
			time.Sleep(200 * time.Millisecond)
			r.carry(t.Context(), s.brokers, &layout{compression: c}, s.payloads)
			a = r.answer.Topics[0].Partitions[0]
		}
		if a.ErrorCode != 0 || a.BaseOffset != 0 {
			t.Errorf("try %d: code %d, offset %d", i, a.ErrorCode, a.BaseOffset)
		}
	}
	if got := len(consume(t, []string{b.plain()}, "resend")); got != 100 {
		t.Errorf("%d records", got)
	}
}

// TestRealKilled kills the broker while records flow and starts it again: nothing is lost, nothing comes twice, the order is kept.
func TestRealKilled(t *testing.T) {
	b := realBroker(t)
	s := connect(t, []string{b.plain()}, in("killed", plainText))
	back := make(chan error, 1)
	sent, failures := 0, 0
	for k := 0; ; k++ {
		l := sinktest.Load(lines(fmt.Sprintf("%05d", k), 3000, func(i int, r *sinktest.Record) {
			r.Key = fmt.Sprint(i % 100)
			r.Text += strings.Repeat("x", 380)
		}))
		if k == 20 {
			// Ends when the broker is back.
			go func() {
				back <- cmp.Or(b.node("kill"), b.node("start"))
			}()
		}
		failures += len(ship(t, s, l))
		sent += l.Len()
		allDelivered(t, l)
		if l.Doubtful() != 0 {
			t.Fatalf("%d doubtful", l.Doubtful())
		}
		select {
		case err := <-back:
			if err != nil {
				t.Fatal(err)
			}
			if failures == 0 {
				t.Error("the kill was not noticed: the test tests nothing")
			}
			checkKeyOrder(t, consume(t, []string{b.plain()}, "killed"), sent)
			return
		default:
		}
	}
}

// TestRealTopicDeleted: a topic that is deleted under us is made again by the broker, and takes what follows.
func TestRealTopicDeleted(t *testing.T) {
	b := realBroker(t)
	s := connect(t, []string{b.plain()}, in("deleted"))
	byKey := func(i int, r *sinktest.Record) { r.Key = fmt.Sprint(i % 50) }
	ship(t, s, sinktest.Load(lines("a", 1000, byKey)))
	deleteTopic(t, []string{b.plain()}, "deleted")
	ship(t, s, sinktest.Load(lines("b", 1000, byKey)))
	ship(t, s, sinktest.Load(lines("c", 1000, byKey)))
	got := consume(t, []string{b.plain()}, "deleted")
	if len(got) < 2000 {
		t.Fatalf("%d records, want the 2000 from after the deletion", len(got))
	}
}

func TestRealTooLarge(t *testing.T) {
	b := realBroker(t)
	s := connect(t, []string{b.plain()}, in("large", plainText))
	records := lines("x", 20, func(i int, r *sinktest.Record) {
		if i == 7 {
			r.Text += strings.Repeat("x", 2<<20)
		}
	})
	l := sinktest.Load(records)
	ship(t, s, l)
	if _, ok := rejections(l)[7]; !ok || l.Rejections() != 1 {
		t.Errorf("rejected: %v", rejections(l))
	}
	if got := len(consume(t, []string{b.plain()}, "large")); got != 19 {
		t.Errorf("%d records", got)
	}
}

// TestRealFutureStamp: the broker names the records whose stamp it does not take, and takes the others.
func TestRealFutureStamp(t *testing.T) {
	b := realBroker(t)
	s := connect(t, []string{b.plain()}, in("future", func(c *Config) { c.Timestamp = stampEvent }))
	l := sinktest.Load(lines("x", 20, func(i int, r *sinktest.Record) {
		if i == 7 {
			r.Time = time.Now().Add(48 * time.Hour).UnixNano()
		}
	}))
	ship(t, s, l)
	if why := rejections(l)[7]; why == nil || l.Rejections() != 1 || !strings.Contains(why.Error(), "timestamp") {
		t.Errorf("rejected: %v", rejections(l))
	}
	if got := len(consume(t, []string{b.plain()}, "future")); got != 19 {
		t.Errorf("%d records", got)
	}
}

func (b *broker) mustNode(t *testing.T, what string) {
	t.Helper()
	if err := b.node(what); err != nil {
		t.Error(err) // may be called outside the test's goroutine
	}
}

// TestRealConformance holds the sink to its promise over restarts of the broker.
func TestRealConformance(t *testing.T) {
	b := realBroker(t)
	createTopic(t, []string{b.plain()}, "conformance", 1)
	sinktest.Run(t, sinktest.Subject{
		New:     func(t *testing.T) *sink.Sink { return build(t, []string{b.plain()}, in("conformance", plainText)) },
		Read:    func(t *testing.T) []string { return valuesOf(consume(t, []string{b.plain()}, "conformance")) },
		Stop:    func(t *testing.T) { b.mustNode(t, "kill") },
		Start:   func(t *testing.T) { b.mustNode(t, "start") },
		Promise: sinktest.Promise{Keeps: true, Once: true, Ordered: true},
		Bad:     strings.Repeat("x", 2<<20),
		Key:     func(n int) string { return fmt.Sprint(n % 7) },
	})
}
