package feed

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// An address may be a secret, or hold one. These rules say how much of a source's address is shown, and
// to whom.

// Attributed is an address as a feed may name it for attribution: without user, password and query
// parameters that are named like a key; "" when its path looks like a credential.
func Attributed(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || secretPath(u.EscapedPath()) {
		return ""
	}
	return withoutKeys(u).String()
}

// Watched is an address as those who run feedd see it: as Attributed, though its path may be anything.
func Watched(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return withoutKeys(u).String()
}

// withoutKeys drops user, password and the query parameters that are named like a key.
func withoutKeys(u *url.URL) *url.URL {
	public := *u
	public.User = nil
	var keep []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(strings.ToLower(part), "=")
		if !secretName(name) {
			keep = append(keep, part)
		}
	}
	public.RawQuery = strings.Join(keep, "&")
	return &public
}

// Hinted is an address as a stranger may see it on a page about sources: whole when nothing in it can be
// a credential, else its host alone.
func Hinted(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	if u.User == nil && u.RawQuery == "" && u.Fragment == "" && !secretPath(u.EscapedPath()) {
		return raw
	}
	return u.Scheme + "://" + u.Host + "/"
}

func secretName(name string) bool {
	switch name {
	case "auth", "pass", "pwd", "sig":
		return true
	}
	for _, s := range []string{"key", "token", "secret", "password", "signature"} {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return false
}

// secretPath tells whether a path looks as if whoever knows it were let in by it: a part without spaces
// or hyphens that nobody would type, or what stands behind a word for a key.
func secretPath(path string) bool {
	announced := false
	for part := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == ';' || r == '=' }) {
		if part, err := url.PathUnescape(part); err != nil || strings.Contains(part, "@") || random(part) {
			return true
		}
		if announced {
			return true
		}
		name := strings.ToLower(part)
		announced = secretName(name) || name == "private" || name == "jsessionid"
	}
	return false
}

var uuid = regexp.MustCompile(`(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}`)

// random tells whether a part of a path was made by a machine: a UUID, or a long run of letters and
// digits mixed.
func random(part string) bool {
	if uuid.MatchString(part) {
		return true
	}
	for run := range strings.FieldsFuncSeq(part, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == '+' || r == ',' }) {
		digits, changes, upper, lower := 0, 0, false, false
		var before int
		for _, r := range run {
			kind := 0
			switch {
			case r >= '0' && r <= '9':
				digits++
				kind = 1
			case r >= 'A' && r <= 'Z':
				upper = true
			default:
				lower = true
			}
			if kind != before {
				changes++
			}
			before = kind
		}
		if len(run) >= 16 && (digits == len(run) || changes >= 3 || digits > 0 && upper && lower) {
			return true
		}
	}
	return false
}

// Discreet returns text about the source as anybody may read it: for a private source without its hosts
// and without any address. Others are the source's other addresses, such as where it moved to.
func (s *Source) Discreet(text string, others ...string) string {
	if !s.Private || text == "" {
		return text
	}
	hosts := map[string]bool{}
	for _, raw := range append(others, s.URL) {
		if u, err := url.Parse(raw); err == nil && u.Host != "" {
			hosts[strings.ToLower(u.Host)], hosts[strings.ToLower(u.Hostname())] = true, true
		}
	}
	words := strings.Split(text, " ")
	for i, word := range words {
		bare := strings.Trim(word, `"'(),;<>`)
		core := strings.ToLower(strings.TrimRight(bare, ".:"))
		if strings.Contains(core, "://") || hosts[core] || isAddress(core) || namesAny(core, hosts) {
			words[i] = strings.Replace(word, strings.TrimRight(bare, ".:"), "(hidden)", 1)
		}
	}
	return strings.Join(words, " ")
}

func namesAny(word string, hosts map[string]bool) bool {
	for h := range hosts {
		if strings.Contains(word, h) {
			return true
		}
	}
	return false
}

func isAddress(word string) bool {
	if _, err := netip.ParseAddr(strings.Trim(word, "[]")); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(word)
	return err == nil
}
