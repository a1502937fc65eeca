package pcap

import (
	"strings"
	"testing"

	"nflogship/config"
)

func TestConfig(t *testing.T) {
	cases := []struct{ name, yaml, want string }{ // want: part of the error, "" where there is none
		{"all of it", `{files: ["/a/*.pcap.gz", "-"], speed: 0.5, interfaces: {2: va, 3: eth0.100}}`, ""},
		{"max", `{files: [a], speed: max}`, ""},
		{"no files", `{speed: max}`, "files"},
		{"empty list", `{files: []}`, "files"},
		{"empty name", `{files: [a, ""]}`, "files[1]: a file name is empty"},
		{"standard input twice", `{files: ["-", a, "-"]}`, "files[2]: standard input"},
		{"speed 0", `{files: [a], speed: 0}`, `"0" is not max, or a factor of recorded time`},
		{"speed negative", `{files: [a], speed: -1}`, `"-1" is not max`},
		{"speed not a number", `{files: [a], speed: nan}`, `"nan" is not max`},
		{"speed without end", `{files: [a], speed: inf}`, `"inf" is not max`},
		{"speed with a unit", `{files: [a], speed: 2x}`, `"2x" is not max`},
		{"interface name too long", `{files: [a], interfaces: {2: abcdefghijklmnop}}`, "interfaces.2"},
		{"interface name with a blank", `{files: [a], interfaces: {2: "a b"}}`, "interfaces.2"},
		{"interface name with a slash", `{files: [a], interfaces: {2: a/b}}`, "interfaces.2"},
		{"interface name empty", `{files: [a], interfaces: {2: ""}}`, "interfaces.2"},
		{"interface 0", `{files: [a], interfaces: {0: va}}`, "interfaces.0"},
		{"resume", `{files: [a], resume: true}`, "not in this version"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cfg := DefaultConfig()
			err := config.Decode(c.yaml, &cfg)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestSpeedIsWrittenAsItIsRead(t *testing.T) {
	for _, text := range []string{"max", "1", "10", "0.5"} {
		var s Speed
		if err := s.UnmarshalText([]byte(text)); err != nil || s.String() != text {
			t.Errorf("%s: %v, %v", text, s, err)
		}
	}
}
