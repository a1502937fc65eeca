package syslog

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"nflogship/sink"

	parser "github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/nontransparent"
	"github.com/leodido/go-syslog/v4/octetcounting"
	"github.com/leodido/go-syslog/v4/rfc3164"
	"github.com/leodido/go-syslog/v4/rfc5424"
	"pgregory.net/rapid"
)

// composerFor is the composer that New makes, with the framing that connecting would choose.
func composerFor(t testing.TB, settings string, d sink.Deps) *composer {
	t.Helper()
	s, err := New(decode(t, settings), d)
	if err != nil {
		t.Fatal(err)
	}
	sender := s.Sender.(*Sender)
	if sender.address.framed() {
		sender.compose.framing = sender.framing
	}
	return sender.compose
}

func TestMessages(t *testing.T) {
	local := time.Unix(0, at).Local().Format("Jan _2 15:04:05")
	pid := fmt.Sprint(os.Getpid())
	kernelFormat := deps()
	kernelFormat.Format = "kernel"
	odd := deps()
	odd.Host = "fw ö\t1"
	none := deps()
	none.Host = ""
	long := deps()
	long.Host = strings.Repeat("h", 300)
	for _, c := range []struct {
		name, settings string
		deps           sink.Deps
		record, want   string
	}{
		{"defaults", "address: udp://x", deps(), `{"a":1}`,
			"<134>1 2026-11-22T10:00:00.123456Z ams1-fw3 nflogship " + pid + ` - - {"a":1}`},
		{"all settings", "{address: udp://x, facility: local4, severity: warning, app_name: fw}", deps(), "hi",
			"<164>1 2026-11-22T10:00:00.123456Z ams1-fw3 fw " + pid + " - - hi"},
		{"the kernel's format", "{address: udp://x, facility: kern, severity: warn}", kernelFormat, "IN=eth0 OUT=",
			"<4>1 2026-11-22T10:00:00.123456Z ams1-fw3 kernel - - - IN=eth0 OUT="},
		{"the kernel's format under another name", "{address: udp://x, app_name: fw}", kernelFormat, "IN=eth0 OUT=",
			"<134>1 2026-11-22T10:00:00.123456Z ams1-fw3 fw " + pid + " - - IN=eth0 OUT="},
		{"BSD", "{address: udp://x, rfc: 3164}", deps(), "hi", "<134>" + local + " ams1-fw3 nflogship: hi"},
		{"BSD, the kernel's format", "{address: udp://x, rfc: 3164, facility: kern, severity: emerg}", kernelFormat, "IN=eth0 OUT=",
			"<0>" + local + " ams1-fw3 kernel: IN=eth0 OUT="},
		{"a local socket", "address: unix:///dev/log", kernelFormat, "IN=eth0 OUT=", "<134>" + local + " kernel: IN=eth0 OUT="},
		{"a local socket, RFC 5424", "{address: unix:///x, rfc: 5424}", deps(), "hi",
			"<134>1 2026-11-22T10:00:00.123456Z ams1-fw3 nflogship " + pid + " - - hi"},
		{"octet counting", "{address: tcp://x, app_name: fw, rfc: 3164}", deps(), "hi", "36 <134>" + local + " ams1-fw3 fw: hi"},
		{"newline", "{address: tcp://x, app_name: fw, rfc: 3164, framing: newline}", deps(), "hi", "<134>" + local + " ams1-fw3 fw: hi\n"},
		{"a host's name with what must not be in one", "{address: udp://x, rfc: 3164}", odd, "hi", "<134>" + local + " fw___1 nflogship: hi"},
		{"no host's name", "address: udp://x", none, "hi", "<134>1 2026-11-22T10:00:00.123456Z - nflogship " + pid + " - - hi"},
		{"a long host's name", "{address: udp://x, rfc: 3164}", long, "hi", "<134>" + local + " " + strings.Repeat("h", 255) + " nflogship: hi"},
		{"an empty record", "address: udp://x", deps(), "", "<134>1 2026-11-22T10:00:00.123456Z ams1-fw3 nflogship " + pid + " - - "},
		{"newlines and NULs", "{address: udp://x, rfc: 3164}", deps(), "\na\n\nb\x00c\n", "<134>" + local + " ams1-fw3 nflogship:  a  b c "},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := composerFor(t, c.settings, c.deps).append([]byte("before|"), at, []byte(c.record))
			if want := "before|" + c.want; string(got) != want {
				t.Errorf("got\n%q, want\n%q", got, want)
			}
		})
	}
}

// TestRecordStaysAsItIs: a payload is read by others too.
func TestRecordStaysAsItIs(t *testing.T) {
	record := []byte("a\nb\x00c")
	composerFor(t, "address: udp://x", deps()).append(nil, at, record)
	if string(record) != "a\nb\x00c" {
		t.Errorf("changed to %q", record)
	}
}

func TestTimes(t *testing.T) {
	c := composerFor(t, "address: udp://x", deps())
	for _, nanos := range []int64{at, at + 1, at + 1e9, at - 1e9, 0, -1, -1e9, 999, 1e9 - 1, math.MaxInt64, math.MinInt64, at} {
		want := time.Unix(0, nanos).UTC().Truncate(time.Microsecond)
		m, err := rfc5424.NewParser().Parse(c.append(nil, nanos, []byte("x")))
		if err != nil {
			t.Fatalf("%v: %v", want, err)
		}
		// Truncate rounds toward the zero time, as we do.
		if got := *m.(*rfc5424.SyslogMessage).Timestamp; !got.Equal(want) {
			t.Errorf("%d: got %v, want %v", nanos, got, want)
		}
	}
}

func TestLocalTimeOverASwitchToSummerTime(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Skipf("no time zones here: %v", err)
	}
	c := composerFor(t, "{address: udp://x, rfc: 3164}", deps())
	c.zone = zone
	before := time.Date(2026, 3, 29, 0, 59, 59, 0, time.UTC).UnixNano()
	got := string(c.append(c.append(nil, before, nil), before+1e9, nil))
	if !strings.Contains(got, "Mar 29 01:59:59") || !strings.Contains(got, "Mar 29 03:00:00") {
		t.Errorf("got %q", got)
	}
}

// TestOracleReadsStreams has whole streams parsed by a library that knows nothing of us.
func TestOracleReadsStreams(t *testing.T) {
	hostile := []string{"plain", "ünïcode 日本", "", "<13>1 - - - - - - inner", "12 not a count", "[x a=\"b\"]", "bad \xff\xfe utf-8", "tab\there",
		"\xef\xbb\xbfmark", strings.Repeat("long ", 300), "new\nline", "nul\x00"}
	type oracle func(...parser.ParserOption) parser.Parser
	for _, c := range []struct {
		name, settings string
		oracle         oracle
	}{
		{"RFC 5424, octet counting", "address: tcp://x", octetcounting.NewParser},
		{"RFC 5424, newline", "{address: tcp://x, framing: newline}", nontransparent.NewParser},
		{"RFC 3164, octet counting", "{address: tcp://x, rfc: 3164}", octetcounting.NewParserRFC3164},
		{"RFC 3164, newline", "{address: tcp://x, rfc: 3164, framing: newline}", nontransparent.NewParserRFC3164},
	} {
		t.Run(c.name, func(t *testing.T) {
			compose := composerFor(t, c.settings, deps())
			var stream []byte
			var want []string
			for i, text := range hostile {
				if text == "" && strings.Contains(c.settings, "3164") {
					continue // a tag alone is no message for the oracle
				}
				stream = compose.append(stream, at+int64(i), []byte(text))
				want = append(want, strings.NewReplacer("\n", " ", "\x00", " ").Replace(text))
			}
			got, err := parseStream(c.oracle, stream)
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
				t.Errorf("got\n%q, want\n%q", got, want)
			}
		})
	}
}

func parseStream(oracle func(...parser.ParserOption) parser.Parser, stream []byte) (texts []string, err error) {
	p := oracle(parser.WithMaxMessageLength(1<<20), parser.WithListener(func(r *parser.Result) {
		if r.Error != nil {
			err = r.Error
			return
		}
		var base parser.Base
		switch m := r.Message.(type) {
		case *rfc5424.SyslogMessage:
			base = m.Base
		case *rfc3164.SyslogMessage:
			base = m.Base
		}
		text, _ := text(base)
		texts = append(texts, text)
	}))
	p.Parse(bytes.NewReader(stream))
	return texts, err
}

func TestCut(t *testing.T) {
	c := composerFor(t, "{address: udp://x, rfc: 3164, app_name: fw, max_message: 480}", deps())
	room := c.max - len(c.append(nil, at, nil))
	for _, row := range []struct{ name, record, want string }{
		{"fits", strings.Repeat("a", room), strings.Repeat("a", room)},
		{"one byte too long", strings.Repeat("a", room+1), strings.Repeat("a", room)},
		{"two bytes across the limit", strings.Repeat("a", room-1) + "ö", strings.Repeat("a", room-1)},
		{"four bytes across the limit", strings.Repeat("a", room-3) + "😀", strings.Repeat("a", room-3)},
		{"four bytes up to the limit", strings.Repeat("a", room-4) + "😀z", strings.Repeat("a", room-4) + "😀"},
		{"not UTF-8 at the limit", strings.Repeat("a", room-2) + "\x80\x80\x80\x80", strings.Repeat("a", room-2) + "\x80\x80"},
		{"half a character before the limit", strings.Repeat("a", room-2) + "\xf0\x9fzz", strings.Repeat("a", room-2) + "\xf0\x9f"},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := c.cut
			msg := c.append(nil, at, []byte(row.record))
			if _, got, _ := strings.Cut(string(msg), "fw: "); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if cut := c.cut > before; cut != (row.record != row.want) {
				t.Errorf("counted as cut: %v", cut)
			}
		})
	}
}

func TestCutNeverSplitsACharacter(t *testing.T) {
	c := composerFor(t, "{address: udp://x, rfc: 3164, app_name: fw, max_message: 480}", deps())
	header := len(c.append(nil, at, nil))
	rapid.Check(t, func(t *rapid.T) {
		record := []byte(rapid.StringN(250, 500, -1).Draw(t, "record"))
		got := c.append(nil, at, record)[header:]
		clean := bytes.ReplaceAll(bytes.ReplaceAll(record, []byte("\n"), []byte(" ")), []byte{0}, []byte(" "))
		switch {
		case !bytes.HasPrefix(clean, got):
			t.Fatalf("%q is not the beginning of %q", got, clean)
		case !utf8.Valid(got):
			t.Fatalf("a character is split: %q", got)
		case header+len(got) > c.max:
			t.Fatalf("%d bytes", header+len(got))
		case len(got) < len(record) && header+len(got) <= c.max-utf8.UTFMax:
			t.Fatalf("more than needed is cut: %d of %d are left", len(got), len(record))
		}
	})
	if c.cut < 10 {
		t.Errorf("only %d records were long enough", c.cut)
	}
}

func FuzzComposer(f *testing.F) {
	f.Add(int64(at), []byte("plain"))
	f.Add(int64(-1), []byte("a\nb\x00\xff"))
	f.Add(int64(at), bytes.Repeat([]byte("😀"), 300))
	counted := composerFor(f, "{address: tcp://x, max_message: 480}", deps())
	lines := composerFor(f, "{address: tcp://x, max_message: 480, framing: newline}", deps())
	f.Fuzz(func(t *testing.T, nanos int64, record []byte) {
		texts, err := parseStream(octetcounting.NewParser, counted.append(counted.append(nil, nanos, record), nanos, record))
		if err != nil || len(texts) != 2 || texts[0] != texts[1] {
			t.Errorf("counted: %q: %v", texts, err)
		}
		line := lines.append(nil, nanos, record)
		if bytes.IndexByte(line, '\n') != len(line)-1 || bytes.IndexByte(line, 0) >= 0 {
			t.Errorf("%q is not one line", line)
		}
		if text, err := parse(5424, line[:len(line)-1]); err != nil || len(text) != len(texts[0]) {
			t.Errorf("line: %q: %v", text, err)
		}
	})
}

func TestComposerDoesNotAllocate(t *testing.T) {
	record := []byte(`{"time":"2026-11-22T10:00:00.123456789Z","src":"192.0.2.1"}`)
	for _, settings := range []string{"address: tcp://x", "{address: tcp://x, rfc: 3164, framing: newline}"} {
		c := composerFor(t, settings, deps())
		buf, now := make([]byte, 0, 4096), int64(at)
		if n := testing.AllocsPerRun(1000, func() {
			now += 3e8
			buf = c.append(buf[:0], now, record)
		}); n != 0 {
			t.Errorf("%s: %v allocations", settings, n)
		}
	}
}

func BenchmarkComposer(b *testing.B) {
	record := []byte(strings.Repeat("x", 358))
	for _, settings := range []string{"address: tcp://x", "{address: tcp://x, rfc: 3164, framing: newline}"} {
		b.Run(settings, func(b *testing.B) {
			c := composerFor(b, settings, deps())
			buf, now := make([]byte, 0, 4096), int64(at)
			b.ReportAllocs()
			for b.Loop() {
				now += 3000 // 330 000 a second
				buf = c.append(buf[:0], now, record)
			}
		})
	}
}
