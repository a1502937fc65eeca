package syslog

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// connectTime bounds connecting, the TLS handshake included.
const connectTime = 10 * time.Second

func (s *Sender) connect(ctx context.Context) (wire, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	switch s.address.network {
	case "udp":
		return s.connectUDP(ctx)
	case "unix":
		return s.connectUnix(ctx)
	}
	raw, err := s.dial(ctx, "tcp", s.tcpOptions)
	if err != nil {
		return nil, err
	}
	s.compose.framing = s.framing
	if s.address.network == "tls" {
		return s.handshake(ctx, raw)
	}
	return s.stream(raw, raw)
}

func (s *Sender) connectUDP(ctx context.Context) (wire, error) {
	c, err := s.dial(ctx, "udp", udpOptions)
	if err != nil {
		return nil, err
	}
	return s.datagrams(c, true)
}

// connectUnix takes the socket for one of datagrams, as /dev/log is, and else for one of streams: then with newlines, as
// syslog-ng's unix-stream() and rsyslog's imptcp want it.
func (s *Sender) connectUnix(ctx context.Context) (wire, error) {
	c, err := s.dial(ctx, "unixgram", nil)
	if err == nil {
		s.compose.framing = ""
		return s.datagrams(c, false)
	}
	if !errors.Is(err, syscall.EPROTOTYPE) {
		return nil, err
	}
	if c, err = s.dial(ctx, "unix", nil); err != nil {
		return nil, err
	}
	s.compose.framing = newline
	return s.stream(c, c)
}

func (s *Sender) dial(ctx context.Context, network string, options func(string, string, syscall.RawConn) error) (net.Conn, error) {
	// An idle receiver that vanished without a word is noticed within half a minute.
	alive := net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}
	d := net.Dialer{Control: options, KeepAliveConfig: alive}
	c, err := d.DialContext(ctx, network, s.address.dial)
	if err != nil {
		return nil, cause(err)
	}
	return c, nil
}

// tcpOptions has the kernel give up a receiver that acknowledges nothing, or whose window stays shut.
func (s *Sender) tcpOptions(_, _ string, c syscall.RawConn) error {
	return socket{c}.ask("TCP_USER_TIMEOUT", func(fd int) error {
		return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(s.patience.Milliseconds()))
	})
}

// udpOptions lets large datagrams be fragmented on their way instead of being lost where the path narrows.
func udpOptions(network, _ string, c syscall.RawConn) error {
	return socket{c}.ask("MTU_DISCOVER", func(fd int) error {
		if strings.HasSuffix(network, "6") {
			return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_DONT)
		}
		return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT)
	})
}

// cause strips what net puts around a system's error: operation and addresses stand in our own text.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err
}
