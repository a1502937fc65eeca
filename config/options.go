package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Option changes where Parse finds what the file refers to.
type Option func(*options)

type options struct {
	env      func(name string) (value string, set bool)
	readFile func(path string) ([]byte, fs.FileMode, error)
	hostname func() (string, error)
	mode     fs.FileMode // of the file itself; 0: unknown
}

// WithEnv replaces os.LookupEnv.
func WithEnv(lookup func(name string) (value string, set bool)) Option {
	return func(o *options) { o.env = lookup }
}

// WithReadFile replaces how file:/path is read. The mode decides whether a secret there is open to everyone.
func WithReadFile(read func(path string) ([]byte, fs.FileMode, error)) Option {
	return func(o *options) { o.readFile = read }
}

// WithHostname replaces os.Hostname, the default of host.
func WithHostname(name string) Option {
	return func(o *options) { o.hostname = func() (string, error) { return name, nil } }
}

// withMode tells the permissions of the file itself: literal secrets in one that everyone may read are warned about.
func withMode(mode fs.FileMode) Option { return func(o *options) { o.mode = mode } }

func newOptions(opts []Option) options {
	o := options{env: os.LookupEnv, readFile: readValueFile, hostname: os.Hostname}
	for _, set := range opts {
		set(&o)
	}
	return o
}

const (
	maxFileSize  = 1 << 20  // of the configuration
	maxValueSize = 64 << 10 // of a file:/path value
)

func readValueFile(path string) ([]byte, fs.FileMode, error) { return readRegular(path, maxValueSize) }

// readRegular reads a whole file, and neither waits for a FIFO nor reads a device without end.
func readRegular(path string, limit int64) ([]byte, fs.FileMode, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, cause(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errors.New("not a regular file")
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, 0, cause(err)
	}
	if int64(len(data)) > limit {
		return nil, 0, fmt.Errorf("larger than %s", Size(limit))
	}
	return data, info.Mode(), nil
}

// cause strips the path from an error: it may hold what came from the environment.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
