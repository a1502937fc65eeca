package deploy

import (
	"bytes"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

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

// end sends a signal, unless it has ended, waits for the end, and returns the exit code.
func (p *process) end(t *testing.T, signal syscall.Signal) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.command.ProcessState.ExitCode()
	default:
		_ = syscall.Kill(-p.command.Process.Pid, signal)
	}
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

// locked is a buffer that may be read while a process writes to it.
type locked struct {
	mu     sync.Mutex // guards buffer
	buffer bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.String()
}
