package config

import (
	"bytes"
	"errors"
	"slices"
)

// Most rounds of Fix: a mistake in the YAML hides those behind it.
const mostRounds = 50

// Fix cures the mistakes in data of which there is no doubt what belongs there, and returns the file
// and what was cured, in the order of the file. Everything else stays, mistakes too. A key is renamed only where its
// value is then one that the key takes.
func Fix(name string, data []byte, checks Checks) (fixed []byte, cured Errors) {
	mistakes := mistakesIn(name, data, checks)
	for range mostRounds {
		next, now := data, Errors(nil)
		for _, e := range slices.Backward(mistakes) { // so that the places of the earlier ones hold
			tried, ok := write(next, e)
			if ok && e.Through > 0 {
				ok = incurable(mistakesIn(name, tried, checks), e) <= incurable(mistakesIn(name, next, checks), e)
			}
			if ok {
				next, now = tried, append(now, e)
			}
		}
		if len(now) == 0 {
			break
		}
		slices.Reverse(now)
		cured, data, mistakes = append(cured, now...), next, mistakesIn(name, next, checks)
	}
	slices.SortStableFunc(cured, func(a, b Error) int { return a.Line - b.Line })
	return data, cured
}

func mistakesIn(name string, data []byte, checks Checks) Errors {
	_, err := Parse(name, data, checks)
	var mistakes Errors
	errors.As(err, &mistakes)
	return mistakes
}

// incurable counts what stays wrong in the lines of a mistake.
func incurable(mistakes Errors, at Error) (n int) {
	for _, e := range mistakes {
		if e.Line >= at.Line && e.Line <= at.Through && !e.Curable() {
			n++
		}
	}
	return n
}

// write puts what belongs there where a mistake is, when it has a cure.
func write(data []byte, e Error) ([]byte, bool) {
	at := placeOf(data, e)
	if !e.Curable() || at < 0 || !bytes.HasPrefix(data[at:], []byte(e.From)) {
		return data, false
	}
	return slices.Concat(data[:at], []byte(e.To), data[at+len(e.From):]), true
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
