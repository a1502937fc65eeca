package deploy

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"nflogship/internal/testenv"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/twmb/franz-go/pkg/kgo"
)

// realServers says whether this is a run with real servers, and returns the script that starts Kafka, its files fetched.
func realServers(t *testing.T) (script string) {
	t.Helper()
	if os.Getenv("NFLOGSHIP_REAL_SERVERS") != "1" {
		t.Skip("set NFLOGSHIP_REAL_SERVERS=1 to run docker-compose.yml's configuration against Kafka and rsyslogd")
	}
	script = testenv.Shared(t, "kafka/kafka")
	for _, tool := range []string{"java", "mvn", "rsyslogd"} {
		if _, err := exec.LookPath(tool); err != nil {
			testenv.Missing(t, "%v", err)
		}
	}
	// Another package's tests may be fetching the same files at this moment: then one of the two has to try again.
	var out []byte
	var err error
	for range 3 {
		out, err = exec.Command(script, "tool", t.TempDir(), "kafka.tools.StorageTool", "random-uuid").CombinedOutput()
		if err == nil {
			return script
		}
	}
	t.Fatalf("fetch Kafka: %v\n%s", err, out)
	return ""
}

// kafka is a broker as the file's environment configures it.
type kafka struct {
	script, dir string
	process     *process
}

func startKafka(t *testing.T, script string, s types.ServiceConfig) *kafka {
	t.Helper()
	k := &kafka{script: script, dir: t.TempDir()}
	settings := filepath.Join(k.dir, "server.properties")
	if err := os.WriteFile(settings, []byte(properties(s.Environment)+"log.dirs="+k.dir+"/data\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := run(t, k.tool("kafka.tools.StorageTool", "format", "-t", "4L6g3nShT-eMCtK--X86sw", "-c", settings)); r.code != 0 {
		t.Fatalf("format the storage: %s%s", r.stdout, r.stderr)
	}
	k.process = start(t, k.tool("kafka.Kafka", settings))
	// The image's scripts are names for classes.
	check := s.HealthCheck.Test
	class := map[string]string{"kafka-broker-api-versions.sh": "org.apache.kafka.tools.BrokerApiVersionsCommand"}[path.Base(check[1])]
	await(t, "Kafka is healthy", func() bool {
		k.process.mustRun(t)
		return accepts(check[len(check)-1]) && run(t, k.tool(class, check[2:]...)).code == 0
	})
	return k
}

// accepts reports whether somebody listens at an address: asking a JVM to find out takes seconds.
func accepts(address string) bool {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// properties is what the image makes of its environment: KAFKA_NODE_ID=1 is node.id=1.
func properties(env types.MappingWithEquals) string {
	var text strings.Builder
	for name, value := range env {
		if key, ok := strings.CutPrefix(name, "KAFKA_"); ok {
			fmt.Fprintf(&text, "%s=%s\n", strings.ToLower(strings.ReplaceAll(key, "_", ".")), *value)
		}
	}
	return text.String()
}

func (k *kafka) tool(class string, args ...string) *exec.Cmd {
	return exec.Command(k.script, append([]string{"tool", k.dir, class}, args...)...)
}

// console reads the topic as the comment in docker-compose.yml says.
func (k *kafka) console(t *testing.T, p *types.Project, n int) {
	t.Helper()
	said := regexp.MustCompile(`kafka-console-consumer\.sh (.*)`).FindStringSubmatch(read(t, "docker-compose.yml"))
	if said == nil {
		t.Fatal("docker-compose.yml does not say how to read the topic")
	}
	args := append(strings.Fields(said[1]), "--max-messages", fmt.Sprint(n))
	if r := run(t, k.tool("org.apache.kafka.tools.consumer.ConsoleConsumer", args...)); r.code != 0 || strings.Count(r.stdout, "\n") != n {
		t.Errorf("%v: exit code %d, %d lines\n%s", args, r.code, strings.Count(r.stdout, "\n"), r.stderr)
	}
}

// fromKafka reads the topic to its end, and at least n records.
func fromKafka(t *testing.T, p *types.Project, n int) (values []string) {
	t.Helper()
	broker := p.Services["live"].Environment["KAFKA_BROKER"]
	c, err := kgo.NewClient(kgo.SeedBrokers(*broker), kgo.ConsumeTopics("firewall"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ids, ends := map[string]bool{}, map[int32]int64{}
	for len(values) < n {
		f := c.PollFetches(ctx)
		if err := f.Err(); err != nil {
			t.Fatalf("%d of %d records: %v", len(values), n, err)
		}
		f.EachPartition(func(p kgo.FetchTopicPartition) { ends[p.Partition] = p.HighWatermark })
		f.EachRecord(func(r *kgo.Record) {
			values = append(values, string(r.Value))
			ids[string(r.Headers[0].Value)] = true
		})
	}
	held := 0
	for _, end := range ends {
		held += int(end)
	}
	if held != len(values) || len(ids) != len(values) {
		t.Errorf("Kafka holds %d records with %d ids, %d read", held, len(ids), len(values))
	}
	return values
}

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
	await(t, "the group is bound", func() bool {
		p.mustRun(t)
		table, _ := os.ReadFile("/proc/self/net/netfilter/nfnetlink_log")
		return regexp.MustCompile(`(?m)^\s*40 `).Match(table)
	})
	return p
}

// process is a command that runs until it is ended.
type process struct {
	command        *exec.Cmd
	stdout, stderr locked
	ended          chan struct{} // closed once it has
}

// start starts a command in a process group of its own: what a script starts ends with it.
func start(t *testing.T, c *exec.Cmd) *process {
	t.Helper()
	p := &process{command: c, ended: make(chan struct{})}
	c.Stdout, c.Stderr, c.SysProcAttr = &p.stdout, &p.stderr, &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the process
		defer close(p.ended)
		_ = c.Wait()
	}()
	t.Cleanup(func() {
		p.end(t, syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%v said:\n%s%s", c.Args, &p.stdout, &p.stderr)
		}
	})
	return p
}

// end sends a signal, waits for the end, and returns the exit code.
func (p *process) end(t *testing.T, signal syscall.Signal) int {
	t.Helper()
	_ = syscall.Kill(-p.command.Process.Pid, signal)
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
		<-p.ended
		t.Errorf("%v did not end within half a minute", p.command.Args)
	}
	return p.command.ProcessState.ExitCode()
}

func (p *process) mustRun(t *testing.T) {
	t.Helper()
	select {
	case <-p.ended:
		t.Fatalf("%v has ended", p.command.Args)
	default:
	}
}
