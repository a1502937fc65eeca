// Command nflogship ships what a Linux firewall logs: NFLOG groups live, or captures replayed, to Kafka, NATS, syslog
// and files.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

// Exit codes: what a service manager or a script may hold on to.
const (
	exitOK     = 0
	exitLost   = 1 // events lost, rejected or left in memory, or an input that was damaged
	exitUsage  = 2 // usage or configuration
	exitStart  = 3 // could not start: permission, group taken
	exitSignal = 128
)

// exitError is an error that knows its exit code. An empty message has been said already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// errSaid stands for what has been said where it was noticed.
var errSaid = errors.New("")

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

// execute runs the program and returns its exit code.
func execute(args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	if err == nil {
		return exitOK
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(stderr, "nflogship: "+text)
	}
	var e *exitError
	if errors.As(err, &e) {
		return e.code
	}
	return exitUsage
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "nflogship",
		Short: "Ship what a Linux firewall logs to Kafka, NATS, syslog and files",
		Long: `nflogship takes the packets that a Linux firewall logs (NFLOG groups, live, or captures of them, replayed), decodes
them to events, and ships these to Kafka, NATS, syslog and files. Every event is delivered, waits in a bounded
place, or is counted under the reason why not.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newRun(), newCheck(), newReplay(), newVersion())
	return root
}
