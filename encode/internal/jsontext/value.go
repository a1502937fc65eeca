package jsontext

import (
	"encoding/binary"
	"strconv"

	"nflogship/event"
)

// AppendNumber appends a key and a number.
func AppendNumber(dst []byte, key string, v uint64) []byte {
	return appendUint(append(dst, key...), v)
}

// AppendIf is AppendNumber where there is a number.
func AppendIf(dst []byte, has bool, key string, v uint64) []byte {
	if !has {
		return dst
	}
	return appendUint(append(dst, key...), v)
}

// AppendSigned is AppendNumber for a number that may be negative.
func AppendSigned(dst []byte, key string, v int64) []byte {
	return strconv.AppendInt(append(dst, key...), v, 10)
}

func appendUint(dst []byte, v uint64) []byte { return strconv.AppendUint(dst, v, 10) }

// AppendText appends a key and a string of any bytes.
func AppendText[T ~string | ~[]byte](dst []byte, key string, s T) []byte {
	return AppendString(append(dst, key...), s)
}

// AppendName appends a word that needs no escapes, or nothing where there is none. The key ends in its quote.
func AppendName(dst []byte, key, name string) []byte {
	if name == "" {
		return dst
	}
	dst = append(dst, key...)
	dst = append(dst, name...)
	return append(dst, '"')
}

// AppendLower is AppendText in small letters: those of ASCII. The key ends in its quote.
func AppendLower(dst []byte, key string, s []byte) []byte {
	dst = append(dst, key...)
	start := len(dst)
	dst = AppendInner(dst, s)
	for i, c := range dst[start:] {
		if 'A' <= c && c <= 'Z' {
			dst[start+i] = c | 0x20
		}
	}
	return append(dst, '"')
}

// AppendAddr appends an address. The key ends in its quote.
func AppendAddr(dst []byte, key string, a *[16]byte, v6 bool) []byte {
	dst = append(dst, key...)
	return append(event.AppendAddr(dst, a, v6), '"')
}

// AppendIPv4 is AppendAddr for an ARP packet's address.
func AppendIPv4(dst []byte, key string, a [4]byte) []byte {
	dst = append(dst, key...)
	return append(event.AppendIPv4(dst, a), '"')
}

// AppendWordAddr is AppendAddr for a gateway in Event.Word.
func AppendWordAddr(dst []byte, key string, word uint32) []byte {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], word)
	return AppendIPv4(dst, key, a)
}

// AppendMAC appends an Ethernet address: 02:00:00:00:00:0a. The key ends in its quote.
func AppendMAC(dst []byte, key string, mac [6]byte) []byte {
	dst = append(dst, key...)
	return append(event.AppendMAC(dst, mac), '"')
}

// AppendHex appends bytes as AppendMAC does.
func AppendHex(dst []byte, key string, p []byte) []byte {
	dst = append(dst, key...)
	for i, c := range p {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return append(dst, '"')
}

const upperDigits = "0123456789ABCDEF"

// AppendUpperMAC is AppendMAC in capitals with a separator of the format's choice: 02-00-00-00-00-0A.
func AppendUpperMAC(dst []byte, key string, mac [6]byte, separator byte) []byte {
	dst = append(dst, key...)
	for i, c := range mac {
		if i > 0 {
			dst = append(dst, separator)
		}
		dst = append(dst, upperDigits[c>>4], upperDigits[c&15])
	}
	return append(dst, '"')
}

// AppendProto appends the protocol's name, or its number. The key ends in its quote.
func AppendProto(dst []byte, key string, proto uint8) []byte {
	dst = append(dst, key...)
	return append(event.AppendProto(dst, proto), '"')
}

// Transport is the protocol's IANA keyword in small letters, "" for one that goes by its number.
func Transport(p uint8) string {
	if p == 58 {
		return "ipv6-icmp"
	}
	return event.ProtoName(p)
}

// AppendQuoted is AppendNumber for a number in quotes. The key ends in its quote.
func AppendQuoted(dst []byte, key string, v uint64) []byte {
	return append(AppendNumber(dst, key, v), '"')
}

// TCPFlags names the flags that are set: SYN,ACK.
func TCPFlags(flags uint16) string { return flagNames[flags&0x1ff] }

// flagNames holds every combination of the nine TCP flags (RFC 9293 and, for AE, RFC 9768), lowest bit first.
var flagNames = func() (names [512]string) {
	for bit, name := range FlagNames {
		for flags := range names {
			if flags&(1<<bit) == 0 {
				continue
			}
			if names[flags] != "" {
				names[flags] += ","
			}
			names[flags] += name
		}
	}
	return names
}()

// FlagNames are the TCP flags' names by bit.
var FlagNames = [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"}
