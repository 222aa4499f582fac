package feed

import (
	"cmp"
	"encoding/binary"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/text/unicode/norm"
)

// Revision returns a hash of everything that its source may write anew about an item. Dates are not
// part of it: many sources date an item anew at every look. Whether a reader sees what was written
// anew says Revised.
func Revision(it *Item) uint64 {
	h := xxhash.New()
	var n [8]byte
	add := func(s string) {
		binary.LittleEndian.PutUint64(n[:], uint64(len(s))) // so that ("ab","c") is not ("a","bc")
		_, _ = h.Write(n[:])
		_, _ = h.WriteString(s)
	}
	add(it.URL)
	add(it.Title)
	add(it.Summary)
	add(it.Content)
	add(it.Image)
	for _, a := range it.Authors {
		add(a.Name)
	}
	add("")
	for _, c := range it.Categories {
		add(c)
	}
	add("")
	for _, e := range it.Enclosures {
		add(e.URL)
	}
	// What items had no place for once: without it, the hash is what it was then.
	if it.Shown != (PictureNote{}) {
		add(it.Shown.Caption)
		add(it.Shown.Credit)
	}
	if it.Place != nil {
		add(it.Place.String())
	}
	return h.Sum64()
}

// Revised says whether a reader sees a difference between an item as it was and as it is: in its
// headline, its text, its picture, or in where it leads. Parameters of addresses, signatures and
// schemes, whitespace and markup, curly for straight quotes, the order of categories and who is named as the author are none.
func Revised(was, is *Item) bool {
	return shown(was.Title) != shown(is.Title) ||
		shown(was.Summary) != shown(is.Summary) ||
		contentOf(was) != contentOf(is) ||
		pictureOf(was.Image) != pictureOf(is.Image) ||
		targetOf(was.URL) != targetOf(is.URL) ||
		!slices.EqualFunc(was.Enclosures, is.Enclosures, func(a, b Enclosure) bool { return pictureOf(a.URL) == pictureOf(b.URL) })
}

// contentOf is what an item's content says beyond its summary.
func contentOf(it *Item) string {
	if text := shown(it.Content); text != shown(it.Summary) {
		return text
	}
	return ""
}

// shown is what a reader sees of a text: its words, whether its signs were set by a typesetter or a typist, and
// however its letters are composed.
func shown(html string) string { return typed.Replace(norm.NFC.String(words(html))) }

// typed writes the signs of a typesetter as a keyboard has them.
var typed = strings.NewReplacer("‘", "'", "’", "'", "‛", "'", "′", "'", "“", `"`, "”", `"`, "„", `"`, "″", `"`, "«", `"`, "»", `"`,
	"‐", "-", "‑", "-", "–", "-", "—", "-", "…", "...")

// Regrouped says whether an item's source files it otherwise than it did, which readers do not see
// but rules may: under other categories, by other authors, in another language.
func Regrouped(was, is *Item) bool {
	names := func(it *Item) []string {
		list := slices.Clone(it.Categories)
		slices.Sort(list)
		var authors []string
		for _, a := range it.Authors {
			authors = append(authors, a.Name)
		}
		slices.Sort(authors)
		return append(append(slices.Compact(list), "", it.Language), authors...)
	}
	return !slices.Equal(names(was), names(is))
}

// targetOf is the page that an address leads to, however its letters are escaped: what stands behind "?" says how
// a reader came there.
func targetOf(raw string) string {
	page, _, _ := strings.Cut(Canonical(raw), "?")
	if plain, err := url.PathUnescape(page); err == nil && page != "" {
		return plain
	}
	return cmp.Or(page, raw)
}

// pictureOf is the file that an address names. A server may shard its pictures over hosts with a
// number each, and sign their addresses; where the path names no file, the parameters do.
func pictureOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if first, rest, ok := strings.Cut(host, "."); ok {
		host = strings.TrimRight(first, "0123456789") + "." + rest
	}
	name := host + sizes.ReplaceAllString(u.Path, "")
	if len(path.Ext(u.Path)) > 1 && !strings.EqualFold(path.Ext(u.Path), ".php") {
		return name
	}
	var keep []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		key, _, _ := strings.Cut(part, "=")
		if part != "" && !signs(key) && !isTracking(key) {
			keep = append(keep, part)
		}
	}
	slices.Sort(keep)
	return name + "?" + strings.Join(keep, "&")
}

// sizes matches how large a server is to make a picture, where the path says so: "-800x600.jpg",
// "/w_640,h_480/", "/640x0/".
var sizes = regexp.MustCompile(`-\d{2,4}x\d{1,4}\b|/(?:[whqc]_\w+(?:,[a-z]+_\w+)*|[wh]\d{2,4}|\d{1,4}x\d{1,4})/`)

// signs says whether a parameter signs an address, or says how large a picture is to be.
func signs(name string) bool {
	switch name = strings.ToLower(name); name {
	case "s", "sig", "sign", "signature", "token", "expires", "expiry", "exp", "e", "hash", "hmac", "policy", "key-pair-id", "hdnts", "hdnea",
		"w", "h", "width", "height", "size", "q", "quality", "fit", "crop", "auto", "fm", "format", "dpr", "v", "ver", "t", "ts", "_", "cb", "rnd",
		"st", "se", "sv", "sr", "sp", "spr", "skoid", "sktid", "skt", "ske", "sks", "skv", "oh", "oe", "_nc_ht", "_nc_cat", "_nc_ohc", "ccb":
		return true
	}
	return strings.HasPrefix(name, "x-amz-") || strings.HasPrefix(name, "x-goog-")
}
