package publish_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish"
	"feedd/internal/store"
)

// BenchmarkSearch answers searches over 100,000 stories: the first page of each, made anew, and a feed
// again as its followers ask for it, beside a section's.
func BenchmarkSearch(b *testing.B) {
	const stories, each = 100_000, 1000
	n := prepareNewsroom(b, func(s *publish.Settings) {
		for from := 0; from < stories; from += each {
			id := fmt.Sprint("bao-", from)
			s.Sources[id] = feed.Source{ID: id, Title: id, URL: "https://" + id + ".example/rss", Rights: feed.RightsFull}
		}
	})
	n.perPage = 2 * stories // or the time is that of closing archives
	n.open()
	words := strings.Fields("lãi suất huy động tiếp tục giảm ngân hàng xuất khẩu gạo giá vàng chứng khoán bóng đá bão lũ giáo dục y tế giao thông")
	for from := 0; from < stories; from += each {
		items := make([]feed.Item, each)
		for i := range items {
			k := from + i
			at := k * 7 % (len(words) - 1)
			it := report(fmt.Sprint("bao-", from), k, start.Add(-time.Duration(stories-k)*time.Second))
			it.Title = fmt.Sprintf("Tin %d %s %s %s", k, words[at], words[at+1], words[k*13%len(words)])
			for w := range 30 {
				it.Summary += fmt.Sprintf(" chữ%d", (k*31+w*17)%3000)
			}
			items[i] = it
		}
		section := "kinh-te"
		if from%(stories/4) == 0 {
			section = "the-gioi"
		}
		n.fileAll([]string{section}, items)
	}
	n.refresh()
	for name, q := range map[string]string{
		"word": "q=giảm", "phrase": "q=giá vàng", "unaccented": "q=gia vang", "number": "q=77777", "begun": "q=chứng kh*", "near": "q=lãi ~2 động", "nothing": "q=không ai viết",
		"everywhere": "q=tin", "everywhere ranked": "q=tin&order=rank", "ranked": "q=giảm&order=rank", "begins with two letters": "q=ch*", "of a section of few": "q=tin&section=the-gioi", "two that are everywhere": "q=tin chữ*",
		"without": "q=tin -giảm", "without what is everywhere": "q=giảm -tin", "spelling that is rare": `q="giâm"`, "never near": "q=bão ~1 vàng",
		"words never together": "q=lũ huy", "of a source": "q=tin&source=bao-5000", "another diacritic": "q=gỉam, tin", "of an old source": "q=giảm&source=bao-0", "a hundred": "q=tin&limit=100",
	} {
		b.Run(name, func(b *testing.B) {
			q, rest, _ := strings.Cut(strings.TrimPrefix(q, "q="), "&")
			began := spent(b)
			defer func() { b.ReportMetric(float64(spent(b)-began)/float64(time.Millisecond)/float64(b.N), "cpu-ms/op") }()
			for i := range b.N { // with other spaces it is an address that nobody asked for before
				if res := n.get("/search?q=" + url.QueryEscape(q+strings.Repeat(" ", i%900)) + "&" + rest); res.StatusCode != http.StatusOK {
					b.Fatal(res.StatusCode)
				}
			}
		})
	}
	for name, path := range map[string]string{"again": "/search.rss?q=tin", "section": "/sections/kinh-te.rss"} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				n.get(path)
			}
		})
	}
}

// spent is the processor time of this process so far. It tells what a search costs on a machine that does other
// things as well.
func spent(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// fileAll saves items together and files each as an entry of its own.
func (n *newsroom) fileAll(sections []string, items []feed.Item) {
	n.t.Helper()
	ctx := context.Background()
	if _, err := n.store.Save(ctx, &store.Collected{State: feed.SourceState{Source: items[0].Source}, Items: items, At: n.clock()}); err != nil {
		n.t.Fatal(err)
	}
	unfiled, err := n.store.Unfiled(ctx, len(items))
	if err != nil {
		n.t.Fatal(err)
	}
	entries := make([]feed.Entry, len(unfiled))
	for i := range unfiled {
		it := &unfiled[i]
		it.Entry = feed.EntryKey(it.Source, it.Key)
		it.Story, it.Verdict = it.Entry, feed.New
		entries[i] = feed.Entry{Key: it.Entry, Story: it.Story, Lead: it.ID, Published: it.Date(), Updated: it.Date(), Sections: sections}
	}
	n.commitItems(unfiled, entries)
}

func (n *newsroom) commitItems(items []feed.Item, entries []feed.Entry) {
	n.t.Helper()
	turn, err := n.store.DeskTurn(context.Background())
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.store.Commit(context.Background(), store.Filed{Turn: turn, Items: items, Entries: entries}); err != nil {
		n.t.Fatal(err)
	}
}
