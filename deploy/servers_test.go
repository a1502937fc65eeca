package deploy

import (
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// startNATS runs the server in this process, with the mounted configuration.
func startNATS(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	options, err := server.ProcessConfigFile(local(s, s.Command[1]))
	if err != nil {
		t.Fatal(err)
	}
	options.StoreDir, options.NoLog, options.NoSigs = t.TempDir(), true, true
	ns, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	page := s.HealthCheck.Test[len(s.HealthCheck.Test)-1]
	await(t, "NATS is healthy", func() bool {
		r, err := http.Get(page)
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

// fromNATS reads the stream, which has n messages or another number.
func fromNATS(t *testing.T, n int) (values []string) {
	t.Helper()
	c, err := nats.Connect("nats://nats:4222")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "FW")
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		m, err := stream.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, string(m.Data))
	}
	return values
}

// startRsyslog runs the service's own command, on its own configuration.
func startRsyslog(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	r := start(t, command(t, s))
	check := s.HealthCheck.Test
	await(t, "rsyslogd is healthy", func() bool {
		r.mustRun(t)
		return run(t, exec.Command(check[1], check[2:]...)).code == 0
	})
}

// fromRsyslog waits for n lines of the collector, and returns the messages in them.
func fromRsyslog(t *testing.T, n int) (texts []string) {
	t.Helper()
	head := regexp.MustCompile(`^\S+ \S+ kernel: `)
	await(t, "rsyslogd has written everything", func() bool {
		data, _ := os.ReadFile("/var/log/firewall.log")
		texts = nil
		for _, line := range lines(string(data)) {
			texts = append(texts, head.ReplaceAllString(line, ""))
		}
		return len(texts) >= n
	})
	return texts
}

// startLive runs the program until it has bound its group.
func startLive(t *testing.T, s types.ServiceConfig) *process {
	t.Helper()
	p := start(t, command(t, s))
	await(t, "the group is bound", func() bool { return groupBound(t, p) })
	return p
}

// groupBound reports whether somebody holds group 40.
func groupBound(t *testing.T, p *process) bool {
	t.Helper()
	p.mustRun(t)
	table, _ := os.ReadFile("/proc/self/net/netfilter/nfnetlink_log")
	return regexp.MustCompile(`(?m)^\s*40 `).Match(table)
}
