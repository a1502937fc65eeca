package nflog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// space is an open network namespace; file is nil for the program's own. As long as it is open, the namespace lives.
type space struct {
	path string
	file *os.File
	id   spaceID
}

// spaceID tells a namespace from every other that exists at the same time (inode of nsfs).
type spaceID struct{ device, inode uint64 }

// errNoSpace is a path where there is no network namespace, yet or any more.
var errNoSpace = errors.New("no network namespace is there")

// openSpace opens the namespace at path, "" being the program's own.
func openSpace(path string) (*space, error) {
	if path == "" {
		return &space{}, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open network namespace %s: %w: make it (ip netns add), or correct netns", path, errNoSpace)
	}
	if err != nil {
		return nil, fmt.Errorf("open network namespace: %w", err)
	}
	s := &space{path: path, file: f}
	if s.id, err = identify(int(f.Fd())); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("open network namespace %s: %w: give the file that \"ip netns add\" makes, or /proc/PID/ns/net", path, err)
	}
	return s, nil
}

// identify reads a namespace's identity. A file that is not of nsfs is none: what "ip netns add" makes before it mounts.
func identify(fd int) (spaceID, error) {
	var file unix.Statfs_t
	var id unix.Stat_t
	if err := unix.Fstatfs(fd, &file); err != nil {
		return spaceID{}, err
	}
	if file.Type != unix.NSFS_MAGIC {
		return spaceID{}, errNoSpace
	}
	if err := unix.Fstat(fd, &id); err != nil {
		return spaceID{}, err
	}
	return spaceID{uint64(id.Dev), id.Ino}, nil
}

// descriptor is 0 for the program's own namespace, as the netlink library wants it.
func (s *space) descriptor() int {
	if s.file == nil {
		return 0
	}
	return int(s.file.Fd())
}

// stands reports whether the path still leads to this namespace.
func (s *space) stands() bool {
	if s.file == nil {
		return true
	}
	var now unix.Stat_t
	err := unix.Stat(s.path, &now)
	return err == nil && s.id == spaceID{uint64(now.Dev), now.Ino}
}

func (s *space) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
}

// within calls f on a thread that is in the namespace.
func (s *space) within(f func()) error {
	if s.file == nil {
		f()
		return nil
	}
	failed := make(chan error)
	go func() { // ends when f does
		runtime.LockOSThread()
		home, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			failed <- err
			return
		}
		defer home.Close()
		if err := unix.Setns(s.descriptor(), unix.CLONE_NEWNET); err != nil {
			failed <- err
			return
		}
		f()
		if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		} // else the thread ends with the goroutine
		failed <- nil
	}()
	return <-failed
}
