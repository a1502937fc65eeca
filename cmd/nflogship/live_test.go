package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nflogship/internal/netnstest"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// send sends n datagrams to a local port.
func send(t *testing.T, port, n int) {
	t.Helper()
	c, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range n {
		if _, err := c.Write([]byte("hello")); err != nil && !errors.Is(err, syscall.EPERM) { // EPERM: the rule dropped it
			t.Fatal(err)
		}
	}
}

// await polls until ok, for half a minute.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// bound reports whether somebody holds a group.
func bound(group int) bool {
	table, _ := os.ReadFile("/proc/self/net/netfilter/nfnetlink_log")
	for _, line := range strings.Split(string(table), "\n") {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] == fmt.Sprint(group) {
			return true
		}
	}
	return false
}

func lines(path string) int {
	data, _ := os.ReadFile(path)
	return strings.Count(string(data), "\n")
}

// The main job, live: what the rule counted is what the file holds, through a SIGHUP and up to the stop.
func TestLiveToFile(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	rule := netnstest.Rule{Port: 2525, Group: 40, Prefix: "SMTP25BLOCK ", Drop: true}
	rule.Add(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "c.yaml")
	text := fmt.Sprintf("sources: {fw: {nflog: {groups: [40]}}}\nsinks: {out: {file: {path: %s/events.json}}}\n", dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := command(t, "run", "-c", config).start(t)
	await(t, "the group is bound", func() bool { return bound(40) })
	send(t, 2525, 500)
	await(t, "500 events arrive", func() bool { return lines(dir+"/events.json") == 500 })
	if err := os.Rename(dir+"/events.json", dir+"/old.json"); err != nil {
		t.Fatal(err)
	}
	p.Process.Signal(syscall.SIGHUP)
	time.Sleep(100 * time.Millisecond) // SIGHUP is taken; without it the file would be missed within a second
	send(t, 2525, 20000)
	p.Process.Signal(syscall.SIGTERM)
	code := p.code(t)
	logged := rule.Count(t)
	got := lines(dir+"/old.json") + lines(dir+"/events.json")
	if code != exitOK || uint64(got) != logged || logged != 20500 {
		t.Errorf("exit code %d, %d events in the files, %d logged by the rule, 20500 sent\n%s", code, got, logged, p.stderr.String())
	}
	if lines(dir+"/events.json") == 0 {
		t.Error("nothing after the SIGHUP in the new file")
	}
	first, _ := os.ReadFile(dir + "/old.json")
	line, _, _ := strings.Cut(string(first), "\n")
	for _, part := range []string{`"family":"ipv4"`, `"group":40`, `"seq":0,`, `"prefix":"SMTP25BLOCK "`, `"hook":"output"`, `"out":"lo"`, `"uid":0`, `"proto":"udp"`, `"dst_port":2525`} {
		if !strings.Contains(line, part) {
			t.Errorf("%s is missing in %s", part, line)
		}
	}
}

func TestGroupTakenNamesTheProgram(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "c.yaml")
	text := fmt.Sprintf("sources: {fw: {nflog: {groups: [40]}}}\nsinks: {out: {file: {path: %s/events.json}}}\n", dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	first := command(t, "run", "-c", config).start(t)
	await(t, "the group is bound", func() bool { return bound(40) })
	code, _, said := run(t, "run", "-c", config)
	if code != exitStart || !strings.Contains(said, "group 40") || !strings.Contains(said, fmt.Sprint(first.Process.Pid)) {
		t.Errorf("exit code %d: %s", code, said)
	}
	first.Process.Signal(syscall.SIGTERM)
	if code := first.code(t); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestWithoutPermission(t *testing.T) {
	config := write(t, "c.yaml", "sources: {fw: {nflog: {groups: [40]}}}\nsinks: {out: {file: {path: '-'}}}\n")
	if err := os.Chmod(filepath.Dir(config), 0o755); err != nil {
		t.Fatal(err)
	}
	os.Chmod(config, 0o644)
	p := command(t, "run", "-c", config)
	if os.Getuid() == 0 {
		binary := filepath.Join(filepath.Dir(config), "nflogship")
		data, err := os.ReadFile(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(binary, data, 0o755); err != nil {
			t.Fatal(err)
		}
		os.Chmod(filepath.Dir(filepath.Dir(config)), 0o755)
		p.Path, p.Dir = binary, "/"
		p.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	if code := p.start(t).code(t); code != exitStart || !strings.Contains(p.stderr.String(), "CAP_NET_ADMIN") {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

// Two lives of the program have the kernel count from 0 twice. JetStream drops what comes with an id that it knows:
// everything arriving shows that the ids of the second life are its own.
func TestTwoLivesWithEqualSequenceNumbersAllArrive(t *testing.T) {
	if !netnstest.Inside(t) {
		return
	}
	rule := netnstest.Rule{Port: 2525, Group: 40, Prefix: "two lives ", Drop: true}
	rule.Add(t)
	ns, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	go ns.Start()
	defer func() { ns.Shutdown(); ns.WaitForShutdown() }()
	if !ns.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server does not start")
	}
	config := write(t, "c.yaml", fmt.Sprintf(`
sources: {fw: {nflog: {groups: [40]}}}
sinks: {bus: {nats: {servers: ["%s"], subject: fw.events, jetstream: true, stream: {name: FW, subjects: ["fw.>"]}}}}
`, ns.ClientURL()))
	const each = 300
	for life := range 2 {
		p := command(t, "run", "-c", config).start(t)
		await(t, "the group is bound", func() bool { return bound(40) })
		send(t, 2525, each)
		defer func() {
			if t.Failed() {
				t.Log(p.stderr.String())
			}
		}()
		await(t, "the events are in the stream", func() bool { return stored(t, ns) == uint64((life+1)*each) })
		p.Process.Signal(syscall.SIGTERM)
		if code := p.code(t); code != exitOK {
			t.Fatalf("exit code %d: %s", code, p.stderr.String())
		}
	}
}

// stored is the number of messages in the stream.
func stored(t *testing.T, ns *server.Server) uint64 {
	t.Helper()
	c, err := nats.Connect(ns.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(context.Background(), "FW")
	if err != nil {
		return 0
	}
	return stream.CachedInfo().State.Msgs
}
