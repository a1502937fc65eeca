package encode

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// sized is a codec of Bare records that begin with their length, after a header.
var sized = &Codec{Name: "sized", Header: []byte("HEAD"), Length: func(head []byte) (int, bool) {
	if len(head) < 2 {
		return 0, false
	}
	n := int(binary.BigEndian.Uint16(head))
	return n, n >= 2
}}

var prefixed = &Codec{Name: "prefixed", Framing: Prefixed}

func TestWhole(t *testing.T) {
	long := "\x01\x2c" + strings.Repeat("x", 298) // a record of 300 bytes
	varint := "\xac\x02" + strings.Repeat("y", 300)
	for name, c := range map[string]struct {
		codec *Codec
		file  string
		whole int
	}{
		"empty":                        {sized, "", 0},
		"part of a header":             {sized, "HEA", 0},
		"another header":               {sized, "TAIL\x00\x03x", 0},
		"only a header":                {sized, "HEAD", 4},
		"records":                      {sized, "HEAD\x00\x03x" + long + "\x00\x02", 4 + 3 + 300 + 2},
		"torn record":                  {sized, "HEAD\x00\x03x" + long[:299], 7},
		"torn at its head":             {sized, "HEAD\x00\x03x\x00", 7},
		"zeros":                        {sized, "HEAD\x00\x03x" + strings.Repeat("\x00", 100), 7},
		"prefixed, empty":              {prefixed, "", 0},
		"prefixed":                     {prefixed, "\x01a" + varint + "\x02bc", 2 + 302 + 3},
		"prefixed, torn record":        {prefixed, "\x01a" + varint[:301], 2},
		"prefixed, torn length":        {prefixed, "\x01a\xac", 2},
		"prefixed, zeros":              {prefixed, "\x01a" + strings.Repeat("\x00", 100), 2},
		"prefixed, a length of no end": {prefixed, "\x01a" + strings.Repeat("\xff", 100), 2},
		"prefixed, a length too large": {prefixed, "\xff\xff\xff\xff\x7fa", 0},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.file), iotest.OneByteReader(strings.NewReader(c.file))} {
			if n, err := c.codec.Whole(bufio.NewReader(r)); n != int64(c.whole) || err != nil {
				t.Errorf("%s: %d (%v), want %d", name, n, err, c.whole)
			}
		}
	}
}

func TestWholeOfAnUnreadableFile(t *testing.T) {
	broken := errors.New("broken disk")
	for _, file := range []string{"", "HE", "HEAD", "HEAD\x00", "HEAD\x00\x09x"} {
		r := io.MultiReader(strings.NewReader(file), iotest.ErrReader(broken))
		if _, err := sized.Whole(bufio.NewReader(r)); !errors.Is(err, broken) {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func FuzzWhole(f *testing.F) {
	f.Add([]byte("HEAD\x00\x03x"))
	f.Add([]byte("\x01a\xac\x02"))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, c := range []*Codec{sized, prefixed} {
			n, err := c.Whole(bufio.NewReader(bytes.NewReader(file)))
			if err != nil || n > int64(len(file)) {
				t.Fatalf("%d of %d bytes, %v", n, len(file), err)
			}
			if again, _ := c.Whole(bufio.NewReader(bytes.NewReader(file[:n]))); again != n {
				t.Errorf("%d whole bytes are %d", n, again)
			}
		}
	})
}
