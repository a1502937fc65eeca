package file

import (
	"bufio"
	"errors"
	"os"

	"nflogship/encode"
)

// Records that are not lines cannot be told apart behind a torn one, and records of two formats not at all. So a file of them
// is appended to only if it is known to be whole: because we left it so, or because it was read through. Any other is set
// aside, which loses nothing, and a new one begun.

const (
	// maxRead bounds what is read through. A larger file is set aside: at the start of the program, events wait meanwhile.
	maxRead = 1 << 30
	// maxKnown bounds how many paths are remembered as whole.
	maxKnown = 4096
)

var errTorn = errors.New("a record was written in part and cannot be taken back: nothing may follow it")

// lines reports whether records are lines: what is torn is closed off with a newline.
func (o *output) lines() bool { return o.codec.Framing == encode.Line }

// spoilt reports whether no record may follow what is there.
func (o *output) spoilt() bool { return o.torn && !o.lines() }

// isWhole reports whether the file holds what a file of its format begins with and whole records, and nothing else.
func (o *output) isWhole() bool {
	if o.size > maxRead {
		return false
	}
	r, err := os.Open(o.path)
	if err != nil {
		return false
	}
	defer r.Close()
	n, err := o.codec.Whole(bufio.NewReaderSize(r, 256<<10))
	return err == nil && n == o.size
}

// begin writes what a file of the format begins with.
func (o *output) begin() error {
	o.headed = true
	if len(o.codec.Header) == 0 {
		return nil
	}
	n, err := o.f.Write(o.codec.Header)
	if err == nil {
		o.size += int64(n)
		return nil
	}
	o.headed = false
	if n > 0 && (!o.regular || o.f.Truncate(o.size) != nil) {
		o.torn = true
	}
	return err // it names the file
}

// beginIfFile begins standard output where it is a file: there may never come a record. Only files never have to wait.
func (o *output) beginIfFile() error {
	if info, err := o.f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return o.begin()
}

// remember notes that a file is whole as it is being left.
func (s *Sender) remember(o *output) {
	if !o.regular || o.torn || o.lines() {
		return
	}
	if len(s.whole) >= maxKnown {
		clear(s.whole)
	}
	s.whole[o.path] = o.size
}

// replace sets a file aside to which nothing can be appended, and begins it anew.
func (s *Sender) replace(o *output) (*output, error) {
	s.log.Warn("a file does not end with a whole record of its sink's format: it is set aside and a new one begun",
		"path", o.path, "format", o.codec.Name, "bytes", o.size)
	if err := s.setAside(o); err != nil {
		return nil, err
	}
	return s.output(o.path)
}
