package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nflogship/internal/testenv"
)

// asCommand is the variable that makes the test binary the program itself.
const asCommand = "NFLOGSHIP_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// process is the program, running.
type process struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	ended          chan error
}

// command prepares the program with arguments; the working directory is the repository's.
func command(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], args...), ended: make(chan error, 1)}
	p.Env = append(os.Environ(), asCommand+"=1")
	p.Dir = testenv.Root()
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	return p
}

func (p *process) start(t *testing.T) *process {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.Wait() }()
	t.Cleanup(func() { p.Process.Kill() })
	return p
}

// code waits for the end and returns the exit code; 128 + n for signal n.
func (p *process) code(t *testing.T) int {
	t.Helper()
	select {
	case err := <-p.ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		status := p.ProcessState.Sys().(syscall.WaitStatus)
		if status.Signaled() {
			return 128 + int(status.Signal())
		}
		return status.ExitStatus()
	case <-time.After(time.Minute):
		p.Process.Signal(syscall.SIGQUIT)
		<-p.ended
		t.Fatalf("it has not ended after a minute\n%s", p.stderr.String())
		return -1
	}
}

func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	p := command(t, args...).start(t)
	code = p.code(t)
	return code, p.stdout.String(), p.stderr.String()
}

// write puts a file into a new directory and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReplayPrintsTheKernelsOwnLines(t *testing.T) {
	capture, golden := testenv.Shared(t, "golden/GA.nflog.pcap"), testenv.Shared(t, "golden/GA.kernel.log")
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	code, out, said := run(t, "replay", "--format", "kernel", "--interface", "2=va", capture)
	if code != exitOK || said != "" {
		t.Errorf("exit code %d, stderr %s", code, said)
	}
	if out != string(want) {
		t.Error("the lines differ from the kernel's")
	}
}

func TestExitCodes(t *testing.T) {
	capture := testenv.Shared(t, "golden/GA.nflog.pcap")
	whole, err := os.ReadFile(capture)
	if err != nil {
		t.Fatal(err)
	}
	cut := write(t, "cut.pcap", string(whole[:len(whole)-10]))
	noise := write(t, "noise.pcap", strings.Repeat("no capture at all ", 100))
	wrong := write(t, "wrong.yaml", "sources: {a: {pcap: {fles: [x]}}}\nsinks: {b: {file: {path: '-'}}}\n")
	good := write(t, "good.yaml", "sources: {a: {pcap: {files: ["+capture+"]}}}\nsinks: {b: {file: {path: '-'}}}\n")
	summed := write(t, "summed.yaml", "sources: {a: {pcap: {files: ["+capture+"]}}}\n"+
		"stages: {quiet: {threshold: {type: limit, track: [src], count: 1, seconds: 1}}}\nsinks: {b: {file: {path: '-'}, format: kernel}}\n")
	unreadable := write(t, "tls.yaml", "sources: {a: {pcap: {files: ["+capture+"]}}}\n"+
		"sinks: {b: {syslog: {address: 'tls://localhost:6514', tls: {ca: /does/not/exist}}}}\n")
	tests := []struct {
		name  string
		args  []string
		code  int
		says  string
		lines int
	}{
		{"check of a good configuration", []string{"check", "-c", good}, exitOK, "", 1},
		{"check warns of summaries that a format leaves out", []string{"check", "-c", summed}, exitOK, "warning: sink \"b\": format: the format kernel has no place for the summary events of stage \"quiet\"", 1},
		{"check --show", []string{"check", "--show", "-c", good}, exitOK, "", -1},
		{"check of a wrong one", []string{"check", "-c", wrong}, exitUsage, `did you mean "files"?`, 0},
		{"check finds what only building shows", []string{"check", "-c", unreadable}, exitUsage, "/does/not/exist", 0},
		{"check without -c", []string{"check"}, exitUsage, "config", 0},
		{"run of a wrong one", []string{"run", "-c", wrong}, exitUsage, "wrong.yaml:1:22", 0},
		{"run of one that is not there", []string{"run", "-c", "/does/not/exist.yaml"}, exitUsage, "/does/not/exist.yaml", 0},
		{"run of a capture ends by itself", []string{"run", "-c", good}, exitOK, "in 400", 400},
		{"an unknown command", []string{"rnu"}, exitUsage, "rnu", 0},
		{"an unknown flag", []string{"run", "--nope"}, exitUsage, "nope", 0},
		{"version", []string{"version"}, exitOK, "", 1},
		{"completion", []string{"completion", "bash"}, exitOK, "", -1},
		{"replay of a file that is not there", []string{"replay", "/does/not/exist.pcap"}, exitStart, "/does/not/exist.pcap", 0},
		{"replay of a file that is not there and one that is", []string{"replay", "/does/not/exist.pcap", capture}, exitLost, "/does/not/exist.pcap", 400},
		{"replay of a cut file delivers what is whole", []string{"replay", cut}, exitLost, "cut.pcap", 399},
		{"replay of noise goes on with the next", []string{"replay", noise, capture}, exitLost, "noise.pcap", 400},
		{"replay to an unknown format", []string{"replay", "-f", "jsno", capture}, exitUsage, `did you mean "json"?`, 0},
		{"replay to a format without lines", []string{"replay", "-f", "raw", capture}, exitUsage, "raw", 0},
		{"replay with a wrong interface", []string{"replay", "-i", "va=2", capture}, exitUsage, "INDEX=NAME", 0},
		{"replay with format and configuration", []string{"replay", "-f", "json", "-c", good, capture}, exitUsage, "format", 0},
		{"replay through a configuration", []string{"replay", "-c", good, cut}, exitLost, "cut.pcap", 399},
		{"replay through an unknown pipeline", []string{"replay", "-c", good, "--pipeline", "x", cut}, exitUsage, `no pipeline "x"`, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, out, said := run(t, tt.args...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if !strings.Contains(said, tt.says) {
				t.Errorf("stderr does not say %q", tt.says)
			}
			if n := strings.Count(out, "\n"); n != tt.lines && tt.lines >= 0 {
				t.Errorf("%d lines on stdout, want %d", n, tt.lines)
			}
			if strings.Contains(said, "panic") || strings.Contains(said, "goroutine") || strings.Contains(said, "BUG") {
				t.Error("it panicked")
			}
			if t.Failed() {
				t.Logf("stderr:\n%s", said)
			}
		})
	}
}

// What came from outside is not shown, whoever repeats it: here the error of opening, and the log of a sink.
func TestWhatCameFromOutsideIsMaskedWhileRunning(t *testing.T) {
	for name, text := range map[string]string{
		"a start error": "sources: {a: {pcap: {files: ['/nowhere/${HIDDEN}/x*.pcap']}}}\nsinks: {b: {file: {path: '-'}}}\n",
		"a sink's log": "shutdown_timeout: 1s\nsources: {a: {pcap: {files: ['" + testenv.Shared(t, "golden/GA.nflog.pcap") +
			"']}}}\nsinks: {b: {file: {path: '/proc/${HIDDEN}/x'}, retry: {max_attempts: 1}}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			p := command(t, "run", "-c", write(t, "c.yaml", text))
			p.Env = append(p.Env, "HIDDEN=s3cr3tplace")
			p.start(t)
			time.AfterFunc(time.Second, func() { p.Process.Signal(syscall.SIGTERM) })
			if code := p.code(t); code == exitOK {
				t.Error("it ended well")
			}
			if said := p.stderr.String(); strings.Contains(said, "s3cr3tplace") || !strings.Contains(said, "***") {
				t.Errorf("stderr:\n%s", said)
			}
		})
	}
}

func TestClashes(t *testing.T) {
	for text, want := range map[string]string{
		"sources: {a: {nflog: {groups: [5, 6]}}, b: {nflog: {groups: [6]}}}\nsinks: {c: {file: {path: '-'}}}\n":           `2:`,
		"sources: {a: {pcap: {files: [x]}}}\nsinks: {b: {file: {path: /x/y}}, c: {file: {path: /x//y}}}\n":                `sink "b" writes this file`,
		"sources: {a: {nflog: {groups: [6]}}, b: {nflog: {groups: [6], netns: edge}}}\nsinks: {c: {file: {path: '-'}}}\n": "",
	} {
		code, _, said := run(t, "check", "-c", write(t, "c.yaml", text))
		if (code == exitOK) != (want == "") || want != "" && !strings.Contains(said, "is source") && !strings.Contains(said, want) {
			t.Errorf("%s: exit code %d: %s", text, code, said)
		}
	}
}

func TestActionAndOwnFields(t *testing.T) {
	capture := testenv.Shared(t, "golden/GA.nflog.pcap")
	path := write(t, "c.yaml", `
sources: {a: {pcap: {files: ["`+capture+`"]}, action: {reject: [ga]}}}
sinks: {b: {file: {path: "-"}, fields: {site: ams1}}}
`)
	for _, args := range [][]string{{"run", "-c", path}, {"replay", "-c", path, capture}} {
		code, out, said := run(t, args...)
		if n := strings.Count(out, `"prefix":"GA ","action":"reject",`); code != exitOK || n != 400 {
			t.Errorf("%v: exit code %d, the action is in %d of 400 lines\n%s", args, code, n, said)
		}
		if n := strings.Count(out, ",\"site\":\"ams1\"}\n"); n != 400 {
			t.Errorf("%v: the own field ends %d of 400 lines", args, n)
		}
	}
	for options, want := range map[string]string{
		"{rename: {src: x}}":  `,"x":"11.130.60.127",`,
		"{exclude: [src]}":    `"hook":"prerouting"`,
		"{include: [prefix]}": `"prefix":"GA "`,
	} {
		path := write(t, "c.yaml", "sources: {a: {pcap: {files: ["+capture+"]}}}\nsinks: {b: {file: {path: '-'}, fields: {src: ours}, format: {json: "+options+"}}}\n")
		code, out, said := run(t, "run", "-c", path)
		first, _, _ := strings.Cut(out, "\n")
		if code != exitOK || !strings.Contains(first, want) || !strings.HasSuffix(first, `,"src":"ours"}`) || strings.Count(first, `"src":`) != 1 || strings.Count(first, `"x":`) > 1 {
			t.Errorf("%s: exit code %d: %s\n%s", options, code, first, said)
		}
	}
	wrong := write(t, "c.yaml", "sources: {a: {pcap: {files: [x]}}}\nsinks: {b: {file: {path: '-'}, format: kernel, fields: {site: ams1}}}\n")
	if code, _, said := run(t, "check", "-c", wrong); code != exitUsage || !strings.Contains(said, "no place for fields") || !strings.Contains(said, "c.yaml:2:48: sink \"b\": fields: format kernel") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestSecretsAreMaskedInShow(t *testing.T) {
	path := write(t, "c.yaml", `
sources: {a: {pcap: {files: [x.pcap]}}}
sinks: {b: {kafka: {brokers: ["k:9092"], topic: t, sasl: {mechanism: PLAIN, username: u, password: "hunter2hunter2"}}}}
`)
	code, out, said := run(t, "check", "--show", "-c", path)
	if code != exitOK || strings.Contains(out+said, "hunter2") || !strings.Contains(out, "***") {
		t.Errorf("exit code %d\n%s\n%s", code, out, said)
	}
}

// A sink that never answers, so that events wait.
func stuckSink(t *testing.T, timeout string) string {
	t.Helper()
	return write(t, "stuck.yaml", fmt.Sprintf(`
shutdown_timeout: %s
sources: {a: {pcap: {files: ["%s"]}}}
sinks: {b: {kafka: {brokers: ["127.0.0.1:1"], topic: t}}}
`, timeout, testenv.Shared(t, "golden/GA.nflog.pcap")))
}

func TestStopWithinItsDeadlineCountsWhatIsLeft(t *testing.T) {
	p := command(t, "run", "-c", stuckSink(t, "1s")).start(t)
	time.Sleep(500 * time.Millisecond) // long enough to have read the capture; the result is the same if not
	began := time.Now()
	p.Process.Signal(syscall.SIGTERM)
	if code := p.code(t); code != exitLost {
		t.Errorf("exit code %d, want %d", code, exitLost)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if said := p.stderr.String(); !strings.Contains(said, "in 400 delivered 0 aborted 400") {
		t.Errorf("the ledger does not tell of the 400 events left:\n%s", said)
	}
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	for signal, want := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGINT: 130} {
		p := command(t, "run", "-c", stuckSink(t, "1h")).start(t)
		time.Sleep(500 * time.Millisecond) // for the handler to be there
		p.Process.Signal(signal)
		p.Process.Signal(signal) // at once: still the same one
		time.Sleep(sameSignal + 200*time.Millisecond)
		p.Process.Signal(signal)
		if code := p.code(t); code != want {
			t.Errorf("%v twice: exit code %d, want %d\n%s", signal, code, want, p.stderr.String())
		}
	}
}

// A reader of standard output that goes away costs that sink its events, and nobody else anything.
func TestStandardOutputsReaderGoesAway(t *testing.T) {
	capture := testenv.Shared(t, "golden/GA.nflog.pcap")
	out := filepath.Join(t.TempDir(), "events.json")
	path := write(t, "c.yaml", `
sources: {a: {pcap: {files: ["`+capture+`"]}}}
sinks: {gone: {file: {path: "-"}}, well: {file: {path: "`+out+`"}}}
`)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := command(t, "run", "-c", path)
	p.Cmd.Stdout = writer
	reader.Close()
	p.start(t)
	writer.Close()
	code := p.code(t)
	data, _ := os.ReadFile(out)
	if n := strings.Count(string(data), "\n"); code != exitLost || n != 400 || !strings.Contains(p.stderr.String(), "nothing reads standard output") {
		t.Errorf("exit code %d, %d events in the file\n%s", code, n, p.stderr.String())
	}
}

func TestStandardInput(t *testing.T) {
	f, err := os.Open(testenv.Shared(t, "golden/GA.nflog.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := command(t, "replay", "-")
	p.Stdin = f
	if code := p.start(t).code(t); code != exitOK || strings.Count(p.stdout.String(), "\n") != 400 {
		t.Errorf("exit code %d, %d lines", code, strings.Count(p.stdout.String(), "\n"))
	}
}
