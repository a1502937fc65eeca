// Package kernel prints packets as the kernel's own LOG target does, to the byte: what logwatch, psad, fail2ban, fwsnort
// and every grok pattern for iptables read. It reads the copied bytes the way net/netfilter/nf_log_syslog.c reads the
// packet, so what copy_range cut off prints as the end of a short packet would. There are two differences:
//
//   - an interface of which only the index is known prints as that number;
//   - bytes that do not print come out as in /dev/kmsg, not raw as dmesg shows them: one line an event, always.
package kernel

import (
	"nflogship/encode"
	"nflogship/event"
)

// Config chooses the optional parts; they are named as the LOG target's own switches.
type Config struct {
	TCPSequence bool `yaml:"tcp_sequence"`
	TCPOptions  bool `yaml:"tcp_options"`
	IPOptions   bool `yaml:"ip_options"`
	UID         bool `yaml:"uid"`
}

// DefaultConfig has all of them on.
func DefaultConfig() Config {
	return Config{TCPSequence: true, TCPOptions: true, IPOptions: true, UID: true}
}

// New returns the format.
func New(cfg Config) *encode.Codec {
	return &encode.Codec{Name: "kernel", Framing: encode.Line, New: func() encode.Encoder { return &encoder{cfg} }}
}

type encoder struct{ cfg Config }

// AppendEvent has no place for a summary.
func (x *encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	if e.Kind != event.Packet {
		return dst, false
	}
	start := len(dst)
	l := line{cfg: &x.cfg, e: e, link: b.Bytes(e.Link), p: b.Bytes(e.Packet), limit: start + maxLine}
	dst = appendHead(dst, b, e)
	names := len(dst) // up to here it may hold anything; what follows is ASCII that prints
	dst = l.packet(dst)
	dst = dst[:min(len(dst), l.limit)]
	return escape(dst, start, min(names, len(dst))), true
}

// maxLine is where the kernel's lines end: struct nf_log_buf holds 1018 bytes, the first two of them the log level.
const maxLine = 1016
