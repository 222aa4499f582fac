package feed

import (
	"strings"

	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// WithoutCaptions takes pictures with what stands below them out of HTML: captions, credits, figures of
// pictures, WordPress's [caption]. It is for a summary that is shown without its pictures, which else
// begins with words about one. Where nothing else would be left, raw is returned.
func WithoutCaptions(raw string) string {
	if !strings.Contains(raw, "aption") && !strings.Contains(raw, "APTION") && !strings.Contains(raw, "redit") && !strings.Contains(raw, "<figure") {
		return raw
	}
	rest := withoutShortcodes(raw)
	out := make([]byte, 0, len(rest))
	z := nethtml.NewTokenizer(strings.NewReader(rest))
	var skipped atom.Atom // the element that is left out, and how many of its kind are open within
	var name string
	depth := 0
	figure, pictured := -1, false // where an open figure starts in out, and whether it holds a picture
	for {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			break
		}
		token := z.Raw()
		if kind == nethtml.TextToken || kind == nethtml.CommentToken || kind == nethtml.DoctypeToken {
			if depth == 0 {
				out = append(out, token...)
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
		switch {
		case kind == nethtml.StartTagToken && isCaption(&t):
			skipped, name, depth = t.DataAtom, t.Data, 1
			continue
		case kind == nethtml.StartTagToken && t.DataAtom == atom.Figure && figure < 0:
			figure, pictured = len(out), false
		case t.DataAtom == atom.Img || t.DataAtom == atom.Picture || t.DataAtom == atom.Video:
			pictured = true
		case kind == nethtml.EndTagToken && t.DataAtom == atom.Figure && figure >= 0:
			from := figure
			if figure = -1; pictured {
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
