package kafka

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"nflogship/config"
	"nflogship/event"
	"nflogship/internal/tlsconf"
	"nflogship/sink/route"
)

// Config is what a user writes under kafka:.
type Config struct {
	Brokers     []string        `yaml:"brokers" check:"required,unique"` // HOST:PORT each; the rest of the cluster is found through them
	Topic       string          `yaml:"topic" check:"required"`          // with {field}, {host}, {time:LAYOUT} in it
	Key         []event.Field   `yaml:"key" check:"unique"`              // fields that make up a record's key; none: records have no key
	Timestamp   string          `yaml:"timestamp" check:"oneof=send|event"`
	Compression string          `yaml:"compression" check:"oneof=none|gzip|snappy|lz4|zstd"`
	MaxRoutes   int             `yaml:"max_routes" check:"min=1,max=100000"` // how many topics the template may make
	TLS         *tlsconf.Config `yaml:"tls"`
	SASL        *SASL           `yaml:"sasl"`
}

// SASL is what a user writes under sasl:.
type SASL struct {
	Mechanism string        `yaml:"mechanism" check:"required,oneof=PLAIN|SCRAM-SHA-256|SCRAM-SHA-512"`
	Username  string        `yaml:"username" check:"required"`
	Password  config.Secret `yaml:"password" check:"required"`
}

// The ways to stamp records.
const (
	stampSend  = "send"
	stampEvent = "event"
)

// DefaultConfig is a Config with every default set. zstd sends a sixth of the bytes for 2 CPU seconds per million events;
// every broker since 2.1 takes it.
func DefaultConfig() Config {
	return Config{Timestamp: stampSend, Compression: "zstd", MaxRoutes: 1000}
}

// Check looks at what tags cannot say.
func (c *Config) Check(r *config.Report) {
	for i, b := range c.Brokers {
		if err := checkBroker(b); err != nil {
			r.Errorf(fmt.Sprintf("brokers[%d]", i), "%v", err)
		}
	}
	if _, err := parseTopic(c.Topic); err != nil {
		r.Errorf("topic", "%v", err)
	}
	if c.Timestamp == stampEvent {
		r.Warnf("timestamp", "a replayed packet's stamp may be older than the topic's retention: the broker then deletes the record at once. "+
			"And after a restart it may no longer know who sent records with old stamps, so that a resend becomes a duplicate. "+
			"With send, the packet's own time is still in the event and in the header %q", headerTime)
	}
	if c.SASL != nil && c.SASL.Mechanism == mechanismPlain && c.TLS == nil {
		r.Warnf("sasl.mechanism", "PLAIN without tls: the password crosses the network as it is")
	}
}

// CheckFormat refuses what is no record by itself.
func (*Config) CheckFormat(format string) error {
	switch format {
	case "pcap":
		return errors.New("pcap is a file's format; a Kafka record takes raw")
	case "structured_data":
		return errors.New("structured_data is a part of syslog messages: it needs a syslog sink with rfc: 5424")
	}
	return nil
}

func checkBroker(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not HOST:PORT, such as k1.example:9092", address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" {
		return fmt.Errorf("%q is not HOST:PORT with a port from 1 to 65535", address)
	}
	return nil
}

// parseTopic reads the topic's template and holds its literal text to Kafka's rules.
func parseTopic(text string) (*route.Template, error) {
	t, err := route.Parse(text, route.Topic)
	if err != nil {
		return nil, err
	}
	literal := 0
	t.Literals(func(s string) {
		literal += len(s)
		for i := range len(s) {
			if err == nil && !topicByte(s[i]) {
				err = fmt.Errorf("a topic's name has only letters, digits, \".\", \"_\" and \"-\": %q has %q", text, s[i])
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if literal > maxTopic {
		return nil, fmt.Errorf("has %d characters: Kafka allows %d", literal, maxTopic)
	}
	if name, ok := t.Constant(); ok {
		return t, checkTopic(name)
	}
	return t, nil
}

// maxTopic is the length of a topic's name at most: org.apache.kafka.common.internals.Topic.
const maxTopic = 249

func topicByte(c byte) bool { return route.Topic(c) || c == '.' }

// checkTopic says why a broker would not have name as a topic.
func checkTopic(name string) error {
	if name == "" || name == "." || name == ".." || len(name) > maxTopic {
		return fmt.Errorf("%q can't be a topic's name: Kafka allows 1 to %d characters, and neither \".\" nor \"..\"", name, maxTopic)
	}
	return nil
}
