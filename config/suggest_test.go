package config

import "testing"

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"abc", "abc", 0},
		{"", "abc", 3},
		{"brokers", "borkers", 1},
		{"queue", "qeue", 1},
		{"queue", "queeue", 1},
		{"queue", "quene", 1},
		{"kitten", "sitting", 3},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
		if got := distance(c.b, c.a); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.b, c.a, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"brokers", "topic", "tls", "key", "max_events", "max_bytes", "compression"}
	for _, c := range []struct{ word, want string }{
		{"borkers", "brokers"},
		{"Brokers", "brokers"},
		{"maxEvents", "max_events"},
		{"max-byte", "max_bytes"},
		{"tl", ""},
		{"tsl", "tls"},
		{"ca", ""},
		{"kye", "key"},
		{"compresion", "compression"},
		{"password", ""},
		{"", ""},
	} {
		if got := nearest(c.word, names); got != c.want {
			t.Errorf("%q: got %q, want %q", c.word, got, c.want)
		}
	}
}
