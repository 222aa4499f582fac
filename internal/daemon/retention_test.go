package daemon

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The first start over a store that is older than its window archives nothing that retention is about to take,
// whichever of the two is first, and all the rest.
func TestWhatRetentionTakesIsNotArchived(t *testing.T) {
	c := newClock()
	then := c.now()
	var listed atomic.Value
	list := func(dates ...time.Time) {
		var b strings.Builder
		b.WriteString(`<rss version="2.0"><channel><title>Báo</title><link>http://bao.example/</link><description/>`)
		for _, at := range dates {
			day := at.Format(time.DateOnly)
			fmt.Fprintf(&b, `<item><title>%s</title><guid isPermaLink="false">%s</guid><link>http://bao.example/%s</link><pubDate>%s</pubDate></item>`,
				headline4("bao", int(at.Unix())), day, day, at.Format(time.RFC1123Z))
		}
		b.WriteString(`</channel></rss>`)
		listed.Store(b.String())
	}
	press := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
		_, _ = io.WriteString(w, listed.Load().(string))
	}))
	defer press.Close()
	yaml := fmt.Sprintf("site: {title: Thế giới, url: \"https://sim.example\"}\nsections: [{id: a, title: Một, limit: 1}]\n"+
		"sources: [{id: bao, title: Báo, url: %q, section: a, allow_private: true}]\n", press.URL+"/rss")

	var months []time.Time
	for n := range 5 {
		months = append(months, then.AddDate(0, -n, 0))
	}
	list(months...)
	h := build(t, yaml, c, "")
	collect := func() { // and publish nothing
		t.Helper()
		if _, err := h.Collect(t.Context(), nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	collect()
	if n := len(h.entries(t)); n != len(months) {
		t.Fatalf("%d entries are stored, want %d", n, len(months))
	}
	c.advance(90 * 24 * time.Hour)
	list(c.now(), c.now().AddDate(0, 0, -40), c.now().AddDate(0, 0, -70)) // two of them are told late
	collect()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}

	h = build(t, yaml, c, h.db)
	old := map[string]bool{}
	for _, e := range h.entries(t) {
		if !e.Published.After(then) {
			old[e.Key] = true
		}
	}
	if len(old) != len(months) {
		t.Fatalf("%d entries are old, want %d", len(old), len(months))
	}
	closing := h.pub.CloseBeside()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	done := make(chan error, 1)
	go func() { done <- closing(ctx) }()
	archived := func() (keys []string) {
		t.Helper()
		if err := h.pub.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		pages, err := h.store.ClosedPages(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pages {
			p, _, err = h.store.ClosedPage(t.Context(), "a", p.Page)
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, p.Keys...)
		}
		return keys
	}
	var keys []string
	for len(keys) < 2 && ctx.Err() == nil {
		keys = archived()
	}
	if i := slices.IndexFunc(keys, func(k string) bool { return old[k] }); i >= 0 || len(keys) != 2 {
		t.Errorf("archived are %v, want the two that were told late and none of %v", keys, old)
	}
	if err := h.agg.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again := archived(); !slices.Equal(again, keys) {
		t.Errorf("retention left %v in the archive, of %v", again, keys)
	}
	if n := len(h.entries(t)); n != 3 {
		t.Errorf("%d entries are stored after retention, want 3", n)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if log := h.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("an error was logged:\n%s", log)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}
