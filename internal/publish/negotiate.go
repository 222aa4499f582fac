package publish

import (
	"net/http"
	"strings"
	"time"
)

// The codings a document is kept in, in the order of preference when a client likes them equally.
const (
	zstdCoding = iota
	gzipCoding
	identity
	codings
)

// codingNames are the names in Content-Encoding and the suffixes of the ETags; identity has neither.
var codingNames = [codings]string{"zstd", "gzip", ""}

// acceptable returns, per coding, the weight in thousandths that the Accept-Encoding lines give it
// (RFC 9110, section 12.5.3). It allocates nothing.
func acceptable(lines []string) [codings]int {
	const unset = -1
	q, star := [codings]int{unset, unset, unset}, unset
	for _, line := range lines {
		for line != "" {
			var part string
			part, line, _ = strings.Cut(line, ",")
			name, params, _ := strings.Cut(part, ";")
			name = strings.TrimSpace(name)
			switch {
			case strings.EqualFold(name, "gzip"), strings.EqualFold(name, "x-gzip"):
				q[gzipCoding] = weight(params)
			case strings.EqualFold(name, "zstd"):
				q[zstdCoding] = weight(params)
			case strings.EqualFold(name, "identity"):
				q[identity] = weight(params)
			case name == "*":
				star = weight(params)
			}
		}
	}
	for c := range q {
		switch {
		case q[c] != unset:
		case star != unset:
			q[c] = star
		case c == identity:
			q[c] = 1 // allowed, but the last choice of a client that named another
		default:
			q[c] = 0
		}
	}
	return q
}

// weight reads ";q=0.5" as thousandths; no or an unreadable weight is 1000.
func weight(params string) int {
	for params != "" {
		var p string
		p, params, _ = strings.Cut(params, ";")
		p = strings.TrimSpace(p)
		if len(p) < 3 || (p[0] != 'q' && p[0] != 'Q') || p[1] != '=' {
			continue
		}
		v := p[2:]
		if v[0] == '1' {
			return 1000
		}
		if v[0] != '0' {
			return 1000
		}
		n, unit := 0, 100
		for i := 2; i < len(v) && i < 5; i++ {
			if v[i] < '0' || v[i] > '9' {
				break
			}
			n += int(v[i]-'0') * unit
			unit /= 10
		}
		return n
	}
	return 1000
}

// matchTag finds the first entity tag of the If-None-Match lines that match accepts; "*" is passed
// on as it is. Weak and strong tags compare alike (RFC 9110, section 13.1.2). match is given the
// tag without W/ and with its quotes.
func matchTag(lines []string, match func(tag string) bool) bool {
	for _, line := range lines {
		for {
			line = strings.TrimLeft(line, " \t,")
			if line == "" {
				break
			}
			if line[0] == '*' {
				if match("*") {
					return true
				}
				line = line[1:]
				continue
			}
			line = strings.TrimPrefix(line, "W/")
			if line == "" || line[0] != '"' {
				break // not a list of tags: the rest means nothing
			}
			end := strings.IndexByte(line[1:], '"')
			if end < 0 {
				break
			}
			if match(line[:end+2]) {
				return true
			}
			line = line[end+2:]
		}
	}
	return false
}

// notModifiedSince tells whether content of the time modified, written lastModified in HTTP's
// form, is no newer than the If-Modified-Since line.
func notModifiedSince(line, lastModified string, modified time.Time) bool {
	if line == "" {
		return false
	}
	if line == lastModified { // clients send back what they were given
		return true
	}
	t, err := http.ParseTime(line)
	return err == nil && !modified.Truncate(time.Second).After(t)
}

// asksFor tells whether a header that is a list of tokens, as A-IM, names this one.
func asksFor(lines []string, token string) bool {
	for _, line := range lines {
		for line != "" {
			var part string
			part, line, _ = strings.Cut(line, ",")
			name, params, _ := strings.Cut(part, ";")
			if strings.EqualFold(strings.TrimSpace(name), token) && weight(params) > 0 {
				return true
			}
		}
	}
	return false
}
