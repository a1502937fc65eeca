package deploy

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"nflogship/internal/testenv"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if dir := os.Getenv(programDir); dir != "" && builtHere {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// programDir names the folder with the program in it, so that a test that goes on in a child process finds it there.
const programDir = "NFLOGSHIP_TEST_PROGRAM"

var (
	buildOnce  sync.Once
	builtHere  bool
	buildError error
)

// program returns the path of nflogship, built from this tree at the first call.
func program(t testing.TB) string {
	t.Helper()
	buildOnce.Do(func() {
		if os.Getenv(programDir) == "" {
			buildError = build()
		}
	})
	if buildError != nil {
		t.Fatal(buildError)
	}
	return filepath.Join(os.Getenv(programDir), "nflogship")
}

func build() error {
	dir, err := os.MkdirTemp("", "nflogship-deploy-")
	if err != nil {
		return err
	}
	builtHere = true
	os.Setenv(programDir, dir)
	c := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "nflogship"), "./cmd/nflogship")
	c.Dir = testenv.Root()
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// result is how a command ended.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a command to its end, within a minute.
func run(t testing.TB, c *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr, c.WaitDelay = &stdout, &stderr, time.Second
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	err := c.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", c.Args, err)
	}
	return result{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// lines are a text's lines without their ends.
func lines(text string) []string {
	text = strings.TrimSuffix(text, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// await polls until ok, for a minute.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
