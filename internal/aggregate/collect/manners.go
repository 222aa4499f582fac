package collect

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"feedd/internal/feed"
)

// How long a host is left alone that answers 429 Too Many Requests without saying for how long.
const unsaidHold = 15 * time.Minute

// hold notes what a refusing host asks for: Retry-After on 429 and 503 keeps every source away from
// it (RFC 9110, section 10.2.3). A 503 that names no time is left to the source's own back-off: one
// broken page does not speak for its host.
func (v *visit) hold(host string, status int, header http.Header) {
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return
	}
	now := v.c.now()
	wait := retryAfter(header, now)
	if wait <= 0 {
		if status != http.StatusTooManyRequests {
			return
		}
		wait = unsaidHold
	}
	h := feed.HostHold{Host: host, Until: now.Add(min(wait, longestWait)), Reason: fmt.Sprintf("the host answered %d", status)}
	v.c.gate.Hold(h.Host, h.Until, h.Reason)
	v.holds = append(v.holds, h)
}

// holdOf returns the latest of the holds that hosts asked for in this run; of one host when it is
// named, else of any.
func (v *visit) holdOf(host string) (until time.Time, reason string) {
	for _, h := range v.holds {
		if (host == "" || h.Host == host) && h.Until.After(until) {
			until, reason = h.Until, h.Reason
		}
	}
	return until, reason
}

// retryAfter reads seconds or a date; 0 when there is neither or it has passed.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return time.Duration(max(0, min(seconds, longestWait.Seconds())) * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(serverNow(header, now)))
	}
	return 0
}

// serverNow is the server's idea of now: the dates it gives are on its clock.
func serverNow(header http.Header, now time.Time) time.Time {
	if at, err := http.ParseTime(header.Get("Date")); err == nil {
		return at
	}
	return now
}

// freshFor says how long an answer's headers call it fresh (RFC 9111, section 4.2): max-age, less
// the age it came with, before Expires; and by which of them. It is 0 for what is stale at once.
func freshFor(header http.Header, now time.Time) (time.Duration, string) {
	maxAge := time.Duration(-1)
	for _, line := range header["Cache-Control"] {
		for part := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "=")
			switch name {
			case "no-cache", "no-store":
				return 0, ""
			case "max-age":
				if n, err := strconv.ParseFloat(strings.Trim(value, `" `), 64); err == nil && maxAge < 0 {
					maxAge = time.Duration(max(0, min(n, longestWait.Seconds()*365)) * float64(time.Second))
				}
			}
		}
	}
	if maxAge >= 0 {
		age, _ := strconv.Atoi(strings.TrimSpace(header.Get("Age"))) // none is 0
		left := maxAge - time.Duration(max(0, age))*time.Second
		return max(0, min(left, longestWait)), "its Cache-Control says max-age=" + strconv.Itoa(int(maxAge.Seconds()))
	}
	if text := header.Get("Expires"); text != "" {
		if at, err := http.ParseTime(text); err == nil {
			return max(0, min(at.Sub(serverNow(header, now)), longestWait)), "its Expires header says so"
		}
	}
	return 0, ""
}
