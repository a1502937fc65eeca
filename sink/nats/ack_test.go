package nats

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"nflogship/sink"
)

func TestReadAck(t *testing.T) {
	for name, c := range map[string]struct {
		data   string
		status string
		says   string // "": acknowledged
	}{
		"plain":               {data: `{"stream":"FW", "seq":17}`},
		"without the blank":   {data: `{"stream":"FW","seq":1}`},
		"duplicate":           {data: `{"stream":"FW", "seq":17,"duplicate": true}`},
		"of a domain":         {data: `{"stream":"FW", "domain":"hub", "seq":17}`},
		"seq first":           {data: `{"seq":17,"stream":"FW"}`},
		"quote in the name":   {data: `{"stream":"F\"W", "seq":17}`},
		"full":                {data: `{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"stream":"FW","seq":0}`, says: "maximum messages exceeded (JetStream error 10077)"},
		"error at the end":    {data: `{"stream":"FW","seq":0,"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"}}`, says: "message size exceeds"},
		"no stream":           {status: "503", says: "no stream takes it"},
		"seq 0":               {data: `{"stream":"FW", "seq":0}`, says: "does another service reply"},
		"leading zero":        {data: `{"stream":"FW", "seq":01}`, says: "does another service reply"},
		"no number":           {data: `{"stream":"FW", "seq":}`, says: "does another service reply"},
		"no stream name":      {data: `{"stream":"", "seq":1}`, says: "does another service reply"},
		"empty":               {says: "does another service reply"},
		"something else":      {data: "ok", says: "does another service reply"},
		"an object of others": {data: `{"ok":true}`, says: "does another service reply"},
		"cut short":           {data: `{"stream":"FW", "seq":17`, says: "does another service reply"},
	} {
		t.Run(name, func(t *testing.T) {
			m := &nats.Msg{Data: []byte(c.data)}
			if c.status != "" {
				m.Header = nats.Header{"Status": []string{c.status}}
			}
			err := readAck(m)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// FuzzPlainAck holds the short cut to what encoding/json would say.
func FuzzPlainAck(f *testing.F) {
	for _, seed := range []string{
		`{"stream":"FW", "seq":17}`, `{"stream":"FW","seq":1}`, `{"stream":"F\u0022W", "seq":1}`, `{"stream":"FW", "seq":17,"duplicate": true}`,
		`{"stream":"FW", "seq":18446744073709551616}`, `{"stream":"FW", "seq":01}`, `{"stream":"","seq":1}`, `{"stream":"F`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !isPlainAck(data) {
			return
		}
		var answer struct {
			Error  *refusal    `json:"error"`
			Stream string      `json:"stream"`
			Seq    json.Number `json:"seq"`
		}
		if err := json.Unmarshal(data, &answer); err != nil || answer.Error != nil || answer.Stream == "" || answer.Seq == "0" {
			t.Errorf("%q is taken for an acknowledgement: %v, %+v", data, err, answer)
		}
	})
}

func TestReplies(t *testing.T) {
	r := replies{inbox: "_INBOX.x."}
	for want := range uint64(3 * replyBlock) {
		subject := r.take()
		if n, ok := r.number(subject); !ok || n != want {
			t.Fatalf("%q is number %d, want %d", subject, n, want)
		}
	}
	if got := string(appendNumber(nil, 1<<50-1)); got != "vvvvvvvvvv" {
		t.Errorf("the last number is %q", got)
	}
	for _, strange := range []string{"", "_INBOX.x.", "_INBOX.x.1", "_INBOX.x.00000000/1", "_INBOX.x.000000000001"} {
		if n, ok := r.number(strange); ok {
			t.Errorf("%q is number %d", strange, n)
		}
	}
}

// inFlight is a window with so many messages sent.
func inFlight(n, several int) (*window, *sink.Load) {
	l := load(payload(lines, numbered(0, n*several)...))
	s := &Sender{config: Config{MaxInFlight: n}, link: &link{}}
	s.link.replies.inbox = "_INBOX.x."
	s.plan.make(l, rules{subject: "fw", most: several, limit: 1 << 20, joined: 1 << 20})
	w := &s.window
	w.begin(s)
	for i := range w.states {
		s.link.replies.take()
		w.states[i], w.inFlight, w.next = sent, i+1, i+1
	}
	return w, l
}

func answer(n uint64, data string) *nats.Msg {
	return &nats.Msg{Subject: "_INBOX.x." + string(appendNumber(nil, n)), Data: []byte(data)}
}

const good = `{"stream":"FW", "seq":1}`

func TestStrayAnswersSettleNothing(t *testing.T) {
	w, l := inFlight(2, 1)
	w.first += 100 // as if a hundred messages had gone before
	for _, a := range []*nats.Msg{answer(99, good), answer(102, good), answer(0, good), {Subject: "x", Data: []byte(good)}} {
		if w.answered(a); w.inFlight != 2 || l.Open() != 2 {
			t.Fatalf("%q settled something", a.Subject)
		}
	}
	w.answered(answer(101, good))
	w.answered(answer(101, good)) // a second answer to the same message
	if w.inFlight != 1 || !l.Decided(1) || l.Decided(0) {
		t.Errorf("%d in flight; decided %v %v", w.inFlight, l.Decided(0), l.Decided(1))
	}
}

func TestRefusals(t *testing.T) {
	refusalOf := func(code int) string {
		return fmt.Sprintf(`{"error":{"code":400,"err_code":%d,"description":"why"},"stream":"FW","seq":0}`, code)
	}
	for name, c := range map[string]struct {
		code, several int
		throttled     bool
		rejected      int
		shrinks       bool
	}{
		"store failed":              {code: 10077, several: 1, throttled: true},
		"storage exceeded":          {code: 10047, several: 1, throttled: true},
		"memory exceeded":           {code: 10028, several: 1, throttled: true},
		"insufficient resources":    {code: 10023, several: 1, throttled: true},
		"account limits":            {code: 10002, several: 1, throttled: true},
		"too many requests":         {code: 10167, several: 1, throttled: true},
		"too large":                 {code: 10054, several: 1, rejected: 1},
		"headers too large":         {code: 10097, several: 1, rejected: 1},
		"too large, several events": {code: 10054, several: 3, shrinks: true},
		"sealed stream":             {code: 10109, several: 1},
		"duplicate in process":      {code: 10158, several: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w, l := inFlight(1, c.several)
			w.answered(answer(0, refusalOf(c.code)))
			var throttled *sink.ThrottledError
			if errors.As(w.err, &throttled) != c.throttled || l.Rejections() != c.rejected || (w.s.stream.limit > 0) != c.shrinks {
				t.Errorf("error %v, %d rejected, limit %d", w.err, l.Rejections(), w.s.stream.limit)
			}
			if (w.err == nil) != (c.rejected > 0) || w.inFlight != 0 || l.Open() != c.several-c.rejected {
				t.Errorf("error %v, %d in flight, %d open", w.err, w.inFlight, l.Open())
			}
		})
	}
}

func TestForbiddenReadsTheSubject(t *testing.T) {
	for text, want := range map[string]string{
		`Permissions Violation for Publish to "fw.x"`:         "fw.x",
		`Permissions Violation for Publish to "fw.\"q\u00e9"`: `fw."qé`,
		`Permissions Violation for Subscription to "fw.x"`:    "",
		`Permissions Violation for Publish to "fw`:            "",
	} {
		got, ok := forbidden(fmt.Errorf("%w: %s", nats.ErrPermissionViolation, text))
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", text, got, ok)
		}
	}
	if _, ok := forbidden(errors.New(`Publish to "x"`)); ok {
		t.Error("another error forbids a subject")
	}
}
