package pcap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

var errStopped = errors.New("stopped while waiting for input")

// pipe reads what may have to be waited for: a pipe, FIFO, terminal or socket. The runtime's poller is not used: it takes only
// descriptors that do not block, and to make standard input one would change it for whoever shares it.
// One goroutine reads; interrupt is for any.
type pipe struct {
	fd   int
	own  bool // it was opened here
	mu   sync.Mutex
	wake int // eventfd that ends a wait; -1 once closed. Guarded by mu.
}

func openPipe(f file) (*pipe, error) {
	p := &pipe{fd: int(os.Stdin.Fd()), own: f.name != Stdin}
	var err error
	if p.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	if p.own {
		// Without O_NONBLOCK this would wait for a FIFO's writer, and nothing could wake it.
		if p.fd, err = unix.Open(f.name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err != nil {
			unix.Close(p.wake)
			return nil, &os.PathError{Op: "open", Path: f.name, Err: err}
		}
	}
	return p, nil
}

// Read waits for bytes, or for interrupt.
func (p *pipe) Read(b []byte) (int, error) {
	for {
		if _, err := p.poll(-1); err != nil {
			return 0, err
		}
		n, err := unix.Read(p.fd, b)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
			continue
		case err != nil:
			return 0, fmt.Errorf("read: %w", err)
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// ready tells whether Read has something to return at once.
func (p *pipe) ready() bool {
	n, err := p.poll(0)
	return n > 0 || err != nil
}

// poll waits until there is something to read. FIFOs that no writer has opened so far count as not ready.
func (p *pipe) poll(milliseconds int) (n int, err error) {
	fds := [...]unix.PollFd{{Fd: int32(p.wake), Events: unix.POLLIN}, {Fd: int32(p.fd), Events: unix.POLLIN}}
	for {
		n, err = unix.Poll(fds[:], milliseconds)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, fmt.Errorf("poll: %w", err)
		case fds[0].Revents != 0:
			return 0, errStopped
		default:
			return n, nil
		}
	}
}

// interrupt ends every wait, from now on.
func (p *pipe) interrupt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wake >= 0 {
		unix.Write(p.wake, binary.NativeEndian.AppendUint64(nil, 1)) // fails only when it is set already
	}
}

// close must not be called while a Read is under way.
func (p *pipe) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	unix.Close(p.wake)
	p.wake = -1
	if p.own {
		unix.Close(p.fd)
	}
}
