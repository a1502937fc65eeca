package syslog

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"nflogship/encode/encodetest"
	"nflogship/encode/sd"
	"nflogship/sink"
	"nflogship/sink/sinktest"

	parser "github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/nontransparent"
	"github.com/leodido/go-syslog/v4/octetcounting"
	"github.com/leodido/go-syslog/v4/rfc5424"
	"pgregory.net/rapid"
)

func structuredDeps() sink.Deps {
	d := deps()
	d.Format = structuredData
	return d
}

func TestStructuredData(t *testing.T) {
	got := composerFor(t, "address: udp://x", structuredDeps()).append(nil, at, []byte(`[nflog@32473 in="eth0"]`))
	want := `<134>1 2026-11-22T10:00:00.123456Z ams1-fw3 nflogship ` + fmt.Sprint(os.Getpid()) + ` - [nflog@32473 in="eth0"]`
	if string(got) != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// TestOracleReadsStructuredData has streams of drawn events parsed by a library that knows nothing of us.
func TestOracleReadsStructuredData(t *testing.T) {
	format, err := sd.New(sd.DefaultConfig(), nil)
	if err != nil {
		t.Fatal(err)
	}
	encoder := format.New()
	for _, c := range []struct {
		name, settings string
		oracle         func(...parser.ParserOption) parser.Parser
	}{
		{"octet counting", "address: tcp://x", octetcounting.NewParser},
		{"newline", "{address: tcp://x, framing: newline}", nontransparent.NewParser},
	} {
		compose := composerFor(t, c.settings, structuredDeps())
		t.Run(c.name, rapid.MakeCheck(func(t *rapid.T) {
			b := encodetest.Draw(t)
			var stream []byte
			var want []map[string]string
			for i := range b.Events {
				element, _ := encoder.AppendEvent(nil, b, &b.Events[i])
				stream = compose.append(stream, at, element)
				want = append(want, params(t, `<1>1 - - - - - `+string(element)))
			}
			var got []map[string]string
			c.oracle(parser.WithMaxMessageLength(1<<20), parser.WithListener(func(r *parser.Result) {
				if r.Error != nil {
					t.Fatalf("%v in %q", r.Error, stream)
				}
				got = append(got, paramsOf(t, r.Message.(*rfc5424.SyslogMessage)))
			})).Parse(bytes.NewReader(stream))
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("\n got %v\nwant %v", got, want)
			}
		}))
	}
}

func params(t encodetest.T, message string) map[string]string {
	t.Helper()
	m, err := rfc5424.NewParser().Parse([]byte(message))
	if err != nil {
		t.Fatalf("%v in %q", err, message)
	}
	return paramsOf(t, m.(*rfc5424.SyslogMessage))
}

func paramsOf(t encodetest.T, m *rfc5424.SyslogMessage) map[string]string {
	t.Helper()
	if m.Message != nil {
		t.Fatalf("the message has a text: %q", *m.Message)
	}
	if m.StructuredData == nil {
		return nil
	}
	return (*m.StructuredData)["nflog@32473"]
}

func TestCutElement(t *testing.T) {
	const whole = `[n@1 a="1" b="x\"y" c="\\" d="2"]`
	for limit, want := range map[int]string{
		len(whole) - 1: `[n@1 a="1" b="x\"y" c="\\"]`, 27: `[n@1 a="1" b="x\"y" c="\\"]`, 26: `[n@1 a="1" b="x\"y"]`, 20: `[n@1 a="1" b="x\"y"]`, 19: `[n@1 a="1"]`,
		18: `[n@1 a="1"]`, 11: `[n@1 a="1"]`, 10: `[n@1]`, 6: `[n@1]`, 5: `-`, 1: `-`, 0: `-`,
	} {
		kept, end := cutElement([]byte(whole), limit)
		if got := string(kept) + end; got != want {
			t.Errorf("%d: got %s, want %s", limit, got, want)
		}
	}
}

// TestCutStructuredData: a message that is cut can still be parsed, and what it has left is as it was.
func TestCutStructuredData(t *testing.T) {
	cut := 0
	rapid.Check(t, func(t *rapid.T) {
		own := map[string]string{"zz": string(encodetest.Hostile.Draw(t, "own"))}
		format, err := sd.New(sd.DefaultConfig(), own)
		if err != nil {
			t.Fatal(err)
		}
		c := composer{before: "<1>1 ", layout: "2006-01-02T15:04:05Z", zone: time.UTC, tail: " - - - - ", structured: true, max: rapid.IntRange(40, 1500).Draw(t, "max")}
		b := encodetest.Draw(t)
		element, _ := format.New().AppendEvent(nil, b, &b.Events[0])
		message := c.append(nil, at, element)
		if len(message) > c.max && c.cut > 0 {
			t.Fatalf("%d bytes, allowed are %d", len(message), c.max)
		}
		cut += c.cut
		whole := params(t, `<1>1 - - - - - `+string(element))
		left := params(t, string(message))
		maps.DeleteFunc(whole, func(key, _ string) bool { _, kept := left[key]; return !kept })
		if !maps.Equal(left, whole) {
			t.Fatalf("%q holds %v, but the whole %v", message, left, whole)
		}
	})
	if cut < 10 {
		t.Errorf("only %d messages were cut", cut)
	}
}

// TestRsyslogdReadsStructuredData has a real receiver print it, and what it takes for the text: nothing.
func TestRsyslogdReadsStructuredData(t *testing.T) {
	r := newRsyslogd(t, "")
	conf, err := os.ReadFile(r.conf)
	if err != nil {
		t.Fatal(err)
	}
	const text = "%msg:::sp-if-no-1st-sp%%msg%"
	if !bytes.Contains(conf, []byte(text)) {
		t.Fatalf("no %s in %s", text, conf)
	}
	r.end(syscall.SIGTERM)
	if err := os.WriteFile(r.conf, bytes.ReplaceAll(conf, []byte(text), []byte("%structured-data%|%msg%|")), 0o600); err != nil {
		t.Fatal(err)
	}
	r.start(t)
	made, err := New(decode(t, "{address: tcp://"+r.at("tcp")+", app_name: fw}"), structuredDeps())
	if err != nil {
		t.Fatal(err)
	}
	s := made.Sender.(*Sender)
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	format, err := sd.New(sd.DefaultConfig(), map[string]string{"own": `"a" [b] \c =`})
	if err != nil {
		t.Fatal(err)
	}
	var records []sinktest.Record
	var want []string
	for _, c := range encodetest.Cases() {
		element := encodetest.Line(t, format, c.Batch)
		records = append(records, sinktest.Record{Text: element, Time: at})
		want = append(want, "134|2026-11-22T10:00:00.123456Z|ams1-fw3|fw|"+element+"||")
	}
	deliver(t, s, sinktest.Load(records))
	eventually(t, "rsyslogd has it", func() bool { return len(r.lines(t)) >= len(want) })
	if got := r.lines(t); !slices.Equal(got, want) {
		t.Errorf("\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct{ settings, format, problem string }{
		{"address: udp://x", "json", ""},
		{"address: udp://x", "cef", ""},
		{"address: udp://x", structuredData, ""},
		{"{address: unix:///x, rfc: 5424}", structuredData, ""},
		{"{address: udp://x, rfc: 3164}", structuredData, "needs rfc: 5424"},
		{"address: unix:///dev/log", structuredData, "needs rfc: 5424"},
		{"address: udp://x", "raw", "lines of text"},
		{"address: udp://x", "protobuf", "lines of text"},
		{"address: udp://x", "pcap", "lines of text"},
	} {
		conf := decode(t, c.settings)
		d := deps()
		d.Format = c.format
		_, made := New(conf, d)
		for _, err := range []error{conf.CheckFormat(c.format), made} {
			if c.problem == "" && err != nil || c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)) {
				t.Errorf("%s with %s: %v, want %q", c.format, c.settings, err, c.problem)
			}
		}
	}
}
