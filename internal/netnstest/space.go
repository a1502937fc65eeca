package netnstest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// Named makes an empty network namespace at path, or puts a new one in the place of what is there, as "ip netns" does.
// A test under Inside may use it, also for names under /run/netns: see HideRun.
func Named(t testing.TB, path string) {
	t.Helper()
	Unname(t, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere(t, func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return os.NewSyscallError("unshare", err)
		}
		return os.NewSyscallError("mount", unix.Mount("/proc/thread-self/ns/net", path, "", unix.MS_BIND, ""))
	})
	Within(t, path, func() { Up(t, "lo") })
}

// Unname removes what Named made. The namespace itself lives as long as somebody has it open.
func Unname(t testing.TB, path string) {
	t.Helper()
	if err := unix.Unmount(path, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		t.Fatalf("unmount %s: %v", path, err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

// HideRun puts an empty /run over the machine's, in this test's own mount namespace.
func HideRun(t testing.TB) {
	t.Helper()
	if err := unix.Mount("nflogship", "/run", "tmpfs", 0, ""); err != nil {
		t.Fatalf("mount a tmpfs on /run: %v", err)
	}
}
