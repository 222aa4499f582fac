package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// Identify returns the identity within its source of an item that stands alone: the guid, else the
// canonical link, else title and day. The items of a document are told apart by TellApart, and which
// stored items they are finds Recognition.
//
// The prefix keeps the three kinds apart, so that a guid that happens to be a title is not taken
// for one. An item with neither guid nor link nor title has no identity: "".
//
//	guid "  abc "                     g:abc       surrounding space is not part of a guid
//	guid "" link http://e.org/a?utm_source=x
//	                                  l:https://e.org/a ... see Canonical
//	neither, title "Bão số 4", dated  t:2024-08-14:bão số 4   (folded case and spelling)
//	neither, undated                  t::bão số 4
func Identify(it *Item) string {
	for _, by := range [...]int{byGUID, byLink, byHeadline} {
		if m := markOf(it, by); m != "" {
			return m
		}
	}
	return ""
}

// EntryKey returns the key of the entry that the item opens: 16 hexadecimal digits that depend on
// nothing but the source's id and the item's identity, so that two installations that read the
// same input with the same sources agree.
func EntryKey(source, itemKey string) string {
	sum := sha256.Sum256([]byte(source + "\x00" + itemKey))
	return hex.EncodeToString(sum[:8])
}

// KeyNumber is an EntryKey as a number, which takes a quarter of the memory; 0 for what is none.
func KeyNumber(key string) uint64 {
	n, err := strconv.ParseUint(key, 16, 64)
	if err != nil {
		return 0
	}
	return n
}

// NumberedKey is the EntryKey of a number, "" for 0.
func NumberedKey(n uint64) string {
	if n == 0 {
		return ""
	}
	const digits = "0123456789abcdef"
	var b [16]byte
	for i := range b {
		b[i] = digits[n>>(60-4*i)&0xF]
	}
	return string(b[:])
}

// OwnEntry returns the key of the entry that the item opens when it tells something new.
func (it *Item) OwnEntry() string {
	if it.Opens != "" {
		return it.Opens
	}
	return EntryKey(it.Source, it.Key)
}

// SplitKey returns the key of the entry that an item opens after an editor took it out of the one that it
// had opened, which keeps its key and goes on with the reports that are left. No item has such an identity.
func (it *Item) SplitKey() string { return EntryKey("", "split:"+it.Entry+":"+it.OwnEntry()) }

// OpenedBySplits tells which entries reports open since an editor split one off another, by the items'
// numbers. words are those in force, in the order they were given.
func OpenedBySplits(words []EditorsWord) map[int64]string {
	opens := map[int64]string{}
	for i := range words {
		if w := &words[i]; w.Kind == WordSplit {
			for _, p := range w.Places {
				opens[p.Item] = w.A
			}
		}
	}
	return opens
}

// TagURI returns the permanent id of an entry, "tag:AUTHORITY,DATE:KEY" (RFC 4151).
func TagURI(authority, key string) string { return "tag:" + authority + ":" + key }

// tracking lists query parameters that say how a reader came to a page, not which page it is.
// A name that ends in * is a prefix.
var tracking = []string{
	"utm_*", "fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid",
	"igshid", "igsh", "mc_cid", "mc_eid", "_ga", "_gl", "_hsenc", "_hsmi", "hsctatracking", "vero_id",
	"oly_anon_id", "oly_enc_id", "wickedid", "ref_src", "ref_url", "cmpid", "ocid", "ns_campaign",
	"ns_mchannel", "ns_source", "at_medium", "at_campaign", "at_custom*", "at_link*", "guccounter",
	"guce_referrer*", "zarsrc", "zanpid", "spm", "sr_share", "smid", "smtyp", "share_id", "xtor",
	"mkt_tok", "trk", "trkcampaign", "feature_share", "feedtype", "feedname", "gidzl", "vgclid",
	"phpsessid", "jsessionid", "aspsessionid*", "cfid", "cftoken", "sessionid", "session_id",
}

func isTracking(name string) bool {
	name = strings.ToLower(name)
	for _, t := range tracking {
		if p, ok := strings.CutSuffix(t, "*"); ok {
			if strings.HasPrefix(name, p) {
				return true
			}
		} else if name == t {
			return true
		}
	}
	return false
}

// Canonical returns the form of an absolute http(s) URL under which two spellings of one address
// are equal. It is for comparing, not for fetching: the scheme becomes https, hosts lose "www.",
// "m.", "mobile." and "amp.", default ports, fragments, tracking parameters, sessions, AMP markers and
// the trailing slash go, and query parameters are sorted. Anything that is not an absolute http(s) URL
// gives "".
func Canonical(raw string) string {
	raw = strings.TrimSpace(raw)
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	host := strings.ToLower(strings.TrimRight(u.Hostname(), "."))
	if host == "" {
		return ""
	}
	if _, err := netip.ParseAddr(host); err != nil {
		for _, p := range []string{"www.", "m.", "mobile.", "amp."} {
			if rest, ok := strings.CutPrefix(host, p); ok && strings.Contains(rest, ".") {
				host = rest
			}
		}
	} else if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if p := u.Port(); p != "" && p != "80" && p != "443" {
		host += ":" + p
	}

	p := u.EscapedPath()
	if strings.Contains(p, ";") {
		p = sessions.ReplaceAllString(p, "")
	}
	if p != "" {
		trailing := strings.HasSuffix(p, "/")
		p = path.Clean(p)
		if trailing && p != "/" {
			p += "/"
		}
	}
	for again := true; again; { // a marker may stand behind another
		before := len(p)
		p = strings.TrimSuffix(strings.TrimSuffix(p, "/"), "/amp")
		p = strings.TrimSuffix(p, ".amp")
		if strings.HasPrefix(p, "/amp/") {
			p = p[len("/amp"):]
		}
		again = len(p) != before
	}
	if name, ok := strings.CutSuffix(p, ".html"); ok && strings.HasSuffix(name, ".amp") {
		for strings.HasSuffix(name, ".amp") {
			name = strings.TrimSuffix(name, ".amp")
		}
		p = name + ".html"
	}
	return "https://" + host + p + canonicalQuery(u.RawQuery)
}

// sessions matches a session that a Java server writes into the path (Servlet specification, 7.1.3): "/a;jsessionid=1A2B.n1".
var sessions = regexp.MustCompile(`(?i);jsessionid=[^/;]*`)

// canonicalQuery keeps the parameters that choose the page, in sorted order, with "?" before them.
func canonicalQuery(raw string) string {
	if raw == "" {
		return ""
	}
	var keep []string
	for part := range strings.FieldsFuncSeq(raw, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(part, "=")
		if n, err := url.QueryUnescape(name); err == nil {
			name = n
		}
		if isTracking(name) || strings.EqualFold(name, "amp") || (strings.EqualFold(name, "outputtype") && value == "amp") {
			continue
		}
		keep = append(keep, part)
	}
	if len(keep) == 0 {
		return ""
	}
	sort.Strings(keep)
	return "?" + strings.Join(keep, "&")
}

// ArticleNumber returns the host of a canonical URL and the article's number in it: the last run of
// at least six digits of the path, where publishing systems put the article's id. The headline, and
// with it the slug, may change under one number. number is "" where there is none; whether a host
// means its numbers so is for the caller to learn from several.
//
//	https://e.org/bao-so-4-vao-bo-4950623.html      e.org, 4950623
//	https://e.org/2026/03/02/bao-so-4               e.org, ""   a date is no number
func ArticleNumber(canonical string) (host, number string) {
	rest, ok := strings.CutPrefix(canonical, "https://")
	if !ok {
		return "", ""
	}
	host, path, _ := strings.Cut(rest, "/")
	path, _, _ = strings.Cut(path, "?")
	const shortest = 6
	end := len(path)
	for end > 0 {
		for end > 0 && (path[end-1] < '0' || path[end-1] > '9') {
			end--
		}
		start := end
		for start > 0 && path[start-1] >= '0' && path[start-1] <= '9' {
			start--
		}
		n := end - start
		day := n == 8 && (path[start:start+2] == "19" || path[start:start+2] == "20") // 20260302
		if n >= shortest && !day {
			return host, path[start:end]
		}
		end = start
	}
	return host, ""
}

// Numbering is what the addresses of one host show about the numbers in them, see ArticleNumber.
type Numbering struct {
	Numbers   int // different numbers
	Addresses int // different addresses that have one
	Plain     int // different addresses that have none
}

// Trusted says whether the host means its numbers as the identity of articles: at least twenty of
// them were seen, few addresses do without, and hardly any number stands in two addresses, as that
// of a category or a day would. (A headline edited with its slug gives some: 1 % of what three
// Vietnamese outlets wrote in a year.)
func (n Numbering) Trusted() bool {
	const enough, edited = 20, 10
	return n.Numbers >= enough && n.Addresses > 3*n.Plain && (n.Addresses-n.Numbers)*edited <= n.Addresses
}

// NamesArticle says whether a canonical URL may name one article: any but a host's front page, to
// which some feeds send all their readers.
func NamesArticle(canonical string) bool {
	rest, ok := strings.CutPrefix(canonical, "https://")
	return ok && strings.ContainsAny(strings.TrimSuffix(rest, "/"), "/?")
}
