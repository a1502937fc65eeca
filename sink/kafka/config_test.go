package kafka

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"nflogship/config"
	"nflogship/event"
	"nflogship/internal/tlsconf"
	"nflogship/sink"
)

func TestConfig(t *testing.T) {
	c := DefaultConfig()
	if err := config.Decode(`
brokers: [k1.example:9093, "[2001:db8::1]:9093"]
topic: firewall.{group}
key: [src, dst_port]
compression: lz4
max_routes: 50
tls: { ca: /etc/nflogship/ca.pem, server_name: k.example }
sasl: { mechanism: SCRAM-SHA-512, username: nflogship, password: secret }
`, &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Brokers) != 2 || c.Timestamp != "send" || c.Compression != "lz4" || c.MaxRoutes != 50 || c.SASL.Password.Reveal() != "secret" ||
		len(c.Key) != 2 || c.Key[0] != event.FieldSrc || c.Key[1] != event.FieldDstPort || c.TLS.ServerName != "k.example" {
		t.Errorf("%+v", c)
	}
}

func TestConfigMistakes(t *testing.T) {
	for _, x := range []struct{ name, settings, want string }{
		{"no broker", "topic: fw", "brokers"},
		{"empty brokers", "brokers: []\ntopic: fw", "brokers"},
		{"no port", "brokers: [k1]\ntopic: fw", `"k1" is not HOST:PORT, such as k1.example:9092`},
		{"no host", "brokers: [':9092']\ntopic: fw", "is not HOST:PORT"},
		{"a port too high", "brokers: ['k1:90920']\ntopic: fw", "a port from 1 to 65535"},
		{"no topic", "brokers: ['k1:9092']", "topic"},
		{"a character Kafka does not have", "brokers: ['k1:9092']\ntopic: 'fire wall'", `has ' '`},
		{"a topic too long", "brokers: ['k1:9092']\ntopic: " + strings.Repeat("x", 250), "Kafka allows 249"},
		{"two dots", "brokers: ['k1:9092']\ntopic: '..'", "can't be a topic's name"},
		{"an unknown field in the topic", "brokers: ['k1:9092']\ntopic: '{gruop}'", "{gruop} is not a field"},
		{"an unknown field as key", "brokers: ['k1:9092']\ntopic: fw\nkey: [source_ip]", "is not a field"},
		{"an unknown compression", "brokers: ['k1:9092']\ntopic: fw\ncompression: brotli", "zstd"},
		{"an unknown mechanism", "brokers: ['k1:9092']\ntopic: fw\nsasl: {mechanism: GSSAPI, username: u, password: p}", "SCRAM-SHA-256"},
		{"no password", "brokers: ['k1:9092']\ntopic: fw\nsasl: {mechanism: PLAIN, username: u}", "password"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := DefaultConfig()
			err := config.Decode(x.settings, &c)
			if err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("error %v, want one with %q", err, x.want)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	for format, ok := range map[string]bool{"json": true, "raw": true, "protobuf": true, "pcap": false, "structured_data": false} {
		if err := new(Config).CheckFormat(format); (err == nil) != ok {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestConfigWarnings(t *testing.T) {
	schema := config.Schema{
		Sources: map[string]config.KindSpec{"silence": {}},
		Sinks:   map[string]config.KindSpec{"kafka": config.Kind(DefaultConfig)},
		Formats: map[string]config.KindSpec{"json": {}},
	}
	for _, x := range []struct{ name, settings, want string }{
		{"nothing to warn of", "", ""},
		{"the event's time as timestamp", "timestamp: event", "older than the topic's retention"},
		{"a password in the clear", "sasl: {mechanism: PLAIN, username: u, password: p}", "PLAIN without tls"},
		{"a password within TLS", "tls: {}, sasl: {mechanism: PLAIN, username: u, password: p}", ""},
		{"a password that is never sent", "sasl: {mechanism: SCRAM-SHA-256, username: u, password: p}", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			text := "sources: {s: {silence: {}}}\nsinks: {k: {kafka: {brokers: ['k1:9092'], topic: fw, " + x.settings + "}, format: json}}\n"
			f, err := config.Parse("test.yaml", []byte(text), schema)
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(f.Warnings)
			if (x.want == "") != (len(f.Warnings) == 0) || !strings.Contains(got, x.want) {
				t.Errorf("warnings %s, want %q", got, x.want)
			}
		})
	}
}

func TestNew(t *testing.T) {
	for _, x := range []struct {
		name, topic string
		constant    string
	}{
		{"constant", "fw", "fw"},
		{"the host's name is constant", "fw.{host}", "fw.fw1"},
		{"a field", "fw.{group}", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := build(t, []string{"k1:9092"}, func(c *Config) { c.Topic, c.Key = x.topic, []event.Field{event.FieldSrc} })
			if got := s.Sender.(*Sender).constant; got != x.constant || (s.Route == nil) != (x.constant != "") {
				t.Errorf("constant topic %q, route %v", got, s.Route)
			}
			if !s.IDs || len(s.Key) != 1 || s.Limits.Bytes == 0 || s.Limits.Records == 0 {
				t.Errorf("%+v", s)
			}
		})
	}
	for _, x := range []struct {
		name string
		edit func(*Config)
		want string
	}{
		{"a topic that can't be", func(c *Config) { c.Topic = "." }, "topic"},
		{"a CA that is not there", func(c *Config) { c.TLS = &tlsconf.Config{CA: "/nowhere/ca.pem"} }, "tls.ca"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := DefaultConfig()
			c.Brokers, c.Topic = []string{"k1:9092"}, "fw"
			x.edit(&c)
			if _, err := New(c, sink.Deps{Log: slog.Default()}); err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}
