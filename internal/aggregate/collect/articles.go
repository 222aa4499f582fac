package collect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"feedd/internal/aggregate/read"
	"feedd/internal/feed"
)

// Bounds of the second step that `article: true` asks for.
const (
	articlesInRun   = 100 // pages asked for in one run; a feed's first run meets them all
	articleFailures = 3   // in a row, after which the run asks for no more
	articleWarnings = 10  // told, of as many pages as fail
)

// articles asks for the pages of the items that are not stored yet and completes the items from
// them: summary, picture, authors, date. An item whose page cannot be read stays as its source
// gave it; that is a warning, not a failure of the run. Only the run's end is an error. Gone are the keys of
// items whose pages answered 410 Gone: their outlet took them back, though its feed still lists them.
func (v *visit) articles(ctx context.Context, src feed.Source, items []feed.Item, stored map[string]bool) (gone map[string]bool, warnings []string, err error) {
	asked, failures := 0, 0
	gone = map[string]bool{}
	for i := range items {
		it := &items[i]
		if stored[it.Key] || complete(it) {
			continue
		}
		if asked == articlesInRun {
			return gone, append(warnings, fmt.Sprintf("the pages of %d items at most are asked for in one run", articlesInRun)), nil
		}
		asked++
		err := v.article(ctx, src, it)
		if err == nil {
			failures = 0
			continue
		}
		if ctx.Err() != nil {
			return gone, warnings, context.Cause(ctx)
		}
		var status *StatusError
		if errors.As(err, &status) && status.Status == http.StatusGone {
			gone[it.Key], failures = true, 0
			err = fmt.Errorf("%w: it was withdrawn", err)
		}
		if len(warnings) < articleWarnings {
			warnings = append(warnings, fmt.Sprintf("the page of %q: %v", it.Title, err))
		}
		if gone[it.Key] {
			continue
		}
		var held *HeldError
		if failures++; errors.As(err, &held) || failures == articleFailures {
			return gone, append(warnings, "no more pages were asked for in this run"), nil
		}
	}
	return gone, warnings, nil
}

// complete says that a page would add nothing.
func complete(it *feed.Item) bool {
	return it.Summary != "" && it.Image != "" && len(it.Authors) > 0 && !it.Published.IsZero()
}

func (v *visit) article(ctx context.Context, src feed.Source, it *feed.Item) error {
	u, err := url.Parse(it.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("it has no address on the web")
	}
	u.Fragment = ""
	delay, err := v.allowed(ctx, &src, u)
	if err != nil {
		return err
	}
	a, err := v.get(ctx, ask{url: u, src: &src, accept: acceptPage, interval: delay})
	if err != nil {
		return err
	}
	return v.opened(ctx, a, func() error { return read.Article(a.Body, it, src, v.c.now()) })
}
