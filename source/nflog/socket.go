package nflog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"syscall"
	"time"
	"unsafe"

	nfl "github.com/florianl/go-nflog/v2"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"nflogship/config"
)

// socket is a netlink socket in one network namespace. The group bound to it is unbound when it is closed.
// recv is for one goroutine; everything else is safe for many.
type socket struct {
	conn *netlink.Conn
	raw  syscall.RawConn
	from unix.RawSockaddrNetlink // the sender of what recv received last
}

// openSocket opens a socket in the namespace of the descriptor, 0 being the program's own.
func openSocket(space int, buffer config.Size, log *slog.Logger) (*socket, error) {
	opened, err := nfl.Open(&nfl.Config{NetNS: space, Copymode: nfl.CopyPacket})
	if err != nil {
		return nil, err
	}
	s := &socket{conn: opened.Con}
	if s.raw, err = s.conn.SyscallConn(); err == nil {
		err = s.prepare(int(buffer), log)
	}
	if err != nil {
		_ = s.conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *socket) prepare(buffer int, log *slog.Logger) error {
	// A gap in the sequence says exactly what was lost. ENOBUFS says only that something was, and keeps the socket shut
	// until all of it has been read.
	if err := s.conn.SetOption(netlink.NoENOBUFS, true); err != nil {
		return fmt.Errorf("set NETLINK_NO_ENOBUFS: %w", err)
	}
	if err := s.conn.SetReadBuffer(buffer); err != nil { // forced where that is allowed
		return fmt.Errorf("set the receive buffer to %s: %w", config.Size(buffer), err)
	}
	m, err := s.memory()
	if err != nil {
		return nil // before Linux 4.12: only what it is for is lost
	}
	if got := int(m.limit / 2); got < buffer { // the kernel doubles what is asked for, to pay for its own structures
		log.Warn("the receive buffer is smaller than configured: raise net.core.rmem_max, or give the program CAP_NET_ADMIN in the initial user namespace",
			"receive_buffer", config.Size(buffer), "got", config.Size(got))
	}
	return nil
}

// recv receives a datagram without waiting. It returns EAGAIN when there is none, and n greater than len(p) for one that
// was cut. It does not allocate, which is why it is not recvmsg from a library.
func (s *socket) recv(fd uintptr, p []byte) (n int, err error) {
	for {
		fromLen := uint32(unix.SizeofSockaddrNetlink)
		r, _, errno := unix.Syscall6(unix.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)),
			unix.MSG_DONTWAIT|unix.MSG_TRUNC, uintptr(unsafe.Pointer(&s.from)), uintptr(unsafe.Pointer(&fromLen)))
		switch {
		case errno == unix.EINTR, errno == unix.ENOBUFS: // ENOBUFS: an acknowledgement the kernel had no memory for
		case errno != 0:
			return 0, errno
		case s.from.Pid == 0: // the kernel; nobody else is believed
			return int(r), nil
		}
	}
}

// configure has the kernel carry out a request. Datagrams that were there before its answer are put into arena; the
// answer is not.
func (s *socket) configure(m netlink.Message, arena *datagrams) error {
	sent, err := s.conn.Send(m)
	if err != nil {
		return err
	}
	var answer error
	err = s.raw.Control(func(fd uintptr) {
		for !arena.full() {
			n, recvErr := s.recv(fd, arena.room())
			if recvErr != nil {
				// The kernel answers before Send returns, so what is not there was dropped, for want of room: then there
				// is traffic, so the group is bound.
				if !errors.Is(recvErr, unix.EAGAIN) {
					answer = recvErr
				}
				return
			}
			if errno, ok := answerTo(arena.room()[:min(n, len(arena.room()))], sent.Header.Sequence); ok {
				if errno != 0 {
					answer = errno
				}
				return
			}
			arena.keep(n)
		}
	})
	return errors.Join(err, answer)
}

// answerTo reads an acknowledgement: NLMSG_ERROR, a negative errno or 0 after the netlink header.
func answerTo(datagram []byte, sequence uint32) (unix.Errno, bool) {
	const length = unix.SizeofNlMsghdr + 4
	if len(datagram) < length || binary.NativeEndian.Uint16(datagram[4:]) != unix.NLMSG_ERROR ||
		binary.NativeEndian.Uint32(datagram[8:]) != sequence {
		return 0, false
	}
	return unix.Errno(-int32(binary.NativeEndian.Uint32(datagram[unix.SizeofNlMsghdr:]))), true
}

// memory is the socket's receive buffer (include/uapi/linux/sock_diag.h, SK_MEMINFO_*).
type memory struct {
	used, limit uint32 // bytes, with the kernel's overhead
	drops       uint32 // datagrams that found no room
}

func (s *socket) memory() (m memory, err error) {
	ctlErr := s.raw.Control(func(fd uintptr) { m, err = memoryOf(fd) })
	return m, errors.Join(ctlErr, err)
}

func memoryOf(fd uintptr) (memory, error) {
	var v [unix.SK_MEMINFO_VARS]uint32
	size := uint32(unsafe.Sizeof(v))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&v)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return memory{}, errno
	}
	return memory{used: v[unix.SK_MEMINFO_RMEM_ALLOC], limit: v[unix.SK_MEMINFO_RCVBUF], drops: v[unix.SK_MEMINFO_DROPS]}, nil
}

// interrupt makes a goroutine that waits in raw.Read return.
func (s *socket) interrupt() { _ = s.conn.SetReadDeadline(time.Unix(1, 0)) }
