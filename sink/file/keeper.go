package file

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"
)

// keeper compresses and removes old files in a goroutine of its own, so that nothing waits for it.
// Its methods are safe for many goroutines.
type keeper struct {
	rotate Rotate
	log    *slog.Logger
	ctx    context.Context // cancelled by close
	cancel context.CancelFunc

	mu      sync.Mutex // guards everything below
	paths   map[string]bool
	running bool
	idle    sync.WaitGroup
}

func newKeeper(r Rotate, log *slog.Logger) *keeper {
	k := &keeper{rotate: r, log: log, paths: map[string]bool{}}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	return k
}

// look has the old files of path looked after. The goroutine it starts ends when there is nothing left to look at.
func (k *keeper) look(path string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.paths[path] = true
	if !k.running {
		k.running = true
		k.idle.Go(k.work)
	}
}

func (k *keeper) work() {
	for {
		path, ok := k.next()
		if !ok {
			return
		}
		if err := k.keep(path, time.Now()); err != nil && k.ctx.Err() == nil {
			k.log.Warn("looking after old files failed: they stay as they are", "path", path, "error", err)
		}
	}
}

func (k *keeper) next() (path string, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for path := range k.paths {
		if k.ctx.Err() == nil {
			delete(k.paths, path)
			return path, true
		}
	}
	k.running = false
	return "", false
}

// close waits until all is done, as long as ctx allows: what is left then is done after the next start.
func (k *keeper) close(ctx context.Context) error {
	defer context.AfterFunc(ctx, k.cancel)()
	k.idle.Wait()
	k.cancel()
	return nil
}

// keep removes the old files of path that are too many or too old, and compresses the others.
func (k *keeper) keep(path string, now time.Time) error {
	old, err := oldFiles(path)
	if err != nil {
		return err
	}
	var errs []error
	for i, f := range old {
		tooMany := k.rotate.Keep > 0 && i < len(old)-k.rotate.Keep
		tooOld := k.rotate.MaxAge > 0 && now.Sub(f.at) > time.Duration(k.rotate.MaxAge)
		switch {
		case tooMany || tooOld:
			errs = append(errs, os.Remove(f.path))
		case !f.compressed && k.rotate.Compress != "none":
			errs = append(errs, k.compress(f.path))
		}
	}
	return errors.Join(errs...)
}

// unfinished is the end of the name of what a compression has not finished.
const unfinished = ".unfinished"

// compress replaces a file by its compressed form, which has its mode and owner. It is there whole or not at all.
func (k *keeper) compress(path string) error {
	name := path + map[string]string{"gzip": ".gz", "zstd": ".zst"}[k.rotate.Compress]
	err := k.compressTo(path, name+unfinished)
	if err == nil {
		err = os.Rename(name+unfinished, name)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(name+unfinished)))
	}
	return os.Remove(path)
}

func (k *keeper) compressTo(path, name string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = k.pack(out, in)
	if err == nil {
		err = likeOriginal(out, info)
	}
	return errors.Join(err, out.Close())
}

func (k *keeper) pack(out io.Writer, in io.Reader) error {
	var w io.WriteCloser = gzip.NewWriter(out)
	if k.rotate.Compress == "zstd" {
		z, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return err
		}
		w = z
	}
	_, err := io.Copy(w, &untilCancelled{k.ctx, in})
	return errors.Join(err, w.Close())
}

// likeOriginal gives a file the mode and, where that is allowed, the owner of another, and puts it on disk.
func likeOriginal(f *os.File, info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		if err := f.Chown(int(stat.Uid), int(stat.Gid)); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return errors.Join(f.Chmod(info.Mode().Perm()), f.Sync())
}

// untilCancelled is a reader that fails once ctx ends.
type untilCancelled struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilCancelled) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
