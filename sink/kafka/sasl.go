package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/saslauthenticate"
	"github.com/segmentio/kafka-go/protocol/saslhandshake"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

const mechanismPlain = "PLAIN"

func (s *SASL) mechanism() (sasl.Mechanism, error) {
	switch s.Mechanism {
	case mechanismPlain:
		return plain.Mechanism{Username: s.Username, Password: s.Password.Reveal()}, nil
	case "SCRAM-SHA-256":
		return scram.Mechanism(scram.SHA256, s.Username, s.Password.Reveal())
	case "SCRAM-SHA-512":
		return scram.Mechanism(scram.SHA512, s.Username, s.Password.Reveal())
	}
	return nil, fmt.Errorf("mechanism %q is unknown", s.Mechanism)
}

// authenticate tells the broker who we are: SaslHandshake, then SaslAuthenticate until the mechanism is content.
func (l *link) authenticate(ctx context.Context, m sasl.Mechanism) error {
	answer, err := l.conn.RoundTrip(&saslhandshake.Request{Mechanism: m.Name()})
	if err != nil {
		return err
	}
	if a := answer.(*saslhandshake.Response); a.ErrorCode != 0 {
		return fmt.Errorf("%w; the broker has %s", kafkago.Error(a.ErrorCode), strings.Join(a.Mechanisms, ", "))
	}
	session, say, err := m.Start(ctx)
	for done := false; err == nil && !done; {
		var heard []byte
		if heard, err = l.exchange(say); err == nil {
			done, say, err = session.Next(ctx, heard)
		}
	}
	return err
}

func (l *link) exchange(say []byte) ([]byte, error) {
	answer, err := l.conn.RoundTrip(&saslauthenticate.Request{AuthBytes: say})
	if err != nil {
		return nil, err
	}
	a := answer.(*saslauthenticate.Response)
	if a.ErrorCode != 0 {
		return nil, codeError(a.ErrorCode, a.ErrorMessage)
	}
	if a.SessionLifetimeMs > 0 {
		// KIP-368: the broker ends the connection then. A new one is made before that.
		l.expires = time.Now().Add(time.Duration(a.SessionLifetimeMs) * time.Millisecond * 8 / 10)
	}
	return a.AuthBytes, nil
}

// errRefused is a broker's no to user or password.
var errRefused = errors.New("the broker refuses the user or the password")

func explainSASL(err error) error {
	switch {
	case errors.Is(err, kafkago.SASLAuthenticationFailed):
		return fmt.Errorf("%w (sasl.username, sasl.password): %w", errRefused, err)
	case isHangUp(err):
		return fmt.Errorf("the broker hangs up: it refuses the user or the password, or does not speak SASL on this port: %w", err)
	case errors.Is(err, kafkago.UnsupportedSASLMechanism):
		return fmt.Errorf("the broker does not take this sasl.mechanism: %w", err)
	case errors.Is(err, kafkago.IllegalSASLState):
		return fmt.Errorf("the broker's port does not want SASL; leave sasl out or choose another port: %w", err)
	}
	return fmt.Errorf("SASL: %w", err)
}
