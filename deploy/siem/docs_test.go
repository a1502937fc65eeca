package siem

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"nflogship/config"
	"nflogship/encode"
	"nflogship/internal/testenv"

	ourjson "nflogship/encode/json"

	"gopkg.in/yaml.v3"
)

var programDir string

func TestMain(m *testing.M) {
	code := m.Run()
	if programDir != "" {
		os.RemoveAll(programDir)
	}
	os.Exit(code)
}

var build = sync.OnceValues(func() (string, error) {
	var err error
	if programDir, err = os.MkdirTemp("", "nflogship-siem-"); err != nil {
		return "", err
	}
	path := filepath.Join(programDir, "nflogship")
	c := exec.Command("go", "build", "-buildvcs=false", "-o", path, "./cmd/nflogship")
	c.Dir = testenv.Root()
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// program returns the path of nflogship, built from this tree at the first call.
func program(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a command that has to end well, within a minute, and returns what it prints.
func run(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	if err := c.Wait(); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, stderr.String())
	}
	return stdout.String()
}

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testenv.Root(), "docs", "SIEM.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is the page's first text from one mark to another.
func section(t *testing.T, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(page(t), from)
	text, _, ends := strings.Cut(rest, to)
	if !found || !ends {
		t.Fatalf("docs/SIEM.md has no %q up to %q", from, to)
	}
	return text
}

// configurations are the page's, by the name in their first line.
func configurations(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, part := range strings.Split(page(t), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		name, _, _ := strings.Cut(strings.TrimPrefix(text, "# "), ".yaml")
		found[name] = text
	}
	return found
}

// conf writes one of them, changed, to a file.
func conf(t *testing.T, name string, change map[string]string) (path string) {
	t.Helper()
	text := configurations(t)[name]
	for old, with := range change {
		if !strings.Contains(text, old) {
			t.Fatalf("%s.yaml has no %s:\n%s", name, old, text)
		}
		text = strings.ReplaceAll(text, old, with)
	}
	path = filepath.Join(t.TempDir(), name+".yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// jsonOf builds the format json as a configuration of the page has it.
func jsonOf(t *testing.T, name string) *encode.Codec {
	t.Helper()
	var file struct {
		Sinks map[string]struct {
			Format struct{ JSON yaml.Node }
			Fields map[string]string
		}
	}
	if err := yaml.Unmarshal([]byte(configurations(t)[name]), &file); err != nil {
		t.Fatal(err)
	}
	for _, s := range file.Sinks {
		settings, err := yaml.Marshal(&s.Format.JSON)
		if err != nil {
			t.Fatal(err)
		}
		cfg := ourjson.DefaultConfig()
		if err := config.Decode(string(settings), &cfg); err != nil {
			t.Fatal(err)
		}
		c, err := ourjson.New(cfg, s.Fields)
		return built(t, c, err)
	}
	t.Fatalf("docs/SIEM.md has no %s.yaml", name)
	return nil
}

func TestConfigurations(t *testing.T) {
	all := configurations(t)
	if len(all) < 8 {
		t.Fatalf("only %d configurations", len(all))
	}
	for name := range all {
		out, err := exec.Command(program(t), "check", "-c", conf(t, name, nil)).CombinedOutput()
		if err != nil || strings.Contains(string(out), "warning") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestSyslogHead sends through every configuration of the page that sends the kernel's line, and holds what arrives to the head that
// each reader goes by: a time, a host, and kernel as the program.
func TestSyslogHead(t *testing.T) {
	head := regexp.MustCompile(`^<(\d+)>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ kernel: (.*)$`)
	address := regexp.MustCompile(`udp://[^"]+`)
	sent := 0
	for name, text := range configurations(t) {
		if !strings.Contains(text, "kernel") {
			continue
		}
		sent++
		listener, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		path := conf(t, name, map[string]string{address.FindString(text): "udp://" + listener.LocalAddr().String()})
		run(t, exec.Command(program(t), "replay", "-c", path, "--interface", "3=veth0", testenv.Shared(t, "golden/ulogd/nflog239.pcap")))
		packet := make([]byte, 65536)
		for i, want := range kernelLines(t, captures(t)["ulogd"]) {
			_ = listener.SetReadDeadline(time.Now().Add(10 * time.Second))
			n, _, err := listener.ReadFrom(packet)
			if err != nil {
				t.Fatalf("%s: message %d: %v", name, i, err)
			}
			m := head.FindStringSubmatch(string(packet[:n]))
			if m == nil || stable(m[2]) != stable(want) {
				t.Fatalf("%s: message %d is\n%s\nwant after its head\n%s", name, i, packet[:n], want)
			}
		}
	}
	if sent < 4 {
		t.Errorf("only %d configurations send the kernel's line", sent)
	}
}

// stable is a line without what psad's configuration leaves out.
func stable(line string) string {
	return regexp.MustCompile(` SEQ=\d+ ACK=\d+`).ReplaceAllString(line, "")
}
