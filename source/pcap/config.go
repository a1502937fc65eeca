package pcap

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"nflogship/config"
)

// Config is what a user writes about a pcap source.
type Config struct {
	Files      []string          `yaml:"files" check:"required"`
	Speed      Speed             `yaml:"speed"`
	Interfaces map[uint32]string `yaml:"interfaces"`
	_          struct{}          `yaml:"resume" later:"not in this version: a replay that goes on after a restart needs checkpoints"`
}

// DefaultConfig replays as fast as possible.
func DefaultConfig() Config { return Config{} }

// Stdin is the name that stands for standard input among Config.Files.
const Stdin = "-"

// Check looks at what tags cannot say.
func (c *Config) Check(r *config.Report) {
	stdin := 0
	for i, f := range c.Files {
		at := fmt.Sprintf("files[%d]", i)
		switch {
		case f == "":
			r.Errorf(at, "a file name is empty")
		case strings.IndexByte(f, 0) >= 0:
			r.Errorf(at, "a file name has a NUL in it")
		case f == Stdin:
			if stdin++; stdin == 2 {
				r.Errorf(at, `standard input ("-") can be read once only`)
			}
		}
	}
	for index, name := range c.Interfaces {
		if err := checkInterface(index, name); err != nil {
			r.Errorf(fmt.Sprintf("interfaces.%d", index), "%v", err)
		}
	}
}

// checkInterface holds a name to the kernel's rules: dev_valid_name in net/core/dev.c, IFNAMSIZ 16 with its NUL.
func checkInterface(index uint32, name string) error {
	switch {
	case index == 0 || index > math.MaxInt32:
		return fmt.Errorf("no interface has index %d: they count from 1", index)
	case len(name) < 1 || len(name) > 15:
		return fmt.Errorf("%q is no interface name: those have 1 to 15 bytes", name)
	case name == "." || name == ".." || strings.ContainsAny(name, "/: \t\n\v\f\r\x00"):
		return fmt.Errorf("%q is no interface name: those have neither slashes, colons nor blanks", name)
	}
	return nil
}

// Speed is a factor of recorded time, 1 for as it was recorded; 0 for as fast as possible, written max.
type Speed float64

const maxSpeed = "max"

// Want says what a speed looks like.
func (Speed) Want() string { return "max, or a factor of recorded time such as 1, 10 or 0.5" }

// String writes the speed as it is written in the file.
func (s Speed) String() string {
	if s == 0 {
		return maxSpeed
	}
	return strconv.FormatFloat(float64(s), 'g', -1, 64)
}

// MarshalText implements encoding.TextMarshaler.
func (s Speed) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Speed) UnmarshalText(text []byte) error {
	if string(text) == maxSpeed {
		*s = 0
		return nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(f >= minFactor && f <= maxFactor) {
		return fmt.Errorf("%q is not %s", text, s.Want())
	}
	*s = Speed(f)
	return nil
}

// The factors that make sense: slower than this a minute takes two years.
const (
	minFactor = 1e-6
	maxFactor = 1e9
)
