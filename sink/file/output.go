package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"nflogship/encode"
)

// output is one open file that records are appended to.
type output struct {
	path    string
	f       *os.File
	info    fs.FileInfo // of f, to tell whether the path still leads to it
	size    int64
	regular bool
	began   time.Time // what is in it began then: its period, for rotation by time
	checked time.Time // when the path was last looked at
	synced  int64     // bytes known to be on disk
	used    time.Time
	torn    bool // it ends in a part of a record
	headed  bool // what a file of the format begins with is there
	codec   *encode.Codec
}

// lookAgain is how often a path is checked to still lead to the open file: somebody may have moved or removed it.
const lookAgain = time.Second

// openOutput opens path for appending, making it and its directories at need. Whether a crash tore its last record shows in
// torn.
func (s *Sender) openOutput(path string, now time.Time) (*output, error) {
	c := &s.cfg
	if err := makeDirs(filepath.Dir(path), c); err != nil {
		return nil, err
	}
	f, made, err := openAppend(path, fs.FileMode(c.Mode))
	if err != nil {
		return nil, err
	}
	o := &output{path: path, f: f, checked: now, used: now, began: now, codec: s.codec}
	if err := s.prepare(o, made); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return o, nil
}

// openAppend opens a file, and says whether it is new. A FIFO is opened without waiting for its reader.
func openAppend(path string, mode fs.FileMode) (f *os.File, made bool, err error) {
	const flags = os.O_WRONLY | os.O_APPEND | syscall.O_NONBLOCK | syscall.O_CLOEXEC
	if f, err = os.OpenFile(path, flags, 0); !errors.Is(err, fs.ErrNotExist) {
		if errors.Is(err, syscall.ENXIO) {
			err = fmt.Errorf("open %s: nothing reads from this FIFO", path)
		}
		return f, false, err
	}
	f, err = os.OpenFile(path, flags|os.O_CREATE, mode)
	return f, true, err
}

func (s *Sender) prepare(o *output, made bool) (err error) {
	if made {
		if err = o.own(&s.cfg); err != nil {
			return err
		}
	}
	if o.info, err = o.f.Stat(); err != nil {
		return err
	}
	if o.regular = o.info.Mode().IsRegular(); !o.regular {
		return nil
	}
	if o.size = o.info.Size(); o.size > 0 {
		o.began = o.info.ModTime()
		o.synced = o.size
		o.headed = true
		o.torn = s.isTorn(o)
		return nil
	}
	if err = o.begin(); err != nil {
		return err
	}
	if made && s.cfg.Sync {
		return syncDir(filepath.Dir(o.path))
	}
	return nil
}

// own gives a new file its mode, whatever the umask, and its owner.
func (o *output) own(c *Config) error {
	if err := o.f.Chmod(fs.FileMode(c.Mode)); err != nil {
		return err
	}
	if !c.Owner.set() {
		return nil
	}
	if err := o.f.Chown(c.Owner.uid, c.Owner.gid); err != nil {
		return fmt.Errorf("give the file to %s (owner): %w", c.Owner.text, err)
	}
	return nil
}

// isTorn reports whether the file's last record is not whole, as after a crash.
func (s *Sender) isTorn(o *output) bool {
	if o.lines() {
		return o.lacksNewline()
	}
	return s.whole[o.path] != o.size && !o.isWhole()
}

// lacksNewline reports whether the last line does. A file that may be written and not read is taken to be whole.
func (o *output) lacksNewline() bool {
	r, err := os.Open(o.path)
	if err != nil {
		return false
	}
	defer r.Close()
	var last [1]byte
	_, err = r.ReadAt(last[:], o.size-1)
	return err == nil && last[0] != '\n'
}

// append writes p and returns how much of it has been taken.
func (o *output) append(p []byte) (n int, err error) {
	if !o.headed {
		if err = o.begin(); err != nil {
			return 0, err
		}
	}
	if o.spoilt() {
		return 0, fmt.Errorf("write %s: %w", o.path, errTorn)
	}
	if o.torn {
		if _, err = o.f.Write([]byte{'\n'}); err != nil {
			return 0, err
		}
		o.torn = false
		o.size++
	}
	n, err = o.f.Write(p)
	o.size += int64(n)
	return n, err
}

// cut takes back the last n bytes: part of a record that did not fit. Where that can't be done, as in a pipe, it is torn.
func (o *output) cut(n int) {
	if n == 0 {
		return
	}
	if end, ok := o.end(); ok && end >= int64(n) && o.f.Truncate(end-int64(n)) == nil {
		o.size = end - int64(n)
		return
	}
	o.torn = true
}

// end is where the file really ends: somebody may have cut it shorter than what we know of.
func (o *output) end() (int64, bool) {
	if !o.regular {
		return 0, false
	}
	info, err := o.f.Stat()
	if err != nil {
		return 0, false
	}
	return info.Size(), true
}

// takeBack cuts the file to what is known to be on disk: what a failed fsync may have lost is written again.
func (o *output) takeBack() {
	if end, ok := o.end(); ok && end > o.synced && o.f.Truncate(o.synced) == nil {
		o.size = o.synced
	}
}

// moved reports whether the path no longer leads to the open file. It looks once a second at most.
func (o *output) moved(now time.Time) bool {
	if now.Sub(o.checked) < lookAgain {
		return false
	}
	o.checked = now
	info, err := os.Stat(o.path)
	if err != nil || !os.SameFile(info, o.info) {
		return true
	}
	if o.regular && info.Size() < o.size { // cut from outside, as logrotate's copytruncate does
		o.size = info.Size()
		o.synced = min(o.synced, o.size)
		if !o.lines() {
			o.torn = true // or it lacks its beginning: opening it anew will tell
		}
	}
	return false
}

func (o *output) close() error { return o.f.Close() }

// makeDirs makes the directories that are missing, with the owner of the files.
func makeDirs(dir string, c *Config) error {
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeDirs(filepath.Dir(dir), c); err != nil {
		return err
	}
	if err := os.Mkdir(dir, dirMode(fs.FileMode(c.Mode))); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	if !c.Owner.set() {
		return nil
	}
	return os.Chown(dir, c.Owner.uid, c.Owner.gid)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
