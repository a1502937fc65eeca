package pairs

import (
	"fmt"
	"maps"
	"slices"
)

// Own is how a sink's own fields end a line, sorted by name. taken are the format's keys; invalid says what is wrong with a
// name, nil if nothing is.
func (s *Style) Own(own map[string]string, taken []string, invalid func(name string) error) ([]byte, error) {
	var tail []byte
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if slices.Contains(taken, name) {
			return nil, fmt.Errorf("own field %q: the format has a key of that name: choose another", name)
		}
		if err := invalid(name); err != nil {
			return nil, fmt.Errorf("own field %q: %w", name, err)
		}
		tail = s.Text(tail, s.Key(name), own[name])
	}
	return tail, nil
}

// Alphanumeric is what CEF and LEEF ask of a key of one's own.
func Alphanumeric(name string) error {
	for i := range len(name) {
		if c := name[i] | 0x20; (c < 'a' || c > 'z') && (name[i] < '0' || name[i] > '9') {
			return fmt.Errorf("a key is made of letters and digits, not of %q", name[i])
		}
	}
	if name == "" {
		return fmt.Errorf("a key needs a name")
	}
	return nil
}
