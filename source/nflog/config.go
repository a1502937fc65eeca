package nflog

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"nflogship/config"
)

// Config is what a user writes under nflog.
type Config struct {
	Groups         []uint16        `yaml:"groups" check:"required,unique"`
	CopyRange      config.Size     `yaml:"copy_range" check:"max=65535"`     // 0: the whole packet
	QueueThreshold uint32          `yaml:"queue_threshold" check:"min=1"`    // packets in a datagram; a rule's own may be lower
	FlushTimeout   config.Duration `yaml:"flush_timeout" check:"max=1m"`     // the kernel counts hundredths of a second
	NetlinkBuffer  config.Size     `yaml:"netlink_buffer" check:"min=4KiB"`  // NLBUFSIZ: the datagram's size
	ReceiveBuffer  config.Size     `yaml:"receive_buffer" check:"min=64KiB"` // SO_RCVBUF
	NetNS          string          `yaml:"netns"`                            // "": the program's own
}

// DefaultConfig holds the values that cost least where the traffic is heavy: nothing moves throughput as much as the
// datagram's size, and ten milliseconds are enough to fill one there.
func DefaultConfig() Config {
	return Config{
		CopyRange:      256,
		QueueThreshold: 400,
		FlushTimeout:   config.Duration(10 * time.Millisecond),
		NetlinkBuffer:  maxNetlinkBuffer,
		ReceiveBuffer:  16 * config.MiB,
	}
}

const (
	maxNetlinkBuffer = 128 * config.KiB // NFULNL_NLBUFSIZ_MAX
	maxReceiveBuffer = config.GiB - 1   // the kernel doubles it, into an int
	headersFit       = 100              // IPv4 and TCP with options, or IPv6 and TCP with some
)

// Check teaches what is known about groups and sizes.
func (c *Config) Check(r *config.Report) {
	for i, g := range c.Groups {
		if who := knownGroups[g]; who != "" {
			r.Warnf(fmt.Sprintf("groups[%d]", i), "group %d is %s: binding it fails where that runs", g, who)
		}
	}
	if c.CopyRange > 0 && c.CopyRange < headersFit {
		r.Warnf("copy_range", "%d bytes cut the headers of common packets: %d hold IPv6 and TCP with its options", c.CopyRange, headersFit)
	}
	if c.NetlinkBuffer > maxNetlinkBuffer {
		r.Errorf("netlink_buffer", "%s is more than %s: the kernel ignores more, and would keep its default of a page", c.NetlinkBuffer, maxNetlinkBuffer)
	}
	switch {
	case c.ReceiveBuffer > maxReceiveBuffer:
		r.Errorf("receive_buffer", "%s is more than the kernel can count: it takes less than 1GiB", c.ReceiveBuffer)
	case c.ReceiveBuffer < 4*c.NetlinkBuffer:
		r.Warnf("receive_buffer", "%s holds few datagrams of %s (netlink_buffer): packets will be lost at every hiccup", c.ReceiveBuffer, c.NetlinkBuffer)
	}
	if c.NetNS == "." || c.NetNS == ".." {
		r.Errorf("netns", "%q is neither a name under %s nor a path", c.NetNS, namedSpaces)
	}
}

// knownGroups are those that widely used programs bind.
var knownGroups = map[uint16]string{
	0:   "where rules log that name no group, and the kernel itself where nf_log says nfnetlink_log; and Proxmox VE's (pvefw-logger)",
	1:   "Calico's (inbound flow logs)",
	2:   "Calico's (outbound flow logs)",
	3:   "Calico's (DNS answers)",
	86:  "Weave Net's (weave-npc)",
	100: "kube-router's (network policies)",
}

const namedSpaces = "/run/netns"

// spacePath is where the network namespace is, "" for the program's own.
func (c *Config) spacePath() string {
	if c.NetNS == "" || strings.Contains(c.NetNS, "/") {
		return c.NetNS
	}
	return filepath.Join(namedSpaces, c.NetNS)
}

// flushUnits is the flush timeout in the kernel's hundredths of a second, rounded up: down would be busier than asked.
func (c *Config) flushUnits() uint32 {
	const unit = config.Duration(10 * time.Millisecond)
	return uint32((c.FlushTimeout + unit - 1) / unit)
}

// largestDatagram bounds what the kernel sends. It allocates the netlink buffer, or more for one packet that needs more,
// and fills whatever the allocator rounded that up to: 158,420 bytes were seen where 131,072 were set.
func (c *Config) largestDatagram() int {
	const attributes = 2 * config.KiB // of one message, besides the packet
	packet := c.CopyRange
	if packet == 0 {
		packet = 64 * config.KiB
	}
	return int(2*max(c.NetlinkBuffer, packet+attributes) + 4*config.KiB)
}
