package stories

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
)

// flood returns n items of two sources in turn, whose headlines are as many words as are given, each
// drawn by word: with 150 figures, the worst that a headline of 1,000 bytes makes of the desk.
func flood(n, each int, word func(*rand.Rand) string) []feed.Item {
	rnd := rand.New(rand.NewPCG(3, 4))
	at := time.Unix(1_700_000_000, 0)
	items := make([]feed.Item, n)
	for i := range items {
		title := make([]string, each)
		for k := range title {
			title[k] = word(rnd)
		}
		source := fmt.Sprintf("flood%d", i%2)
		url := fmt.Sprintf("https://%s.example.org/%d.html", source, 1000000+i)
		items[i] = feed.Item{
			ID: int64(i + 1), Source: source, GUID: url, URL: url, Canonical: url,
			Title: strings.Join(title, " "), Published: at, FirstSeen: at,
		}
		items[i].Key = feed.Identify(&items[i])
	}
	return items
}

func threeFigures(rnd *rand.Rand) string { return fmt.Sprint(100 + rnd.IntN(900)) }

// Headlines that are half alike make no report ask all the stories that may be its own, though these be of many reports.
func TestFloodAsksFew(t *testing.T) {
	const known, each = 600, 10
	items := flood(known+100, 150, threeFigures)
	s := New(Options{Sources: sourcesOf(items)})
	for i := range items[:known] {
		it, first := &items[i], &items[i-i%each]
		it.Entry, it.Story = feed.EntryKey(it.Source, it.Key), feed.EntryKey(first.Source, first.Key)
		s.Restore(it)
	}
	most := 0
	for i := known; i < len(items); i++ {
		s.Place(&items[i], items[i].FirstSeen)
		most = max(most, s.asked)
	}
	// The story that is begun with is asked to its end, and so is the entry in the end.
	if bound := mostAsked + 2*linkedReports; most < mostAsked || most > bound {
		t.Errorf("a report was compared with %d others beside the candidates, want %d to %d", most, mostAsked, bound)
	}
}

// Nor does a flood unite stories without end, each time with all of their entries.
func TestFloodUnitesFew(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	var items []feed.Item
	for i, it := range flood(3000, 1, threeFigures) {
		it.Title = fmt.Sprintf("Gia vang %d trieu, bac %d nghin, dau %d USD", rnd.IntN(150), rnd.IntN(150), rnd.IntN(150))
		it.Source, it.URL = "flood", fmt.Sprintf("https://flood.example/%d", i)
		it.Canonical = it.URL
		items = append(items, it)
	}
	s := New(Options{Sources: sourcesOf(items)})
	united := 0
	for i := range items {
		s.Place(&items[i], items[i].FirstSeen)
		for _, u := range s.United() {
			into := s.storyOf(feed.KeyNumber(u.Into))
			if into == nil { // part of another by now
				continue
			}
			if united++; len(into.entries.all()) > mostUnited+1 { // and what the report tells itself
				t.Fatalf("item %d makes one story of %d entries", i, len(into.entries.all()))
			}
		}
	}
	if united == 0 {
		t.Error("nothing was united: the test proves nothing")
	}
}

// BenchmarkFlood is the cost of one item in a flood, beside one of a dozen words: what a source that
// tells nothing but figures takes of the desk.
func BenchmarkFlood(b *testing.B) {
	for _, c := range []struct {
		name string
		each int
		word func(*rand.Rand) string
	}{
		{"figures", 150, threeFigures},
		{"casualties", 75, func(rnd *rand.Rand) string { return threeFigures(rnd) + " killed" }},
		{"words", 12, func(rnd *rand.Rand) string { return fmt.Sprintf("w%c%c", 'a'+rnd.IntN(26), 'a'+rnd.IntN(26)) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			items := flood(20_000, c.each, c.word)
			sources := sourcesOf(items)
			for b.Loop() {
				s := New(Options{Sources: sources})
				for i := range items {
					it := items[i]
					s.Place(&it, it.FirstSeen)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(items)), "µs/item")
		})
	}
}
