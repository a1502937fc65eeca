package deploy

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"nflogship/internal/netnstest"
	"nflogship/internal/testenv"
)

// block is a fenced block of the README.
type block struct {
	line     int
	language string
	text     string
}

func (b block) String() string { return fmt.Sprintf("README.md:%d", b.line) }

// blocks lists the README's blocks of one language.
func blocks(t *testing.T, language string) (found []block) {
	t.Helper()
	var open *block
	for i, line := range lines(read(t, "README.md")) {
		switch {
		case open == nil && strings.HasPrefix(line, "```"):
			open = &block{line: i + 1, language: line[3:]}
		case line == "```":
			if open.language == language {
				found = append(found, *open)
			}
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	if open != nil || len(found) == 0 {
		t.Fatalf("%d blocks of %s; one is left open: %v", len(found), language, open != nil)
	}
	return found
}

// TestReadmeSessions runs every command of the README's sessions ("$ command", then what it prints) and compares the
// output, of which "…" stands for anything, and a line of "…" alone for any lines.
func TestReadmeSessions(t *testing.T) {
	folder := t.TempDir()
	if err := os.Symlink(filepath.Join(testenv.Root(), "examples"), filepath.Join(folder, "examples")); err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks(t, "console") {
		for _, session := range strings.Split("\n"+b.text, "\n$ ")[1:] {
			command, want, _ := strings.Cut(strings.TrimSuffix(session, "\n"), "\n")
			command = strings.ReplaceAll(command, "go run ./cmd/nflogship", "nflogship")
			c := exec.Command("bash", "-c", "{ "+command+"; } 2>&1")
			c.Dir = folder
			c.Env = append(os.Environ(), "PATH="+filepath.Dir(program(t))+":"+os.Getenv("PATH"))
			if got := run(t, c).stdout; !pattern(want).MatchString(got) {
				t.Errorf("%v: %s\nprints\n%.4000s\nthe README has\n%s", b, command, got, want)
			}
		}
	}
}

// pattern is a text in which "…" stands for anything in a line, and a line of "…" for lines. Blanks at the end of a line,
// as the kernel prints them, are not shown.
func pattern(text string) *regexp.Regexp {
	p := "^"
	for _, line := range lines(text) {
		if line == "…" {
			p += "(?:.*\n)*"
		} else {
			p += strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + " *\n"
		}
	}
	return regexp.MustCompile(p + "$")
}

// TestReadmeCommands holds every call of the program, wherever it stands in the README, to the commands and flags that
// there are: with --help it does nothing, but still takes no flag that it does not know.
func TestReadmeCommands(t *testing.T) {
	calls := regexp.MustCompile("nflogship ((?:run|check|replay|version|completion)[^|`\n]*)")
	found := calls.FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(found) < 8 {
		t.Fatalf("only %d calls found", len(found))
	}
	for _, call := range found {
		if r := run(t, exec.Command(program(t), append(strings.Fields(call[1]), "--help")...)); r.code != 0 {
			t.Errorf("nflogship %s: %s", call[1], r.stderr)
		}
	}
	for _, flag := range regexp.MustCompile("`(--[a-z]+)").FindAllStringSubmatch(read(t, "README.md"), -1) {
		all := run(t, exec.Command(program(t), "replay", "--help")).stdout + run(t, exec.Command(program(t), "check", "--help")).stdout
		if !strings.Contains(all, flag[1]+" ") {
			t.Errorf("there is no %s", flag[1])
		}
	}
}

// TestReadmeLive puts the README's rules into a namespace, runs the example, and compares the event with the README's.
func TestReadmeLive(t *testing.T) {
	for _, tool := range []string{"iptables", "nft"} {
		t.Run(tool, func(t *testing.T) {
			if _, err := exec.LookPath(tool); err != nil {
				testenv.Missing(t, "%s is not installed", tool)
			}
			program(t)
			if netnstest.Inside(t) {
				liveExample(t, tool)
			}
		})
	}
}

func liveExample(t *testing.T, tool string) {
	for _, b := range blocks(t, "sh") {
		if strings.HasPrefix(b.text, tool+" ") {
			if r := run(t, exec.Command("bash", "-e", "-c", b.text)); r.code != 0 {
				t.Fatalf("%v: %s", b, r.stderr)
			}
		}
	}
	c := exec.Command(program(t), "run", "-c", "examples/live.yaml")
	c.Dir = testenv.Root()
	p := start(t, c)
	await(t, "the group is bound", func() bool { return groupBound(t, p) })
	if _, err := net.DialTimeout("tcp", "127.0.0.1:25", 100*time.Millisecond); err == nil {
		t.Error("the rule drops nothing")
	}
	await(t, "an event comes", func() bool { return strings.Contains(p.stdout.String(), "\n") })
	if code := p.end(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	got, want := event(t, lines(p.stdout.String())[0]), event(t, blocks(t, "json")[0].text)
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, slices.Sorted(maps.Keys(want))) {
		t.Errorf("the event has the keys %v", keys)
	}
	for _, key := range []string{"family", "group", "seq", "seq_global", "prefix", "hook", "proto", "dst_port", "length", "ttl", "df"} {
		if got[key] != want[key] {
			t.Errorf("%s is %v, in the README %v", key, got[key], want[key])
		}
	}
	if got["uid"] != float64(os.Getuid()) || got["gid"] != float64(os.Getgid()) {
		t.Errorf("sent by uid %v, gid %v", got["uid"], got["gid"])
	}
}

func event(t *testing.T, line string) (e map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return e
}
