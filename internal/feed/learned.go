package feed

import (
	"encoding/json"
	"strings"
)

// LearnedWord is a word of a section's examples, or two that stand side by side, and what it says.
type LearnedWord struct {
	Words    string  // as most examples write them
	Language string  // of the examples
	Adds     float64 // what it adds to the log-odds of the section, against the mean of all that have learned
	Examples int     // of the section that have it
	Outlets  int     // that filed these; the editor is none
	Struck   bool    // struck out already, of this section or of all
}

// StruckOut is the line that strikes words out of a section, as it stands below the section in
// feeds.yaml.
func StruckOut(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		b, _ := json.Marshal(w) // a string can always be written
		quoted[i] = string(b)
	}
	return "learn: {never: [" + strings.Join(quoted, ", ") + "]}"
}
