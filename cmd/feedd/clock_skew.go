//go:build skew

package main

import (
	"os"
	"time"
)

// now is the clock of this process, which is wrong by what FEEDD_SKEW says (30s, -2m): programs built with
// the tag skew stand in for machines whose clocks differ.
func now() time.Time {
	skew, err := time.ParseDuration(os.Getenv("FEEDD_SKEW"))
	if err != nil {
		return time.Now()
	}
	return time.Now().Add(skew)
}
