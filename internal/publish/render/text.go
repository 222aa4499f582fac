package render

import (
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/language"
)

// Bounds on what one item may put into a feed, in runes of text.
const (
	maxTitle    = 300
	maxSummary  = 800
	maxContent  = 100_000
	maxName     = 120
	maxCategory = 100
	maxURL      = 2000 // bytes; longer ones are tracking or an attack
)

// clean removes what XML 1.0 forbids and what no reader can show: invalid UTF-8, control
// characters, noncharacters, and the replacement characters that an earlier decoder left behind.
func clean(s string) string {
	if plain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return r
		case r == '\r':
			return '\n'
		case r < 0x20, r >= 0x7F && r <= 0x9F:
			return -1
		case r == utf8.RuneError: // also what an invalid byte decodes to
			return -1
		case r >= 0xFDD0 && r <= 0xFDEF, r&0xFFFE == 0xFFFE:
			return -1
		case r >= 0x202A && r <= 0x202E: // unbalanced, these turn the rest of a page around
			return -1
		}
		return r
	}, s)
}

// plain tells whether the text is ASCII that needs no cleaning.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7F || c < 0x20 && c != '\t' && c != '\n' {
			return false
		}
	}
	return true
}

// markup matches what a reader that takes a title for HTML would swallow.
var markup = regexp.MustCompile(`<([a-zA-Z/!?][^<>]*)>`)

// line makes one line of plain text of at most max runes: clean, without runs of space, cut at a
// word. Literal tags keep their words but not their angle brackets: a title such as "Thẻ <b>" has no
// spelling that every reader of RSS shows right.
func line(s string, max int) string {
	s = strings.Join(strings.FieldsFunc(clean(s), func(r rune) bool {
		return unicode.IsSpace(r) || r == 0x200B || r == 0xFEFF
	}), " ")
	if strings.IndexByte(s, '<') >= 0 {
		s = markup.ReplaceAllString(s, "‹$1›")
	}
	return cut(s, max)
}

// cut shortens s to at most max runes, at a word where there is one in the last third, with an
// ellipsis.
func cut(s string, max int) string {
	if len(s) <= max || utf8.RuneCountInString(s) <= max {
		return s
	}
	runes, end, space := 0, 0, 0
	for i, r := range s {
		if runes == max-1 {
			end = i
			break
		}
		if r == ' ' {
			space = i
		}
		runes++
	}
	if space > end*2/3 {
		end = space
	}
	return strings.TrimRight(s[:end], " ,;:-–") + "…"
}

// webURL returns an absolute http(s) address in the form every validator takes (RFC 3986, ASCII
// only), or "" when there is none in raw. Relative addresses resolve against base.
func webURL(raw, base string) string {
	raw = strings.TrimSpace(clean(raw))
	if raw == "" || len(raw) > maxURL {
		return ""
	}
	u, err := url.Parse(escapeURL(raw))
	if err != nil {
		return ""
	}
	if !u.IsAbs() {
		b, err := url.Parse(base)
		if err != nil || !b.IsAbs() || base == "" {
			return ""
		}
		u = b.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	name := strings.ToLower(u.Hostname())
	if name == "" || u.Opaque != "" {
		return ""
	}
	if asciiHost.MatchString(name) {
		// As it is: underscores are no part of a host name, and yet outlets have them.
	} else if _, err := netip.ParseAddr(name); err != nil {
		// Percent signs come from escapeURL; the host is a name, not a path.
		if name, err = url.PathUnescape(name); err != nil {
			return ""
		}
		if name, err = idna.Lookup.ToASCII(name); err != nil {
			return ""
		}
	} else if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if port := u.Port(); port != "" && !(u.Scheme == "http" && port == "80") && !(u.Scheme == "https" && port == "443") {
		name += ":" + port
	}
	u.Host, u.User = name, nil
	if s := u.String(); len(s) <= maxURL {
		return s
	}
	return ""
}

// contact returns a mailto or tel address in the form every validator takes, or "" when raw is neither.
func contact(raw string) string {
	raw = strings.TrimSpace(clean(raw))
	scheme, rest, _ := strings.Cut(raw, ":")
	switch scheme = strings.ToLower(scheme); {
	case len(raw) > maxURL:
	case scheme == "mailto" && address(rest) != "":
		return scheme + ":" + escapeURL(rest)
	case scheme == "tel" && telephone.MatchString(rest):
		return scheme + ":" + rest
	}
	return ""
}

var telephone = regexp.MustCompile(`^[+0-9][-0-9.()]*$`)

var asciiHost = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$`)

// escapeURL percent-encodes every byte that RFC 3986 forbids, and percent signs that start no
// escape. Brackets are forbidden outside a host; left to net/url they would pass.
func escapeURL(s string) string {
	const hex = "0123456789ABCDEF"
	authority := 0 // end of the part in which brackets may stand
	if i := strings.Index(s, "://"); i >= 0 {
		authority = len(s)
		if j := strings.IndexAny(s[i+3:], "/?#"); j >= 0 {
			authority = i + 3 + j
		}
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	fragment := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		ok := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			strings.IndexByte("-._~:/?@!$&'()*+,;=", c) >= 0
		switch {
		case c == '[' || c == ']':
			ok = i < authority
		case c == '#':
			ok, fragment = !fragment, true
		case c == '%':
			ok = i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2])
		}
		if ok {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// languageTag returns the tag when it is a well-formed one (BCP 47) of a known language, else "".
func languageTag(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "_", "-")
	tag, err := language.Parse(s)
	if err != nil {
		return ""
	}
	base, confidence := tag.Base()
	if confidence != language.Exact || base.String() == "und" || len(base.String()) != 2 {
		return ""
	}
	return s
}

// address returns the e-mail address in raw (which may have mailto: before it), or "".
func address(raw string) string {
	raw = strings.TrimSpace(raw)
	raw = strings.TrimPrefix(raw, "mailto:")
	raw, _, _ = strings.Cut(raw, "?")
	a, err := mail.ParseAddress(raw)
	if err != nil || a.Name != "" || !simpleAddress.MatchString(a.Address) {
		return ""
	}
	return a.Address
}

var (
	simpleAddress = regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$`)
	anyAddress    = regexp.MustCompile(`[<(\[]?\s*[^\s<>()\[\]]+@[^\s<>()\[\]]+\s*[>)\]]?`)
)

// personName returns the name alone: mail addresses are for the newsroom, not for harvesters.
func personName(s string) string {
	s = line(s, maxName)
	if strings.IndexByte(s, '@') < 0 {
		return s
	}
	s = strings.TrimSpace(anyAddress.ReplaceAllString(s, " "))
	if len(s) > 1 && s[0] == '(' && s[len(s)-1] == ')' {
		s = s[1 : len(s)-1]
	}
	return line(s, maxName)
}

// mediaType returns a media type that is well formed, else one guessed from the address, else "".
func mediaType(declared, address string) string {
	t, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(declared)), ";")
	if t = strings.TrimSpace(t); wellFormedType.MatchString(t) {
		return t
	}
	if u, err := url.Parse(address); err == nil {
		path := strings.ToLower(u.Path)
		if i := strings.LastIndexByte(path, '.'); i >= 0 {
			return typeByExtension[path[i+1:]]
		}
	}
	return ""
}

var wellFormedType = regexp.MustCompile(`^[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*$`)

// typeByExtension is fixed here, because the system's own table differs between machines.
var typeByExtension = map[string]string{
	"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif",
	"webp": "image/webp", "avif": "image/avif", "svg": "image/svg+xml",
	"mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav",
	"mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm", "mov": "video/quicktime",
	"pdf": "application/pdf",
}
