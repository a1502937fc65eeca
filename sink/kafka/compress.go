package kafka

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// compression is one of Kafka's, by its number in a batch's attributes.
type compression struct {
	attribute byte
	append    func(dst, src []byte) ([]byte, error) // safe for many goroutines; nil: none
}

func newCompression(name string) (compression, error) {
	switch name {
	case "none":
		return compression{}, nil
	case "gzip":
		return compression{1, streamed(func(w io.Writer) resetter { z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed); return z })}, nil
	case "snappy":
		return compression{2, appendSnappy}, nil
	case "lz4":
		return compression{3, streamed(newLZ4)}, nil
	case "zstd":
		z, err := newZstd()
		return compression{4, z}, err
	}
	return compression{}, fmt.Errorf("compression %q is unknown", name)
}

// appendSnappy makes one raw block: clients look for Java's own framing first and take a raw block otherwise.
func appendSnappy(dst, src []byte) ([]byte, error) {
	most := s2.MaxEncodedLen(len(src))
	if most < 0 {
		return nil, fmt.Errorf("compress %d bytes: snappy has no room for so many", len(src))
	}
	at := len(dst)
	dst = append(dst, make([]byte, most)...)
	return dst[:at+len(s2.EncodeSnappy(dst[at:], src))], nil
}

func newZstd() (func(dst, src []byte) ([]byte, error), error) {
	// A window of a batch's size keeps the consumers' memory small; the batch has its own checksum.
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<20),
		zstd.WithEncoderCRC(false), zstd.WithEncoderConcurrency(inFlightPerBroker))
	if err != nil {
		return nil, fmt.Errorf("set up zstd: %w", err)
	}
	return func(dst, src []byte) ([]byte, error) { return z.EncodeAll(src, dst), nil }, nil
}

// newLZ4 makes frames of independent blocks, the only ones that Java's reader takes.
func newLZ4(w io.Writer) resetter {
	z := lz4.NewWriter(w)
	if err := z.Apply(lz4.BlockSizeOption(lz4.Block64Kb), lz4.ConcurrencyOption(1), lz4.ChecksumOption(false)); err != nil {
		panic("BUG: lz4 options: " + err.Error())
	}
	return z
}

type resetter interface {
	io.WriteCloser
	Reset(io.Writer)
}

// streamed makes an appending compression of a writer, pooling the writers: they hold large tables.
func streamed(open func(io.Writer) resetter) func(dst, src []byte) ([]byte, error) {
	pool := sync.Pool{New: func() any { return open(io.Discard) }}
	return func(dst, src []byte) ([]byte, error) {
		z := pool.Get().(resetter)
		defer pool.Put(z)
		out := bytes.NewBuffer(dst)
		z.Reset(out)
		if _, err := z.Write(src); err != nil {
			return nil, fmt.Errorf("compress %d bytes: %w", len(src), err)
		}
		if err := z.Close(); err != nil {
			return nil, fmt.Errorf("compress %d bytes: %w", len(src), err)
		}
		return out.Bytes(), nil
	}
}
