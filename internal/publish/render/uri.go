package render

import (
	"net/url"
	"path"
	"regexp"
	"strings"
)

// canonicalID tells whether an id is a URI whose characters can be compared as they are: absolute,
// ASCII, and for web addresses already in normal form (RFC 4287, section 4.2.6.1). Another id
// would be read differently by different readers.
func canonicalID(s string) bool {
	if s == "" || len(s) > maxURL || s != strings.TrimSpace(s) || !uriChars.MatchString(s) || badEscape(s) {
		return false
	}
	scheme, rest, _ := strings.Cut(s, ":")
	switch strings.ToLower(scheme) {
	case "http", "https":
		u, err := url.Parse(s)
		if err != nil || webURL(s, "") != s || u.Host != strings.ToLower(u.Host) || u.Path == "" || scheme != u.Scheme {
			return false
		}
		clean := path.Clean(u.EscapedPath())
		if strings.HasSuffix(u.EscapedPath(), "/") && clean != "/" {
			clean += "/"
		}
		return clean == u.EscapedPath() && !needlessEscape(s) && !strings.ContainsAny(u.Host, "[]")
	case "tag":
		return tagURI.MatchString(s) && scheme == "tag" && !needlessEscape(s)
	case "urn":
		nid, nss, ok := strings.Cut(rest, ":")
		if strings.EqualFold(nid, "uuid") {
			return uuid.MatchString(nss) && scheme == "urn"
		}
		return ok && scheme == "urn" && urnID.MatchString(nid) && urnValue.MatchString(nss) && !needlessEscape(s)
	}
	return false
}

var (
	uriChars = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]+$`)
	tagURI   = regexp.MustCompile(`^tag:([a-z0-9\-._]+@)?[a-z0-9.\-]+,\d{4}(-\d{2}(-\d{2})?)?:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*(#[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*)?$`)
	uuid     = regexp.MustCompile(`^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$`)
	urnID    = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9-]{1,31}$`)
	urnValue = regexp.MustCompile(`^([a-zA-Z0-9()+,.:=@;$_!*'\-]|%[0-9A-Fa-f]{2})+$`)
	escapes  = regexp.MustCompile(`%[0-9a-fA-F]{2}`)
)

// badEscape tells whether a percent sign starts no escape.
func badEscape(s string) bool {
	return strings.Count(s, "%") != len(escapes.FindAllStringIndex(s, -1))
}

// needlessEscape tells whether an escape is in lower case or stands for a character that needs none.
func needlessEscape(s string) bool {
	for _, e := range escapes.FindAllString(s, -1) {
		if e != strings.ToUpper(e) {
			return true
		}
		if c, err := url.PathUnescape(e); err == nil && (c[0] == '~' || c[0] == '-' || c[0] == '.' || c[0] == '_' ||
			'a' <= c[0] && c[0] <= 'z' || 'A' <= c[0] && c[0] <= 'Z' || '0' <= c[0] && c[0] <= '9') {
			return true
		}
	}
	return false
}

// tagSafe makes an id of ours fit for the specific part of a tag: URI.
func tagSafe(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
			return r
		}
		return '-'
	}, s)
}
