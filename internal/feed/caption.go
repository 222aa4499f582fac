package feed

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// WithoutCaptions takes pictures with what stands below them out of HTML: captions, credits, figures of
// pictures, WordPress's [caption], and players with what they say where they cannot play. It is for a summary that is shown without its pictures, which else
// begins with words about one. Where nothing else would be left, raw is returned.
func WithoutCaptions(raw string) string {
	slanted := strings.Contains(raw, "<img") && (strings.Contains(raw, "<em>") || strings.Contains(raw, "<i>")) // below a picture, it may be
	if !slanted && !slices.ContainsFunc(captioned[:], func(mark string) bool { return strings.Contains(raw, mark) }) {
		return raw
	}
	rest := withoutShortcodes(raw)
	out := make([]byte, 0, len(rest))
	z := nethtml.NewTokenizer(strings.NewReader(rest))
	var skipped atom.Atom // the element that is left out, and how many of its kind are open within
	var name string
	depth := 0
	figure, pictured := -1, false // where an open figure starts in out, and whether it holds a picture
	var framed atom.Atom          // the element that it is: a figure, a table by its class, a paragraph
	slants := 0                   // elements of slanted text that are open in it
	said, upright := 0, 0         // bytes of its text, and of what is not slanted
	at, player := 0, 0            // what was read of rest, and where the player ends that is left out
	for {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			break
		}
		token := z.Raw()
		from := at
		if at += len(token); from < player {
			continue
		}
		if kind == nethtml.TextToken || kind == nethtml.CommentToken || kind == nethtml.DoctypeToken {
			if depth == 0 {
				out = append(out, token...)
				if kind == nethtml.TextToken {
					n := len(strings.TrimSpace(string(token)))
					if said += n; slants == 0 {
						upright += n
					}
				}
			}
			continue
		}
		written := string(token)
		t := z.Token()
		if depth > 0 {
			if t.DataAtom == skipped && t.Data == name {
				switch kind {
				case nethtml.StartTagToken:
					depth++
				case nethtml.EndTagToken:
					depth--
				}
			}
			continue
		}
		if kind == nethtml.StartTagToken && (t.DataAtom == atom.Video || t.DataAtom == atom.Audio || t.DataAtom == atom.Iframe) {
			z.NextIsNotRawText()
			if n := unplayed(rest[at:], t.Data); n >= 0 {
				player, pictured = at+n, true
				continue
			}
		}
		switch {
		case kind == nethtml.StartTagToken && isCaption(&t):
			skipped, name, depth = t.DataAtom, t.Data, 1
			continue
		case kind == nethtml.StartTagToken && isFrame(&t) && (figure < 0 || framed == atom.P):
			figure, framed, pictured, slants, said, upright = len(out), t.DataAtom, false, 0, 0, 0
		case t.DataAtom == atom.Em || t.DataAtom == atom.I:
			if slants++; kind == nethtml.EndTagToken {
				slants = max(0, slants-2)
			}
		case t.DataAtom == atom.Img || t.DataAtom == atom.Picture || t.DataAtom == atom.Video:
			pictured = true
		case kind == nethtml.EndTagToken && figure >= 0 && t.DataAtom == framed:
			from := figure
			if figure = -1; pictured && (framed != atom.P || upright == 0 && said <= slantedBytes) {
				out = out[:from]
				continue
			}
		}
		out = append(out, written...)
	}
	without := string(out)
	if PlainText(without) == "" {
		return raw
	}
	return without
}

// captioned stands in what may hold a caption, or a player.
var captioned = [...]string{"aption", "APTION", "redit", "<figure", "<video", "<audio", "<iframe"}

// isFrame is true of an element that may hold a picture and what is said below it, and nothing else. A paragraph is one
// where all of its words are slanted and few.
func isFrame(t *nethtml.Token) bool {
	switch t.DataAtom {
	case atom.Figure, atom.P:
		return true
	case atom.Table:
		return strings.Contains(strings.ToLower(attrIn(t.Attr)("class")), "caption")
	}
	return false
}

// isCaption is true of an element that holds what is said below a picture, or the picture with it.
func isCaption(t *nethtml.Token) bool {
	switch t.DataAtom {
	case atom.Figcaption:
		return true
	case atom.Img, atom.Br, atom.Hr, atom.Table, atom.Body, atom.Html, atom.Input, atom.Meta, atom.Link:
		return false
	}
	for _, a := range t.Attr {
		if a.Key != "class" {
			continue
		}
		for class := range strings.FieldsSeq(strings.ToLower(a.Val)) {
			if strings.Contains(class, "caption") || strings.HasSuffix(class, "credit") || strings.HasSuffix(class, "credits") {
				return true
			}
		}
	}
	return false
}

// withoutShortcodes takes WordPress's [caption]…[/caption] out, which some feeds leave in.
func withoutShortcodes(s string) string {
	const end = "[/caption]"
	if !strings.Contains(s, end) {
		return s
	}
	var out strings.Builder
	for {
		from := strings.Index(s, "[caption")
		to := strings.Index(s, end)
		if from < 0 || to < from {
			break
		}
		out.WriteString(s[:from])
		s = s[to+len(end):]
	}
	out.WriteString(s)
	return out.String()
}

// How far behind a picture its caption is looked for: bytes, and pieces of markup.
const (
	captionReach  = 6 << 10
	captionPieces = 60
	captionBytes  = 1000
	slantedBytes  = 240 // of a paragraph that is taken for a caption because it is slanted: leads are longer
)

// CaptionBehind returns what stands as the caption of a picture, and whom it credits, in the HTML behind the
// picture's <img>; empty when no caption follows it directly.
func CaptionBehind(rest string) (caption, credit string) {
	rest = Head(rest, captionReach)
	if end := strings.Index(rest, "[/caption]"); end >= 0 && !strings.Contains(rest[:end], "[caption") { // of WordPress
		return ofCaption(PlainLine(stripped(rest[:end])), "")
	}
	z := nethtml.NewTokenizer(strings.NewReader(rest))
	for range captionPieces {
		kind := z.Next()
		switch kind {
		case nethtml.ErrorToken:
			return "", ""
		case nethtml.TextToken:
			if strings.TrimSpace(string(z.Raw())) != "" {
				return "", ""
			}
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken, nethtml.EndTagToken:
			t := z.Token()
			switch {
			case kind == nethtml.StartTagToken && isCaption(&t):
				return ofCaption(captionText(z, &t))
			case t.DataAtom == atom.Img, kind == nethtml.EndTagToken && t.DataAtom == atom.Figure:
				return "", ""
			}
		}
	}
	return "", ""
}

// captionText reads the element that a tokenizer stands in, to its end: its text, and apart from it that of
// what its class calls a credit.
func captionText(z *nethtml.Tokenizer, open *nethtml.Token) (text, credit string) {
	var all, by strings.Builder
	depth, within := 1, 0 // elements of its kind that are open; elements that are open in the credit
	if isCredit(open) {
		within = 1
	}
	for depth > 0 {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			break
		}
		if kind == nethtml.TextToken {
			if within > 0 {
				by.Write(z.Text())
			} else {
				all.Write(z.Text())
			}
			continue
		}
		t := z.Token()
		switch {
		case kind == nethtml.StartTagToken && t.DataAtom != atom.Br && t.DataAtom != atom.Img:
			if t.DataAtom == open.DataAtom && t.Data == open.Data {
				depth++
			}
			if within > 0 || isCredit(&t) {
				within++
			}
		case kind == nethtml.EndTagToken:
			if t.DataAtom == open.DataAtom && t.Data == open.Data {
				depth--
			}
			within = max(0, within-1)
		}
		all.WriteByte(' ')
		by.WriteByte(' ')
	}
	return PlainLine(all.String()), PlainLine(by.String())
}

// isCredit is true of an element that names who made a picture.
func isCredit(t *nethtml.Token) bool {
	if t.DataAtom == atom.Cite {
		return true
	}
	for _, a := range t.Attr {
		if a.Key == "class" && (strings.Contains(strings.ToLower(a.Val), "credit") || strings.Contains(strings.ToLower(a.Val), "copyright")) || a.Key == "itemprop" && a.Val == "copyrightHolder" {
			return true
		}
	}
	return false
}

// stripped is HTML without its tags.
func stripped(s string) string {
	var out strings.Builder
	z := nethtml.NewTokenizer(strings.NewReader(s))
	for kind := z.Next(); kind != nethtml.ErrorToken; kind = z.Next() {
		if kind == nethtml.TextToken {
			out.Write(z.Text())
		}
	}
	return out.String()
}

// creditTail matches whom a caption credits at its end: "… Ảnh: TTXVN", "… (Photo: AP)", "… Photo by A. B.".
var creditTail = regexp.MustCompile(`(?i)(?:^|[\s.,;!?…(\[–—|-])[\[(]?(?:` +
	`(?:nguồn ảnh|ảnh tư liệu|ảnh minh h[oọ]a|ảnh|(?:photo |image )?credits?|photograph|photo|picture|image|crédit photo|foto|bild)\s*[:：]\s*` +
	`|(?:photograph|photo|picture|image) by\s+|(?:photo |image )?courtesy of\s+|©\s*)([^:;()\[\]]{2,80}?)[.)\]\s]*$`)

// creditMark is what a credit begins with and is no part of the name.
var creditMark = regexp.MustCompile(`(?i)^[(\[\s]*(?:(?:nguồn ảnh|ảnh|photograph|photo|picture|image|credits?|crédit photo|foto|bild)\b(?:\s*[:：]|\s+by\b)?|©|[:：]|by\b|\s)+`)

// CreditName is whom a credit names, without the words before the name that say that it is one: pages have their own.
func CreditName(credit string) string {
	return strings.TrimRight(creditMark.ReplaceAllString(credit, ""), " )].")
}

// ofCaption parts a caption from the credit at its end. A credit that stood apart comes as credit.
func ofCaption(text, credit string) (string, string) {
	if credit != "" {
		return Head(text, captionBytes), Head(CreditName(credit), 200)
	}
	if at := creditTail.FindStringSubmatchIndex(text); at != nil {
		credit = strings.TrimSpace(text[at[2]:at[3]])
		_, first := utf8.DecodeRuneInString(text[at[0]:]) // what ends the sentence before
		text = strings.TrimRight(text[:at[0]+first], " ([–—|-,;:")
		if at[0] == 0 {
			text = ""
		}
	}
	return Head(text, captionBytes), credit
}
