package pairs

import "unicode/utf8"

// Escapes is what a format writes for what a value cannot hold as it is. Valid UTF-8 comes out, of one line: U+FFFD for
// each byte that is none, \x1b for a control character, \u0085 for one beyond ASCII and for Unicode's own line ends.
// It is safe for many readers.
type Escapes struct {
	lead    string // of \x1b: the format's own way to write a backslash
	instead [utf8.RuneSelf]string
	plain   [256]bool
}

const hexDigits = "0123456789abcdef"

// NewEscapes makes the escapes of a format that writes a backslash as lead, and of each two of more, the first as the
// second. What comes out as \x1b may so be meant literally, unless more has another way for the backslash itself.
func NewEscapes(lead string, more ...string) *Escapes {
	x := &Escapes{lead: lead}
	for c := range x.instead {
		if c < ' ' || c == 0x7f {
			x.instead[c] = lead + "x" + string([]byte{hexDigits[c>>4], hexDigits[c&15]})
		}
	}
	for i := 0; i < len(more); i += 2 {
		x.instead[more[i][0]] = more[i+1]
	}
	for c := range x.instead {
		x.plain[c] = x.instead[c] == ""
	}
	return x
}

// Append appends s as a value.
func Append[T ~string | ~[]byte](dst []byte, x *Escapes, s T) []byte {
	done := 0 // everything before it is in dst
	for i := 0; i < len(s); {
		if x.plain[s[i]] {
			i++
			continue
		}
		dst = append(dst, s[done:i]...)
		if s[i] < utf8.RuneSelf {
			dst = append(dst, x.instead[s[i]]...)
			i++
		} else {
			var buf [utf8.UTFMax]byte
			r, size := utf8.DecodeRune(buf[:copy(buf[:], s[i:])])
			dst = x.appendRune(dst, r)
			i += size
		}
		done = i
	}
	return append(dst, s[done:]...)
}

// appendRune appends a character beyond ASCII.
func (x *Escapes) appendRune(dst []byte, r rune) []byte {
	if r >= 0xa0 && r != '\u2028' && r != '\u2029' {
		return utf8.AppendRune(dst, r)
	}
	dst = append(dst, x.lead...)
	return append(dst, 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
