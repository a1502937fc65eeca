package docs

import (
	"fmt"
	"strings"
	"testing"
)

// index is the page that leads to the others.
func index(t *testing.T, all []format) string {
	var p strings.Builder
	fmt.Fprintf(&p, "%s# Formats\n\nWhat a sink's `format` may be. [SIEM.md](../SIEM.md) says which one for what you run.\n\n%s\n", made, table(t, all, ""))
	p.WriteString("Each page has the options, the sinks that take it, an example and, of objects, the keys. The same packet is shown on all of them.\n")
	return p.String()
}

// table is a line for each format, with links to the pages in folder, and what no column has.
func table(t *testing.T, all []format, folder string) string {
	var p strings.Builder
	p.WriteString("| format | what it is | file | syslog | kafka, nats |\n|---|---|---|---|---|\n")
	var without []string
	for _, f := range all {
		at := map[string]string{}
		for _, x := range places(f) {
			if at[x.sink] = x.how; x.err != nil {
				at[x.sink] = "–"
			}
		}
		if at["kafka"] != at["nats"] {
			t.Errorf("%s: kafka and nats differ: the table needs a column for each", f.name)
		}
		syslog := at["syslog, RFC 5424"]
		if old := at["syslog, RFC 3164"]; old != syslog {
			syslog = "RFC 5424 only: " + syslog
		}
		if f.packetsOnly {
			without = append(without, "`"+f.name+"`")
		}
		fmt.Fprintf(&p, "| %s | [%s](%s%s.md) | %s | %s | %s |\n", f.name, byHand[f.name].what, folder, f.name, at["file"], syslog, at["kafka"])
	}
	fmt.Fprintf(&p, "\nWithout a place for summaries, which are left out: %s.\n", strings.Join(without, ", "))
	return p.String()
}
