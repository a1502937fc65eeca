package pcap

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// readBuffer is also how much is read from the disk at once where it has to be decompressed.
	readBuffer = 64 << 10
	// zstdWindow is what the zstd program itself allows for without being asked: --long=27.
	zstdWindow = 128 << 20
)

// input is an open file: its bytes, decompressed. One goroutine reads; interrupt is for any.
type input struct {
	file        file
	pipe        *pipe    // where reading may have to wait
	disk        *os.File // else
	buffered    *bufio.Reader
	ahead       *readAhead // where it has to be decompressed
	compression string     // "gzip", "zstd" or ""
}

// openInput opens a file, and nothing is read of it before begin. read counts its bytes.
func openInput(f file) (*input, error) {
	in := &input{file: f}
	var err error
	switch {
	case f.pipe:
		in.pipe, err = openPipe(f)
	case f.name == Stdin:
		in.disk = os.Stdin
	default:
		in.disk, err = os.Open(f.name)
	}
	return in, err
}

// begin finds out how the input is compressed. It reads, and so may have to wait.
func (in *input) begin(read *atomic.Int64) error {
	raw := counter{in.disk, read}
	if in.pipe != nil {
		raw.r = in.pipe
	}
	in.buffered = bufio.NewReaderSize(raw, readBuffer)
	head, err := in.buffered.Peek(4)
	if err != nil && err != io.EOF {
		return err
	}
	in.compression = compressionOf(head)
	switch in.compression {
	case "gzip":
		r, err := gzip.NewReader(in.buffered)
		if err != nil {
			return in.explain(err)
		}
		in.ahead = startReadAhead(r, func() {}, in.pipe == nil)
	case "zstd":
		r, err := zstd.NewReader(in.buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderMaxMemory(1<<63-1))
		if err != nil {
			return in.explain(err)
		}
		in.ahead = startReadAhead(r, r.Close, in.pipe == nil)
	}
	return nil
}

// compressionOf tells gzip (RFC 1952) and zstd (RFC 8878, skippable frames too) by their magic numbers.
func compressionOf(head []byte) string {
	switch {
	case len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b:
		return "gzip"
	case len(head) < 4:
		return ""
	case string(head) == "\x28\xb5\x2f\xfd", head[0]&0xf0 == 0x50 && string(head[1:]) == "\x2a\x4d\x18":
		return "zstd"
	}
	return ""
}

// Read reads decompressed bytes.
func (in *input) Read(p []byte) (n int, err error) {
	if in.ahead == nil {
		return in.buffered.Read(p)
	}
	n, err = in.ahead.Read(p)
	return n, in.explain(err)
}

// explain says that it is the compressed data that is broken. Whoever pulled the plug is not told so.
func (in *input) explain(err error) error {
	switch err {
	case nil, io.EOF, errStopped:
		return err
	case io.ErrUnexpectedEOF:
		return fmt.Errorf("its %s data is cut off", in.compression)
	}
	return fmt.Errorf("its %s data is broken: %w", in.compression, err)
}

// ready tells whether Read has bytes without waiting for somebody to write them.
func (in *input) ready() bool {
	switch {
	case in.pipe == nil:
		return true
	case in.ahead != nil:
		return in.ahead.ready()
	}
	return in.buffered.Buffered() > 0 || in.pipe.ready()
}

// interrupt makes a Read that waits, and every one that would have to, fail with errStopped.
func (in *input) interrupt() {
	if in.pipe != nil {
		in.pipe.interrupt()
	}
}

// close lets go of everything.
func (in *input) close() {
	in.interrupt()
	if in.ahead != nil {
		in.ahead.close()
	}
	if in.pipe != nil {
		in.pipe.close()
	}
	if in.disk != nil && in.disk != os.Stdin {
		in.disk.Close() // it was only read
	}
}

// counter adds up what was read.
type counter struct {
	r    io.Reader
	read *atomic.Int64
}

func (c counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read.Add(int64(n))
	return n, err
}
