package read

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"feedd/internal/feed"
)

// feedPath is the path of an address that is likely a feed.
var feedPath = regexp.MustCompile(`(?i)(?:\.(?:rss|atom|rdf)|/(?:rss|atom|feed|index|feeds)\.(?:xml|json)|/(?:feed|rss|atom)/?|/feeds/posts/default|/rss/[^/]+\.xml)$`)

// inScript finds addresses in the JSON and scripts of a page.
var inScript = regexp.MustCompile(`"((?:https?:)?(?:\\?/){1,2}[^"\s<>]{4,400})"`)

// Named lists the addresses on a page that look like feeds, though it does not advertise them: where
// its links lead, and what the JSON and scripts in it say. Each once, links first.
func Named(body Body) (found []FeedLink) {
	data, _, err := text(body.Bytes, body.ContentType, body.Language)
	if err != nil {
		return nil
	}
	tree, err := goquery.NewDocumentFromReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	r := reader{body: body}
	base := r.pageBase(tree)
	add := func(link, title string) {
		u, err := url.Parse(link)
		if err != nil || u.Host == "" || !looksLikeFeed(u) || len(found) == maxList ||
			slices.ContainsFunc(found, func(f FeedLink) bool { return f.URL == link }) {
			return
		}
		found = append(found, FeedLink{URL: link, Title: title})
	}
	tree.Find("a[href]").Each(func(_ int, a *goquery.Selection) {
		add(linkOf(a, "href", base), strings.Join(strings.Fields(a.Text()), " "))
	})
	tree.Find("script").Each(func(_ int, s *goquery.Selection) {
		for _, m := range inScript.FindAllStringSubmatch(s.Text(), maxList) {
			add(feed.Resolve(base, strings.ReplaceAll(m[1], `\/`, "/")), "")
		}
	})
	return found
}

// looksLikeFeed goes by the path, and by parameters such as ?format=rss.
func looksLikeFeed(u *url.URL) bool {
	if feedPath.MatchString(u.Path) {
		return true
	}
	for _, name := range []string{"format", "feed", "type", "alt", "output"} {
		switch strings.ToLower(u.Query().Get(name)) {
		case "rss", "rss2", "atom", "feed", "rss.xml":
			return true
		}
	}
	return false
}

// Generator is what a page says that made it, "" when it does not.
func Generator(body Body) string {
	data, _, err := text(body.Bytes, body.ContentType, body.Language)
	if err != nil {
		return ""
	}
	tree, err := goquery.NewDocumentFromReader(bytes.NewReader(data))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(tree.Find("meta[name=generator]").First().AttrOr("content", ""))
}
