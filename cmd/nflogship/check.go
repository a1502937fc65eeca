package main

import (
	"fmt"
	"io"

	"nflogship/config"

	"github.com/spf13/cobra"
)

func newCheck() *cobra.Command {
	var path string
	var show bool
	cmd := &cobra.Command{
		Use:   "check -c FILE",
		Short: "Check a configuration, and start nothing",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := load(path, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			// What only shows when the components are built, such as a certificate that can't be read.
			if _, err := build(file, buildOptions{log: quietLog()}); err != nil {
				return &exitError{exitUsage, err}
			}
			if show {
				_, err = cmd.OutOrStdout().Write(file.Render())
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: ok\n", path)
			return nil
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().BoolVar(&show, "show", false, "print the configuration with its defaults filled in and its secrets masked")
	return cmd
}

// configFlag adds the required -c.
func configFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", "", "configuration file (required)")
	if err := cmd.MarkFlagRequired("config"); err != nil {
		panic("BUG: " + err.Error())
	}
}

// load reads a configuration and prints its warnings.
func load(path string, stderr io.Writer) (*config.File, error) {
	file, err := config.Load(path, schema())
	if err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("the configuration is not usable\n%w", err)}
	}
	for _, w := range file.Warnings {
		fmt.Fprintln(stderr, w)
	}
	return file, nil
}
