package read

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html/atom"

	"feedd/internal/feed"
)

// rawItem is an item as its format gives it, before it is normalized: what every format is
// translated to.
type rawItem struct {
	guid       string
	link       string
	links      []string
	title      string
	summary    string
	content    string
	published  string
	updated    string
	authors    []feed.Person
	categories []string
	language   string
	image      string
	shown      feed.PictureNote // of image
	place      *feed.Point
	enclosures []feed.Enclosure
	plain      plainFields
}

// take normalizes the items of a document and adds them to it: addresses absolute, titles plain,
// dates read, each told apart from the others, see identify.
func (r *reader) take(doc *Document, raws []rawItem) {
	base := r.base(doc)
	r.site = nil
	if u, err := url.Parse(strings.TrimSpace(doc.Link)); err == nil && u.IsAbs() && u.Host != "" {
		r.site = u
	}
	r.dates = feed.Dates{Zone: r.src.Timezone, Now: r.now}
	if needsOrder(raws) {
		all := make([]string, 0, len(raws))
		for i := range raws {
			all = append(all, raws[i].published, raws[i].updated)
		}
		r.dates.Order = feed.OrderOf(all...)
	}
	doc.Published = r.date(doc.PublishedRaw)
	doc.Updated = r.date(doc.UpdatedRaw)

	doc.Items = make([]feed.Item, 0, len(raws))
	doc.Written = make([]Written, 0, len(raws))
	for i := range raws {
		raw := &raws[i]
		if at, ahead := r.ahead(raw.published); ahead {
			if doc.Held++; doc.HeldUntil.IsZero() || at.Before(doc.HeldUntil) {
				doc.HeldUntil = at
			}
			continue
		}
		it := r.item(raw, base)
		if it.Title == "" {
			// Some outlets write notes without headlines; their first words must do.
			it.Title = first(excerpt(it.Summary), excerpt(it.Content), excerpt(pictureWords(first(it.Content, it.Summary))))
		}
		if it.Language == "" {
			it.Language = doc.Language
		}
		doc.Items = append(doc.Items, it)
		doc.Written = append(doc.Written, Written{PublishedRaw: clip(raw.published, maxTitle), UpdatedRaw: clip(raw.updated, maxTitle), Links: raw.links[:min(len(raw.links), maxList)]})
	}
	r.identify(doc)
}

// aheadAtMost is how far ahead a date may lie and be meant: what lies further is a mistake, or a place
// at the top of a list.
const aheadAtMost = 366 * 24 * time.Hour

// ahead tells whether an item of this date waits for its time, and for which.
func (r *reader) ahead(raw string) (time.Time, bool) {
	if !r.src.HoldFuture || raw == "" {
		return time.Time{}, false
	}
	dates := r.dates
	dates.Now = r.now.Add(aheadAtMost)
	t, _, ok := dates.Parse(raw)
	return t, ok && t.After(r.now)
}

// base is what the document's relative addresses resolve against: the xml:base of its root,
// where it came from, else the site it names.
func (r *reader) base(doc *Document) *url.URL {
	for _, s := range [...]string{r.body.URL, doc.FeedLink, doc.Link} {
		if u, err := url.Parse(s); err == nil && u.IsAbs() && u.Host != "" {
			if b, err := u.Parse(r.xmlBase); err == nil && r.xmlBase != "" {
				return b
			}
			return u
		}
	}
	if u, err := url.Parse(r.xmlBase); err == nil && u.IsAbs() {
		return u
	}
	return nil
}

func (r *reader) item(raw *rawItem, base *url.URL) feed.Item {
	it := feed.Item{
		Source:   r.src.ID,
		GUID:     r.bounded(strings.TrimSpace(strings.ReplaceAll(withoutMarks(raw.guid), "\x00", "")), "guid"), // JSON may hold one, no store does
		URL:      feed.Destination(r.address(r.linkBase(base), raw.link)),
		Title:    r.title(raw.title, raw.plain.title),
		Summary:  r.text(raw.summary, raw.plain.summary),
		Content:  r.text(raw.content, raw.plain.content),
		Language: language(raw.language),
		Authors:  r.people(raw.authors),
	}
	it.Canonical = feed.Canonical(it.URL)
	base = r.textBase(base, it.URL)
	it.Place = raw.place
	it.Categories = r.categories(raw.categories)
	it.Enclosures = raw.enclosures
	for i := range it.Enclosures {
		it.Enclosures[i].URL = r.address(base, it.Enclosures[i].URL)
	}
	it.Published = r.date(raw.published)
	it.Updated = r.date(raw.updated)
	if it.Published.IsZero() {
		it.Published = r.dateOfAddress(it.URL)
	}
	r.pictureOf(&it, raw, base)
	if base != nil && (r.body.URL != "" || r.xmlBase != "") && base.String() != it.URL && (hasRelative(it.Summary) || hasRelative(it.Content)) {
		it.Base = base.String()
	}
	return it
}

// pictureOf gives an item its picture, with what is said of it: that which its source names, else the first
// of its text, else that of its first video.
func (r *reader) pictureOf(it *feed.Item, raw *rawItem, base *url.URL) {
	if it.Image = r.picture(base, raw.image); it.Image != "" && !raw.shownLarger() {
		it.Shown = r.note(raw.shown, it.Summary)
		if it.Shown.Caption == "" && it.Shown.Credit == "" {
			for _, text := range [...]string{it.Content, it.Summary} {
				if behind := behindPicture(text, raw.image); behind != "" {
					it.Shown.Caption, it.Shown.Credit = feed.CaptionBehind(behind)
				}
			}
		}
		return
	}
	for _, text := range [...]string{it.Content, it.Summary} {
		src, shown, behind := firstImage(text)
		if it.Image = r.picture(base, src); it.Image == "" {
			continue
		}
		it.Shown = shown
		if behind != "" {
			it.Shown.Caption, it.Shown.Credit = feed.CaptionBehind(behind)
		}
		return
	}
	for _, text := range [...]string{it.Content, it.Summary} {
		if it.Image = r.picture(base, feed.VideoPicture(text)); it.Image != "" {
			return
		}
	}
}

// shownLarger is true of a thumbnail beside a text whose own picture is larger, by what both say.
func (raw *rawItem) shownLarger() bool {
	const thumbnail = 200 // pixels wide, at most
	if raw.shown.Width == 0 || raw.shown.Width > thumbnail {
		return false
	}
	_, shown, _ := firstImage(first(raw.content, raw.summary))
	return shown.Width > 2*raw.shown.Width
}

// note makes plain, bounded text of what a format has for a picture's caption and credit. What is the summary, too,
// is no caption.
func (r *reader) note(n feed.PictureNote, summary string) feed.PictureNote {
	plain := func(s string, most int) string {
		if s == "" {
			return ""
		}
		return feed.Head(legible(feed.PlainTitle(r.letters(withoutMarks(s)))), most)
	}
	n.Caption, n.Credit = plain(n.Caption, maxTitle), plain(n.Credit, 200)
	if n.Caption != "" && n.Caption == feed.PlainTitle(summary) { // of the item, not of its picture
		n.Caption = ""
	}
	return n
}

// captioned is true of HTML that may hold a caption.
func captioned(s string) bool { return strings.Contains(s, "aption") || strings.Contains(s, "APTION") }

// behindPicture is what stands behind the picture of this address in a text that has captions; empty when it
// is not there.
func behindPicture(text, address string) string {
	if address == "" || !captioned(text) {
		return ""
	}
	at := strings.Index(text, address)
	if at < 0 {
		at = strings.Index(text, strings.ReplaceAll(address, "&", "&amp;"))
	}
	if at < 0 {
		return ""
	}
	_, behind, _ := strings.Cut(text[at:], ">")
	return behind
}

// linkBase is what relative links of items resolve against: the site, where the feed lives on another
// host than it, unless the document says otherwise.
func (r *reader) linkBase(base *url.URL) *url.URL {
	if r.xmlBase != "" || r.site == nil || base != nil && sameHost(r.site, base) {
		return base
	}
	return r.site
}

// textBase is what relative addresses in an item's text resolve against: the item's own page, or the site where
// it has none, if the feed lives on another host, unless the document says otherwise (xml:base).
func (r *reader) textBase(base *url.URL, page string) *url.URL {
	if r.xmlBase != "" {
		return base
	}
	if page == "" {
		return r.linkBase(base)
	}
	own, err := url.Parse(page)
	if err != nil || own.Host == "" || base != nil && sameHost(own, base) {
		return base
	}
	return own
}

func sameHost(a, b *url.URL) bool {
	return strings.TrimPrefix(strings.ToLower(a.Host), "www.") == strings.TrimPrefix(strings.ToLower(b.Host), "www.")
}

// date reads a date of the document; it is zero when there is none to believe.
func (r *reader) date(raw string) (t time.Time) {
	if raw == "" {
		return t
	}
	if strings.IndexByte(raw, '<') >= 0 {
		raw = withoutMarks(raw)
		// <time datetime="…"> within, escaped or not.
		raw = first(tagAttr(raw, "datetime"), feed.PlainText(raw))
	}
	t, zoned, ok := r.dates.Parse(raw)
	if ok && !zoned {
		r.zoneless++
	}
	return t
}

// addressDate is a day in an address as publishers' software writes it there.
var addressDate = regexp.MustCompile(`[/-]((?:19|20)[0-9]{2})([/-]?)([01][0-9])([/-]?)([0-3][0-9])(?:[/-]|[0-9]{4,9}[.]|$)`)

// dateOfAddress is the day that an item's address names, for an item that tells no date. A day that is
// not long past is left to the time the item is first seen, which says more.
func (r *reader) dateOfAddress(address string) time.Time {
	scheme := strings.Index(address, "://")
	if scheme < 0 {
		return time.Time{}
	}
	path := address[scheme+3:]
	if slash := strings.IndexByte(path, '/'); slash >= 0 {
		path = path[slash:]
	}
	at := addressDate.FindStringSubmatch(path)
	if at == nil || at[2] != at[4] {
		return time.Time{}
	}
	day, _, ok := r.dates.Parse(at[1] + "-" + at[3] + "-" + at[5])
	if !ok || r.now.Sub(day) < 48*time.Hour {
		return time.Time{}
	}
	return day
}

// title makes a headline of what a document has for one: mojibake and double escapes undone where
// that is certain, plain, composed, on one line, bounded.
func (r *reader) title(s string, plain bool) string {
	if s == "" {
		return ""
	}
	s = withoutMarks(s)
	if len(s) > 16*maxTitle {
		s = s[:cutAt(s, 16*maxTitle)]
	}
	s = r.letters(s)
	if plain {
		s = legible(feed.PlainLine(s))
	} else {
		s = legible(feed.PlainTitle(s))
	}
	if len(s) > maxTitle {
		s = s[:cutAt(s, maxTitle-3)] + "…"
		r.warn("titles longer than %d bytes were cut", maxTitle)
	}
	return s
}

// excerpt is the beginning of a text, for want of a headline.
func excerpt(s string) string {
	const most = 120
	if len(s) > 20*most {
		s = s[:cutAt(s, 20*most)]
	}
	s = legible(feed.PlainText(feed.WithoutCaptions(s)))
	if len(s) <= most {
		return s
	}
	s = s[:cutAt(s, most)]
	if i := strings.LastIndexByte(s, ' '); i > most/2 {
		s = s[:i]
	}
	return s + "…"
}

// pictureWords are what the first picture of a text is said to show.
func pictureWords(s string) string {
	i := strings.Index(s, "<img")
	if i < 0 {
		return ""
	}
	tag, _, _ := strings.Cut(s[i+4:], ">")
	return first(tagAttr(tag, "alt"), tagAttr(tag, "title"))
}

// legible leaves out what stands for characters that were lost.
func legible(s string) string {
	if !strings.Contains(s, "\uFFFD") {
		return s
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\uFFFD", "")), " ")
}

// text is html for a text that may be plain: then it becomes HTML that shows it as it is.
func (r *reader) text(s string, plain bool) string {
	if !plain {
		return r.html(s)
	}
	return r.kept(markup(r.restore(s)))
}

// markup is HTML that shows plain text: its signs as signs, its lines as lines.
func markup(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "\r\n", "\n")
	if !strings.ContainsAny(s, "<>&\n") {
		return s
	}
	s = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", "<br>\n").Replace(s)
	return s
}

// withoutMarks takes the marks of a CDATA section off a text that a template escaped with them, or wrote in a way
// that is none of XML's ("<! [cdata["), and the mark that is left at the end where a section ended before, as behind
// a section within a section.
func withoutMarks(s string) string {
	t := strings.TrimSpace(s)
	if strings.HasPrefix(t, "<!") {
		if mark := sectionMark.FindString(t); mark != "" {
			return strings.TrimSpace(strings.ReplaceAll(strings.Replace(t[len(mark):], "]]>", "", 1), "<![CDATA[", ""))
		}
	}
	if rest, ok := strings.CutSuffix(t, "]]>"); ok && !strings.Contains(rest, "<![CDATA[") {
		return strings.TrimSpace(rest)
	}
	return s
}

var sectionMark = regexp.MustCompile(`^(?i)<!\s*\[\s*CDATA\s*\[`)

// html keeps a text as it came, composed and bounded. Of what has no tag it makes HTML, see asMarkup.
func (r *reader) html(s string) string {
	s = strings.TrimSpace(withoutMarks(r.restore(s)))
	if strings.IndexByte(s, '<') < 0 {
		s = asMarkup(s)
	}
	return r.kept(s)
}

// kept is HTML with its letters and signs put right, and bounded.
func (r *reader) kept(s string) string {
	if len(s) > maxHTML {
		s = s[:cutAt(s, maxHTML)]
		r.warn("texts longer than %d MB were cut", maxHTML>>20)
	}
	return r.letters(signs(s))
}

// asMarkup makes HTML of a text without a tag: of HTML that was escaped twice, and of text in paragraphs, which
// blank lines part.
func asMarkup(s string) string {
	if strings.HasPrefix(s, "&lt;") {
		if once := html.UnescapeString(s); escapedTwice.MatchString(once) {
			return once
		}
	}
	if strings.IndexByte(s, '\n') < 0 || !blankLines.MatchString(s) {
		return s
	}
	s = blankLines.ReplaceAllString(strings.ReplaceAll(s, "\r\n", "\n"), "\n\n")
	return strings.ReplaceAll(s, "\n", "<br>\n")
}

var (
	// escapedTwice is HTML that begins and ends as HTML does, or begins with a picture.
	escapedTwice = regexp.MustCompile(`(?is)^<(?:(?:p|div|span|h[1-6]|ul|ol|table|figure|article|section|blockquote|a)[ >].*</[a-z0-9]+>$|img\s[^>]*src=)`)
	blankLines   = regexp.MustCompile(`[ \t]*\r?\n[ \t]*\r?\n\s*`)
)

// signs makes text of a "<" that an HTML parser would take for the start of a tag or a comment, though it is none:
// of "<!" that starts neither a comment, nor a section, nor a declaration, of addresses between angle brackets
// (<lan@bao.example>, <https://…>), and of types and the like (List<String>), which no element is called and
// nothing ends.
func signs(s string) string {
	var out strings.Builder
	var ends map[string]int
	endsBehind := func(name string, at int) bool {
		if ends == nil {
			ends = lastEnds(s)
		}
		return ends[name] > at
	}
	written := 0
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '<')
		if i < 0 {
			break
		}
		i += at
		at = i + 1
		if at == len(s) || !isSign(s, at, endsBehind) {
			continue
		}
		out.WriteString(s[written:i])
		out.WriteString("&lt;")
		written = at
	}
	if written == 0 {
		return s
	}
	out.WriteString(s[written:])
	return out.String()
}

// lastEnds are the places of the last end tag of each name.
func lastEnds(s string) map[string]int {
	ends := map[string]int{}
	for at := 0; ; {
		i := strings.Index(s[at:], "</")
		if i < 0 {
			return ends
		}
		at += i + len("</")
		ends[elementAt(s, at)] = at
	}
}

// elementAt is the name that begins at this place, of 40 bytes at most.
func elementAt(s string, at int) string {
	name := s[at:min(len(s), at+40)]
	if n := strings.IndexAny(name, " \t\r\n/>"); n >= 0 {
		return name[:n]
	}
	return name
}

// isSign judges what stands behind a "<" at this place. endsBehind says whether an element's end tag stands behind a place.
func isSign(s string, at int, endsBehind func(name string, at int) bool) bool {
	switch c := s[at]; {
	case c == '!':
		next := at + 1
		return next == len(s) || strings.IndexByte("-[>/", s[next]) < 0 && (s[next]|0x20 < 'a' || 'z' < s[next]|0x20)
	case c|0x20 < 'a' || 'z' < c|0x20:
		return false // no parser takes it for a tag, or it is an end tag
	}
	name := elementAt(s, at)
	rest := s[at+len(name):]
	if atom.Lookup([]byte(name)) != 0 {
		return false // nearly all
	}
	if strings.ContainsAny(name, "@,;&\"'(") || strings.HasPrefix(rest, "//") && strings.HasSuffix(name, ":") {
		return true
	}
	// An element of somebody's own has a hyphen or a prefix, or attributes, or an end.
	return !strings.ContainsAny(name, "-:_.") && strings.HasPrefix(rest, ">") && atom.Lookup([]byte(strings.ToLower(name))) == 0 &&
		!endsBehind(name, at)
}

// bounded drops what is too long to be an identity or an address.
func (r *reader) bounded(s, what string) string {
	if len(s) > maxAddress {
		r.warn("a %s longer than %d bytes was left out", what, maxAddress)
		return ""
	}
	return s
}

// address makes a reference absolute, where that is possible.
func (r *reader) address(base *url.URL, ref string) string {
	if ref == "" {
		return ""
	}
	ref = strings.TrimSpace(withoutMarks(ref))
	if strings.IndexByte(ref, '\n') >= 0 || strings.IndexByte(ref, '\t') >= 0 || strings.IndexByte(ref, '\r') >= 0 {
		ref = strings.NewReplacer("\n", "", "\t", "", "\r", "").Replace(ref)
	}
	if strings.Contains(ref, "&amp;") || strings.Contains(ref, "&#") {
		ref = ampersands.Replace(ref)
	}
	if strings.HasPrefix(ref, "//") {
		scheme := "https:"
		if base != nil {
			scheme = base.Scheme + ":"
		}
		ref = scheme + ref
	}
	if base != nil && startsWithHost(ref, base) {
		ref = base.Scheme + "://" + ref
	}
	return r.bounded(feed.Resolve(base, ref), "link")
}

// startsWithHost is true of an address without its scheme: of one that begins with the host it would be relative
// to, or with www.
func startsWithHost(ref string, base *url.URL) bool {
	host, _, _ := strings.Cut(ref, "/")
	if len(host) < 4 || strings.IndexByte(host, '.') < 0 {
		return false
	}
	return strings.EqualFold(host[:4], "www.") && strings.Count(host, ".") > 1 || strings.EqualFold(strings.TrimPrefix(host, "www."), strings.TrimPrefix(base.Host, "www."))
}

// ampersands undoes what stands for a "&" in addresses that were escaped twice, or cut out of HTML.
var ampersands = strings.NewReplacer("&amp;", "&", "&#38;", "&", "&#038;", "&", "&#x26;", "&")

// picture is address for a picture, which has to be on the web.
func (r *reader) picture(base *url.URL, ref string) string {
	at := r.address(base, ref)
	if scheme, _, _ := strings.Cut(at, ":"); !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return ""
	}
	return at
}

// cutAt is the last place at or before n where s can be cut without breaking a character.
func cutAt(s string, n int) int {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// language gives a code the form of BCP 47: "en_us" is "en-US"; what is no code is dropped.
func language(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	s = strings.ReplaceAll(s, "_", "-")
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c == '-' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			return ""
		}
	}
	if len(s) > 35 {
		return ""
	}
	return s
}

// people puts the letters of names right.
func (r *reader) people(in []feed.Person) []feed.Person {
	for i := range in {
		in[i].Name = r.letters(in[i].Name)
	}
	return in
}

// categories trims the names of categories and leaves out empty ones and repetitions.
func (r *reader) categories(in []string) []string {
	out := in[:0]
	for _, c := range in {
		c = feed.PlainText(r.letters(withoutMarks(c)))
		if c == "" || len(c) > 200 {
			continue
		}
		again := false
		for _, o := range out {
			again = again || o == c
		}
		if !again && len(out) < maxList {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// needsOrder is true when a date may be of three bare numbers.
func needsOrder(raws []rawItem) bool {
	for i := range raws {
		s := raws[i].published
		s = s[:min(len(s), 30)]
		if strings.IndexByte(s, '/') >= 0 || len(s) > 5 && s[0] >= '0' && s[0] <= '9' && s[4] != '-' && (s[2] == '-' || strings.Count(s, "-") >= 2) {
			return true
		}
	}
	return false
}

// firstImage finds the first picture of a text that is the item's, with its size and, where the text has
// captions, what stands behind it. It builds no tree, for it runs over everything that is collected.
func firstImage(s string) (src string, shown feed.PictureNote, behind string) {
	text := s
	sources := "" // the sizes that the open <picture> offers
	for {
		i, name := imageTag(s)
		if i < 0 {
			return "", feed.PictureNote{}, ""
		}
		s = s[i+1+len(name):]
		end := restOfTag(s)
		if end < 0 {
			return "", feed.PictureNote{}, ""
		}
		tag := s[:end]
		s = s[end:]
		if strings.Contains(tag, " SRC=") {
			tag = shouted.Replace(tag)
		}
		attr := func(name string) string { return tagAttr(tag, name) }
		if name == "source" {
			sources = first(sources, attr("srcset"), attr("data-srcset"))
			continue
		}
		if !strings.Contains(tag, "data") && !strings.Contains(tag, "lazy") && !strings.Contains(tag, "srcset") && !strings.Contains(tag, "file=") {
			attr = plainAttr(tag) // nearly all
		}
		src, width, height := feed.LargestPicture(attr)
		if src == "" {
			src = feed.LargestOf(sources)
		}
		sources = ""
		if src == "" || feed.Decorates(src, attr("class"), feed.Pixels(attr("width")), feed.Pixels(attr("height"))) || hidden(attr("style")) {
			continue
		}
		if width > 0 && height > 0 {
			shown = feed.PictureNote{Width: width, Height: height}
		}
		if captioned(text) {
			behind = s[1:]
		}
		return src, shown, behind
	}
}

// shouted are the attributes of a picture as HTML of the last century writes them.
var shouted = strings.NewReplacer(" SRC=", " src=", " WIDTH=", " width=", " HEIGHT=", " height=", " CLASS=", " class=", " STYLE=", " style=")

// imageTag finds the next tag of a picture, and its name as it is written; -1 when there is none. Of a <picture>
// with sizes to choose from, these come first.
func imageTag(s string) (at int, name string) {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '<')
		if i < 0 {
			return -1, ""
		}
		from += i + 1
		for _, n := range [...]string{"img", "source", "amp-img"} {
			if rest := s[from:]; len(rest) > len(n) && strings.EqualFold(rest[:len(n)], n) && (rest[len(n)] <= ' ' || rest[len(n)] == '/') {
				return from - 1, n
			}
		}
	}
}

// restOfTag measures what is left of a tag, of which s is the rest: up to the next ">" that stands in no quoted
// value, or to the next one where a quote is not closed. It is -1 when there is none.
func restOfTag(s string) int {
	const longest = 8 << 10
	quote := byte(0)
	for i := 1; i < min(len(s), longest); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && s[i-1] == '=':
			quote = c
		case c == '>':
			return i
		}
	}
	return strings.IndexByte(s, '>')
}

// plainAttr gives the attributes of a tag that has its picture in src, and asks for no others.
func plainAttr(tag string) func(string) string {
	return func(name string) string {
		switch name {
		case "src", "class", "width", "height", "style":
			return tagAttr(tag, name)
		}
		return ""
	}
}

// hidden is true of a style that shows nothing.
func hidden(style string) bool {
	return style != "" && strings.Contains(strings.ReplaceAll(style, " ", ""), "display:none")
}

// tagAttr finds an attribute in the inside of a tag.
func tagAttr(tag, name string) string {
	for i := 0; ; {
		j := strings.Index(tag[i:], name)
		if j < 0 {
			return ""
		}
		i += j + len(name)
		if at := i - len(name); at > 0 && tag[at-1] > ' ' && tag[at-1] != '"' && tag[at-1] != '\'' {
			continue
		}
		v := strings.TrimLeft(tag[i:], " \t\r\n")
		if v == "" || v[0] != '=' {
			continue
		}
		v = strings.TrimLeft(v[1:], " \t\r\n")
		if v == "" {
			return ""
		}
		if v[0] == '"' || v[0] == '\'' {
			if end := strings.IndexByte(v[1:], v[0]); end >= 0 {
				return strings.TrimSpace(v[1 : end+1])
			}
			return ""
		}
		if end := strings.IndexAny(v, " \t\r\n"); end >= 0 {
			return v[:end]
		}
		return strings.TrimSuffix(v, "/") // of the tag
	}
}

// hasRelative is true of HTML with an address that needs a base.
func hasRelative(s string) bool {
	for _, mark := range [...]string{"href=", "src="} {
		for rest := s; ; {
			i := strings.Index(rest, mark)
			if i < 0 {
				break
			}
			rest = rest[i+len(mark):]
			v := strings.TrimLeft(rest[:min(len(rest), 20)], `"' `)
			if !strings.HasPrefix(v, "http") && !strings.HasPrefix(v, "mailto:") && !strings.HasPrefix(v, "#") && !strings.HasPrefix(v, "data:") {
				return true
			}
		}
	}
	return false
}
