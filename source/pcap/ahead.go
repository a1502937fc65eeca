package pcap

import "io"

const (
	aheadBuffers = 3
	aheadSize    = 128 << 10
)

// readAhead decompresses in a goroutine of its own, a few buffers ahead of Read. One goroutine reads.
type readAhead struct {
	free    chan []byte
	full    chan piece
	stop    chan struct{} // closed by close
	done    chan struct{} // closed by the goroutine
	current piece
	used    int // of current
}

// piece is what was read before err.
type piece struct {
	bytes []byte
	err   error
}

// startReadAhead reads r until its end, an error or close. It calls release when it has finished with r. Where fill is set
// every buffer is filled; else what there is is passed on at once.
func startReadAhead(r io.Reader, release func(), fill bool) *readAhead {
	a := &readAhead{
		free: make(chan []byte, aheadBuffers), full: make(chan piece, aheadBuffers),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	for range aheadBuffers {
		a.free <- make([]byte, aheadSize)
	}
	go func() { // until r has no more or close
		defer close(a.done)
		defer release()
		for {
			select {
			case <-a.stop:
				return
			case b := <-a.free:
				p := readPiece(r, b[:aheadSize], fill)
				a.full <- p // never waits: it has room for every buffer
				if p.err != nil {
					return
				}
			}
		}
	}()
	return a
}

func readPiece(r io.Reader, b []byte, fill bool) piece {
	n := 0
	for n < len(b) {
		k, err := r.Read(b[n:])
		n += k
		if err != nil || !fill && n > 0 {
			return piece{b[:n], err}
		}
	}
	return piece{b, nil}
}

// Read returns what has been read ahead.
func (a *readAhead) Read(p []byte) (int, error) {
	for a.used == len(a.current.bytes) {
		if a.current.err != nil {
			return 0, a.current.err
		}
		if a.current.bytes != nil {
			a.free <- a.current.bytes // never waits, as above
		}
		a.current, a.used = <-a.full, 0
	}
	n := copy(p, a.current.bytes[a.used:])
	a.used += n
	return n, nil
}

// ready tells whether Read has something to return at once.
func (a *readAhead) ready() bool {
	return a.used < len(a.current.bytes) || a.current.err != nil || len(a.full) > 0
}

// close ends the goroutine; the reader it reads from must not be waiting.
func (a *readAhead) close() {
	close(a.stop)
	<-a.done
}
