package keys

import (
	"encoding/base64"
	"encoding/hex"
)

// Bytes is how a packet's bytes are printed.
type Bytes uint8

// The ways to print them.
const (
	none Bytes = iota
	base64Text
	hexText
)

// NewBytes reads the setting: none, base64 or hex.
func NewBytes(setting string) Bytes {
	switch setting {
	case "base64":
		return base64Text
	case "hex":
		return hexText
	}
	return none
}

// Append appends a key that ends in its opening quote, and the bytes; nothing where they are not wanted or there are none.
func (x Bytes) Append(dst []byte, key string, p []byte) []byte {
	if x == none || len(p) == 0 {
		return dst
	}
	dst = append(dst, key...)
	if x == hexText {
		return append(hex.AppendEncode(dst, p), '"')
	}
	return append(base64.StdEncoding.AppendEncode(dst, p), '"')
}
