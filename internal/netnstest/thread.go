package netnstest

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// Within calls f on a thread that is in the namespace at path. Sockets that f opens stay there.
func Within(t testing.TB, path string, f func()) {
	t.Helper()
	elsewhere(t, func() error {
		ns, err := os.Open(path)
		if err != nil {
			return err
		}
		defer ns.Close()
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			return os.NewSyscallError("setns", err)
		}
		f()
		return nil
	})
}

// elsewhere calls f on a thread that ends with it, so that what f does to its thread concerns nobody. When f calls
// t.Fatal, that ends the test here.
func elsewhere(t testing.TB, f func() error) {
	t.Helper()
	err := errors.New("it called t.Fatal")
	done := make(chan struct{})
	go func() { // ends with f
		defer close(done)
		runtime.LockOSThread()
		err = f()
	}()
	if <-done; err != nil {
		t.Fatal(err)
	}
}

// AsUser calls f on a thread whose new sockets belong to the user and group: for tests that look at their owner.
func AsUser(t testing.TB, uid, gid int, f func()) {
	t.Helper()
	elsewhere(t, func() error {
		// The group first: another user may not change it.
		if _, err := unix.SetfsgidRetGid(gid); err != nil {
			return err
		}
		if _, err := unix.SetfsuidRetUid(uid); err != nil {
			return err
		}
		f()
		return nil
	})
}

// WithoutCapability calls f on a thread that has one capability (unix.CAP_…) less.
func WithoutCapability(t testing.TB, capability uint, f func()) {
	t.Helper()
	elsewhere(t, func() error {
		head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		if err := unix.Capget(&head, &data[0]); err != nil {
			return os.NewSyscallError("capget", err)
		}
		data[capability/32].Effective &^= 1 << (capability % 32)
		if err := unix.Capset(&head, &data[0]); err != nil {
			return os.NewSyscallError("capset", err)
		}
		f()
		return nil
	})
}
