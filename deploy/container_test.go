package deploy

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"golang.org/x/sys/unix"
)

// command is a service's command with its environment and nothing else, as it runs on this machine.
func command(t testing.TB, s types.ServiceConfig) *exec.Cmd {
	t.Helper()
	args := []string(s.Command)
	if s.Build != nil && s.Build.Dockerfile != "" { // whose entry point is the program
		args = append([]string{program(t)}, args...)
	}
	for i := range args[1:] {
		args[1+i] = local(s, args[1+i])
	}
	c := exec.Command(args[0], args[1:]...)
	c.Env = []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range s.Environment {
		c.Env = append(c.Env, name+"="+local(s, *value))
	}
	return c
}

// local puts the file of the repository in the place of what it is in the container.
func local(s types.ServiceConfig, text string) string {
	for _, v := range s.Volumes {
		if text == v.Target {
			return v.Source
		}
	}
	return text
}

// nameHosts gives every service's name to this machine, in this mount namespace.
func nameHosts(t *testing.T, p *types.Project) {
	t.Helper()
	hosts := filepath.Join(t.TempDir(), "hosts")
	self, err := os.Hostname() // Kafka looks itself up
	if err != nil {
		t.Fatal(err)
	}
	text := "127.0.0.1 localhost " + self + " " + strings.Join(p.ServiceNames(), " ") + "\n"
	if err := os.WriteFile(hosts, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(hosts, "/etc/hosts", "", unix.MS_BIND, ""); err != nil {
		t.Fatalf("mount over /etc/hosts: %v", err)
	}
}

// emptyFolder hides what is in a folder of this machine, in this mount namespace.
func emptyFolder(t *testing.T, path string) {
	t.Helper()
	if err := unix.Mount("nflogship", path, "tmpfs", 0, ""); err != nil {
		t.Fatalf("mount over %s: %v", path, err)
	}
}

func sendUDP(t *testing.T, port uint16, n int) {
	t.Helper()
	c, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range n {
		_, _ = c.Write([]byte("hello")) // the rule drops it: that is an error here
	}
}
