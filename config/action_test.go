package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestAction(t *testing.T) {
	for text, want := range map[string]string{
		"drop":                             "&{drop [] [] [] map[]}",
		"{}":                               "&{ [] [] [] map[]}",
		"{drop: [NO], groups: {1: allow}}": "&{ [NO] [] [] map[1:allow]}",
		"dorp":                             `did you mean "drop"`,
		"{groups: {1: alow}}":              `did you mean "allow"`,
		"{reject: ['']}":                   "an empty word",
		"{drp: [X]}":                       `did you mean "drop"`,
		"[drop]":                           "mapping",
		"{groups: {70000: drop}}":          "65535",
	} {
		f, err := parse("sources: {fw: {nflog: {groups: [1]}, action: " + text + "}}\n" + oneSink)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(f.Sources[0].Action)
		}
		if !strings.Contains(got, want) {
			t.Errorf("action: %s gives %s, want %s", text, got, want)
		}
	}
	f, err := parse("sources: {fw: {nflog: {groups: [1]}, action: {drop: [NO], groups: {1: allow}}}}\n" + oneSink)
	if err != nil || !strings.Contains(string(f.Render()), "\"1\": allow") {
		t.Errorf("%v\n%s", err, f.Render())
	}
}
