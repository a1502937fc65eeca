package deploy

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"nflogship/internal/testenv"

	"github.com/compose-spec/compose-go/v2/types"
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
func (k *kafka) console(t *testing.T, n int) {
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
