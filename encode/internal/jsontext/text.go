// Package jsontext appends the parts of JSON text that every format made of JSON objects has: strings, times, numbers,
// names, and what a summary's events have in common. Keys stand in the callers, with their punctuation: `,"src":"`.
package jsontext

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// plain marks the bytes that stand for themselves inside quotes. DEL is one of them (RFC 8259, section 7).
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// AppendString appends s in quotes: one line whatever it holds, and valid UTF-8, with U+FFFD for each byte that is not.
func AppendString[T ~string | ~[]byte](dst []byte, s T) []byte {
	return append(AppendInner(append(dst, '"'), s), '"')
}

// AppendInner appends what stands between the quotes: a part of a string.
func AppendInner[T ~string | ~[]byte](dst []byte, s T) []byte {
	done := 0 // everything before it is in dst
	for i := 0; i < len(s); {
		if plain[s[i]] {
			i++
			continue
		}
		dst = append(dst, s[done:i]...)
		dst, done = appendSpecial(dst, s, i)
		i = done
	}
	return append(dst, s[done:]...)
}

// appendSpecial appends the character at s[i], which is not plain, and returns where the next one begins.
func appendSpecial[T ~string | ~[]byte](dst []byte, s T, i int) ([]byte, int) {
	c := s[i]
	if c == '"' || c == '\\' {
		return append(dst, '\\', c), i + 1
	}
	if c < ' ' {
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15]), i + 1
	}
	var buf [utf8.UTFMax]byte
	char := buf[:copy(buf[:], s[i:])]
	r, size := utf8.DecodeRune(char)
	if r < 0xa0 || r == '\u2028' || r == '\u2029' { // controls, and line ends by Unicode's rules and to JavaScript
		return append(dst, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15]), i + size
	}
	return utf8.AppendRune(dst, r), i + size
}
