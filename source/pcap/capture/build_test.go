package capture

import (
	"bytes"
	"encoding/binary"
)

// order builds captures in one byte order.
type order struct{ binary.AppendByteOrder }

var (
	little = order{binary.LittleEndian}
	big    = order{binary.BigEndian}
)

func (o order) words(v ...uint32) []byte {
	var b []byte
	for _, w := range v {
		b = o.AppendUint32(b, w)
	}
	return b
}

func (o order) pcapHeader(magic uint32, major, minor uint16, link uint32) []byte {
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(o.AppendUint16(b, major), minor)
	return append(b, o.words(3600, 0, 65535, link)...) // a time zone: to be ignored
}

func (o order) pcapRecord(sec, frac uint32, packet string, length uint32) []byte {
	return append(o.words(sec, frac, uint32(len(packet)), length), packet...)
}

func (o order) block(kind uint32, body ...[]byte) []byte {
	all := pad(bytes.Join(body, nil))
	n := uint32(12 + len(all))
	return bytes.Join([][]byte{o.words(kind, n), all, o.words(n)}, nil)
}

func (o order) section(options ...[]byte) []byte {
	b := o.AppendUint16(o.AppendUint16(o.words(byteOrderMagic), 1), 0)
	b = append(b, o.words(0xffffffff, 0xffffffff)...)
	return o.block(magicSection, b, bytes.Join(options, nil))
}

func (o order) iface(link uint16, snaplen uint32, options ...[]byte) []byte {
	b := o.AppendUint16(o.AppendUint16(nil, link), 0)
	return o.block(blockInterface, b, o.words(snaplen), bytes.Join(options, nil))
}

func (o order) option(code uint16, value string) []byte {
	b := o.AppendUint16(o.AppendUint16(nil, code), uint16(len(value)))
	return append(b, pad([]byte(value))...)
}

func (o order) packet(iface uint32, stamp uint64, packet string, length uint32, options ...[]byte) []byte {
	head := o.words(iface, uint32(stamp>>32), uint32(stamp), uint32(len(packet)), length)
	return o.block(blockPacket, head, pad([]byte(packet)), bytes.Join(options, nil))
}

func (o order) obsoletePacket(iface, drops uint16, stamp uint64, packet string, length uint32) []byte {
	head := o.AppendUint16(o.AppendUint16(nil, iface), drops)
	head = append(head, o.words(uint32(stamp>>32), uint32(stamp), uint32(len(packet)), length)...)
	return o.block(blockObsoletePacket, head, []byte(packet))
}

func (o order) simplePacket(packet string, length uint32) []byte {
	return o.block(blockSimplePacket, o.words(length), []byte(packet))
}

func pad(b []byte) []byte { return append(b, make([]byte, -len(b)&3)...) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
