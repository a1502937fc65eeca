package syslog

import (
	"strings"
	"testing"

	"nflogship/config"
)

func TestConfig(t *testing.T) {
	long := strings.Repeat("x", 49)
	for _, c := range []struct{ name, settings, problem string }{
		{"the example", `{address: "tls://log.example:6514", rfc: 5424, facility: local4, severity: warning, app_name: fw, framing: octet-counting, max_message: 8KiB}`, ""},
		{"TLS settings", "{address: tls://x, tls: {server_name: y}}", ""},
		{"aliases", "{address: udp://x, facility: security, severity: panic}", ""},
		{"an IPv6 address", `address: "udp://[2001:db8::1]:5514"`, ""},
		{"a tag with a dash", "{address: udp://x, rfc: 3164, app_name: my-fw_1.x/y}", ""},
		{"no address", "rfc: 5424", "address"},
		{"no scheme", "address: log.example:514", "must start with udp://, tcp://, tls:// or unix://"},
		{"relp", "address: relp://log.example:2514", "relp:// is not in this version"},
		{"relp over TLS", "address: relp+tls://log.example:2514", "relp+tls:// is not in this version"},
		{"another scheme", "address: http://log.example", "must start with"},
		{"no host", "address: tcp://:514", "is not tcp://HOST"},
		{"a path", "address: tcp://log.example/x", "is not tcp://HOST"},
		{"a bad port", "address: tcp://log.example:99999", "a port is a number"},
		{"port zero", "address: tcp://log.example:0", "a port is a number"},
		{"a relative socket", "address: unix://dev/log", "is not unix:///PATH"},
		{"an endless socket", "address: unix:///" + strings.Repeat("x", 108), "at most 107 bytes"},
		{"rfc", "{address: udp://x, rfc: 3339}", "rfc"},
		{"facility", "{address: udp://x, facility: local8}", "local7"},
		{"severity", "{address: udp://x, severity: warnings}", "warning"},
		{"framing of datagrams", "{address: udp://x, framing: newline}", "framing: is for tcp:// and tls:// only"},
		{"framing of a socket", "{address: unix:///dev/log, framing: newline}", "framing: is for tcp:// and tls:// only"},
		{"tls without TLS", "{address: tcp://x, tls: {insecure: true}}", "tls: goes with an address of tls://"},
		{"a long name", "{address: udp://x, app_name: " + long + "}", "RFC 5424 allows 48"},
		{"a name with a space", "{address: udp://x, app_name: my fw}", "without spaces"},
		{"a long tag", "{address: udp://x, rfc: 3164, app_name: " + long[:33] + "}", "at most 32"},
		{"a tag with a colon", `{address: udp://x, rfc: 3164, app_name: "fw:"}`, "letters, digits"},
		{"a tag for a local socket", `{address: unix:///dev/log, app_name: "fw[1]"}`, "letters, digits"},
		{"a datagram too large", "{address: udp://x, max_message: 64KiB}", "at most 65507"},
		{"a message too small", "{address: udp://x, max_message: 100}", "max_message"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conf := DefaultConfig()
			err := config.Decode(c.settings, &conf)
			switch {
			case c.problem == "" && err != nil:
				t.Error(err)
			case c.problem != "" && err == nil:
				t.Error("was accepted")
			case c.problem != "" && !strings.Contains(err.Error(), c.problem):
				t.Errorf("%v\ndoes not say %q", err, c.problem)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct{ text, network, host, dial string }{
		{"udp://log", "udp", "log", "log:514"},
		{"tcp://log", "tcp", "log", "log:514"},
		{"tls://log/", "tls", "log", "log:6514"},
		{"tcp://log:601", "tcp", "log", "log:601"},
		{"tls://[::1]", "tls", "::1", "[::1]:6514"},
		{"unix:///dev/log", "unix", "", "/dev/log"},
	} {
		got, err := parseAddress(c.text)
		if want := (address{c.text, c.network, c.host, c.dial}); err != nil || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
}

func TestPriorities(t *testing.T) {
	for _, c := range []struct{ facility, severity, want string }{
		{"kern", "emerg", "<0>"},
		{"kern", "warn", "<4>"},
		{"security", "panic", "<32>"},
		{"authpriv", "error", "<83>"},
		{"clock", "info", "<126>"},
		{"local7", "debug", "<191>"},
	} {
		if got, err := priority(c.facility, c.severity); err != nil || got != c.want {
			t.Errorf("%s.%s: got %s, %v; want %s", c.facility, c.severity, got, err, c.want)
		}
	}
}

// TestNamesAreKnown compares the words of the configuration with the tables they stand for.
func TestNamesAreKnown(t *testing.T) {
	for _, f := range append([]string{"security"}, facilities...) {
		decode(t, "{address: udp://x, facility: "+f+"}")
	}
	for _, s := range append([]string{"panic", "error", "warn"}, severities...) {
		decode(t, "{address: udp://x, severity: "+s+"}")
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
	}{
		{"address", func(c *Config) { c.Address = "x" }},
		{"facility", func(c *Config) { c.Facility = "local8" }},
		{"severity", func(c *Config) { c.Severity = "" }},
		{"app_name", func(c *Config) { c.AppName = "a b" }},
	} {
		conf := decode(t, "address: udp://x")
		c.change(&conf)
		if _, err := New(conf, deps()); err == nil || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"udp://x", "tcp://[::1]:1", "unix:///dev/log", "relp://x", "tls://x:6514/", "tcp://%41"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseAddress(s)
		if err == nil && (a.dial == "" || a.network != "unix" && a.host == "") {
			t.Errorf("%q gives %+v", s, a)
		}
	})
}
