package event

import (
	"net/netip"
	"strconv"
)

// AppendAddr appends an address: IPv4 dotted, IPv6 as in RFC 5952.
func AppendAddr(dst []byte, a *[16]byte, v6 bool) []byte {
	if v6 {
		return netip.AddrFrom16(*a).AppendTo(dst)
	}
	return AppendIPv4(dst, [4]byte(a[:4]))
}

// AppendIPv4 appends a dotted address.
func AppendIPv4(dst []byte, a [4]byte) []byte {
	dst = append(AppendByte(dst, a[0]), '.')
	dst = append(AppendByte(dst, a[1]), '.')
	dst = append(AppendByte(dst, a[2]), '.')
	return AppendByte(dst, a[3])
}

// AppendByte appends a number of up to three digits: several times as fast as strconv.
func AppendByte(dst []byte, v byte) []byte {
	if v >= 100 {
		return append(dst, '0'+v/100, '0'+v/10%10, '0'+v%10)
	}
	if v >= 10 {
		return append(dst, '0'+v/10, '0'+v%10)
	}
	return append(dst, '0'+v)
}

const hexDigits = "0123456789abcdef"

// AppendMAC appends an Ethernet address: 02:00:00:00:00:0a.
func AppendMAC(dst []byte, m [6]byte) []byte {
	return append(dst,
		hexDigits[m[0]>>4], hexDigits[m[0]&15], ':', hexDigits[m[1]>>4], hexDigits[m[1]&15], ':',
		hexDigits[m[2]>>4], hexDigits[m[2]&15], ':', hexDigits[m[3]>>4], hexDigits[m[3]&15], ':',
		hexDigits[m[4]>>4], hexDigits[m[4]&15], ':', hexDigits[m[5]>>4], hexDigits[m[5]&15])
}

// AppendProto appends the protocol's name, or its number.
func AppendProto(dst []byte, p uint8) []byte {
	if name := protoNames[p]; name != "" {
		return append(dst, name...)
	}
	return strconv.AppendUint(dst, uint64(p), 10)
}
