package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"nflogship/config"

	"github.com/spf13/cobra"
)

func newRun() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "run -c FILE",
		Short: "Run a configuration's pipelines",
		Long: `Run a configuration's pipelines until a signal, or until all sources are captures and everything is delivered.

SIGINT and SIGTERM end it cleanly within shutdown_timeout, a second one at once. SIGHUP has files reopened.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := load(path, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			log := newLog(file, cmd.ErrOrStderr())
			// Whoever reads our log or standard output may go away: that is an error of one write, not the end.
			signal.Ignore(syscall.SIGPIPE)
			p, err := build(file, buildOptions{log: log})
			if err != nil {
				return masked(file, &exitError{exitUsage, err})
			}
			return masked(file, p.run(cmd.Context(), log))
		},
	}
	configFlag(cmd, &path)
	return cmd
}

// run opens the sources, moves events until the end or a signal, and closes with the ledger.
func (p *built) run(ctx context.Context, log *slog.Logger) error {
	if ctx == nil {
		ctx = context.Background()
	}
	stop := make(chan struct{})
	defer p.signals(stop, log)()
	if err := p.Open(ctx); err != nil {
		return &exitError{exitStart, err}
	}
	log.Info("started", "sources", p.sources(), "sinks", p.sinks())
	err := p.Run(ctx, stop)
	log.Info("ended", "ledger", p.Ledger.String())
	if sum := p.Ledger.Check(); sum != nil {
		log.Error("BUG: events are unaccounted for", "error", sum)
	}
	if err != nil || p.damaged.Load() || !p.Ledger.Lossless() {
		return &exitError{exitLost, errSaid} // each loss has been said where it happened, and stands in the ledger
	}
	return nil
}

// signals closes stop at the first SIGINT or SIGTERM, exits at the second, and reopens files at SIGHUP. The goroutine
// ends when the returned function is called.
func (p *built) signals(stop chan<- struct{}, log *slog.Logger) (end func()) {
	c := make(chan os.Signal, 4)
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		var stopping time.Time // since when
		for {
			select {
			case <-done:
				return
			case s := <-c:
				switch {
				case s == syscall.SIGHUP:
					p.Reopen()
					log.Info("SIGHUP: files are opened anew at their next event")
				case !stopping.IsZero() && time.Since(stopping) < sameSignal:
				case !stopping.IsZero():
					log.Error("a second signal: ending at once", "signal", s.String(), "ledger", p.Ledger.String())
					os.Exit(exitSignal + int(s.(syscall.Signal)))
				default:
					stopping = time.Now()
					log.Info("stopping", "signal", s.String())
					close(stop)
				}
			}
		}
	}()
	return func() {
		signal.Stop(c)
		close(done)
	}
}

// sameSignal is how soon a second signal is still the first: timeout(1) and others signal a process and then its group.
const sameSignal = 500 * time.Millisecond

var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

// newLog is the daemon's own log.
func newLog(f *config.File, w io.Writer) *slog.Logger {
	level, ok := levels[f.Log.Level]
	if !ok {
		panic(fmt.Sprintf("BUG: log level %q", f.Log.Level))
	}
	w = masking{f, w}
	opts := &slog.HandlerOptions{Level: level}
	if f.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// masked hides in an error what must not be seen.
func masked(f *config.File, err error) error {
	var e *exitError
	if !errors.As(err, &e) {
		return err
	}
	return &exitError{e.code, errors.New(f.Mask(e.Error()))}
}

// masking is a writer of whole lines that hides what must not be seen: an error may repeat what came from ${…}.
type masking struct {
	file *config.File
	w    io.Writer
}

func (m masking) Write(line []byte) (int, error) {
	if _, err := io.WriteString(m.w, m.file.Mask(string(line))); err != nil {
		return 0, err
	}
	return len(line), nil
}

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }
