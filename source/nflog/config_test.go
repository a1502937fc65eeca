package nflog

import (
	"strings"
	"testing"
	"time"

	"nflogship/config"
)

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		err, warn  string // a part of the message; "" for none
	}{
		{"one group", "groups: [40]", "", ""},
		{"all settings", "groups: [40, 65535], copy_range: 0, queue_threshold: 1, flush_timeout: 0s, netlink_buffer: 4KiB, receive_buffer: 1MiB, netns: edge", "", ""},
		{"no groups", "copy_range: 256", "groups", ""},
		{"empty groups", "groups: []", "groups", ""},
		{"a group twice", "groups: [40, 40]", "twice", ""},
		{"a group above 65535", "groups: [65536]", "65535", ""},
		{"a negative group", "groups: [-1]", "-1", ""},
		{"Proxmox's group", "groups: [0]", "", "Proxmox"},
		{"Calico's group", "groups: [40, 2]", "", "Calico"},
		{"Weave's group", "groups: [86]", "", "Weave"},
		{"kube-router's group", "groups: [100]", "", "kube-router"},
		{"a copy range that cuts headers", "groups: [40], copy_range: 40", "", "headers"},
		{"a copy range above a packet's length", "groups: [40], copy_range: 65536", "copy_range", ""},
		{"a threshold of nothing", "groups: [40], queue_threshold: 0", "queue_threshold", ""},
		{"a negative timeout", "groups: [40], flush_timeout: -1s", "negative", ""},
		{"a long timeout", "groups: [40], flush_timeout: 2m", "1m", ""},
		{"more than the kernel takes", "groups: [40], netlink_buffer: 129KiB", "the kernel ignores more", ""},
		{"a receive buffer that overflows", "groups: [40], receive_buffer: 1GiB", "less than 1GiB", ""},
		{"a receive buffer for three datagrams", "groups: [40], receive_buffer: 384KiB", "", "few datagrams"},
		{"netns is no name", "groups: [40], netns: ..", "neither a name", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			schema := config.Schema{
				Sources: map[string]config.KindSpec{"nflog": config.Kind(DefaultConfig)},
				Sinks:   map[string]config.KindSpec{"nowhere": {}},
			}
			file, err := config.Parse("test.yaml", []byte("sources: {firewall: {nflog: {"+c.yaml+"}}}\nsinks: {none: {nowhere: {}}}\n"), schema)
			if text := errorText(err); !strings.Contains(text, c.err) || c.err == "" && err != nil {
				t.Errorf("error %q, want %q", text, c.err)
			}
			if err != nil {
				return
			}
			text := ""
			for _, w := range file.Warnings {
				text += w.Text
			}
			if !strings.Contains(text, c.warn) || c.warn == "" && text != "" {
				t.Errorf("warnings %q, want %q", text, c.warn)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestConfigDerived(t *testing.T) {
	for _, c := range []struct {
		timeout time.Duration
		units   uint32
	}{{0, 0}, {time.Millisecond, 1}, {10 * time.Millisecond, 1}, {11 * time.Millisecond, 2}, {time.Minute, 6000}} {
		if got := (&Config{FlushTimeout: config.Duration(c.timeout)}).flushUnits(); got != c.units {
			t.Errorf("%s is %d of the kernel's units, want %d", c.timeout, got, c.units)
		}
	}
	for name, path := range map[string]string{"": "", "edge": "/run/netns/edge", "/proc/1/ns/net": "/proc/1/ns/net"} {
		if got := (&Config{NetNS: name}).spacePath(); got != path {
			t.Errorf("netns %q is at %q, want %q", name, got, path)
		}
	}
}
