package encode

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"math"
)

// headLen is as much of a record as Codec.Length needs, and a varint at least.
const headLen = 16

// Whole is how many bytes at the beginning of r are a file of this codec: its header and whole records. What comes behind
// was torn by a crash, and where nothing is whole the file holds something else. It is not for lines: those tell by their end.
func (c *Codec) Whole(r *bufio.Reader) (int64, error) {
	head, err := r.Peek(len(c.Header))
	if err != nil || !bytes.Equal(head, c.Header) {
		return 0, notEOF(err)
	}
	var whole int64
	for n := len(c.Header); ; {
		skipped, err := r.Discard(n)
		if skipped < n {
			return whole, notEOF(err)
		}
		whole += int64(n)
		head, err = r.Peek(headLen)
		if err = notEOF(err); err != nil || len(head) == 0 {
			return whole, err
		}
		var ok bool
		if n, ok = c.lengthOf(head); !ok {
			return whole, nil
		}
	}
}

// lengthOf is how long the record is that begins with head. A record of no bytes is what a file system left of one.
func (c *Codec) lengthOf(head []byte) (n int, ok bool) {
	switch {
	case c.Framing == Prefixed:
		length, size := binary.Uvarint(head)
		return size + int(length), size > 0 && length > 0 && length <= math.MaxInt32
	case c.Framing == Bare && c.Length != nil:
		return c.Length(head)
	}
	panic("BUG: records of " + c.Name + " do not tell where they end")
}

func notEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
