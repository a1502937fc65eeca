package file

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// outputFor returns the file to append n bytes to, set aside and made anew where it is due.
func (s *Sender) outputFor(path string, n int64) (*output, error) {
	o, err := s.output(path)
	if err != nil || s.cfg.Rotate == nil || !s.cfg.Rotate.due(o, n, o.used) {
		return o, err
	}
	if err := s.setAside(o); err != nil {
		return nil, err
	}
	return s.output(path)
}

// setAside closes a file and gives it an old file's name.
func (s *Sender) setAside(o *output) error {
	if err := s.leave(o); err != nil {
		return err
	}
	if err := setAside(o.path, s.now()); err != nil {
		return fmt.Errorf("set %s aside: %w", o.path, err)
	}
	if s.cfg.Sync {
		if err := syncDir(filepath.Dir(o.path)); err != nil {
			return fmt.Errorf("set %s aside: %w", o.path, err)
		}
	}
	if s.keeper != nil {
		s.keeper.look(o.path)
	}
	return nil
}

// output returns the open file of a path, opening it at need.
func (s *Sender) output(path string) (*output, error) {
	now := s.now()
	if o := s.open[path]; o != nil {
		o.used = now
		if o.f == os.Stdout || !o.moved(now) && !o.spoilt() {
			return o, nil
		}
		if err := s.leave(o); err != nil {
			return nil, err
		}
	}
	if path == Stdout {
		o := &output{path: path, f: os.Stdout, used: now, codec: s.codec}
		s.open[path] = o
		return o, o.beginIfFile()
	}
	if err := s.makePlace(); err != nil {
		return nil, err
	}
	o, err := s.openOutput(path, now)
	if (errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)) && len(s.open) > 0 {
		// The limit on open files is lower than ours.
		if err := s.leave(s.oldest()); err != nil {
			return nil, err
		}
		o, err = s.openOutput(path, now)
	}
	if err != nil {
		return nil, err
	}
	s.open[path] = o
	if o.spoilt() {
		return s.replace(o)
	}
	if s.keeper != nil {
		s.keeper.look(path)
	}
	return o, nil
}

// makePlace closes the file that has been unused for longest when too many are open.
func (s *Sender) makePlace() error {
	if len(s.open) < maxOpen {
		return nil
	}
	return s.leave(s.oldest())
}

// oldest is the open file that has been unused for longest.
func (s *Sender) oldest() *output {
	var oldest *output
	for _, o := range s.open {
		if oldest == nil || o.used.Before(oldest.used) {
			oldest = o
		}
	}
	return oldest
}

// leave closes a file in the midst of a Send. With sync, what is in it is on disk before that.
func (s *Sender) leave(o *output) error {
	if s.cfg.Sync {
		if err := s.syncAll(); err != nil {
			return err
		}
	}
	s.drop(o.path, o)
	return nil
}
