package nats

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"nflogship/config"
	"nflogship/internal/tlsconf"
	"nflogship/sink/route"
)

// Config is what a user writes under nats:.
type Config struct {
	Servers          []string        `yaml:"servers" check:"required,unique"`
	Subject          string          `yaml:"subject" check:"required"`
	JetStream        bool            `yaml:"jetstream"` // false: core, without a stream
	Stream           *Stream         `yaml:"stream"`    // left out: never made, waited for
	EventsPerMessage int             `yaml:"events_per_message" check:"min=1,max=65536"`
	MaxInFlight      int             `yaml:"max_in_flight" check:"min=1,max=65536"` // messages not yet acknowledged by the stream
	MaxRoutes        int             `yaml:"max_routes" check:"min=1,max=1000000"`
	Creds            string          `yaml:"creds"` // file
	Nkey             string          `yaml:"nkey"`  // file of the seed
	Username         string          `yaml:"username"`
	Password         config.Secret   `yaml:"password"`
	Token            config.Secret   `yaml:"token"`
	TLS              *tlsconf.Config `yaml:"tls"`
}

// Stream is the stream to make if it is missing.
type Stream struct {
	Name            string          `yaml:"name" check:"required"`
	Subjects        []string        `yaml:"subjects" check:"unique"` // default: the sink's subject, "*" for each field
	Storage         string          `yaml:"storage" check:"oneof=file|memory"`
	Replicas        int             `yaml:"replicas" check:"min=1,max=5"`
	DuplicateWindow config.Duration `yaml:"duplicate_window" check:"min=100ms"`
}

// defaultDuplicateWindow is the server's own.
const defaultDuplicateWindow = 2 * time.Minute

// DefaultConfig waits for a stream's acknowledgements: the choice that loses nothing.
func DefaultConfig() Config {
	return Config{JetStream: true, EventsPerMessage: 1, MaxInFlight: 4096, MaxRoutes: 1000}
}

// SetDefaults implements config.Defaulter.
func (s *Stream) SetDefaults() {
	*s = Stream{Storage: "file", Replicas: 1, DuplicateWindow: config.Duration(defaultDuplicateWindow)}
}

// Check implements config.Checker.
func (c *Config) Check(r *config.Report) {
	c.faults(r.Errorf)
	if !c.JetStream && r.IsSet("max_in_flight") {
		r.Warnf("max_in_flight", "has no meaning with jetstream: false")
	}
	if s := c.Stream; s != nil && c.JetStream && filterOf(c.Subject) != "" && coverage(s.subjects(c), filterOf(c.Subject)) == partly {
		r.Warnf("stream.subjects", "%s takes only some of %s: events with other subjects wait for a stream that takes them, and hold up those behind",
			strings.Join(s.subjects(c), ", "), filterOf(c.Subject))
	}
}

// CheckFormat implements config.FormatChecker.
func (c *Config) CheckFormat(format string) error {
	switch {
	case format == "pcap":
		return errors.New("pcap is a file's format; a NATS message takes raw")
	case format == "structured_data":
		return errors.New("structured_data needs syslog with rfc: 5424")
	case format == "raw" && c.EventsPerMessage > 1:
		return errors.New("raw packets cannot share a message: set events_per_message: 1")
	}
	return nil
}

// faults reports what no tag can say.
func (c *Config) faults(report func(path, format string, args ...any)) {
	for i, text := range c.Servers {
		if _, err := parseServer(text); err != nil {
			report(fmt.Sprintf("servers[%d]", i), "%v", err)
		}
	}
	if len(c.Servers) == 0 {
		report("servers", "names no server")
	}
	if c.EventsPerMessage < 1 || c.MaxInFlight < 1 || c.MaxRoutes < 1 {
		report("", "events_per_message, max_in_flight and max_routes are at least 1")
	}
	_, err := route.Parse(c.Subject, route.Subject)
	if err == nil {
		err = checkSubject(c.Subject)
	}
	if err != nil {
		report("subject", "%v", err)
	} else if c.Stream != nil {
		c.streamFaults(report)
	}
	if kinds := c.credentials(); len(kinds) > 1 {
		report("", "%s: a connection has one kind of credentials", strings.Join(kinds, " and "))
	}
	if c.Password.IsSet() && c.Username == "" {
		report("password", "needs a username")
	}
}

func (c *Config) streamFaults(report func(path, format string, args ...any)) {
	s := c.Stream
	if !c.JetStream {
		report("stream", "needs jetstream: true")
	}
	if s.Name == "" || strings.ContainsAny(s.Name, " \t\r\n.*>/\\") {
		report("stream.name", "%q cannot be a stream's name: it holds no blanks, dots, wildcards or slashes", s.Name)
	}
	for i, subject := range s.Subjects {
		if err := checkFilter(subject); err != nil {
			report(fmt.Sprintf("stream.subjects[%d]", i), "%v", err)
			return
		}
	}
	if filter := filterOf(c.Subject); coverage(s.subjects(c), filter) == nothing {
		report("stream.subjects", "%s can take no event: their subjects are %s", strings.Join(s.subjects(c), ", "), filter)
	}
}

// subjects are the stream's, or the one that the sink needs.
func (s *Stream) subjects(c *Config) []string {
	if len(s.Subjects) > 0 {
		return s.Subjects
	}
	return []string{filterOf(c.Subject)}
}

// credentials names each kind that is set.
func (c *Config) credentials() (kinds []string) {
	for _, k := range []struct {
		name string
		set  bool
	}{{"creds", c.Creds != ""}, {"nkey", c.Nkey != ""}, {"username", c.Username != ""}, {"token", c.Token.IsSet()}, {"a user in a server's URL", c.userInURL()}} {
		if k.set {
			kinds = append(kinds, k.name)
		}
	}
	return kinds
}

func (c *Config) userInURL() bool {
	for _, text := range c.Servers {
		if u, err := parseServer(text); err == nil && u.User != nil {
			return true
		}
	}
	return false
}

// parseServer reads nats://host:port, tls://host:port or host:port. Its errors never repeat what may hold a password.
func parseServer(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "nats://" + text
	}
	u, err := url.Parse(text)
	var wrong *url.Error
	switch {
	case errors.As(err, &wrong):
		return nil, wrong.Err
	case err != nil:
		return nil, err
	case u.Scheme != "nats" && u.Scheme != "tls":
		return nil, fmt.Errorf("%s:// is not nats:// or tls://", u.Scheme)
	case u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return nil, errors.New("want nats://host:port or tls://host:port")
	}
	if _, both := u.User.Password(); u.User != nil && !both {
		return nil, errors.New("a user without a password: a token goes under token")
	}
	if u.Port() == "" {
		u.Host = strings.TrimSuffix(u.Host, ":") + ":4222"
	}
	u.Path = ""
	return u, nil
}
