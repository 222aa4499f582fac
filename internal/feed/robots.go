package feed

import "time"

// Robots is what robots.txt of an origin (SCHEME://HOST) said (RFC 9309).
type Robots struct {
	// The answer stands from Since to Until; a time before Since says that the clock was put back.
	Since, Until time.Time
	Body         []byte // the file; empty allows everything
	Failed       string // why it could not be read: nothing there may be asked for
}
