package aggregate

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/feed"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// BenchmarkRestart100k is how long the desk takes after a restart, or on another node, until it
// decides again: 100,000 items of the window read from the store, their texts read anew.
func BenchmarkRestart100k(b *testing.B) {
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) { benchmarkRestart(b, address(b)) })
	}
}

func benchmarkRestart(b *testing.B, address string) {
	const n, sources = 100_000, 100
	ctx := context.Background()
	s, err := store.Open(ctx, address)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	wire := newNewswire()
	began := newswireWing(b, s, sources, now)
	for done := 0; done < n; done += n / sources {
		c := wire.collected(fmt.Sprintf("bao-%d", done/(n/sources)), n/sources, now.Add(-time.Duration(n-done)*70*time.Hour/n))
		if _, err := s.Save(ctx, c); err != nil {
			b.Fatal(err)
		}
		if _, err := began.File(ctx); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := newswireWing(b, s, sources, now).openDesk(ctx, now); err != nil {
			b.Fatal(err)
		}
	}
}

// newswireWing collects from so many sources, bao-0 and on, into one section.
func newswireWing(b *testing.B, s *store.Store, sources int, now time.Time) *Aggregate {
	b.Helper()
	set := Settings{
		Sections: []feed.Section{{ID: "tin", MaxAge: 168 * time.Hour}},
		Stories:  feed.StorySettings{Window: 72 * time.Hour, Match: "normal", Updates: "entry"},
		Learning: feed.SectionSettings{Confidence: 0.5},
	}
	for i := range sources {
		set.Sources = append(set.Sources, feed.Source{ID: fmt.Sprintf("bao-%d", i), Title: fmt.Sprintf("Báo %d", i), Section: "tin"})
	}
	a, err := New(Options{Store: s, Settings: set, Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Collector: collect.New(collect.Options{Now: func() time.Time { return now }})})
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// newswire makes up what sources tell, of words drawn as from a language, few of them often.
type newswire struct {
	words []string
	zipf  *rand.Zipf
	told  int
}

func newNewswire() *newswire {
	w := &newswire{}
	r := rand.New(rand.NewPCG(1, 7))
	for _, rhyme := range strings.Fields("anh ương iên oan ấp ảo ọc ình ưa ôi ết ụng ăn âu ích ồn ẫy uyên ơm ải ưởng ẹp ín oạch ừng em ôt iêu") {
		for _, onset := range strings.Fields("b c ch d đ g gi h kh l m n ng nh ph qu r s t th tr v x bl cr st pl fr br gl kl sm tw zh") {
			w.words = append(w.words, onset+rhyme)
		}
	}
	r.Shuffle(len(w.words), func(i, j int) { w.words[i], w.words[j] = w.words[j], w.words[i] })
	w.zipf = rand.NewZipf(r, 1.05, 20, uint64(len(w.words)-1))
	return w
}

func (w *newswire) text(n int) string {
	drawn := make([]string, n)
	for i := range drawn {
		drawn[i] = w.words[w.zipf.Uint64()]
	}
	return strings.Join(drawn, " ")
}

// collected is what a source brings: n items it told at a time.
func (w *newswire) collected(source string, n int, at time.Time) *store.Collected {
	c := &store.Collected{State: feed.SourceState{Source: source}, At: at}
	for range n {
		w.told++
		link := fmt.Sprintf("https://%s.example/tin-%d.html", source, 4_000_000+w.told)
		it := feed.Item{Source: source, GUID: link, URL: link, Canonical: feed.Canonical(link), Title: w.text(12), Summary: "<p>" + w.text(30) + "</p>", Published: at}
		it.Key = feed.Identify(&it)
		c.Items = append(c.Items, it)
	}
	return c
}
