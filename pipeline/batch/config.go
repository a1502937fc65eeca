// Package batch is the stage that decides what leaves together: no message and no request spans two of its batches.
package batch

import (
	"time"

	"nflogship/config"
)

// Config is what a user writes under batch:.
type Config struct {
	MaxEvents int             `yaml:"max_events" check:"min=1,max=65536"`
	MaxBytes  config.Size     `yaml:"max_bytes" check:"min=1KiB,max=64MiB"` // of packets, names and prefixes, before encoding
	MaxWait   config.Duration `yaml:"max_wait" check:"min=1ms,max=10m"`     // from the first event of a batch
}

// DefaultConfig is a batch a second, or sooner when there is enough.
func DefaultConfig() Config {
	return Config{MaxEvents: 500, MaxBytes: 1 << 20, MaxWait: config.Duration(time.Second)}
}
