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
