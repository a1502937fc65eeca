package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"

	"nflogship/config"
	"nflogship/sink/route"
)

// Config is what a user writes under file:.
type Config struct {
	Path      string          `yaml:"path" check:"required"` // "-" is standard output; may hold {host}, {time:%Y-%m-%d} and fields
	Mode      config.FileMode `yaml:"mode"`
	Owner     Owner           `yaml:"owner"` // user, user:group or :group; default: whoever runs the program
	Sync      bool            `yaml:"sync"`  // fsync before a batch counts as delivered
	Rotate    *Rotate         `yaml:"rotate"`
	MaxRoutes int             `yaml:"max_routes" check:"min=1,max=100000"` // distinct paths in use; the rest go to one with "other" for its fields
}

// Rotate says when a file is set aside, and what becomes of it. Old files are named PATH.20261122T100000.000Z, and .gz or
// .zst once they are compressed.
type Rotate struct {
	MaxSize  config.Size     `yaml:"max_size" check:"min=4KiB"` // 0: whatever its size
	Every    config.Duration `yaml:"every" check:"min=1s"`      // aligned to local midnight; 0: never by time
	Keep     int             `yaml:"keep" check:"min=0"`        // old files; 0: all
	MaxAge   config.Duration `yaml:"max_age"`                   // of old files; 0: for ever
	Compress string          `yaml:"compress" check:"oneof=none|gzip|zstd"`
}

// DefaultConfig keeps one file that its group may read.
func DefaultConfig() Config { return Config{Mode: 0o640, MaxRoutes: 1000} }

// SetDefaults completes a rotate: that leaves things out.
func (r *Rotate) SetDefaults() { *r = Rotate{Compress: "none"} }

// Stdout is the path that stands for standard output.
const Stdout = "-"

// Check looks at the path and at what does not go together.
func (c *Config) Check(r *config.Report) {
	t, err := route.Parse(c.Path, route.Path)
	switch {
	case err != nil:
		r.Errorf("path", "path %v", err)
	case c.Path == Stdout:
		for _, name := range []string{"mode", "owner", "sync", "rotate"} {
			if r.IsSet(name) {
				r.Errorf(name, "standard output has no %s", name)
			}
		}
	case strings.HasSuffix(c.Path, "/"):
		r.Errorf("path", "%q is a directory; name the file in it", c.Path)
	case strings.HasPrefix(c.Path, "~"):
		r.Errorf("path", "~ is not a home directory here; write an absolute path")
	case isDir(c.Path):
		r.Errorf("path", "%s is a directory; name the file in it", c.Path)
	case !strings.HasPrefix(c.Path, "/"):
		if _, constant := t.Constant(); !constant {
			r.Errorf("path", "a path with fields in it must be absolute, such as /var/log/firewall/%s", c.Path)
		}
	}
	if c.Rotate != nil && c.Rotate.MaxSize == 0 && c.Rotate.Every == 0 {
		r.Errorf("rotate", "rotate needs max_size, every or both: nothing says when")
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// CheckFormat refuses what has no place in a file.
func (*Config) CheckFormat(format string) error {
	switch format {
	case "raw":
		return errors.New("the format raw has no place in a file: nothing would tell one packet from the next; take pcap")
	case "structured_data":
		return errors.New("structured_data is a part of syslog messages: it needs a syslog sink with rfc: 5424")
	}
	return nil
}

// Owner is a file's user and group; -1 leaves one as it is.
type Owner struct {
	text     string
	uid, gid int
}

func (o Owner) set() bool { return o.text != "" }

// MarshalText implements encoding.TextMarshaler.
func (o Owner) MarshalText() ([]byte, error) { return []byte(o.text), nil }

// UnmarshalText reads user, user:group or :group, by name or number.
func (o *Owner) UnmarshalText(text []byte) error {
	name, group, _ := strings.Cut(string(text), ":")
	if name == "" && group == "" {
		return errors.New("owner is empty: want user, user:group or :group")
	}
	*o = Owner{text: string(text), uid: -1, gid: -1}
	var err error
	if name != "" {
		if o.uid, err = idOf(name, func() (string, error) { u, err := user.Lookup(name); return orEmpty(u, err).Uid, err }); err != nil {
			return fmt.Errorf("owner: there is no user %q", name)
		}
	}
	if group != "" {
		if o.gid, err = idOf(group, func() (string, error) { g, err := user.LookupGroup(group); return orEmpty(g, err).Gid, err }); err != nil {
			return fmt.Errorf("owner: there is no group %q", group)
		}
	}
	return nil
}

// orEmpty is what p points at, or the zero value after an error.
func orEmpty[T any](p *T, err error) T {
	if err != nil {
		var zero T
		return zero
	}
	return *p
}

func idOf(name string, lookup func() (string, error)) (int, error) {
	if n, err := strconv.ParseUint(name, 10, 31); err == nil {
		return int(n), nil
	}
	text, err := lookup()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}

// dirMode lets whoever may read a file enter its directory.
func dirMode(file fs.FileMode) fs.FileMode { return file | file&0o444>>2 | 0o700 }
