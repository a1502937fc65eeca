package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nflogship/config"
)

// installed is where the unit expects the program.
const installed = "/usr/local/bin/nflogship"

// setting is a unit's line NAME=VALUE, whose section does not matter here.
func setting(t *testing.T, unit, name string) string {
	t.Helper()
	for _, line := range lines(unit) {
		if value, ok := strings.CutPrefix(line, name+"="); ok {
			return value
		}
	}
	t.Fatalf("the unit does not set %s", name)
	return ""
}

func TestUnitIsSound(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed (package systemd)")
	}
	unit := strings.ReplaceAll(read(t, "deploy/nflogship.service"), installed, program(t))
	path := filepath.Join(t.TempDir(), "nflogship.service")
	if err := os.WriteFile(path, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	// What is checked has no manual pages; an exposure of 2.0 and less is called OK.
	for _, args := range [][]string{{"verify", "--man=no", path}, {"security", "--offline=yes", "--threshold=20", "--no-pager", path}} {
		if r := run(t, exec.Command(analyze, args...)); r.code != 0 || strings.Contains(r.stderr, path) { // others' units may not be sound
			t.Errorf("systemd-analyze %v: exit code %d\n%s%s", args, r.code, r.stdout, r.stderr)
		}
	}
}

func TestUnitGivesTimeToStop(t *testing.T) {
	var d config.Duration
	if err := d.UnmarshalText([]byte(setting(t, read(t, "deploy/nflogship.service"), "TimeoutStopSec") + "s")); err != nil {
		t.Fatal(err)
	}
	if need := stopTime(t, ""); time.Duration(d) < need {
		t.Errorf("TimeoutStopSec is %v, shutdown_timeout and closing take %v", d, need)
	}
}

func TestUnitHasOneCapability(t *testing.T) {
	unit := read(t, "deploy/nflogship.service")
	for _, name := range []string{"AmbientCapabilities", "CapabilityBoundingSet"} {
		if got := setting(t, unit, name); got != "CAP_NET_ADMIN" {
			t.Errorf("%s=%s", name, got)
		}
	}
}
