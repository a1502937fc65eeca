package rule

import "testing"

func TestParse(t *testing.T) {
	for _, c := range []struct{ prefix, name, id, action, in, out string }{
		{"WAN_IN-42-DROP ", "WAN_IN", "42", "DROP", "WAN", ""},
		{"[WAN_LOCAL-default-D]", "WAN_LOCAL", "default", "D", "WAN", ""},
		{"[LAN_OUT-2000-A] ", "LAN_OUT", "2000", "A", "", "LAN"},
		{"[wan-lan-default-D]", "wan-lan", "default", "D", "wan", "lan"},
		{"[ipv4-NAM-WAN_IN-10-R]", "ipv4-NAM-WAN_IN", "10", "R", "WAN", ""},
		{"[GUEST-10-A]", "GUEST", "10", "A", "", ""},
		{"SSH drop: ", "SSH drop", "", "", "", ""},
		{"WAN_IN-DROP", "WAN_IN-DROP", "", "", "", ""},
		{"a-b-DROP", "a-b-DROP", "", "", "", ""},
		{"FW-in: ", "FW-in", "", "", "", ""},
		{"-42-DROP", "-42-DROP", "", "", "", ""},
		{"42-DROP", "42-DROP", "", "", "", ""},
		{"X--DROP", "X--DROP", "", "", "", ""},
		{"X-1-", "X-1-", "", "", "", ""},
		{"_IN-1-D", "_IN", "1", "D", "", ""},
		{"-lan-1-D", "-lan", "1", "D", "", ""},
		{" [] ", "", "", "", "", ""},
		{"", "", "", "", "", ""},
	} {
		r := Parse([]byte(c.prefix))
		in, out := r.Zones()
		got := [...]string{string(r.Name), string(r.ID), string(r.Action), string(in), string(out)}
		if want := [...]string{c.name, c.id, c.action, c.in, c.out}; got != want {
			t.Errorf("%q: got %q, want %q", c.prefix, got, want)
		}
	}
}
