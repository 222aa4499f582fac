package feed

import (
	"fmt"
	"io"
	"strings"
)

// Comma is a number that is written with a decimal comma, as Vietnamese does.
type Comma float64

// Format writes it as fmt would write a float64, but for the comma.
func (c Comma) Format(s fmt.State, verb rune) {
	_, _ = io.WriteString(s, strings.Replace(fmt.Sprintf(fmt.FormatString(s, verb), float64(c)), ".", ",", 1)) // to memory
}

// Singulars are texts for one of what they count, each by the text for any number, where the language has another for one.
type Singulars map[string]string

// Count puts a number into a text.
func (s Singulars) Count(text string, n int) string {
	if one, ok := s[text]; ok && n == 1 {
		return one
	}
	return fmt.Sprintf(text, n)
}
