package deploy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"nflogship/internal/testenv"

	"gopkg.in/yaml.v3"
)

// TestReadmeConfigurations has every configuration of the README and of examples/ checked, without a warning. A part of
// one is completed first.
func TestReadmeConfigurations(t *testing.T) {
	secrets := secretFiles(t)
	configurations := map[string]string{}
	for _, b := range blocks(t, "yaml") {
		configurations[b.String()] = complete(t, b)
	}
	examples, err := filepath.Glob(filepath.Join(testenv.Root(), "examples", "*.yaml"))
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, path := range append(examples, "deploy/nflogship.yaml", "deploy/live.yaml") {
		name, _ := strings.CutPrefix(path, testenv.Root()+"/")
		configurations[name] = read(t, name)
	}
	for _, name := range slices.Sorted(maps.Keys(configurations)) {
		if r := check(t, strings.ReplaceAll(configurations[name], "/etc/nflogship", secrets)); r.code != 0 || r.stderr != "" {
			t.Errorf("%s: exit code %d\n%s", name, r.code, r.stderr)
		}
	}
}

// complete adds the sections that a part of a configuration leaves to the reader.
func complete(t *testing.T, b block) string {
	t.Helper()
	var sections map[string]any
	if err := yaml.Unmarshal([]byte(b.text), &sections); err != nil {
		t.Fatalf("%v: %v", b, err)
	}
	text := b.text
	if sections["sources"] == nil {
		text += "sources: { example: { nflog: { groups: [40] } } }\n"
	}
	if sections["sinks"] == nil {
		text += "sinks: { example: { file: { path: '-' } } }\n"
	}
	return text
}

// check runs nflogship check on a configuration, with the variables that docker-compose.yml sets.
func check(t *testing.T, configuration string) result {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program(t), "check", "-c", path)
	c.Env = []string{"KAFKA_BROKER=kafka:9092", "NATS_URL=nats://nats:4222", "SYSLOG_ADDRESS=tcp://rsyslog", "CAPTURE=x.pcap", "SPEED=1"}
	return run(t, c)
}

// secretFiles makes what the configurations expect in /etc/nflogship.
func secretFiles(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range map[string]string{"kafka.password": "not so secret\n", "ca.pem": authority(t)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// authority is a certificate to trust, as PEM.
func authority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, made, made, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// What the README shows of a file of examples/ is that file.
func TestReadmeShowsTheExamples(t *testing.T) {
	shown := ""
	for _, b := range blocks(t, "yaml") {
		shown += b.text
	}
	for _, name := range []string{"quickstart", "live"} {
		_, settings, _ := strings.Cut(read(t, "examples/"+name+".yaml"), "\n\n")
		if !strings.Contains(shown, settings) {
			t.Errorf("the README has another %s.yaml", name)
		}
	}
}

// TestReadmeFormats has check take every sink with every format that the table gives it.
func TestReadmeFormats(t *testing.T) {
	row := regexp.MustCompile(`(?m)^\| (json|kernel|raw) \|[^|]*\| ([^|]*) \| ([^|]*) \| ([^|]*) \|$`)
	sinks := []string{`file: { path: "-" }`, `syslog: { address: "udp://a" }`, `kafka: { brokers: ["k:9092"], topic: t }`, `nats: { servers: ["nats://n"], subject: s }`}
	rows := row.FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(rows) != 3 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, r := range rows {
		for i, sink := range sinks {
			if r[2+min(i, 2)] == "–" {
				continue
			}
			text := "sources: { a: { nflog: { groups: [40] } } }\nsinks: { s: { " + sink + ", format: " + r[1] + " } }\n"
			if c := check(t, text); c.code != 0 {
				t.Errorf("%s to %s: %s", r[1], sink, c.stderr)
			}
		}
	}
}

// TestReadmeMissing asks for everything that the README says is missing: check has to say the same. What has come since
// goes out of the README's list.
func TestReadmeMissing(t *testing.T) {
	_, section, _ := strings.Cut(read(t, "README.md"), "\n## Not in this version\n")
	const source, sink = "sources: { a: { nflog: { groups: [40] } } }\n", "sinks: { o: { file: { path: '-' } } }\n"
	missing := map[string]string{
		"queue on disk":            source + "sinks: { o: { file: { path: '-' }, queue: { when_full: spill } } }\n",
		"dead letters":             source + "sinks: { o: { file: { path: '-' }, dead_letter: true } }\n",
		"metrics and health pages": source + sink + "admin: { listen: 127.0.0.1:9111 }\n",
		"RELP":                     source + "sinks: { o: { syslog: { address: 'relp://a' } } }\n",
	}
	for _, name := range missingNames(t, section, "stages") {
		missing[name] = source + sink + "stages: { s: { " + name + ": {} } }\n"
	}
	for name, configuration := range missing {
		c := check(t, configuration)
		says := strings.Contains(section, name)
		if lacks := c.code == 2 && strings.Contains(c.stderr, "not in this version"); says != lacks {
			t.Errorf("%s: the README says that it is missing: %v; check does: %v\n%s", name, says, lacks, c.stderr)
		}
	}
}

// missingNames are those of a list such as "the stages filter, aggregate and enrich".
func missingNames(t *testing.T, section, what string) []string {
	t.Helper()
	list := regexp.MustCompile(`(?s)the ` + what + ` ((?:[a-z_]+(?:,| and)?\s)*[a-z_]+)[;.]`).FindStringSubmatch(section)
	if list == nil {
		t.Fatalf("the README does not say which %s are missing", what)
	}
	return strings.Fields(strings.NewReplacer(",", "", " and ", " ").Replace(list[1]))
}
