package read

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"codeberg.org/readeck/go-readability/v2"
	"feedd/internal/feed"
	"github.com/PuerkitoBio/goquery"
)

// maxArticle bounds the elements of a page that readability looks at; its time grows with them.
const maxArticle = 20000

// Article fills what an item lacks from the page it leads to: summary, picture, authors and
// date. What the source said itself is never replaced. The page's own description of itself
// (schema.org, Open Graph) comes before what readability makes of its text.
func Article(body Body, it *feed.Item, src feed.Source, now time.Time) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the article's page cannot be read: %v", p)
		}
	}()
	data, _, err := text(body.Bytes, body.ContentType, first(body.Language, src.Language))
	if err != nil {
		return err
	}
	tree, err := parsePage(data)
	if err != nil {
		return fmt.Errorf("the article's page cannot be read: %w", err)
	}
	r := reader{body: body, src: src, now: now, dates: feed.Dates{Zone: src.Timezone, Now: now}}
	base := r.pageBase(tree)
	if base == nil {
		if base, err = url.Parse(it.URL); err != nil {
			return fmt.Errorf("the article's address: %w", err)
		}
	}
	found := described(tree, base, it.Canonical)
	lang := language(tree.Find("html").AttrOr("lang", ""))
	if found.summary == "" && it.Summary == "" || found.image == "" && it.Image == "" ||
		found.published == "" && it.Published.IsZero() || len(found.authors) == 0 && len(it.Authors) == 0 {
		extract(tree, base, &found)
	}
	if found.summary == "" && found.image == "" && found.published == "" && len(found.authors) == 0 {
		return errors.New("the article's page has neither metadata nor a text to extract")
	}
	if it.Summary == "" {
		it.Summary = r.html(found.summary)
	}
	if it.Image == "" {
		it.Image = r.picture(base, found.image)
		it.Shown = r.note(found.shown, it.Summary)
	}
	if it.Place == nil {
		it.Place = found.place
	}
	if it.Published.IsZero() {
		it.Published = r.date(found.published)
	}
	if it.Updated.IsZero() {
		it.Updated = r.date(found.updated)
	}
	if len(it.Authors) == 0 {
		it.Authors = r.people(found.authors)
	}
	if it.Language == "" {
		it.Language = lang
	}
	return nil
}

// described is what an article's page says of itself.
func described(tree *goquery.Document, base *url.URL, canonical string) rawItem {
	var found rawItem
	for i, raw := range structured(tree, base) {
		// A page describes its neighbours too; its own article has its address, or stands alone.
		if i == 0 || feed.Canonical(raw.link) == canonical {
			found = raw
		}
	}
	if found.link != "" && canonical != "" && feed.Canonical(found.link) != canonical {
		found = rawItem{}
	}
	graph := found.image == "" // Open Graph names the picture, and says its size
	tree.Find("meta[content]").Each(func(_ int, s *goquery.Selection) {
		content := strings.TrimSpace(s.AttrOr("content", ""))
		if content == "" {
			return
		}
		switch strings.ToLower(s.AttrOr("property", s.AttrOr("name", s.AttrOr("itemprop", "")))) {
		case "og:description", "description", "twitter:description":
			found.summary = first(found.summary, content)
		case "og:image", "og:image:url", "twitter:image":
			found.image = first(found.image, content)
		case "og:image:width":
			if graph && found.shown.Width == 0 {
				found.shown.Width = feed.Pixels(content)
			}
		case "og:image:height":
			if graph && found.shown.Height == 0 {
				found.shown.Height = feed.Pixels(content)
			}
		case "geo.position", "icbm":
			if found.place == nil {
				found.place = feed.ParsePoint(content)
			}
		case "article:published_time", "pubdate", "datepublished", "date":
			found.published = first(found.published, content)
		case "article:modified_time", "og:updated_time", "datemodified":
			found.updated = first(found.updated, content)
		case "author", "article:author":
			if len(found.authors) == 0 && !isAddress(content) {
				found.author(content)
			}
		}
	})
	if found.shown.Width == 0 || found.shown.Height == 0 {
		found.shown.Width, found.shown.Height = 0, 0
	}
	return found
}

// extract asks readability for what the page did not say.
func extract(tree *goquery.Document, base *url.URL, found *rawItem) {
	parser := readability.NewParser()
	parser.MaxElemsToParse = maxArticle
	article, err := parser.ParseDocument(tree.Nodes[0], base)
	if err != nil {
		return
	}
	found.summary = first(found.summary, article.Excerpt())
	if found.image == "" {
		found.image, found.shown = article.ImageURL(), feed.PictureNote{}
	}
	if t, err := article.PublishedTime(); err == nil && found.published == "" {
		found.published = t.Format(time.RFC3339)
	}
	if by := article.Byline(); by != "" && len(found.authors) == 0 {
		found.author(by)
	}
}
