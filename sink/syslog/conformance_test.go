package syslog

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"testing"

	"nflogship/sink"
	"nflogship/sink/sinktest"

	"golang.org/x/sys/unix"
)

// The receiver of these tests reads what has come before it goes: then streams lose nothing, as the package promises.
func TestConformanceOfStreams(t *testing.T) {
	ca := newAuthority(t, t.TempDir(), "ca")
	ca.issue(t, "me", nil)
	server := &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "log.example", nil)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool()}
	mutual := ", tls: {ca: " + ca.path("ca.pem") + ", cert: " + ca.path("me.pem") + ", key: " + ca.path("me.key") + "}"
	for _, c := range []struct {
		name, scheme, settings string
		far                    far
	}{
		{"tcp", "tcp", "", far{}},
		{"tcp, newline, RFC 3164", "tcp", ", framing: newline, rfc: 3164", far{framing: newline, rfc: 3164}},
		{"tls", "tls", mutual, far{tls: server}},
		{"unix stream", "unix", "", far{network: "unix", address: filepath.Join(shortDir(t), "log"), framing: newline, rfc: 3164}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver(t, c.far)
			sinktest.Run(t, sinktest.Subject{
				New: func(t *testing.T) *sink.Sink {
					s, _ := build(t, "{address: "+c.scheme+"://"+r.address+c.settings+"}")
					return s
				},
				Read:    func(*testing.T) []string { return r.got() },
				Stop:    func(*testing.T) { r.stop() },
				Start:   func(t *testing.T) { r.start(t) },
				Promise: sinktest.Promise{Keeps: true, Ordered: true},
			})
		})
	}
}

func TestConformanceOfDatagrams(t *testing.T) {
	for _, c := range []struct {
		name, scheme, network, address string
		rfc                            int
	}{
		{"udp", "udp", "udp", "127.0.0.1:0", 5424},
		{"unix datagram", "unix", "unixgram", filepath.Join(shortDir(t), "log"), 3164},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMailbox(t, c.network, c.address, c.rfc)
			largeBuffer(t, m.conn)
			sinktest.Run(t, sinktest.Subject{
				New: func(t *testing.T) *sink.Sink {
					s, _ := build(t, "address: "+c.scheme+"://"+m.address)
					return s
				},
				Read:    func(t *testing.T) []string { return m.got(t) },
				Stop:    func(*testing.T) { m.stop() },
				Start:   func(t *testing.T) { m.start(t) },
				Promise: sinktest.Promise{Ordered: true},
			})
		})
	}
}

// largeBuffer makes a UDP socket drop nothing, which the kernel does without a word when its reader is slow.
func largeBuffer(t *testing.T, c net.PacketConn) {
	udp, ok := c.(*net.UDPConn)
	if !ok {
		return
	}
	raw, err := udp.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = socket{raw}.ask("SO_RCVBUFFORCE", func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20)
	})
	if err != nil {
		t.Skipf("a receive buffer that drops nothing needs CAP_NET_ADMIN: %v", err)
	}
}
