package nflog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// explain says what err means to the operation, and what to do.
func (s *space) explain(operation string, err error) error {
	switch {
	case s.file != nil && errors.Is(err, unix.EPERM):
		return fmt.Errorf("%s in network namespace %s: %w: entering it needs CAP_SYS_ADMIN, here and over the namespace (run as root, "+
			"or give the service AmbientCapabilities=CAP_SYS_ADMIN CAP_NET_ADMIN)", operation, s.path, err)
	case s.file != nil && errors.Is(err, unix.EINVAL):
		return fmt.Errorf("%s in network namespace %s: %w: it is a namespace of another kind", operation, s.path, err)
	case errors.Is(err, unix.EPROTONOSUPPORT), errors.Is(err, unix.EAFNOSUPPORT):
		return fmt.Errorf("%s: %w: %s", operation, err, loadModule)
	}
	return fmt.Errorf("%s: %w", operation, err)
}

const loadModule = "the kernel has no nfnetlink_log: load it (modprobe nfnetlink_log), or build the kernel with CONFIG_NETFILTER_NETLINK_LOG"

// explainBind says why a group could not be bound. The kernel's own word is EPERM for a group that another socket holds as
// well as for a missing capability, and several for a missing module.
func (s *space) explainBind(group uint16, err error) error {
	operation := fmt.Sprintf("bind group %d", group)
	if s.file != nil {
		operation += " in network namespace " + s.path
	}
	if h, held := s.holderOf(group); held {
		advice := "stop that program, or log to another group"
		if h.pid == os.Getpid() {
			advice = "that is this program: another of its sources has the group"
		}
		return fmt.Errorf("%s: %w: it is held by %s: %s", operation, err, h, advice)
	}
	switch {
	case errors.Is(err, unix.EPERM) && hasCapability(unix.CAP_NET_ADMIN):
		return fmt.Errorf("%s: %w: CAP_NET_ADMIN is there, but not over this network namespace; or another program holds the group, "+
			"which /proc/net/netfilter/nfnetlink_log tells root", operation, err)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%s: %w: it needs CAP_NET_ADMIN (run as root, or give the service AmbientCapabilities=CAP_NET_ADMIN)", operation, err)
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("%s: %w: another socket holds it", operation, err)
	case s.lacksLog():
		return fmt.Errorf("%s: %w: %s", operation, err, loadModule)
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// lacksLog reports whether the kernel shows no sign of nfnetlink_log.
func (s *space) lacksLog() (lacks bool) {
	_ = s.within(func() {
		_, err := fs.Stat(procNet, logFile)
		lacks = errors.Is(err, fs.ErrNotExist)
	})
	return lacks
}

// hasCapability reports whether the program has a capability in effect, in its own user namespace.
func hasCapability(capability uint) bool {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&head, &data[0]) == nil && data[capability/32].Effective&(1<<(capability%32)) != 0
}
