// Package testenv finds what tests need outside this repository and says plainly when it is absent.
package testenv

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Shared returns the path of a file or folder of the reference data beside the repository (golden packets, captures,
// the Kafka script). Without it the test is skipped; in CI (CI=true) its absence is a failure.
func Shared(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(Root(), "..", "shared", name)
	if _, err := os.Stat(path); err != nil {
		Missing(t, "reference data ../shared/%s is not beside the repository", name)
	}
	return path
}

// Root is the repository's top folder.
func Root() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		panic("BUG: no caller information")
	}
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Missing skips the test because something it needs is absent, and fails it where nothing may be absent: in CI.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("must not be skipped in CI: "+format, args...)
	}
	t.Skipf(format, args...)
}
