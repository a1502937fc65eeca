// Package netnstest runs tests in network namespaces of their own, where a test is root over a private netfilter, and
// gives them what they need there: links, rules that log, namespaces with names.
package netnstest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"nflogship/internal/testenv"
)

// inside is the variable that tells a child that it is one.
const inside = "NFLOGSHIP_NETNSTEST"

// Inside runs the calling test or benchmark again in a child process with new user, network and mount namespaces, and
// reports whether this is the child. In the parent it gives the child's result; the caller then returns.
//
//	if !netnstest.Inside(t) {
//		return
//	}
func Inside(t testing.TB) bool {
	t.Helper()
	if os.Getenv(inside) != "" {
		Up(t, "lo")
		return true
	}
	var out bytes.Buffer
	child := command(t)
	child.Stdout, child.Stderr = &out, &out
	err := child.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		t.Fatalf("in the namespace: %v\n%s", err, &out)
	case err != nil:
		testenv.Missing(t, "this kernel gives no user and network namespace: %v", err)
	case strings.Contains(out.String(), "--- SKIP"):
		t.Skipf("in the namespace:\n%s", &out)
	case testing.Verbose():
		t.Logf("in the namespace:\n%s", &out)
	}
	return false
}

// command is this test, in namespaces. Root keeps all its ids, so that a test can be more than one user.
func command(t testing.TB) *exec.Cmd {
	parts := strings.Split(t.Name(), "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	name := strings.Join(parts, "/")
	args := []string{"-test.run", name}
	if _, ok := t.(*testing.B); ok {
		args = []string{"-test.run", "^$", "-test.bench", name, "-test.benchtime", "1x"}
	}
	self, err := os.Executable() // /proc/self/exe would be the program's name, too
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, append(args, "-test.v", "-test.count=1", "-test.timeout=120s")...)
	c.Env = append(os.Environ(), inside+"=1")
	ids := 1
	if os.Getuid() == 0 {
		ids = users()
	}
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: ids}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: ids}},
		// Only now that there is a root here: files of /proc/net belong to whoever was root when the namespace was made.
		Unshareflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS,
	}
	return c
}

// ManyUsers reports whether there are more users here than root.
func ManyUsers() bool { return users() > 1 }

// users is how many ids this user namespace has from 0 on.
func users() int {
	var first, host, n int
	text, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return 1
	}
	if _, err := fmt.Sscan(string(text), &first, &host, &n); err != nil || first != 0 {
		return 1
	}
	return min(n, 65536)
}
