package kafka

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"nflogship/internal/testenv"
)

// realServers turns the tests on that start a real Apache Kafka, which takes 8 seconds and 512 MiB.
const realServers = "NFLOGSHIP_REAL_SERVERS"

// broker is a real broker: a process of its own, one for all tests of the package.
type broker struct {
	script, dir string
	port        int // plaintext; +1 SASL_PLAINTEXT, +2 SSL, +3 SASL_SSL
}

// reauthentication is how often the broker wants to see passwords.
const reauthentication = 4 * time.Second

var (
	realOnce  sync.Once
	realOne   *broker
	realError error
)

func TestMain(m *testing.M) {
	code := m.Run()
	if realOne != nil {
		realOne.remove()
	}
	os.Exit(code)
}

// realBroker returns the package's broker, started at the first call.
func realBroker(t testing.TB) *broker {
	t.Helper()
	if os.Getenv(realServers) != "1" {
		t.Skipf("set %s=1 to test against a real Kafka broker", realServers)
	}
	script := testenv.Shared(t, "kafka/kafka")
	for _, tool := range []string{"java", "mvn", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			testenv.Missing(t, "the Kafka script needs %s: %v", tool, err)
		}
	}
	realOnce.Do(func() { realOne, realError = startBroker(script) })
	if realError != nil {
		t.Fatal(realError)
	}
	return realOne
}

func startBroker(script string) (*broker, error) {
	dir, err := os.MkdirTemp("", "nflogship-kafka-")
	if err != nil {
		return nil, err
	}
	b := &broker{script: script, dir: dir, port: freePorts(5)}
	if err := b.run("start", b.dir, "1", strconv.Itoa(b.port)); err != nil {
		b.remove()
		return nil, err
	}
	return b, nil
}

// freePorts finds the first of n neighbouring free ports, below those that Linux gives to clients.
func freePorts(n int) int {
	for {
		first := 20000 + rand.IntN(12000)
		free := true
		for port := first; port < first+n && free; port++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if free = err == nil; free {
				l.Close()
			}
		}
		if free {
			return first
		}
	}
}

func (b *broker) run(args ...string) error {
	cmd := exec.Command(b.script, args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("KAFKA_OPTS_EXTRA=connections.max.reauth.ms=%d", reauthentication.Milliseconds()))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("kafka %v: %w: %s", args, err, out)
	}
	return nil
}

// node kills, stops or starts the broker's process.
func (b *broker) node(what string) error {
	err := b.run("node", b.dir, "1", what)
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, b.complaints())
	}
	return err
}

// complaints are the lines of the broker's log that say what went wrong.
func (b *broker) complaints() string {
	log, err := os.ReadFile(filepath.Join(b.dir, "n1", "log"))
	if err != nil {
		return err.Error()
	}
	var out []string
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, "ERROR") || strings.Contains(line, "FATAL") || strings.Contains(line, "Exception") {
			out = append(out, line)
		}
	}
	return strings.Join(out[:min(len(out), 10)], "")
}

func (b *broker) remove() {
	if err := b.run("stop", b.dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.RemoveAll(b.dir)
}

func (b *broker) plain() string         { return b.at("127.0.0.1", 0) }
func (b *broker) saslPlaintext() string { return b.at("127.0.0.1", 1) }
func (b *broker) ssl() string           { return b.at("localhost", 2) }
func (b *broker) saslSSL() string       { return b.at("localhost", 3) }

func (b *broker) at(host string, offset int) string {
	return net.JoinHostPort(host, strconv.Itoa(b.port+offset))
}

func (b *broker) certificate(name string) string { return filepath.Join(b.dir, "tls", name) }
