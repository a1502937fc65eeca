package nflog

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// holder is the socket that a group is bound to, and the program that has it open, as far as can be told.
type holder struct {
	port    uint32 // netlink port id
	pid     int    // 0: no program that can be seen has it open
	program string
}

// holderOf finds out who holds a group. It reads what the kernel shows in /proc.
func (s *space) holderOf(group uint16) (h holder, held bool) {
	var inode string
	_ = s.within(func() {
		if h.port, held = portOf(group, readNet(logFile)); held {
			inode = inodeOf(h.port, readNet("netlink"))
		}
	})
	if inode != "" {
		h.pid, h.program = programWith("socket:[" + inode + "]")
	}
	return h, held
}

// String is "pid 1234 (ulogd)".
func (h holder) String() string {
	if h.pid == 0 {
		return fmt.Sprintf("netlink port id %d: which program that is cannot be seen from here (another user's, or in another pid namespace)", h.port)
	}
	return fmt.Sprintf("pid %d (%s)", h.pid, h.program)
}

// procNet is /proc/net as the thread's network namespace has it.
var procNet = os.DirFS("/proc/thread-self/net")

const logFile = "netfilter/nfnetlink_log"

// readNet reads a file of /proc/net, "" where it cannot be read.
func readNet(name string) string {
	text, _ := fs.ReadFile(procNet, name)
	return string(text)
}

// portOf looks a group up in nfnetlink_log's lines: group, port id, queue length, copy mode, copy range, timeout, references.
func portOf(group uint16, lines string) (port uint32, held bool) {
	for line := range strings.Lines(lines) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != strconv.Itoa(int(group)) {
			continue
		}
		n, err := strconv.ParseUint(f[1], 10, 32)
		return uint32(n), err == nil
	}
	return 0, false
}

// inodeOf looks a port id up in the lines of /proc/net/netlink: sk, protocol, port id, groups, …, inode at the end.
func inodeOf(port uint32, lines string) string {
	for line := range strings.Lines(lines) {
		f := strings.Fields(line)
		if len(f) >= 10 && f[1] == strconv.Itoa(unix.NETLINK_NETFILTER) && f[2] == strconv.FormatUint(uint64(port), 10) {
			return f[9]
		}
	}
	return ""
}

// programWith finds a program that has the file open.
func programWith(link string) (pid int, name string) {
	descriptors, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, d := range descriptors {
		if to, err := os.Readlink(d); err != nil || to != link {
			continue
		}
		process := filepath.Dir(filepath.Dir(d))
		pid, _ = strconv.Atoi(filepath.Base(process))
		comm, _ := os.ReadFile(filepath.Join(process, "comm"))
		return pid, strings.TrimSpace(string(comm))
	}
	return 0, ""
}
