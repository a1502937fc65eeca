package threshold

import (
	"bytes"
	"encoding/binary"

	"nflogship/event"
)

// A key is the tracked fields' values, one after the other, each self-delimiting:
//
//	number     0                    absent
//	           1, u32               little-endian
//	address    0                    absent
//	           4, 4 bytes           IPv4
//	           6, 16 bytes          IPv6
//	MAC        0 | 1, 6 bytes
//	byte       0 | 1, u8            protocol, family, action
//	hook       0 | 1, u8, u8        family, hook: the number means nothing without it
//	text       n, n bytes           n = 0: absent; cut at 255

// appendKey appends the event's key.
func appendKey(dst []byte, t *Track, b *event.Batch, e *event.Event) []byte {
	if t.Both {
		return appendPair(dst, e)
	}
	for _, f := range t.Fields {
		dst = appendValue(dst, b, e, f)
	}
	return dst
}

// appendPair puts the lower address first.
func appendPair(dst []byte, e *event.Event) []byte {
	if !e.Is(event.HasAddrs) {
		return append(dst, 0, 0)
	}
	low, high := &e.Src, &e.Dst
	if bytes.Compare(low[:], high[:]) > 0 {
		low, high = high, low
	}
	return appendAddr(appendAddr(dst, low, e.Is(event.IsIPv6)), high, e.Is(event.IsIPv6))
}

func appendAddr(dst []byte, a *[16]byte, v6 bool) []byte {
	if v6 {
		return append(append(dst, 6), a[:]...)
	}
	return append(append(dst, 4), a[:4]...)
}

func appendValue(dst []byte, b *event.Batch, e *event.Event, f event.Field) []byte {
	switch f {
	case event.FieldSrc, event.FieldDst:
		if !e.Is(event.HasAddrs) {
			return append(dst, 0)
		}
		if f == event.FieldDst {
			return appendAddr(dst, &e.Dst, e.Is(event.IsIPv6))
		}
		return appendAddr(dst, &e.Src, e.Is(event.IsIPv6))
	case event.FieldProto:
		return appendU8(dst, e.Is(event.HasProto), e.Proto)
	case event.FieldFamily:
		return appendU8(dst, e.Family != event.FamilyUnknown, uint8(e.Family))
	case event.FieldAction:
		return appendU8(dst, e.SaidAction() != event.ActionNone, uint8(e.Action))
	case event.FieldHook:
		if !e.Is(event.HasHook) {
			return append(dst, 0)
		}
		return append(dst, 1, uint8(e.Family), uint8(e.Hook))
	case event.FieldMACSrc:
		return appendMAC(dst, e.Is(event.HasMACSrc), e.MACSrc)
	case event.FieldMACDst:
		return appendMAC(dst, e.Is(event.HasMACDst), e.MACDst)
	}
	if f.IsNumber() {
		n, ok := e.Number(f)
		if !ok {
			return append(dst, 0)
		}
		return binary.LittleEndian.AppendUint32(append(dst, 1), uint32(n))
	}
	return appendText(dst, b, e, f)
}

func appendU8(dst []byte, ok bool, v uint8) []byte {
	if !ok {
		return append(dst, 0)
	}
	return append(dst, 1, v)
}

func appendMAC(dst []byte, ok bool, m [6]byte) []byte {
	if !ok {
		return append(dst, 0)
	}
	return append(append(dst, 1), m[:]...)
}

func appendText(dst []byte, b *event.Batch, e *event.Event, f event.Field) []byte {
	at := len(dst)
	dst, _ = event.AppendField(append(dst, 0), b, e, f)
	n := min(len(dst)-at-1, 255)
	dst[at] = uint8(n)
	return dst[:at+1+n]
}

// restoreKey sets the tracked fields of e, an event of b, to what the key holds, and lists in sum the fields that have a value.
func restoreKey(key []byte, t *Track, b *event.Batch, e *event.Event, sum *event.Summary) {
	for _, f := range t.Fields {
		rest, ok := restoreValue(key, b, e, f)
		key = rest
		if ok {
			sum.Key[sum.Keys] = f
			sum.Keys++
		}
	}
}

func restoreValue(key []byte, b *event.Batch, e *event.Event, f event.Field) (rest []byte, ok bool) {
	head, key := key[0], key[1:]
	if head == 0 {
		return key, false
	}
	switch f {
	case event.FieldSrc, event.FieldDst:
		return restoreAddr(head, key, e, f == event.FieldDst), true
	case event.FieldProto:
		e.Proto, e.Has = key[0], e.Has|event.HasProto
		return key[1:], true
	case event.FieldFamily:
		e.Family = event.Family(key[0])
		return key[1:], true
	case event.FieldAction:
		e.Action = event.Action(key[0])
		return key[1:], true
	case event.FieldHook:
		e.Family, e.Hook, e.Has = event.Family(key[0]), event.Hook(key[1]), e.Has|event.HasHook
		return key[2:], true
	case event.FieldMACSrc:
		e.MACSrc, e.Has = [6]byte(key), e.Has|event.HasMACSrc
		return key[6:], true
	case event.FieldMACDst:
		e.MACDst, e.Has = [6]byte(key), e.Has|event.HasMACDst
		return key[6:], true
	}
	if f.IsNumber() {
		e.SetNumber(f, uint64(binary.LittleEndian.Uint32(key)))
		return key[4:], true
	}
	restoreText(key[:head], b, e, f)
	return key[head:], true
}

func restoreAddr(head byte, key []byte, e *event.Event, dst bool) []byte {
	n := 4
	e.Has |= event.HasAddrs
	if head == 6 {
		n = 16
		e.Has |= event.IsIPv6
	}
	if dst {
		copy(e.Dst[:], key[:n])
	} else {
		copy(e.Src[:], key[:n])
	}
	return key[n:]
}

// restoreText sets a text field. Host and source need nothing: they are the summary's own.
func restoreText(text []byte, b *event.Batch, e *event.Event, f event.Field) {
	switch f {
	case event.FieldPrefix:
		e.Prefix, e.Has = b.AppendBytes(text), e.Has|event.HasPrefix
	case event.FieldIn:
		e.In, e.Has = b.AppendBytes(text), e.Has|event.HasIn
	case event.FieldOut:
		e.Out, e.Has = b.AppendBytes(text), e.Has|event.HasOut
	case event.FieldPhysIn:
		e.PhysIn, e.Has = b.AppendBytes(text), e.Has|event.HasPhysIn
	case event.FieldPhysOut:
		e.PhysOut, e.Has = b.AppendBytes(text), e.Has|event.HasPhysOut
	}
}
