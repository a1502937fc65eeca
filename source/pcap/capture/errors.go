package capture

import "fmt"

// Error is damage in a capture, or a capture that cannot be read.
type Error struct {
	Offset int64 // in the stream, of the header or record where it was noticed
	Err    error
}

// Error says where and what.
func (e *Error) Error() string { return fmt.Sprintf("at byte %d: %v", e.Offset, e.Err) }

// Unwrap gives what is wrong.
func (e *Error) Unwrap() error { return e.Err }

func (r *Reader) errorf(format string, args ...any) error {
	return &Error{r.offset, fmt.Errorf(format, args...)}
}
