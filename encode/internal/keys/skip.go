package keys

// skipString returns where the string that opens at p[at] has ended.
func skipString(p []byte, at int) int {
	for at++; p[at] != '"'; at++ {
		if p[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// skipValue returns where the value that begins at p[at] has ended.
func skipValue(p []byte, at int) int {
	depth := 0
	for {
		switch p[at] {
		case '"':
			at = skipString(p, at)
			if depth == 0 {
				return at
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return at
			}
			if depth == 0 {
				return at + 1
			}
		case ',':
			if depth == 0 {
				return at
			}
		}
		at++
	}
}
