// Package logemu prints packets as ulogd2 2.0.8's LOGEMU output does, to the byte, for readers of its files:
//
//	Nov 22 12:38:34 vm FW-in:  IN=veth0 OUT= MAC=02:… SRC=10.99.0.2 DST=10.99.0.1 LEN=60 TOS=00 PREC=0x00 … MARK=0x0
//
// Its oddities are part of it: one more space behind the prefix, TOS without 0x, no reserved bits, ECE, CWR and options,
// nothing of the packet that an ICMP error quotes, INCOMPLETE without a space behind it, always so for AH and ESP, PROTO=0
// for ESP over IPv6 and wherever IPv6 headers end too soon, and what follows TYPE and CODE of ICMP chosen by the code instead
// of the type. Whoever is free to choose takes the format kernel.
//
// Different are only lines that say what is not so, or that could be more than one:
//
//   - later fragments of IPv4, whose bytes ulogd2 takes for a header: the header is INCOMPLETE, as it is for IPv6;
//   - an IPv4 packet with nothing behind its header, of which ulogd2 prints zeros only;
//   - ESP over IPv6, which ulogd2 takes for AH where its SPI happens to look like a short header;
//   - packets of the arp and netdev families, of which ulogd2 prints the interfaces only: as of the bridge family;
//   - an interface of which only the index is known prints as that number;
//   - in the prefix and in names, bytes that do not print come out as in /dev/kmsg: \x0a.
package logemu

import (
	"errors"
	"strconv"
	"time"

	"nflogship/encode"
	"nflogship/event"
)

// Config has no settings.
type Config struct{}

// DefaultConfig is the only one there is.
func DefaultConfig() Config { return Config{} }

// New returns the format. Times are local.
func New(_ Config, own map[string]string) (*encode.Codec, error) {
	if len(own) > 0 {
		return nil, errors.New("has no place for fields")
	}
	return newIn(time.Local), nil
}

func newIn(place *time.Location) *encode.Codec {
	return &encode.Codec{Name: "logemu", Framing: encode.Line, New: func() encode.Encoder { return &encoder{place: place} }}
}

// encoder belongs to one goroutine. It keeps the second it printed last: most events share theirs with the one before.
type encoder struct {
	place  *time.Location
	second int64
	stamp  []byte // Nov 22 12:38:34 and a space; empty: of no second yet
}

// AppendEvent has no place for a summary.
func (x *encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	if e.Kind != event.Packet {
		return dst, false
	}
	dst = x.time(dst, e.Time)
	dst = appendHost(dst, b.Origins[e.Origin].Host)
	dst = appendHead(dst, b, e)
	dst = appendPacket(dst, e, b.Bytes(e.Packet))
	if e.Is(event.HasUID) {
		dst = appendNumber(dst, "UID=", e.UID)
	}
	if e.Is(event.HasGID) {
		dst = appendNumber(dst, "GID=", e.GID)
	}
	dst = strconv.AppendUint(append(dst, "MARK=0x"...), uint64(e.Mark), 16)
	return append(dst, ' '), true
}

func (x *encoder) time(dst []byte, ns int64) []byte {
	second := ns / 1e9
	if ns%1e9 < 0 {
		second--
	}
	if second != x.second || len(x.stamp) == 0 {
		x.second = second
		x.stamp = time.Unix(second, 0).In(x.place).AppendFormat(x.stamp[:0], "Jan _2 15:04:05 ")
	}
	return append(dst, x.stamp...)
}

// appendHost appends a host's name up to its first dot; where it has none, its place is not left empty.
func appendHost(dst []byte, host string) []byte {
	start := len(dst)
	for i := 0; i < len(host) && host[i] != '.'; i++ {
		dst = appendByte(dst, host[i])
	}
	if len(dst) == start {
		dst = append(dst, '-')
	}
	return append(dst, ' ')
}

// appendHead appends what netfilter said of the packet, and its link header.
func appendHead(dst []byte, b *event.Batch, e *event.Event) []byte {
	if e.Is(event.HasPrefix) {
		dst = append(appendText(dst, b.Bytes(e.Prefix)), ' ')
	}
	dst = appendDevice(dst, "IN=", b, e.Is(event.HasIn), e.In, e.InIndex)
	dst = appendDevice(dst, "OUT=", b, e.Is(event.HasOut), e.Out, e.OutIndex)
	dst = append(dst, "MAC="...)
	link := b.Bytes(e.Link)
	if len(link) == 0 || e.Has&(event.HasIn|event.HasPhysIn) == 0 { // ulogd2 reads HWHEADER, which comes with an input device
		return append(dst, ' ')
	}
	for _, c := range link {
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15], ':')
	}
	dst[len(dst)-1] = ' '
	return dst
}

func appendDevice(dst []byte, key string, b *event.Batch, known bool, name event.Span, index uint32) []byte {
	dst = append(dst, key...)
	switch {
	case name.Len > 0:
		dst = appendText(dst, b.Bytes(name))
	case known:
		dst = strconv.AppendUint(dst, uint64(index), 10)
	}
	return append(dst, ' ')
}

const hexDigits = "0123456789abcdef"

// appendText appends each byte that does not print, and the backslash, as \x and two digits.
func appendText(dst, s []byte) []byte {
	for _, c := range s {
		dst = appendByte(dst, c)
	}
	return dst
}

func appendByte(dst []byte, c byte) []byte {
	if c >= ' ' && c < 0x7f && c != '\\' {
		return append(dst, c)
	}
	return append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
}

func appendNumber[T ~uint8 | ~uint16 | ~uint32](dst []byte, key string, v T) []byte {
	dst = strconv.AppendUint(append(dst, key...), uint64(v), 10)
	return append(dst, ' ')
}
