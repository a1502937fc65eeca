package config

import (
	"slices"
	"strings"
)

// didYouMean returns `; did you mean "x"?` for the candidate nearest to word, or "".
func didYouMean(word string, candidates []string) string {
	if best := nearest(word, candidates); best != "" {
		return "; did you mean " + quote(best) + "?"
	}
	return ""
}

// nearest returns the candidate that word is most likely a slip of, or "".
func nearest(word string, candidates []string) string {
	best, least := "", 1+allowedSlips(word)
	for _, c := range candidates {
		if d := distance(normal(word), normal(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// allowedSlips grows with the word: of a short one every other is a slip away.
func allowedSlips(word string) int {
	switch n := len(word); {
	case n < 3:
		return 0
	case n < 5:
		return 1
	case n < 9:
		return 2
	}
	return 3
}

var separators = strings.NewReplacer("-", "", "_", "", " ", "", ".", "")

// normal forgives case and the choice of separator.
func normal(s string) string { return separators.Replace(strings.ToLower(s)) }

// distance counts the letters to add, drop, change or swap with their neighbour (optimal string alignment).
func distance(a, b string) int {
	const tooLong = 64
	if len(a) > tooLong || len(b) > tooLong {
		return tooLong
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}

// anyOf lists words for a message.
func anyOf(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// DidYouMean returns `; did you mean "x"?` for the candidate nearest to word, or "": for a Check of what names something.
func DidYouMean(word string, candidates []string) string { return didYouMean(word, candidates) }
