// Package deploy holds tests only: that the files around the program say what is true. docker-compose.yml, the
// configurations it mounts, the systemd unit, the README and the examples.
package deploy

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"nflogship/config"
	"nflogship/internal/testenv"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
	"gopkg.in/yaml.v3"
)

func read(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// compose loads docker-compose.yml as docker compose does, with every profile, and fails at the loader's warnings too.
func compose(t testing.TB, env types.Mapping) *types.Project {
	t.Helper()
	var warnings bytes.Buffer
	logrus.SetOutput(&warnings)
	defer logrus.SetOutput(os.Stderr)
	details := types.ConfigDetails{
		WorkingDir: testenv.Root(), Environment: env,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(testenv.Root(), "docker-compose.yml")}},
	}
	p, err := loader.LoadWithContext(context.Background(), details, func(o *loader.Options) {
		o.Profiles, o.ResolvePaths = []string{"*"}, true
	})
	if err != nil {
		t.Fatal(err)
	}
	if warnings.Len() > 0 {
		t.Errorf("the loader warns:\n%s", &warnings)
	}
	return p
}

func TestComposeFile(t *testing.T) {
	p := compose(t, nil)
	if got := strings.Join(p.ServiceNames(), " "); got != "kafka live nats nflogship rsyslog" {
		t.Errorf("services %s", got)
	}
	for name, s := range p.Services {
		t.Run(name, func(t *testing.T) {
			checkImage(t, s)
			for _, v := range s.Volumes {
				info, err := os.Stat(v.Source)
				if v.Type != types.VolumeTypeBind || !v.ReadOnly || err != nil || !info.Mode().IsRegular() {
					t.Errorf("%s on %s: want a file of the repository, read-only: %v", v.Source, v.Target, err)
				}
			}
			for _, port := range s.Ports {
				if port.HostIP != "127.0.0.1" {
					t.Errorf("port %s is open on %q", port.Published, port.HostIP)
				}
			}
			for other, d := range s.DependsOn {
				if d.Condition != types.ServiceConditionHealthy || p.Services[other].HealthCheck == nil {
					t.Errorf("depends on %s as %s, which has a health check: %v", other, d.Condition, p.Services[other].HealthCheck != nil)
				}
			}
		})
	}
}

// ours is the suffix of the names of images that the file builds.
const ours = ":local"

// pinned is an image with its whole version, such as nats:2.15.2-alpine.
var pinned = regexp.MustCompile(`^[a-z/]+:[0-9]+\.[0-9]+(\.[0-9]+)?(-[a-z]+)?$`)

func checkImage(t *testing.T, s types.ServiceConfig) {
	switch {
	case s.Build == nil && !pinned.MatchString(s.Image):
		t.Errorf("image %s has no version", s.Image)
	case s.Build != nil && !strings.HasSuffix(s.Image, ours):
		t.Errorf("what is built here is called %s, as if it came from elsewhere", s.Image)
	case s.Build != nil && s.Build.DockerfileInline != "":
		checkStages(t, s.Build.DockerfileInline)
	case s.Build != nil:
		checkStages(t, read(t, "Dockerfile"))
	}
}

func checkStages(t *testing.T, dockerfile string) {
	t.Helper()
	from := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(dockerfile, -1)
	if len(from) == 0 {
		t.Error("a Dockerfile without FROM")
	}
	for _, f := range from {
		if f[1] != "scratch" && !pinned.MatchString(f[1]) {
			t.Errorf("image %s has no version", f[1])
		}
	}
}

// What the tests run against is what docker compose runs.
func TestComposeVersions(t *testing.T) {
	modules := read(t, "go.mod")
	version := func(pattern, text string) string {
		t.Helper()
		found := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("%s is not there", pattern)
		}
		return found[1]
	}
	p := compose(t, nil)
	if nats := version(`nats-server/v2 v(\S+)`, modules); p.Services["nats"].Image != "nats:"+nats+"-alpine" {
		t.Errorf("compose has %s, go.mod %s", p.Services["nats"].Image, nats)
	}
	golang, module := version(`FROM golang:(\d+\.\d+)`, read(t, "Dockerfile")), version(`(?m)^go (\d+\.\d+)`, modules)
	if golang != module {
		t.Errorf("the Dockerfile has Go %s, go.mod %s", golang, module)
	}
	pom, err := os.ReadFile(testenv.Shared(t, "kafka/pom.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if image := p.Services["kafka"].Image; !strings.Contains(string(pom), "<kafka>"+strings.TrimPrefix(image, "apache/kafka:")+"</kafka>") {
		t.Errorf("compose has %s, the tests' pom.xml another one", image)
	}
}

// The service that may touch the host's network has one capability there, and starts only when it is asked for.
func TestComposeLiveIsConfined(t *testing.T) {
	for name, s := range compose(t, nil).Services {
		live := name == "live"
		if live != (s.NetworkMode == "host") || live != slices.Equal(s.CapAdd, []string{"NET_ADMIN"}) || live != slices.Equal(s.Profiles, []string{"live"}) {
			t.Errorf("%s: network %q, capabilities %v, profiles %v", name, s.NetworkMode, s.CapAdd, s.Profiles)
		}
		if s.Privileged || !live && s.User != "" || !live && len(s.CapAdd) > 0 {
			t.Errorf("%s has more rights than it needs", name)
		}
		if s.Build != nil && s.Build.Dockerfile != "" && (!s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"})) {
			t.Errorf("%s is not confined", name)
		}
	}
}

// docker stop must not kill what the program still delivers.
func TestComposeGivesTimeToStop(t *testing.T) {
	for _, name := range []string{"nflogship", "live"} {
		s := compose(t, nil).Services[name]
		if s.StopGracePeriod == nil || time.Duration(*s.StopGracePeriod) < stopTime(t, name+".yaml") {
			t.Errorf("%s: stop_grace_period %v, shutdown_timeout and closing take %v", name, s.StopGracePeriod, stopTime(t, name+".yaml"))
		}
	}
}

// stopTime is how long the program may take to stop with a configuration of this folder, or with the defaults.
func stopTime(t *testing.T, name string) time.Duration {
	t.Helper()
	const closing = 3 * time.Second // closeTimeout in package pipeline
	set := struct {
		ShutdownTimeout string `yaml:"shutdown_timeout"`
	}{"10s"}
	if name != "" {
		if err := yaml.Unmarshal([]byte(read(t, "deploy/"+name)), &set); err != nil {
			t.Fatal(err)
		}
	}
	var d config.Duration
	if err := d.UnmarshalText([]byte(set.ShutdownTimeout)); err != nil {
		t.Fatal(err)
	}
	return time.Duration(d) + closing
}

// Both configurations deliver to the same places.
func TestLiveHasTheSameSinks(t *testing.T) {
	_, replayed, found := strings.Cut(read(t, "deploy/nflogship.yaml"), "\nsinks:\n")
	_, live, also := strings.Cut(read(t, "deploy/live.yaml"), "\nsinks:\n")
	if !found || !also || replayed != live {
		t.Error("the sinks of nflogship.yaml and live.yaml differ")
	}
}
