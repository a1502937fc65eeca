package syslog

import (
	"fmt"
	"strings"

	"nflogship/config"
	"nflogship/internal/tlsconf"
)

// Config is what a user writes under syslog:.
type Config struct {
	Address    string          `yaml:"address" check:"required"`    // udp://, tcp://, tls://HOST[:PORT] or unix:///PATH
	RFC        int             `yaml:"rfc" check:"oneof=5424|3164"` // default: 5424; on a unix socket 3164
	Facility   string          `yaml:"facility" check:"oneof=kern|user|mail|daemon|auth|security|syslog|lpr|news|uucp|cron|authpriv|ftp|ntp|audit|alert|clock|local0|local1|local2|local3|local4|local5|local6|local7"`
	Severity   string          `yaml:"severity" check:"oneof=emerg|panic|alert|crit|err|error|warning|warn|notice|info|debug"`
	AppName    string          `yaml:"app_name"`                                     // default: nflogship; kernel for the format kernel
	Framing    string          `yaml:"framing" check:"oneof=octet-counting|newline"` // of tcp:// and tls://
	MaxMessage config.Size     `yaml:"max_message" check:"min=480,max=1MiB"`         // header and text; RFC 5424 has every receiver take 480
	TLS        *tlsconf.Config `yaml:"tls"`
}

// DefaultConfig is a Config with every default set, except those that depend on the address.
func DefaultConfig() Config {
	return Config{Facility: "local0", Severity: "info", Framing: octetCounting, MaxMessage: 8 * config.KiB}
}

// The two ways to tell messages apart in a stream (RFC 6587, sections 3.4.1 and 3.4.2).
const (
	octetCounting = "octet-counting"
	newline       = "newline"
)

// The bounds of a message's parts.
const (
	maxDatagram = 65507 // an IPv4 datagram less its IP and UDP headers
	maxHostname = 255   // RFC 5424, section 6
	maxAppName  = 48
	maxTag      = 32 // RFC 3164, section 4.1.3
)

// Check looks at what belongs to one transport or format only.
func (c *Config) Check(r *config.Report) {
	a, err := parseAddress(c.Address)
	if err != nil {
		r.Errorf("address", "%v", err)
		return
	}
	if err := checkAppName(c.AppName, c.rfc(a)); err != nil {
		r.Errorf("app_name", "%v", err)
	}
	if a.network == "udp" && c.MaxMessage > maxDatagram {
		r.Errorf("max_message", "a UDP datagram holds at most %d bytes", maxDatagram)
	}
	if r.IsSet("framing") && !a.framed() {
		r.Errorf("framing", "is for tcp:// and tls:// only: %s:// keeps messages apart by itself", a.network)
	}
	if c.TLS != nil && a.network != "tls" {
		r.Errorf("tls", "goes with an address of tls:// only; this one is %s://", a.network)
	}
	if a.network == "unix" && c.RFC == 5424 {
		r.Warnf("rfc", "journald and rsyslog expect RFC 3164 on their local socket: leave rfc out unless %s belongs to another program", a.dial)
	}
}

// CheckFormat refuses what a message has no place for.
func (c *Config) CheckFormat(format string) error {
	a, _ := parseAddress(c.Address) // Check has reported what is wrong with it
	return checkFormat(format, c.rfc(a))
}

func (c *Config) rfc(a address) int {
	switch {
	case c.RFC != 0:
		return c.RFC
	case a.network == "unix":
		return 3164
	}
	return 5424
}

// checkAppName allows what the header's field can hold. RFC 3164 wants letters and digits; every receiver takes the rest.
func checkAppName(name string, rfc int) error {
	if rfc == 5424 {
		if len(name) > maxAppName {
			return fmt.Errorf("has %d characters; RFC 5424 allows %d", len(name), maxAppName)
		}
		if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("%q: RFC 5424 allows printable ASCII without spaces", name)
		}
		return nil
	}
	if len(name) > maxTag {
		return fmt.Errorf("has %d characters; a tag of RFC 3164 has at most %d", len(name), maxTag)
	}
	for _, r := range name {
		if !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("-_./", r)) {
			return fmt.Errorf("%q: a tag of RFC 3164 holds letters, digits and - _ . / only, and ends at any other character", name)
		}
	}
	return nil
}
