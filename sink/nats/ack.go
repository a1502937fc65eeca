package nats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// A PubAck, as in ADR-1 and nats-server's JSPubAckResponse:
//
//	{"stream":"FW", "seq":17}
//	{"stream":"FW", "seq":17,"duplicate": true}
//	{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"stream":"FW","seq":0}
//
// Without a stream for the subject the answer is no PubAck but a message with the header "Status: 503".

var errNoStream = errors.New("no stream takes it, or JetStream is off for this account: make one, or name one under stream: to have it made")

// refusal is a stream's error.
type refusal struct {
	Code        int    `json:"code"`
	ErrCode     int    `json:"err_code"`
	Description string `json:"description"`
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%s (JetStream error %d)", r.Description, r.ErrCode)
}

// nats-server's server/errors.json.
const (
	errResourcesExceeded = 10002
	errInsufficient      = 10023
	errMemoryExceeded    = 10028
	errStorageExceeded   = 10047
	errMessageTooLarge   = 10054
	errStoreFailed       = 10077 // maximum messages, bytes or messages per subject exceeded
	errHeaderTooLarge    = 10097
	errTooManyRequests   = 10167
)

// tooLarge reports whether the stream will never take the message.
func (r *refusal) tooLarge() bool {
	return r.ErrCode == errMessageTooLarge || r.ErrCode == errHeaderTooLarge
}

// full reports whether the stream has no room for the message now.
func (r *refusal) full() bool {
	switch r.ErrCode {
	case errResourcesExceeded, errInsufficient, errMemoryExceeded, errStorageExceeded, errStoreFailed, errTooManyRequests:
		return true
	}
	return false
}

// readAck returns nil for a message that the stream holds, a duplicate included.
func readAck(m *nats.Msg) error {
	if isPlainAck(m.Data) {
		return nil
	}
	if len(m.Data) == 0 && m.Header.Get("Status") == "503" {
		return errNoStream
	}
	var answer struct {
		Error  *refusal `json:"error"`
		Stream string   `json:"stream"`
		Seq    uint64   `json:"seq"`
	}
	err := json.Unmarshal(m.Data, &answer)
	switch {
	case err == nil && answer.Error != nil:
		return answer.Error
	case err != nil || answer.Stream == "" || answer.Seq == 0:
		return fmt.Errorf("the answer %.60q is no stream's acknowledgement: does another service reply on this subject?", m.Data)
	}
	return nil
}

// isPlainAck knows the shape that all but the odd acknowledgement have: {"stream":"NAME", "seq":N}.
func isPlainAck(b []byte) bool {
	rest, ok := bytes.CutPrefix(b, []byte(`{"stream":"`))
	end := bytes.IndexByte(rest, '"')
	if !ok || end < 1 || bytes.ContainsFunc(rest[:end], func(r rune) bool { return r < ' ' || r == '\\' }) {
		return false
	}
	rest, comma := bytes.CutPrefix(rest[end:], []byte(`",`))
	rest = bytes.TrimPrefix(rest, []byte(" "))
	rest, seq := bytes.CutPrefix(rest, []byte(`"seq":`))
	if !comma || !seq || len(rest) < 2 || rest[0] < '1' || rest[0] > '9' {
		return false
	}
	for _, c := range rest[:len(rest)-1] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return rest[len(rest)-1] == '}'
}
