package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestSecretIsMaskedWhereverItIsPrinted(t *testing.T) {
	type inner struct{ hidden Secret }
	type outer struct {
		Open    Secret
		Pointer *Secret
		inner   inner
		list    []Secret
	}
	s := NewSecret("hunter2")
	v := outer{s, &s, inner{s}, []Secret{s}}
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10s", "%t"} {
		fmt.Fprintf(&shown, verb+"\n", s)
		fmt.Fprintf(&shown, verb+"\n", v)
		fmt.Fprintf(&shown, verb+"\n", &v)
	}
	var logged bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&logged, nil), slog.NewJSONHandler(&logged, nil)} {
		slog.New(h).Info("m", "secret", s, "struct", v, "pointer", &v)
	}
	j, err := json.Marshal(map[string]any{"s": s, "v": v})
	if err != nil {
		t.Fatal(err)
	}
	y, err := yaml.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	all := shown.String() + logged.String() + string(j) + string(y)
	for _, leak := range []string{"hunter2", "68756e74657232", "68756E74657232"} {
		if strings.Contains(all, leak) {
			t.Errorf("%q shows in\n%s", leak, all)
		}
	}
	if !strings.Contains(string(j), masked) || !strings.Contains(string(y), masked) {
		t.Errorf("not masked as ***: %s %s", j, y)
	}
}

func TestSecret(t *testing.T) {
	var unset Secret
	if unset.IsSet() || unset.Reveal() != "" || unset.String() != "" {
		t.Errorf("the zero Secret is set: %q", unset.Reveal())
	}
	if s := NewSecret("x"); !s.IsSet() || s.Reveal() != "x" {
		t.Errorf("got %q", s.Reveal())
	}
	if !reflect.DeepEqual(NewSecret("x"), NewSecret("x")) || reflect.DeepEqual(NewSecret("x"), NewSecret("y")) {
		t.Error("DeepEqual, which a reload compares settings with, does not see the text")
	}
}

func TestFileMode(t *testing.T) {
	for _, c := range []struct {
		text string
		want FileMode
		err  string
	}{
		{"0640", 0o640, ""},
		{"640", 0o640, ""},
		{"0000", 0, ""},
		{"0980", 0, `"0980" is not a file mode in octal such as 0640`},
		{"04755", 0, `"04755" is not a file mode in octal such as 0640`},
		{"rw-r-----", 0, `"rw-r-----" is not a file mode in octal such as 0640`},
	} {
		var m FileMode
		if err := m.UnmarshalText([]byte(c.text)); m != c.want || errText(err) != c.err {
			t.Errorf("%q: got %s, %q; want %s, %q", c.text, m, errText(err), c.want, c.err)
		}
	}
}
