package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"nflogship/config"
	"nflogship/source"
	"nflogship/source/pcap"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// replayFlags are what a user may say on the command line.
type replayFlags struct {
	format     string
	interfaces []string
	config     string
	pipeline   string
}

func newReplay() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay FILE...",
		Short: "Replay captures to standard output, or through a configuration's pipeline",
		Long: `Replay captures (pcap or pcapng, as they are or compressed; "-" is standard input): to standard output, a line each, or
with -c through the stages and sinks of a configuration's pipeline, in place of its sources: of their settings only a
single source's action counts, names of interfaces come from --interface.`,
		Example: `  nflogship replay --format kernel --interface 2=eth0 firewall.pcap
  tcpdump -i nflog:40 -w - | nflogship replay -
  nflogship replay -c nflogship.yaml /var/log/ulog/*.pcap.gz`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error { return replay(cmd, f, files) },
	}
	cmd.Flags().StringVarP(&f.format, "format", "f", "json", "format on standard output")
	cmd.Flags().StringArrayVarP(&f.interfaces, "interface", "i", nil, "name of an interface of which the capture holds only the index, as in 2=eth0")
	cmd.Flags().StringVarP(&f.config, "config", "c", "", "replay through this configuration instead")
	cmd.Flags().StringVar(&f.pipeline, "pipeline", "", "which of the configuration's pipelines")
	cmd.MarkFlagsMutuallyExclusive("format", "config")
	return cmd
}

func replay(cmd *cobra.Command, f replayFlags, files []string) error {
	file, err := f.file(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	settings := pcap.DefaultConfig()
	settings.Files = files
	if settings.Interfaces, err = parseInterfaces(f.interfaces); err != nil {
		return &exitError{exitUsage, err}
	}
	log := newLog(file, cmd.ErrOrStderr())
	var input *pcap.Source
	p, err := build(file, buildOptions{log: log, only: f.pipeline, replay: func(d source.Deps) (source.Source, error) {
		input, err = pcap.New(settings, d)
		return input, err
	}})
	if err != nil {
		return &exitError{exitUsage, err}
	}
	defer showProgress(input, f.config == "", cmd.ErrOrStderr())()
	return masked(file, p.run(cmd.Context(), log))
}

// file is the configuration to replay through: the user's, or one that writes to standard output.
func (f replayFlags) file(stderr io.Writer) (*config.File, error) {
	if f.config != "" {
		return load(f.config, stderr)
	}
	if f.pipeline != "" {
		return nil, &exitError{exitUsage, errors.New("--pipeline chooses among the pipelines of a configuration: give it with -c")}
	}
	text := fmt.Sprintf(toStdout, strconv.Quote(f.format))
	file, err := config.Parse("--format", []byte(text), schema())
	var wrong *config.Errors
	if errors.As(err, &wrong) && len(wrong.Problems) > 0 {
		return nil, &exitError{exitUsage, fmt.Errorf("--format %s: %s", f.format, wrong.Problems[0].Text)}
	}
	return file, err
}

// toStdout is the configuration of a replay without one. Only what goes wrong is logged: what a reader of the output
// wants to see is the output.
const toStdout = `
log: {level: warn}
sources: {replay: {pcap: {files: ["-"]}}}
sinks: {stdout: {file: {path: "-"}, format: %s, retry: {max_attempts: 1}}}
`

// parseInterfaces reads 2=va.
func parseInterfaces(args []string) (map[uint32]string, error) {
	names := make(map[uint32]string, len(args))
	for _, arg := range args {
		index, name, ok := strings.Cut(arg, "=")
		n, err := strconv.ParseUint(index, 10, 32)
		if !ok || err != nil || name == "" {
			return nil, fmt.Errorf("--interface %s: want INDEX=NAME, such as 2=eth0", arg)
		}
		names[uint32(n)] = name
	}
	return names, nil
}

// showProgress draws a bar on a terminal that the output does not go to. The goroutine ends with the returned function.
func showProgress(input *pcap.Source, toStdout bool, stderr io.Writer) (end func()) {
	if !term.IsTerminal(int(os.Stderr.Fd())) || toStdout && term.IsTerminal(int(os.Stdout.Fd())) {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		drawProgress(ctx, input, stderr)
	}()
	return func() {
		cancel()
		<-done
	}
}

func drawProgress(ctx context.Context, input *pcap.Source, stderr io.Writer) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	bar := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(stderr), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription("replaying"), progressbar.OptionClearOnFinish())
	for {
		select {
		case <-ctx.Done():
			_ = bar.Finish()
			return
		case <-tick.C:
			read, total := input.Progress()
			if total > 0 {
				bar.ChangeMax64(total)
			}
			_ = bar.Set64(read)
		}
	}
}
