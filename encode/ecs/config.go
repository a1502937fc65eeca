package ecs

import (
	"errors"
	"fmt"
	"strings"

	"nflogship/config"
	"nflogship/encode/internal/keys"
)

// Config chooses among the document's top-level keys.
type Config struct {
	Include []string          `yaml:"include" check:"unique"`               // these and no others
	Exclude []string          `yaml:"exclude" check:"unique"`               // all but these
	Rename  map[string]string `yaml:"rename"`                               // another name for a key
	Packet  string            `yaml:"packet" check:"oneof=none|base64|hex"` // the packet's bytes, under packet
}

// DefaultConfig is every key under its own name.
func DefaultConfig() Config { return Config{Packet: "none"} }

// Check looks for keys that there are not.
func (c *Config) Check(r *config.Report) { format.Check(r, c.options()) }

func (c *Config) options() keys.Options {
	return keys.Options{Include: c.Include, Exclude: c.Exclude, Rename: c.Rename, Packet: c.Packet}
}

var format = keys.Format{
	Name: "ecs", Needs: []string{"@timestamp", "ecs"}, Invalid: invalidKey,
	Keys: strings.Fields("@timestamp ecs event network source destination observer rule related user group iptables nflogship error tags labels"),
}

// invalidKey refuses what Elasticsearch would read as a path.
func invalidKey(key string) error {
	if strings.Contains(key, ".") {
		return fmt.Errorf("%q: a dot makes objects of it in Elasticsearch: write _", key)
	}
	return nil
}

// labels checks own fields, and returns them as the object ECS has for them.
func labels(own map[string]string) ([]byte, error) {
	for name := range own {
		if err := invalidKey(name); err != nil {
			return nil, fmt.Errorf("own field %w", err)
		}
		if name == "" {
			return nil, errors.New("an own field needs a name")
		}
	}
	if len(own) == 0 {
		return nil, nil
	}
	text := append([]byte(`,"labels":`), keys.Members(own)...)
	text[len(`,"labels":`)] = '{'
	return append(text, '}'), nil
}
