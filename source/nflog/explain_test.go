package nflog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"nflogship/internal/netnstest"
)

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not say %q", err, p)
		}
	}
}

func TestGroupTaken(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	start(t, testConfig(39, 40))
	err := newRig(t, testConfig(41, 40)).Open(t.Context())
	comm, readErr := os.ReadFile("/proc/self/comm")
	if readErr != nil {
		t.Fatal(readErr)
	}
	wantError(t, err, "group 40", "another of its sources", fmt.Sprintf("held by pid %d (%s)", os.Getpid(), strings.TrimSpace(string(comm))))
	free := newRig(t, testConfig(41)) // the source that failed holds nothing
	if err := free.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	free.run(t)
}

func TestGroupTakenInAnotherNamespace(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	c := testConfig(40)
	c.NetNS = filepath.Join(t.TempDir(), "edge")
	netnstest.Named(t, c.NetNS)
	defer netnstest.Unname(t, c.NetNS)
	start(t, testConfig(40)) // the same number in the program's own namespace is another group
	start(t, c)
	wantError(t, newRig(t, c).Open(t.Context()), "group 40", c.NetNS, fmt.Sprintf("held by pid %d (", os.Getpid()))
}

// Without CAP_NET_ADMIN over the machine the receive buffer ends at net.core.rmem_max: that is said, and goes on.
func TestReceiveBufferIsLimited(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	c := testConfig(40)
	c.ReceiveBuffer = maxReceiveBuffer
	r := start(t, c)
	if text := r.log.String(); !strings.Contains(text, "raise net.core.rmem_max") {
		t.Errorf("the log does not say what to do:\n%s", text)
	}
}

func TestNoPermission(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	netnstest.WithoutCapability(t, unix.CAP_NET_ADMIN, func() {
		wantError(t, newRig(t, testConfig(40)).Open(t.Context()), "bind group 40", "needs CAP_NET_ADMIN")
	})
}

func TestNoNamespace(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, netns string
		parts       []string
	}{
		{"no such name", "nosuch", []string{"/run/netns/nosuch", "ip netns add"}},
		{"no such path", "/nonexistent/ns", []string{"/nonexistent/ns", "correct netns"}},
		{"a file that is none", file, []string{file, "no network namespace"}},
		{"a namespace of another kind", "/proc/self/ns/uts", []string{"/proc/self/ns/uts", "another kind"}},
	} {
		config := testConfig(40)
		config.NetNS = c.netns
		wantError(t, newRig(t, config).Open(t.Context()), c.parts...)
	}
}

func TestExplain(t *testing.T) {
	own, edge := &space{}, &space{path: "/run/netns/edge", file: os.Stdin}
	for _, c := range []struct {
		name  string
		in    *space
		err   error
		parts []string
	}{
		{"no module", own, os.NewSyscallError("socket", unix.EPROTONOSUPPORT), []string{"open a socket: socket: ", "modprobe nfnetlink_log"}},
		{"no module, in a namespace", edge, unix.EPROTONOSUPPORT, []string{"modprobe nfnetlink_log"}},
		{"no permission to enter", edge, os.NewSyscallError("setns", unix.EPERM), []string{"/run/netns/edge", "setns", "needs CAP_SYS_ADMIN"}},
		{"something else", own, unix.ENOMEM, []string{"open a socket: cannot allocate memory"}},
	} {
		t.Run(c.name, func(t *testing.T) { wantError(t, c.in.explain("open a socket", c.err), c.parts...) })
	}
}

func TestHolderLines(t *testing.T) {
	const groups = "    1  10218     0 2   256    100  1\n   40 4294963183     0 2 65531      1  1\n"
	const sockets = "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n" +
		"0000000000000001 0   4294963183 00000000 0        0        0     2        0        7\n" +
		"0000000000000002 12  4294963183 00000000 0        0        0     2        0        22850\n"
	port, held := portOf(40, groups)
	if !held || port != 4294963183 {
		t.Errorf("group 40 is held by %d, %v", port, held)
	}
	if _, held := portOf(4, groups); held {
		t.Error("group 4 is held")
	}
	if inode := inodeOf(port, sockets); inode != "22850" {
		t.Errorf("inode %q", inode)
	}
	if h := (holder{port: port}); !strings.Contains(h.String(), "4294963183") {
		t.Errorf("a holder nobody can see: %s", h)
	}
}
