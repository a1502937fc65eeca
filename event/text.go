package event

import "strconv"

// AppendAddr appends an address: IPv4 dotted, IPv6 as in RFC 5952.
func AppendAddr(dst []byte, a *[16]byte, v6 bool) []byte {
	if v6 {
		return appendIPv6(dst, a)
	}
	return AppendIPv4(dst, [4]byte(a[:4]))
}

// appendIPv6 appends an address as RFC 5952 has it: lower case, no leading zeros, the longest run of two zero groups or
// more (the first of equals) as "::", and an IPv4-mapped address with its IPv4 part dotted.
func appendIPv6(dst []byte, a *[16]byte) []byte {
	if isMapped(a) {
		return AppendIPv4(append(dst, "::ffff:"...), [4]byte(a[12:]))
	}
	from, to := longestZeros(a)
	for i := 0; i < 8; i++ {
		if i == from {
			dst = append(dst, ':', ':')
			i = to - 1
			continue
		}
		if i > 0 && i != to {
			dst = append(dst, ':')
		}
		dst = appendGroup(dst, a[2*i], a[2*i+1])
	}
	return dst
}

func isMapped(a *[16]byte) bool {
	return [12]byte(a[:12]) == [12]byte{10: 0xff, 11: 0xff}
}

// longestZeros is the run of groups [from, to) that "::" stands for; -1, -1 when there is none.
func longestZeros(a *[16]byte) (from, to int) {
	from, to = -1, -1
	for i := 0; i < 8; i++ {
		if a[2*i]|a[2*i+1] != 0 {
			continue
		}
		j := i + 1
		for j < 8 && a[2*j]|a[2*j+1] == 0 {
			j++
		}
		if j-i >= 2 && j-i > to-from {
			from, to = i, j
		}
		i = j
	}
	return from, to
}

// appendGroup appends sixteen bits in hexadecimal without leading zeros.
func appendGroup(dst []byte, high, low byte) []byte {
	switch {
	case high >= 0x10:
		return append(dst, hexDigits[high>>4], hexDigits[high&15], hexDigits[low>>4], hexDigits[low&15])
	case high > 0:
		return append(dst, hexDigits[high], hexDigits[low>>4], hexDigits[low&15])
	case low >= 0x10:
		return append(dst, hexDigits[low>>4], hexDigits[low&15])
	}
	return append(dst, hexDigits[low])
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
