package config

import (
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// place is a value in the file and how to speak of it.
type place struct {
	node   *yaml.Node // the value, aliases followed; nil where there is none
	label  *yaml.Node // its key, which is pointed at when the value spans lines
	owner  string     // `sink "siem" (kafka)`, or "" at the top level
	path   string     // within the owner: tls.cert, brokers[0]
	full   string     // within the file: sinks.siem.kafka.tls.cert
	depth  int
	beside []string // at a kind's settings: what stands beside the kind, and is looked for inside it
}

func follow(n *yaml.Node) *yaml.Node {
	// An alias names a node, never another alias; the bound is for nodes nobody promised that of.
	for i := 0; n.Kind == yaml.AliasNode && n.Alias != nil && i < maxDepth; i++ {
		n = n.Alias
	}
	return n
}

// field is the value under a key of p's mapping.
func (p place) field(key, value *yaml.Node) place {
	c := p.child(value, join(p.path, key.Value), join(p.full, key.Value))
	c.label = key
	return c
}

// element is one value of p's list.
func (p place) element(i int, value *yaml.Node) place {
	index := "[" + strconv.Itoa(i) + "]"
	return p.child(value, p.path+index, p.full+index)
}

// entry is the i-th value of p's list, or p where what decodes itself made a list of something else.
func (p place) entry(i int) place {
	if p.node.Kind == yaml.SequenceNode && i < len(p.node.Content) {
		return p.element(i, p.node.Content[i])
	}
	return p
}

func (p place) child(n *yaml.Node, path, full string) place {
	return place{node: follow(n), label: p.label, owner: p.owner, path: path, full: full, depth: p.depth + 1}
}

// owned is p as the top of something that has a name of its own.
func (p place) owned(owner string) place {
	p.owner, p.path = owner, ""
	return p
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// mark is the node to point at: a word itself, of a list or mapping its key.
func (p place) mark() *yaml.Node {
	if p.label == nil || p.node != nil && p.node.Kind == yaml.ScalarNode && p.node.Tag != "!!null" {
		return p.node
	}
	return p.label
}

// message puts what the place is called before what is wrong with it.
func (p place) message(format string, args []any) string {
	s := fmt.Sprintf(format, args...)
	if p.path != "" {
		s = p.path + ": " + s
	}
	if p.owner != "" {
		s = p.owner + ": " + s
	}
	return s
}

// called names the place inside a sentence: tls of sink "siem" (kafka).
func (p place) called() string {
	switch {
	case p.path == "":
		return p.owner
	case p.owner == "":
		return p.path
	}
	return p.path + " of " + p.owner
}

// find follows a path such as tls.cert, brokers[0] or interfaces.eth0.100 as far as the file goes along.
func (p place) find(path string) (at place, all bool) {
	for path != "" {
		next, rest, ok := p.step(path)
		if !ok {
			return p, false
		}
		p, path = next, strings.TrimPrefix(rest, ".")
	}
	return p, true
}

func (p place) step(path string) (next place, rest string, ok bool) {
	switch {
	case p.node == nil:
	case p.node.Kind == yaml.MappingNode:
		return p.stepKey(path)
	case p.node.Kind == yaml.SequenceNode && path[0] == '[':
		number, rest, found := strings.Cut(path[1:], "]")
		i, err := strconv.Atoi(number)
		if found && err == nil && i >= 0 && i < len(p.node.Content) {
			return p.element(i, p.node.Content[i]), rest, true
		}
	}
	return p, path, false
}

// stepKey takes the longest key that path starts with: keys may hold dots.
func (p place) stepKey(path string) (next place, rest string, ok bool) {
	for key, value := range pairs(p.node) {
		after, has := strings.CutPrefix(path, key.Value)
		if has && (after == "" || after[0] == '.' || after[0] == '[') && (!ok || len(after) < len(rest)) {
			next, rest, ok = p.field(key, value), after, true
		}
	}
	return next, rest, ok
}
