// Package pairs appends keys and values to a line: what CEF, LEEF and the structured data of RFC 5424 have in common. Keys
// stand in the callers, with all that comes before the value: " src=".
package pairs

import (
	"strconv"

	"nflogship/event"
)

// Style is how a format writes a pair. It is safe for many readers.
type Style struct {
	Before, Between string // a key, it and its value
	After           byte   // the value; 0: nothing
	Escapes         *Escapes
}

func (s *Style) end(dst []byte) []byte {
	if s.After != 0 {
		dst = append(dst, s.After)
	}
	return dst
}

// Key is a key as the other functions take it, for one that is not known beforehand.
func (s *Style) Key(name string) string { return s.Before + name + s.Between }

// Bytes appends a value that may hold anything.
func (s *Style) Bytes(dst []byte, key string, v []byte) []byte {
	return s.end(Append(append(dst, key...), s.Escapes, v))
}

// Text is Bytes for a string.
func (s *Style) Text(dst []byte, key, v string) []byte {
	return s.end(Append(append(dst, key...), s.Escapes, v))
}

// Word appends a value that needs no escapes.
func (s *Style) Word(dst []byte, key, v string) []byte {
	return s.end(append(append(dst, key...), v...))
}

// Name is Word, or nothing where there is none.
func (s *Style) Name(dst []byte, key, v string) []byte {
	if v == "" {
		return dst
	}
	return s.Word(dst, key, v)
}

// Number appends a number.
func (s *Style) Number(dst []byte, key string, v uint64) []byte {
	return s.end(strconv.AppendUint(append(dst, key...), v, 10))
}

// Byte is Number for one of up to three digits: several times as fast.
func (s *Style) Byte(dst []byte, key string, v byte) []byte {
	return s.end(event.AppendByte(append(dst, key...), v))
}

// Millis appends a time in nanoseconds since 1970 as milliseconds, rounded down.
func (s *Style) Millis(dst []byte, key string, ns int64) []byte {
	millis := ns / 1e6
	if ns%1e6 < 0 {
		millis--
	}
	return s.end(strconv.AppendInt(append(dst, key...), millis, 10))
}

// Addr appends an address.
func (s *Style) Addr(dst []byte, key string, a *[16]byte, v6 bool) []byte {
	return s.end(event.AppendAddr(append(dst, key...), a, v6))
}

// IPv4 is Addr for an ARP packet's address.
func (s *Style) IPv4(dst []byte, key string, a [4]byte) []byte {
	return s.end(event.AppendIPv4(append(dst, key...), a))
}

// Proto appends the protocol's name, or its number.
func (s *Style) Proto(dst []byte, key string, p uint8) []byte {
	return s.end(event.AppendProto(append(dst, key...), p))
}

// MAC appends an Ethernet address.
func (s *Style) MAC(dst []byte, key string, m [6]byte) []byte {
	return s.end(event.AppendMAC(append(dst, key...), m))
}
