package collect

import (
	"testing"
	"time"
)

func TestShortestGap(t *testing.T) {
	for line, want := range map[string]time.Duration{
		"@every 10m":       10 * time.Minute,
		"*/15 * * * *":     15 * time.Minute,
		"* * * * *":        time.Minute,
		"5,20 6-22 * * *":  15 * time.Minute,
		"0 6,18 * * 1-5":   12 * time.Hour,
		"@daily":           24 * time.Hour,
		"0 0 1 * *":        30 * 24 * time.Hour, // from April to May
		"0 7 * * mon":      7 * 24 * time.Hour,
		"auto":             0,
		"every ten":        0,
		"0,1 3 * * 6":      time.Minute,
		"30 4 29 2 *":      0,
		"TZ=UTC * * * * *": 0,
	} {
		if got := ShortestGap(line); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}
