package pcap

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// file is one input, found but not open.
type file struct {
	name string
	size int64 // 0 where it is not known: a pipe
	pipe bool  // a pipe, FIFO, terminal or socket: reading may have to wait
}

func (f file) String() string {
	if f.name == Stdin {
		return "standard input"
	}
	return f.name
}

// findFiles expands the patterns among names. Each pattern's files are sorted by name. What is not there, or may not be
// read, is told in missing: the others can be replayed all the same.
func findFiles(names []string) (files []file, missing []error) {
	stdin := false
	for _, name := range names {
		if name == Stdin && stdin {
			missing = append(missing, errors.New(`standard input ("-") can be read once only`))
			continue
		}
		stdin = stdin || name == Stdin
		matches, err := expand(name)
		if err != nil {
			missing = append(missing, err)
		}
		for _, m := range matches {
			f, err := look(m)
			if err != nil {
				missing = append(missing, err)
				continue
			}
			files = append(files, f)
		}
	}
	return files, missing
}

// expand returns what a name stands for. A file that exists is itself, whatever characters its name has.
func expand(name string) ([]string, error) {
	if name == Stdin || !strings.ContainsAny(name, `*?[\`) {
		return []string{name}, nil
	}
	if _, err := os.Lstat(name); err == nil {
		return []string{name}, nil
	}
	matches, err := filepath.Glob(name) // sorted
	if err != nil {
		return nil, fmt.Errorf("find captures: %q is not a pattern: %w", name, err)
	}
	if len(matches) == 0 {
		return nil, fmt.Errorf("find captures: no file matches %q", name)
	}
	return matches, nil
}

// look finds out what kind of file it is, and that it may be read.
func look(name string) (file, error) {
	if name == Stdin {
		return lookStdin()
	}
	info, err := os.Stat(name)
	if err != nil {
		return file{}, fmt.Errorf("find captures: %q: %w", name, errors.Unwrap(err))
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return file{}, fmt.Errorf("find captures: %s is a directory: name the files in it, %s", name, filepath.Join(name, "*.pcap"))
	case mode.IsRegular():
		f, err := os.Open(name)
		if err != nil {
			return file{}, fmt.Errorf("find captures: %w", err)
		}
		return file{name: name, size: info.Size()}, f.Close()
	case mode&(fs.ModeNamedPipe|fs.ModeCharDevice) == 0:
		return file{}, fmt.Errorf("find captures: %s is neither a file nor a pipe", name)
	}
	return file{name: name, pipe: true}, nil
}

func lookStdin() (file, error) {
	info, err := os.Stdin.Stat()
	if err != nil {
		return file{}, fmt.Errorf("find captures: standard input: %w", err)
	}
	switch {
	case info.IsDir():
		return file{}, errors.New("find captures: standard input is a directory")
	case info.Mode().IsRegular():
		return file{name: Stdin, size: info.Size()}, nil
	}
	return file{name: Stdin, pipe: true}, nil
}
