package config

import (
	"bytes"
	"errors"
	"slices"
)

// Most rounds of Fix: a mistake in the YAML hides those behind it.
const mostRounds = 50

// Fix cures the mistakes in data of which there is no doubt what belongs there, and returns the file
// and what was cured, in the order of the file. Everything else stays, mistakes too.
func Fix(name string, data []byte, checks Checks) (fixed []byte, cured Errors) {
	for range mostRounds {
		_, err := Parse(name, data, checks)
		var mistakes Errors
		if !errors.As(err, &mistakes) {
			break
		}
		next := data
		var now Errors
		for _, e := range slices.Backward(mistakes) { // so that the places of the earlier ones hold
			if at := placeOf(next, e); e.Curable() && at >= 0 && bytes.HasPrefix(next[at:], []byte(e.From)) {
				next = slices.Concat(next[:at], []byte(e.To), next[at+len(e.From):])
				now = append(now, e)
			}
		}
		if len(now) == 0 {
			break
		}
		slices.Reverse(now)
		cured = append(cured, now...)
		data = next
	}
	slices.SortStableFunc(cured, func(a, b Error) int { return a.Line - b.Line })
	return data, cured
}

// placeOf is where in data a mistake stands, -1 when that is nowhere.
func placeOf(data []byte, e Error) int {
	lines := splitLines(data)
	if e.Line > len(lines) {
		return -1
	}
	at := offset(lines, e.Line)
	for range e.Column - 1 {
		if at >= len(data) || data[at] == '\n' {
			return -1
		}
		at += runeLen(data[at:])
	}
	return at
}
