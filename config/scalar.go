package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// word is the text of a scalar with what it takes from outside filled in.
type word struct {
	text   string
	hidden bool // not to be shown
}

func (w word) String() string {
	if w.hidden {
		return masked
	}
	return quote(w.text)
}

// quote is %q with long text cut.
func quote(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	return strconv.Quote(s)
}

// scalar reads the text at a place; t is the type it is for, nil if that is not known.
func (d *decoder) scalar(at place, t reflect.Type) (w word, ok bool) {
	if formOf(at.node) != Scalar {
		return w, d.fail(at, "want %s, not %s", wantOf(t), given(at.node))
	}
	secret := t == secretType
	w, ok = word{text: at.node.Value}, true
	if at.node.Tag == "!!str" {
		w, ok = d.fill(at, secret)
	}
	if secret && ok && !w.hidden {
		d.warnLiteral(at)
		w.hidden = true
	}
	if w.hidden {
		d.hidden[at.full] = true
		d.revealed = append(d.revealed, w.text)
	}
	return w, ok
}

func (d *decoder) isHidden(at place) bool { return d.hidden[at.full] }

func (d *decoder) textual(at place, t reflect.Type, u encoding.TextUnmarshaler) bool {
	w, ok := d.scalar(at, t)
	if !ok {
		return false
	}
	err := u.UnmarshalText([]byte(w.text))
	switch {
	case err == nil:
		return true
	case w.hidden:
		return d.fail(at, "%s is not %s", w, wantOf(t))
	}
	d.found.add(d.foreign(at, "", "%v", []any{err}))
	return false
}

// basic decodes text, booleans and numbers.
func (d *decoder) basic(at place, v reflect.Value) bool {
	w, ok := d.scalar(at, v.Type())
	if !ok {
		return false
	}
	err := setBasic(v, w.text)
	switch {
	case err == nil:
		return true
	case w.hidden:
		return d.fail(at, "%s is not %s", w, wantOf(v.Type()))
	}
	return d.fail(at, "%s %v", w, err)
}

var leadingZero = regexp.MustCompile(`^-?0[0-9]+$`)

// setBasic parses text into a string, boolean or number. Its errors go on after the text: `"x" is not a whole number`.
func setBasic(v reflect.Value, text string) error {
	switch k := v.Kind(); {
	case k == reflect.String:
		v.SetString(text)
		return nil
	case k == reflect.Bool:
		return setBool(v, text)
	case (isInt(k) || isUint(k)) && leadingZero.MatchString(text):
		return errors.New("has a leading zero: octal or decimal, nobody can tell")
	case isInt(k):
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(n)
		return numberError(err, v.Type(), text)
	case isUint(k):
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		v.SetUint(n)
		return numberError(err, v.Type(), text)
	case v.CanFloat():
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		v.SetFloat(f)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return errors.New("is not " + wantOf(v.Type()))
		}
		return nil
	}
	panic(fmt.Sprintf("BUG: a setting of type %s cannot be decoded", v.Type()))
}

func setBool(v reflect.Value, text string) error {
	switch strings.ToLower(text) {
	case "true", "false":
		if text == strings.ToLower(text) {
			v.SetBool(text == "true")
			return nil
		}
		return fmt.Errorf("is not true or false; did you mean %s?", strings.ToLower(text))
	case "yes", "on", "y", "1":
		return errors.New("is not true or false; did you mean true?")
	case "no", "off", "n", "0":
		return errors.New("is not true or false; did you mean false?")
	}
	return errors.New("is not true or false")
}

func numberError(err error, t reflect.Type, text string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, strconv.ErrRange) || isUint(t.Kind()) && strings.HasPrefix(text, "-"):
		low, high := limits(t)
		return fmt.Errorf("is not between %s and %s", low, high)
	}
	return errors.New("is not " + wantOf(t))
}

func limits(t reflect.Type) (low, high string) {
	bits := t.Bits()
	if isUint(t.Kind()) {
		return "0", strconv.FormatUint(math.MaxUint64>>(64-bits), 10)
	}
	return strconv.FormatInt(math.MinInt64>>(64-bits), 10), strconv.FormatInt(math.MaxInt64>>(64-bits), 10)
}

func isInt(k reflect.Kind) bool  { return k >= reflect.Int && k <= reflect.Int64 }
func isUint(k reflect.Kind) bool { return k >= reflect.Uint && k <= reflect.Uint64 }

// wantOf says what a value of the type looks like.
func wantOf(t reflect.Type) string {
	if t == nil {
		return Scalar.String()
	}
	if w, ok := reflect.New(t).Interface().(interface{ Want() string }); ok {
		return w.Want()
	}
	switch {
	case t.Kind() == reflect.Bool:
		return "true or false"
	case isInt(t.Kind()), isUint(t.Kind()):
		return "a whole number"
	case t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		return "a number"
	case t.Kind() == reflect.String:
		return "a text"
	}
	return "a value"
}

// wantedOf tells what to write where nothing stands.
func wantedOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "write a list, [...]"
	case reflect.Struct, reflect.Map:
		if !selfDecoding(t) {
			return "write {} for its defaults"
		}
	}
	return "give it " + wantOf(t)
}

// pairs yields a mapping's keys and values. Keys that are no text, and those given twice, were reported before.
func pairs(n *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" || seen[key.Value] {
				continue
			}
			seen[key.Value] = true
			if !yield(key, n.Content[i+1]) {
				return
			}
		}
	}
}
