package feed

import (
	"net/url"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// safePolicy is what Sanitize lets through: text with its structure, links and pictures.
var safePolicy = makeSafePolicy()

func makeSafePolicy() *bluemonday.Policy {
	p := bluemonday.UGCPolicy()
	p.AllowElements("figure", "figcaption", "picture", "u", "s")
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireParseableURLs(true)
	return p
}

// Sanitize makes HTML as received safe to show in a reader or a page: no scripts, no styles, no
// event handlers, no frames or forms, and only absolute http, https and mailto addresses. Relative
// addresses resolve against base; without one they are dropped.
func Sanitize(markup, base string) string {
	if strings.IndexByte(markup, '<') < 0 && strings.IndexByte(markup, '&') < 0 {
		return html.EscapeString(markup)
	}
	return safePolicy.Sanitize(absolute(markup, base))
}

// absolute rewrites the relative addresses of links and pictures.
func absolute(markup, base string) string {
	if !strings.Contains(markup, "href") && !strings.Contains(markup, "src") {
		return markup
	}
	b, err := url.Parse(base)
	if err != nil || !b.IsAbs() {
		b = nil
	}
	var out strings.Builder
	out.Grow(len(markup))
	z := html.NewTokenizer(strings.NewReader(markup))
	for z.Next() != html.ErrorToken {
		raw := string(z.Raw())
		t := z.Token()
		changed := false
		if t.Type == html.StartTagToken || t.Type == html.SelfClosingTagToken {
			keep := t.Attr[:0]
			for _, a := range t.Attr {
				if a.Key == "href" || a.Key == "src" || a.Key == "cite" || a.Key == "poster" {
					if u, err := url.Parse(strings.TrimSpace(a.Val)); err == nil && !u.IsAbs() {
						changed = true
						if b == nil {
							continue
						}
						a.Val = b.ResolveReference(u).String()
					}
				}
				keep = append(keep, a)
			}
			t.Attr = keep
		}
		if changed {
			out.WriteString(t.String())
		} else {
			out.WriteString(raw)
		}
	}
	return out.String()
}

// PlainText returns the text of HTML, one line, entities resolved.
func PlainText(markup string) string {
	var out strings.Builder
	z := html.NewTokenizer(strings.NewReader(markup))
	hidden := 0 // inside script or style
	for {
		switch z.Next() {
		case html.ErrorToken:
			return strings.Join(strings.Fields(out.String()), " ")
		case html.TextToken:
			if hidden == 0 {
				out.Write(z.Text())
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			if s := string(name); s == "script" || s == "style" {
				hidden++
			} else if !inline[s] {
				out.WriteByte(' ')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if s := string(name); s == "script" || s == "style" {
				hidden = max(hidden-1, 0)
			} else if !inline[s] {
				out.WriteByte(' ')
			}
		case html.SelfClosingTagToken:
			out.WriteByte(' ')
		}
	}
}

// inline elements stand inside a word or a sentence; the others end one.
var inline = map[string]bool{
	"a": true, "abbr": true, "b": true, "bdi": true, "cite": true, "code": true, "em": true,
	"font": true, "i": true, "mark": true, "q": true, "s": true, "small": true, "span": true,
	"strong": true, "sub": true, "sup": true, "u": true,
}
