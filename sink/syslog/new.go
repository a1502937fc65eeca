package syslog

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"nflogship/sink"
)

// New builds a syslog sink. It connects to nothing yet, but reads the files that tls: names.
func New(c Config, d sink.Deps) (*sink.Sink, error) {
	a, err := parseAddress(c.Address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	compose, err := newComposer(&c, a, d)
	if err != nil {
		return nil, err
	}
	s := &Sender{address: a, framing: c.Framing, tls: c.TLS, log: d.Log, compose: compose, patience: patience}
	if a.network == "tls" {
		if _, err := s.tlsConfig(); err != nil {
			return nil, err
		}
	}
	limits := sink.DefaultLimits()
	if !a.framed() {
		limits.Records = datagramLoad
	}
	return &sink.Sink{Sender: s, Limits: limits}, nil
}

// datagramLoad bounds what one refused datagram makes us send again.
const datagramLoad = 1024

func newComposer(c *Config, a address, d sink.Deps) (*composer, error) {
	pri, err := priority(c.Facility, c.Severity)
	if err != nil {
		return nil, err
	}
	rfc, app, proc := c.rfc(a), c.AppName, strconv.Itoa(os.Getpid())
	switch {
	case app == "" && d.Format == "kernel":
		app, proc = "kernel", "-" // the kernel has no process
	case app == "":
		app = "nflogship"
	}
	if err := checkAppName(app, rfc); err != nil {
		return nil, fmt.Errorf("app_name: %w", err)
	}
	if err := checkFormat(d.Format, rfc); err != nil {
		return nil, err
	}
	m := &composer{max: int(c.MaxMessage)}
	if a.network == "udp" {
		m.max = min(m.max, maxDatagram)
	}
	host := hostname(d.Host) + " "
	if rfc == 5424 {
		m.before, m.layout, m.zone, m.micros = pri+"1 ", "2006-01-02T15:04:05.", time.UTC, true
		m.tail = "Z " + host + app + " " + proc + " - "
		if m.structured = d.Format == structuredData; !m.structured {
			m.tail += "- "
		}
		return m, nil
	}
	if a.network == "unix" {
		host = ""
	}
	m.before, m.layout, m.zone = pri, "Jan _2 15:04:05 ", time.Local
	m.tail = host + app + ": "
	return m, nil
}

// hostname makes a name fit for the header: PRINTUSASCII, at most 255 bytes; "-" when there is none.
func hostname(name string) string {
	if name == "" {
		return "-"
	}
	name = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, name)
	return name[:min(len(name), maxHostname)]
}
