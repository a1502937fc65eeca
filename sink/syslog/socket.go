package syslog

import (
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// socket asks the kernel about a connection's socket. Its methods do not block.
type socket struct{ raw syscall.RawConn }

func newSocket(c net.Conn) (socket, error) {
	raw, err := c.(syscall.Conn).SyscallConn()
	return socket{raw}, err
}

// unacknowledged is how many bytes were written that the receiver's TCP has not acknowledged; of a unix socket, how much
// memory is taken by what its process has not read.
func (s socket) unacknowledged() (n int, err error) {
	err = s.ask("SIOCOUTQ", func(fd int) error {
		n, err = unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		return err
	})
	return n, err
}

// ended reports whether the receiver has closed or reset the connection, be it only its half.
func (s socket) ended() (ended bool, err error) {
	err = s.ask("poll", func(fd int) error {
		// What poll reports stays, unlike an error that the watching read may have taken already.
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		_, err := unix.Poll(fds, 0)
		ended = fds[0].Revents != 0
		return err
	})
	return ended, err
}

// pending takes the error that an earlier datagram was answered with, such as "port unreachable".
func (s socket) pending() error {
	return s.ask("SO_ERROR", func(fd int) error {
		code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && code != 0 {
			err = syscall.Errno(code)
		}
		return err
	})
}

func (s socket) ask(what string, f func(fd int) error) error {
	var inner error
	if err := s.raw.Control(func(fd uintptr) { inner = retryInterrupted(f, int(fd)) }); err != nil {
		return err
	}
	if inner != nil {
		return fmt.Errorf("%s: %w", what, inner)
	}
	return nil
}

func retryInterrupted(f func(fd int) error, fd int) error {
	for {
		if err := f(fd); err != unix.EINTR {
			return err
		}
	}
}
