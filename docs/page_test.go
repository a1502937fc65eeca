package docs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"nflogship/encode/encodetest"
	"nflogship/sink/file"
	"nflogship/sink/kafka"
	"nflogship/sink/nats"
	"nflogship/sink/syslog"
)

const made = "<!-- Made by go test ./docs -update, from the code and its golden files. -->\n"

// page is all about one format.
func page(t *testing.T, f format) string {
	var p strings.Builder
	fmt.Fprintf(&p, "%s# %s\n\n%s\n**Read by:** %s\n\n", made, f.name, comment(f), byHand[f.name].readers)
	fmt.Fprintf(&p, "## Configuration\n\n%s\n## Sinks\n\n%s\n", configuration(f), sinks(f))
	p.WriteString("## Example\n\nA SYN from outside to port 22, logged by the rule with the prefix `WAN_IN-42-DROP ` before it was dropped")
	if o := byHand[f.name].options; o != "" {
		fmt.Fprintf(&p, ", with `format: { %s: %s }`", f.name, o)
	}
	example, events := golden(t, f, "example"), golden(t, f, "events")
	switch {
	case !object(example):
		fmt.Fprintf(&p, ":\n\n```text\n%s```\n", example)
	case len(example) <= short:
		fmt.Fprintf(&p, ":\n\n```json\n%s```\n\nThe same, a key a line:\n\n%s", example, unfolded(t, example))
	default:
		fmt.Fprintf(&p, "; one line, here a key a line:\n\n%s", unfolded(t, example))
	}
	p.WriteString("\n" + summaries(t, f, events))
	if object(example) {
		p.WriteString("\n" + keys(t, f, example+events+golden(t, f, "captured")))
	}
	return p.String()
}

// comment is the package comment, of the format instead of the package.
func comment(f format) string {
	text := strings.Replace(f.doc.Doc, "Package "+f.doc.Name+" ", "The format "+f.name+" ", 1)
	p := f.doc.Printer()
	p.HeadingLevel = 3
	return string(p.Markdown(f.doc.Parser().Parse(text)))
}

func configuration(f format) string {
	var p strings.Builder
	fmt.Fprintf(&p, "```yaml\nformat: %s\n```\n\n", f.name)
	if len(f.options) == 0 {
		p.WriteString("There are no options.")
	} else {
		about := strings.ReplaceAll(strings.TrimSpace(f.config), "\n", " ")
		fmt.Fprintf(&p, "%s With options: `format: { %s: { %s: … } }`.\n\n", strings.Replace(about, "Config ", "The configuration ", 1), f.name, f.options[0].key)
		p.WriteString("| option | value | default |\n|---|---|---|\n")
		for _, o := range f.options {
			what := allowed(o)
			if o.meaning != "" {
				what += ": " + cell(o.meaning)
			}
			fmt.Fprintf(&p, "| `%s` | %s | %s |\n", o.key, what, code(o.def))
		}
		p.WriteByte('\n')
	}
	if f.own {
		p.WriteString(" A sink's `fields` are added to every event.")
	} else {
		p.WriteString(" A sink's `fields` have no place in it: a configuration error.")
	}
	return strings.ReplaceAll(p.String(), "\n ", "\n") + "\n"
}

// allowed says what the setting's check says.
func allowed(o option) string {
	var low, high string
	for rule := range strings.SplitSeq(o.check, ",") {
		name, value, _ := strings.Cut(rule, "=")
		switch name {
		case "oneof":
			return "`" + strings.ReplaceAll(value, "|", "`, `") + "`"
		case "min":
			low = value
		case "max":
			high = value
		}
	}
	of := ""
	if o.kind == "text" {
		of = " characters"
	}
	switch {
	case low != "" && high != "":
		return o.kind + ", " + low + " to " + high + of
	case low == "1" && of != "":
		return o.kind + ", not empty"
	case low != "":
		return o.kind + ", at least " + low
	case high != "":
		return o.kind + ", at most " + high + of
	}
	return o.kind
}

// travel is how a format's records go where they are taken, by framing.
var travel = map[string]struct{ file, syslog, one, several string }{
	"Line":     {"a line each", "a message each", "a message each", "lines joined by `\\n`"},
	"Prefixed": {"each with its length before it, a varint", "", "a message each", "each with its length before it, a varint"},
	"Bare":     {"a capture file, with its header after each rotation", "", "a message each", ""},
}

// place is a sink, and its own word on whether it takes a format.
type place struct {
	sink string
	err  error
	how  string
}

func places(f format) []place {
	how := travel[f.framing]
	if f.name == "structured_data" {
		how.syslog = "in the header of a message each"
	}
	return []place{
		{"file", new(file.Config).CheckFormat(f.name), how.file},
		{"syslog, RFC 5424", (&syslog.Config{RFC: 5424}).CheckFormat(f.name), how.syslog},
		{"syslog, RFC 3164", (&syslog.Config{RFC: 3164}).CheckFormat(f.name), how.syslog},
		{"kafka", new(kafka.Config).CheckFormat(f.name), how.one},
		{"nats", (&nats.Config{EventsPerMessage: 1}).CheckFormat(f.name), how.one},
		{"nats, `events_per_message` > 1", (&nats.Config{EventsPerMessage: 2}).CheckFormat(f.name), how.several},
	}
}

// sinks says how the format travels, and why not.
func sinks(f format) string {
	var p strings.Builder
	p.WriteString("| sink | |\n|---|---|\n")
	for _, x := range places(f) {
		if x.err != nil {
			x.how = "– " + x.err.Error()
		}
		fmt.Fprintf(&p, "| %s | %s |\n", x.sink, cell(x.how))
	}
	return p.String()
}

// summaries says what becomes of a stage's summary events.
func summaries(t *testing.T, f format, events string) string {
	const head = "## Summaries\n\n"
	if f.packetsOnly {
		return head + "A summary event has no place in it: the ledger counts it as `left_out`, and `nflogship check` warns of it.\n"
	}
	stage := encodetest.Summary().Summaries[0].Stage
	for line := range strings.Lines(events) {
		if !strings.Contains(line, stage) {
			continue
		}
		text := head + "What a stage named `" + stage + "` held back of one source's tries of port 22"
		if object(line) {
			return text + "; one line, here a key a line:\n\n" + unfolded(t, line)
		}
		return text + ", with a sink's `fields` at the end:\n\n```text\n" + line + "```\n"
	}
	return head + "A summary event is a record of its own kind.\n"
}

const short = 700 // characters that a line may have to be shown as it is

// unfolded is a line that is an object, for readers.
func unfolded(t *testing.T, line string) string {
	var p strings.Builder
	p.WriteString("```json\n{")
	for i, m := range encodetest.Members(t, []byte(strings.TrimSuffix(line, "\n"))) {
		if i > 0 {
			p.WriteByte(',')
		}
		name, _ := json.Marshal(m.Key)
		fmt.Fprintf(&p, "\n  %s: %s", name, m.Value)
	}
	p.WriteString("\n}\n```\n")
	return p.String()
}

func object(text string) bool { return strings.HasPrefix(text, "{") }

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
