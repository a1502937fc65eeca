package config

import "fmt"

// Action says how a source's events get their action, which no packet holds: always the same, by group, or by words in
// the rule's prefix. It is nil where the file does not ask for one.
type Action struct {
	Always string            `yaml:"-"` // the whole setting as a word: action: drop
	Drop   []string          `yaml:"drop"`
	Allow  []string          `yaml:"allow"`
	Reject []string          `yaml:"reject"`
	Groups map[uint16]string `yaml:"groups"`
}

// actions are the words for what a rule does with a packet.
var actions = []string{"allow", "drop", "reject"}

// actionWords is Action as it is written as a mapping.
type actionWords Action

// UnmarshalConfig reads allow, drop or reject, or a mapping of words and groups.
func (a *Action) UnmarshalConfig(v Value) error {
	word, ok := v.Text()
	if !ok {
		return v.Decode((*actionWords)(a))
	}
	if err := checkAction(word); err != nil {
		return err
	}
	a.Always = word
	return nil
}

// Check looks at the words.
func (a *actionWords) Check(r *Report) {
	for group, word := range a.Groups {
		if err := checkAction(word); err != nil {
			r.Errorf(fmt.Sprintf("groups.%d", group), "%v", err)
		}
	}
	for name, words := range map[string][]string{"drop": a.Drop, "allow": a.Allow, "reject": a.Reject} {
		for i, w := range words {
			if w == "" {
				r.Errorf(fmt.Sprintf("%s[%d]", name, i), "an empty word would stand in every prefix")
			}
		}
	}
}

func checkAction(word string) error {
	for _, a := range actions {
		if word == a {
			return nil
		}
	}
	return fmt.Errorf("%s is not an action; want one of %s%s", quote(word), anyOf(actions), didYouMean(word, actions))
}

// MarshalConfig implements Marshaler.
func (a *Action) MarshalConfig() any {
	switch {
	case a == nil:
		return nil
	case a.Always != "":
		return a.Always
	}
	return actionWords(*a)
}
