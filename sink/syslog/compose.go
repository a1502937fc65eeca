package syslog

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"
)

// composer writes messages, framed for a stream where the transport needs it. It is used by one goroutine at a time.
//
// RFC 5424, section 6; the time is UTC, in microseconds:
//
//	<PRI>1 2026-11-22T10:00:00.123456Z HOSTNAME APP-NAME PROCID - - MSG
//	|--------- head ----------|      |------------ tail ----------|
//
// Structured data stands where the last dash is, and no MSG follows.
//
// RFC 3164, section 4.1; the time is local; on a unix socket without HOSTNAME:
//
//	<PRI>Nov 22 10:00:00 HOSTNAME TAG: MSG
//	|------ head -------||--- tail ---|
//
// RFC 6587, sections 3.4.1 and 3.4.2:
//
//	MSG-LEN SP SYSLOG-MSG     octet counting: decimal, without leading zeros
//	SYSLOG-MSG LF             newline
type composer struct {
	before  string // <PRI>, and the version
	layout  string // of the second
	zone    *time.Location
	micros  bool
	tail    string
	framing string // of the transport in use; "": it keeps messages apart by itself
	max     int    // bytes of a message, without its framing

	structured bool // records are structured data

	second int64  // which head is for
	head   []byte // empty: for none yet

	cut, replaced int // messages shortened; bytes replaced
}

const microsLen = 6 // the point before them belongs to the head

// append appends record as one message. at is in nanoseconds since 1970.
func (c *composer) append(dst []byte, at int64, record []byte) []byte {
	micros := c.stamp(at)
	header := len(c.head) + len(c.tail)
	if c.micros {
		header += microsLen
	}
	record, end := c.fit(record, c.max-header)
	if c.framing == octetCounting {
		dst = append(strconv.AppendInt(dst, int64(header+len(record)+len(end)), 10), ' ')
	}
	dst = append(dst, c.head...)
	if c.micros {
		dst = appendMicros(dst, micros)
	}
	dst = append(dst, c.tail...)
	dst = append(dst, record...)
	c.oneLine(dst[len(dst)-len(record):])
	dst = append(dst, end...)
	if c.framing == newline {
		dst = append(dst, '\n')
	}
	return dst
}

// stamp makes head that of the second, and returns the microseconds within it. Most records share their second with the one before.
func (c *composer) stamp(at int64) int64 {
	second, nanos := at/1e9, at%1e9
	if nanos < 0 {
		second, nanos = second-1, nanos+1e9
	}
	if second != c.second || len(c.head) == 0 {
		c.second = second
		c.head = append(c.head[:0], c.before...)
		c.head = time.Unix(second, 0).In(c.zone).AppendFormat(c.head, c.layout)
	}
	return nanos / 1e3
}

func appendMicros(dst []byte, micros int64) []byte {
	var digits [microsLen]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + micros%10)
		micros /= 10
	}
	return append(dst, digits[:]...)
}

// fit cuts record to at most limit bytes, end included: what must follow what is kept.
func (c *composer) fit(record []byte, limit int) (kept []byte, end string) {
	if len(record) <= limit {
		return record, ""
	}
	c.cut++
	if c.structured {
		return cutElement(record, limit)
	}
	return cutText(record, limit), ""
}

// cutText cuts record to at most limit bytes, never within a character.
func cutText(record []byte, limit int) []byte {
	for back := 1; back < utf8.UTFMax && back <= limit; back++ {
		if start := limit - back; utf8.RuneStart(record[start]) {
			if _, n := utf8.DecodeRune(record[start:]); start+n > limit {
				return record[:start]
			}
			break
		}
	}
	return record[:limit]
}

// oneLine replaces what would end a message early, in a stream or in a careless receiver.
func (c *composer) oneLine(text []byte) {
	for _, end := range [...]byte{'\n', 0} {
		for rest := text; ; {
			i := bytes.IndexByte(rest, end)
			if i < 0 {
				break
			}
			rest[i] = ' '
			rest = rest[i+1:]
			c.replaced++
		}
	}
}
