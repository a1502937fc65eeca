package deploy

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"nflogship/internal/netnstest"
	"nflogship/internal/testenv"

	"github.com/compose-spec/compose-go/v2/types"
)

// captured is how many packets the bundled capture holds.
const captured = 300

// TestStack does what "SPEED=max docker compose up" and then "docker compose up live" do, but for the images: each
// service runs on this machine with the very command, environment, mounted files and health check of docker-compose.yml,
// in a network namespace where its name and its ports are its own. Every event has to be in each of the three servers.
func TestStack(t *testing.T) {
	script := realServers(t)
	program(t) // inside, there is no network to build with
	if !netnstest.Inside(t) {
		return
	}
	p := compose(t, types.Mapping{"SPEED": "max"})
	nameHosts(t, p)
	emptyFolder(t, "/var/log")
	k := startKafka(t, script, p.Services["kafka"])
	startNATS(t, p.Services["nats"])
	startRsyslog(t, p.Services["rsyslog"])

	replayed := run(t, command(t, p.Services["nflogship"]))
	if replayed.code != 0 || strings.Count(replayed.stdout, "\n") != captured {
		t.Fatalf("exit code %d, %d lines\n%s", replayed.code, strings.Count(replayed.stdout, "\n"), replayed.stderr)
	}
	arrived(t, p, replayed.stdout, kernelLines(t))
	rule := netnstest.Rule{Port: 2525, Group: 40, Prefix: "SMTP25BLOCK ", Drop: true}
	rule.Add(t)
	live := startLive(t, p.Services["live"])
	const sent = 50
	sendUDP(t, rule.Port, sent)
	await(t, "the terminal shows what was sent", func() bool { return strings.Count(live.stdout.String(), "\n") == sent })
	if code := live.end(t, syscall.SIGTERM); code != 0 || rule.Count(t) != sent {
		t.Fatalf("exit code %d, the rule has counted %d\n%s", code, rule.Count(t), live.stderr.String())
	}
	arrived(t, p, replayed.stdout+live.stdout.String(), nil)
	k.console(t, captured+sent)
}

// arrived compares what the three servers hold with what the terminal showed, and the collector's lines with others.
func arrived(t *testing.T, p *types.Project, terminal string, collected []string) {
	t.Helper()
	want := lines(terminal)
	slices.Sort(want)
	for name, got := range map[string][]string{"Kafka": fromKafka(t, p, len(want)), "NATS": fromNATS(t, len(want))} {
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s has %d events, or others than the %d on the terminal", name, len(got), len(want))
		}
	}
	got := fromRsyslog(t, len(want))
	if len(got) != len(want) {
		t.Errorf("rsyslogd has %d events, want %d", len(got), len(want))
	}
	slices.Sort(got)
	slices.Sort(collected)
	if collected != nil && !slices.Equal(got, collected) {
		t.Error("rsyslogd has other lines than a replay prints")
	}
}

// kernelLines are the capture's as a replay prints them.
func kernelLines(t *testing.T) []string {
	t.Helper()
	c := exec.Command(program(t), "replay", "--format", "kernel", "--interface", "2=eth0", "--interface", "3=eth1", "examples/firewall.pcap")
	c.Dir = testenv.Root()
	r := run(t, c)
	if r.code != 0 {
		t.Fatalf("replay: exit code %d\n%s", r.code, r.stderr)
	}
	return lines(r.stdout)
}
