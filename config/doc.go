// Package config turns one YAML file into typed settings. It reports every mistake at once, each with file:line:col, the
// offending line, a caret and, where it can guess, what was meant. It knows no source, stage, sink or format: a
// Schema lists them, and each component decodes into its own Config through the same strict decoder.
//
// A component declares its settings, and nothing else is needed for them to be decoded, checked and rendered:
//
//	type Config struct {
//		Brokers     []string          `yaml:"brokers" check:"required,unique"`
//		Compression string            `yaml:"compression" check:"oneof=none|gzip|zstd,later=lz4"`
//		MaxWait     config.Duration   `yaml:"max_wait" check:"min=1ms,max=1m"`
//		BatchBytes  config.Size       `yaml:"batch_bytes" check:"max=16MiB"`
//		SASL        *SASL             `yaml:"sasl"`
//		Interfaces  map[uint32]string `yaml:"interfaces"`
//		_           struct{}          `yaml:"resume" later:"not in this version: checkpoints"`
//	}
//
//	type SASL struct {
//		Username string        `yaml:"username" check:"required"`
//		Password config.Secret `yaml:"password" check:"required"`
//	}
//
//	func DefaultConfig() Config { return Config{Compression: "none", MaxWait: config.Duration(time.Second)} }
//
//	// Check looks at what tags cannot say. It runs once the settings were decoded without a mistake.
//	func (c *Config) Check(r *config.Report) {
//		for i, b := range c.Brokers {
//			if _, _, err := net.SplitHostPort(b); err != nil {
//				r.Errorf(fmt.Sprintf("brokers[%d]", i), "%q is not host:port", b)
//			}
//		}
//	}
//
// cmd lists it: Schema{Sinks: map[string]KindSpec{"kafka": Kind(kafka.DefaultConfig)}}. A test of the component says
// Decode("brokers: [k1:9092]", &cfg).
//
// # Types
//
// Strings, booleans, integers, floats, lists, maps with text or integer keys, structs, pointers to any of these (nil: not
// given), [Size], [Duration], [Secret], [FileMode], whatever implements encoding.TextUnmarshaler (netip.Prefix), and
// whatever implements [Unmarshaler], for what can be written in several ways. A list or map in the file replaces the
// default one, a struct is decoded over it. A new struct behind a pointer or in a list gets its defaults from SetDefaults.
//
// # Tags
//
// Every exported field has a yaml tag, or yaml:"-". The check tag takes, separated by commas:
//
//	required        the key must be there, and its text, list or map not be empty
//	min=N, max=N    bounds of a number, size or time, written as in the file; or of the length of a list, map or text
//	oneof=a|b|c     the words or numbers allowed; in a list, for each element
//	later=d|e       words that are known but not in this version
//	unique          no element of the list twice
//
// The later tag refuses the whole setting, whatever its value, with the reason it holds. Such a field may be blank (_).
//
// # Values from outside
//
// In a text value ${NAME} is taken from the environment, and a value that starts with file:/ is read from that file,
// with line ends at its end cut; ${NAME} may stand in the path. $${ is a literal ${. This happens after the YAML was read,
// so a value can never add settings; and what came from outside is masked in errors, in warnings and by File.Render.
package config
