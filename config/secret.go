package config

import (
	"fmt"
	"io"
	"log/slog"
)

// masked is what stands wherever a secret would.
const masked = "***"

// Secret is a password, token or key. Whatever prints, logs or marshals it shows ***; Reveal gives it to whoever needs it.
//
// It points at its text: fmt calls no methods on a struct's unexported fields, and of a pointer it prints the address.
type Secret struct{ text *string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the secret itself.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsSet reports whether there is a secret that is not empty.
func (s Secret) IsSet() bool { return s.Reveal() != "" }

// String returns *** for a secret that is set.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return masked
}

// GoString masks %#v.
func (s Secret) GoString() string { return fmt.Sprintf("config.Secret(%q)", s.String()) }

// Format masks every verb.
func (s Secret) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('#') {
		_, _ = io.WriteString(f, s.GoString())
		return
	}
	_, _ = io.WriteString(f, s.String())
}

// LogValue masks structured logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText masks JSON, YAML and text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Want says what a secret looks like.
func (Secret) Want() string { return "a text" }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
