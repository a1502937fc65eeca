package config

import (
	"fmt"
	"io/fs"
	"strconv"
)

// FileMode is a file's permission bits, written in octal as chmod takes them: 0640 or 640.
type FileMode fs.FileMode

// Want says what a mode looks like.
func (FileMode) Want() string { return "a file mode in octal such as 0640" }

// String writes the mode as it is written in the file.
func (m FileMode) String() string { return fmt.Sprintf("%04o", uint32(m)) }

// MarshalText implements encoding.TextMarshaler.
func (m FileMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *FileMode) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 8, 32)
	if err != nil || n > 0o777 {
		return fmt.Errorf("%q is not %s", text, m.Want())
	}
	*m = FileMode(n)
	return nil
}
