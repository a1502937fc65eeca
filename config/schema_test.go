package config

import (
	"fmt"
	"net"
	"net/netip"
	"time"
)

// The kinds below stand for the real ones, which this package does not know.

type nflogConfig struct {
	Groups         []uint16 `yaml:"groups" check:"required,unique,max=64"`
	CopyRange      int      `yaml:"copy_range" check:"min=0,max=65531"`
	QueueThreshold int      `yaml:"queue_threshold" check:"min=1,max=10000"`
	FlushTimeout   Duration `yaml:"flush_timeout" check:"min=10ms,max=1m"`
	NetlinkBuffer  Size     `yaml:"netlink_buffer" check:"min=4KiB,max=128KiB"`
	ReceiveBuffer  Size     `yaml:"receive_buffer"`
	Netns          string   `yaml:"netns"`
}

func defaultNflog() nflogConfig {
	return nflogConfig{CopyRange: 256, QueueThreshold: 400, FlushTimeout: Duration(10 * time.Millisecond), NetlinkBuffer: 128 * KiB, ReceiveBuffer: 16 * MiB}
}

type pcapConfig struct {
	Files      []string          `yaml:"files" check:"required,unique"`
	Speed      speed             `yaml:"speed"`
	Interfaces map[uint32]string `yaml:"interfaces"`
	_          struct{}          `yaml:"resume" later:"not in this version: checkpoints"`
}

// speed is the word max or a factor.
type speed float64

func (s *speed) UnmarshalConfig(v Value) error {
	if word, _ := v.Text(); word == "max" {
		*s = 0
		return nil
	}
	return v.Decode((*float64)(s))
}

func (s speed) MarshalConfig() any {
	if s == 0 {
		return "max"
	}
	return float64(s)
}

type thresholdConfig struct {
	Type    string  `yaml:"type" check:"required,oneof=limit|threshold|both,later=detection_filter|rate_filter"`
	Track   oneMany `yaml:"track" check:"required"`
	Count   int     `yaml:"count" check:"required,min=1"`
	Seconds int     `yaml:"seconds" check:"required,min=1"`
}

// oneMany is a word or a list of them.
type oneMany []string

func (o *oneMany) UnmarshalConfig(v Value) error {
	if word, ok := v.Text(); ok {
		*o = oneMany{word}
		return nil
	}
	return v.Decode((*[]string)(o))
}

type batchConfig struct {
	MaxEvents int      `yaml:"max_events" check:"min=1"`
	MaxBytes  Size     `yaml:"max_bytes" check:"min=1KiB"`
	MaxWait   Duration `yaml:"max_wait" check:"min=1ms"`
}

type filterConfig struct {
	Any []filterRule `yaml:"any"`
}

type filterRule struct {
	Dst    []netip.Prefix `yaml:"dst"`
	Prefix string         `yaml:"prefix"`
	Not    *filterRule    `yaml:"not"`
}

type tlsConfig struct {
	CA         string `yaml:"ca"`
	Cert       string `yaml:"cert"`
	Key        string `yaml:"key"`
	ServerName string `yaml:"server_name"`
	Insecure   bool   `yaml:"insecure"`
}

func (c *tlsConfig) Check(r *Report) {
	if (c.Cert == "") != (c.Key == "") {
		r.Errorf("cert", "cert and key go together")
	}
	if c.Insecure {
		r.Warnf("insecure", "the server is not verified")
	}
}

type saslConfig struct {
	Mechanism string `yaml:"mechanism" check:"required,oneof=PLAIN|SCRAM-SHA-256|SCRAM-SHA-512"`
	Username  string `yaml:"username" check:"required"`
	Password  Secret `yaml:"password" check:"required"`
}

type kafkaConfig struct {
	Brokers     []string    `yaml:"brokers" check:"required,unique"`
	Topic       string      `yaml:"topic" check:"required"`
	Key         []string    `yaml:"key"`
	Timestamp   string      `yaml:"timestamp" check:"oneof=send|event"`
	Compression string      `yaml:"compression" check:"oneof=none|gzip|snappy|lz4|zstd"`
	TLS         *tlsConfig  `yaml:"tls"`
	SASL        *saslConfig `yaml:"sasl"`
	MaxRoutes   int         `yaml:"max_routes" check:"min=1"`
}

func (c *kafkaConfig) Check(r *Report) {
	for i, b := range c.Brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			r.Errorf(fmt.Sprintf("brokers[%d]", i), "%q is not host:port", b)
		}
	}
}

type natsConfig struct {
	Servers   []string      `yaml:"servers" check:"required,unique"`
	Subject   string        `yaml:"subject" check:"required"`
	JetStream bool          `yaml:"jetstream"`
	Stream    *streamConfig `yaml:"stream"`
	PerMsg    int           `yaml:"events_per_message" check:"min=1"`
	InFlight  int           `yaml:"max_in_flight" check:"min=1"`
	Creds     string        `yaml:"creds"`
	Token     Secret        `yaml:"token"`
}

type streamConfig struct {
	Name     string   `yaml:"name" check:"required"`
	Subjects []string `yaml:"subjects"`
	Storage  string   `yaml:"storage" check:"oneof=file|memory"`
	Replicas int      `yaml:"replicas" check:"oneof=1|3|5"`
	Window   Duration `yaml:"duplicate_window"`
}

func (c *streamConfig) SetDefaults() {
	c.Storage, c.Replicas, c.Window = "file", 1, Duration(2*time.Minute)
}

type syslogConfig struct {
	Address    string `yaml:"address" check:"required"`
	RFC        int    `yaml:"rfc" check:"oneof=3164|5424"`
	Facility   string `yaml:"facility"`
	Severity   string `yaml:"severity"`
	AppName    string `yaml:"app_name"`
	Framing    string `yaml:"framing" check:"oneof=octet-counting|newline"`
	MaxMessage Size   `yaml:"max_message"`
}

func (c *syslogConfig) CheckFormat(format string) error {
	if format == "raw" {
		return fmt.Errorf("syslog takes lines of text, and %s is none", format)
	}
	return nil
}

type fileConfig struct {
	Path   string        `yaml:"path" check:"required"`
	Mode   FileMode      `yaml:"mode"`
	Owner  string        `yaml:"owner"`
	Sync   bool          `yaml:"sync"`
	Rotate *rotateConfig `yaml:"rotate"`
}

type rotateConfig struct {
	MaxSize     Size     `yaml:"max_size"`
	Every       Duration `yaml:"every"`
	Keep        int      `yaml:"keep" check:"min=0"`
	MaxAge      Duration `yaml:"max_age"`
	Compression string   `yaml:"compress" check:"oneof=none|gzip|zstd"`
}

type ulogdFormat struct {
	EventV1 bool `yaml:"eventv1"`
}

func testSchema() Schema {
	return Schema{
		Sources: map[string]KindSpec{
			"nflog": Kind(defaultNflog),
			"pcap":  ReplayKind(func() pcapConfig { return pcapConfig{} }),
		},
		Stages: map[string]KindSpec{
			"threshold": Kind(func() thresholdConfig { return thresholdConfig{} }),
			"batch":     Kind(func() batchConfig { return batchConfig{500, MiB, Duration(time.Second)} }),
			"filter":    LaterKind("not in this version: the filter stage"),
			"aggregate": LaterKind("not in this version: the aggregate stage"),
			"sample":    LaterKind("not in this version: the sample stage"),
			"enrich":    LaterKind("not in this version: enrichment"),
		},
		Sinks: map[string]KindSpec{
			"kafka": Kind(func() kafkaConfig {
				return kafkaConfig{Timestamp: "send", Compression: "none", MaxRoutes: 1000}
			}),
			"nats":   Kind(func() natsConfig { return natsConfig{PerMsg: 1, InFlight: 4096} }),
			"syslog": Kind(func() syslogConfig { return syslogConfig{RFC: 5424, Framing: "octet-counting", MaxMessage: 8 * KiB} }),
			"file":   Kind(func() fileConfig { return fileConfig{Mode: 0o640} }),
		},
		Formats: map[string]KindSpec{
			"json": {}, "kernel": {}, "raw": {},
			"ulogd": Kind(func() ulogdFormat { return ulogdFormat{} }),
			"ecs":   LaterKind("not in this version: the format ecs"),
		},
	}
}
