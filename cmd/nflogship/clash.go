package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"nflogship/config"
	"nflogship/sink/file"
	"nflogship/source/nflog"
)

// clashes finds components that would take the same thing from each other: only whoever knows every kind can see that.
func clashes(f *config.File) error {
	var errs []error
	type held struct {
		space string
		group uint16
	}
	groups := map[held]string{}
	for _, s := range f.Sources {
		c, ok := s.Config.(*nflog.Config)
		if !ok {
			continue
		}
		for i, g := range c.Groups {
			at := held{c.NetNS, g}
			if by := groups[at]; by != "" {
				errs = append(errs, s.Errorf(fmt.Sprintf("groups[%d]", i), "group %d is source %q's: one socket can hold a group; name that source in both pipelines", g, by))
			}
			groups[at] = s.Name
		}
	}
	files := map[string]string{}
	for _, s := range f.Sinks {
		c, ok := s.Config.(*file.Config)
		if !ok || c.Path == file.Stdout {
			continue
		}
		path := filepath.Clean(c.Path)
		if by := files[path]; by != "" {
			errs = append(errs, s.Errorf("path", "sink %q writes this file: two writers would set it aside under each other", by))
		}
		files[path] = s.Name
	}
	return errors.Join(errs...)
}
