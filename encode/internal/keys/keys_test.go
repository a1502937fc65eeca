package keys

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"nflogship/encode/encodetest"
	"nflogship/encode/internal/jsontext"
	"nflogship/event"

	"pgregory.net/rapid"
)

var alphabet = Format{Name: "test", Keys: strings.Split("alpha beta gamma delta epsilon zeta", " "), Needs: []string{"alpha"}}

// drawValue draws the text of a value, objects and arrays within.
func drawValue(t *rapid.T) string {
	text := func() string { return string(jsontext.AppendString(nil, encodetest.Hostile.Draw(t, "text"))) }
	switch rapid.IntRange(0, 4).Draw(t, "form") {
	case 0:
		return fmt.Sprint(rapid.Int64().Draw(t, "number"))
	case 1:
		return "true"
	case 2:
		return fmt.Sprintf(`{"x":%s,"y":{"z":[%s,1]},"w":{}}`, text(), text())
	case 3:
		return fmt.Sprintf(`[%s,[],%s]`, text(), text())
	}
	return text()
}

// TestAnyChoice holds picked objects against what encoding/json reads of the whole one.
func TestAnyChoice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := alphabet
		f.Spaced = rapid.Bool().Draw(t, "spaced")
		comma, colon := ",", ":"
		if f.Spaced {
			comma, colon = ", ", ": "
		}
		some := rapid.SliceOfDistinct(rapid.SampledFrom(f.Keys), rapid.ID[string])
		o := Options{Rename: map[string]string{}, Packet: rapid.SampledFrom([]string{"none", "base64", "hex"}).Draw(t, "packet")}
		if rapid.Bool().Draw(t, "include") {
			o.Include = some.Draw(t, "included")
		} else {
			o.Exclude = slices.DeleteFunc(some.Draw(t, "excluded"), func(key string) bool { return key == "alpha" })
		}
		kept := func(key string) bool {
			return key == "alpha" || !slices.Contains(o.Exclude, key) && (len(o.Include) == 0 || slices.Contains(o.Include, key))
		}
		for i, key := range some.Draw(t, "renamed") {
			if key != "alpha" && kept(key) {
				o.Rename[key] = fmt.Sprintf("n\"%d", i)
			}
		}
		own := map[string]string{}
		if rapid.Bool().Draw(t, "has own") {
			own["ow\"n"] = string(encodetest.Hostile.Draw(t, "own"))
		}
		end, err := f.New(o, own)
		if err != nil {
			t.Fatal(err)
		}

		var want []encodetest.Member
		text := ""
		order := rapid.Permutation(f.Keys).Draw(t, "order")
		for i, key := range order {
			if i > 0 && rapid.Bool().Draw(t, "absent") {
				continue
			}
			value := drawValue(t)
			text += comma + `"` + key + `"` + colon + value
			if name := key; kept(key) {
				if o.Rename[key] != "" {
					name = o.Rename[key]
				}
				want = append(want, encodetest.Member{Key: name, Value: value})
			}
		}
		b := &event.Batch{Events: make([]event.Event, 1)}
		packet := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "bytes")
		b.Events[0].Packet = b.AppendBytes(packet)
		if len(packet) > 0 && o.Packet == "base64" {
			want = append(want, encodetest.Member{Key: "packet", Value: `"` + base64.StdEncoding.EncodeToString(packet) + `"`})
		}
		if len(packet) > 0 && o.Packet == "hex" {
			want = append(want, encodetest.Member{Key: "packet", Value: `"` + hex.EncodeToString(packet) + `"`})
		}

		got := end.Append([]byte("before {"+text[len(comma):]), len("before "), b, &b.Events[0])
		members := encodetest.Members(t, got[len("before "):])
		if len(own) > 0 {
			last := len(members) - 1
			if members[last].Key != "ow\"n" {
				t.Fatalf("%+v: own fields do not come last in %s", o, got)
			}
			members = members[:last]
		}
		if !slices.Equal(members, want) {
			t.Fatalf("%+v of {%s}:\n got %s\nwant %v", o, text, got, want)
		}
	})
}

func TestMistakes(t *testing.T) {
	f := alphabet
	f.Prefix = "_"
	f.Invalid = func(key string) error {
		if strings.ContainsAny(key, " ") {
			return errors.New("no spaces in " + key)
		}
		return nil
	}
	for _, c := range []struct {
		name string
		o    Options
		own  map[string]string
		want string
	}{
		{"unknown key", Options{Include: []string{"betta"}}, nil, `no key "betta"; did you mean "beta"?`},
		{"like no other", Options{Exclude: []string{"quux"}}, nil, `no key "quux"; it has alpha, beta, gamma, delta, epsilon, zeta`},
		{"below the top", Options{Exclude: []string{"beta.x"}}, nil, `only whole top-level keys can be chosen: "beta"`},
		{"the packet, not wanted", Options{Exclude: []string{"_packet"}}, nil, `no key "_packet"`},
		{"needed", Options{Exclude: []string{"alpha"}}, nil, `"alpha": the test format is none without it`},
		{"needed under its name", Options{Rename: map[string]string{"alpha": "a"}}, nil, `"alpha": the test format is none without it`},
		{"include and exclude", Options{Include: []string{"beta"}, Exclude: []string{"zeta"}}, nil, "the one or the other"},
		{"rename of nothing", Options{Rename: map[string]string{"omega": "o"}}, nil, `no key "omega"`},
		{"rename of what is left out", Options{Exclude: []string{"beta"}, Rename: map[string]string{"beta": "b"}}, nil, "nothing to rename"},
		{"no name", Options{Rename: map[string]string{"beta": ""}}, nil, "needs a name"},
		{"bad name", Options{Rename: map[string]string{"beta": "b c"}}, nil, "no spaces in b c"},
		{"two under one name", Options{Rename: map[string]string{"beta": "gamma"}}, nil, `"beta" and "gamma" would both come out as "gamma"`},
		{"own field", Options{Rename: map[string]string{"beta": "_b"}}, map[string]string{"b": "x"}, `own field "b"`},
		{"own field of the packet's name", Options{Packet: "hex"}, map[string]string{"packet": "x"}, `own field "packet"`},
		{"bad own field", Options{}, map[string]string{"b c": "x"}, "no spaces in _b c"},
	} {
		if _, err := f.New(c.o, c.own); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: err = %v, want one that says %s", c.name, err, c.want)
		}
	}
}

func TestAllowed(t *testing.T) {
	for name, c := range map[string]struct {
		o   Options
		own map[string]string
	}{
		"two change names":                   {Options{Rename: map[string]string{"beta": "gamma", "gamma": "beta"}}, nil},
		"the name of a key that is left out": {Options{Exclude: []string{"gamma"}, Rename: map[string]string{"beta": "gamma"}}, nil},
		"an own field in a key's place":      {Options{Exclude: []string{"gamma"}}, map[string]string{"gamma": "x"}},
		"another name for the packet":        {Options{Packet: "hex", Rename: map[string]string{"packet": "raw"}}, nil},
	} {
		if _, err := alphabet.New(c.o, c.own); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
