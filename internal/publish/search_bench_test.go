package publish_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish"
	"feedd/internal/publish/render"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// BenchmarkSearch answers searches over 100,000 stories on either engine: the first page of every kind of query,
// made anew, and feeds again as their followers ask for them, beside a section's.
func BenchmarkSearch(b *testing.B) {
	for engine, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(engine, func(b *testing.B) {
			n := manyStories(b, address(b))
			for name, q := range searches {
				b.Run(name, func(b *testing.B) { n.searchAnew(b, q) })
			}
			for _, f := range render.FeedFormats {
				for name, path := range map[string]string{"again": "/search.%s?q=tin&limit=5", "section": "/sections/kinh-te.%s"} {
					b.Run(name+"."+string(f), func(b *testing.B) { n.again(b, fmt.Sprintf(path, f)) })
				}
			}
		})
	}
}

// again asks for a feed that is there, a hundred times in a row, as its followers do.
func (n *newsroom) again(b *testing.B, path string) {
	const followers = 100
	n.get(path)
	i, began := 0, spent(b)
	for b.Loop() {
		for range followers {
			if res := n.get(path); res.StatusCode != http.StatusOK {
				b.Fatal(res.StatusCode)
			}
		}
		i += followers
	}
	b.ReportMetric(float64(spent(b)-began)/float64(time.Millisecond)/float64(i), "cpu-ms/feed")
}

// searches are one of every kind of query.
var searches = map[string]string{
	"a word":                         "giảm",
	"a phrase":                       "giá vàng",
	"unaccented":                     "gia vang",
	"a number":                       "77777",
	"begun":                          "chứng kh*",
	"near":                           "lãi ~2 động",
	"nothing":                        "không ai viết",
	"everywhere":                     "tin",
	"everywhere, ranked":             "tin&order=rank",
	"ranked":                         "giảm&order=rank",
	"begins with two letters":        "ch*",
	"begun, rare":                    "7777*",
	"begun, nowhere":                 "zzz*",
	"begun, accents nowhere":         "chù*",
	"begun, ranked":                  "ch*&order=rank",
	"two words begun":                "ti*, ch*",
	"begun beside a rare word":       "77777, ch*",
	"begun beside what is rare":      "7777*, ch*",
	"of a section of few":            "tin&section=the-gioi",
	"never in the section":           "77777&section=the-gioi",
	"begun, of a section of few":     "ch*&section=the-gioi",
	"two that are everywhere":        "tin chữ*",
	"a sentence begun":               "bóng đá bão lũ giáo dụ*",
	"without":                        "tin -giảm",
	"without what is everywhere":     "giảm -tin",
	"without what begins everywhere": "giảm -ti*",
	"spelling that is rare":          `"giâm"`,
	"near, never":                    "bão ~1 vàng",
	"near what is everywhere":        "tin ~1 chữ7",
	"words never together":           "lũ huy",
	"words together, not behind":     "vàng tin",
	"of a source":                    "tin&source=bao-5000",
	"another diacritic":              "gỉam, tin",
	"diacritics nowhere":             "tín",
	"of an old source":               "giảm&source=bao-0",
	"spelling, of an old source":     "tín&source=bao-0",
	"many words":                     "tin, lãi, suất, huy, động",
	"a hundred":                      "tin&limit=100",
}

// searchAnew asks for a search again and again, each time under an address that nobody asked for before: with
// other spaces behind the words.
func (n *newsroom) searchAnew(b *testing.B, q string) {
	q, rest, _ := strings.Cut(q, "&")
	i, began := 0, spent(b)
	for b.Loop() {
		if res := n.get("/search?q=" + url.QueryEscape(q+strings.Repeat(" ", i%900)) + "&" + rest); res.StatusCode != http.StatusOK {
			b.Fatal(res.StatusCode)
		}
		i++
	}
	b.ReportMetric(float64(spent(b)-began)/float64(time.Millisecond)/float64(i), "cpu-ms/op")
}

// manyStories is a newsroom with 100,000 stories of a report each, a second from one to the next.
func manyStories(b *testing.B, address string) *newsroom {
	const stories, each = 100_000, 1000
	n := prepareNewsroom(b, func(s *publish.Settings) {
		for from := 0; from < stories; from += each {
			id := fmt.Sprint("bao-", from)
			s.Sources[id] = feed.Source{ID: id, Title: id, URL: "https://" + id + ".example/rss", Rights: feed.RightsFull}
		}
	})
	n.db = address
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
	return n
}

// spent is the processor time so far of this process and of those that it started: the server of PostgreSQL and its
// backends. It tells what a search costs on a machine that does other things as well.
func spent(b *testing.B) (total time.Duration) {
	parents := map[string]string{}
	own := strconv.Itoa(os.Getpid())
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil || len(dirs) == 0 {
		b.Skip("no /proc tells what processes spent", err)
	}
	for _, dir := range dirs {
		stat, err := os.ReadFile(dir + "/stat")
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		parents[filepath.Base(dir)] = fields[1]
	}
	for pid := range parents {
		at := pid
		for at != own && at != "" {
			at = parents[at]
		}
		if at == "" {
			continue
		}
		tasks, err := filepath.Glob("/proc/" + pid + "/task/*/schedstat")
		if err != nil {
			b.Fatal(err)
		}
		for _, task := range tasks {
			text, err := os.ReadFile(task)
			if err != nil {
				continue
			}
			ran, _, _ := strings.Cut(string(text), " ")
			ns, err := strconv.ParseInt(ran, 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			total += time.Duration(ns)
		}
	}
	return total
}

// saved saves items of one source together, and returns them as they wait for the desk.
func (n *newsroom) saved(items []feed.Item) []feed.Item {
	n.t.Helper()
	ctx := context.Background()
	if _, err := n.store.Save(ctx, &store.Collected{State: feed.SourceState{Source: items[0].Source}, Items: items, At: n.clock()}); err != nil {
		n.t.Fatal(err)
	}
	unfiled, err := n.store.Unfiled(ctx, len(items))
	if err != nil {
		n.t.Fatal(err)
	}
	return unfiled
}

// fileAll saves items together and files each as an entry of its own.
func (n *newsroom) fileAll(sections []string, items []feed.Item) {
	n.t.Helper()
	unfiled := n.saved(items)
	entries := make([]feed.Entry, len(unfiled))
	for i := range unfiled {
		it := &unfiled[i]
		it.Entry = feed.EntryKey(it.Source, it.Key)
		it.Story, it.Verdict = it.Entry, feed.New
		entries[i] = feed.Entry{Key: it.Entry, Story: it.Story, Lead: it.ID, Published: it.Date(), Updated: it.Date(), Sections: sections}
	}
	n.commitItems(unfiled, entries)
}

// fileBeside saves items of one source together and files each under the entry of the item beside it.
func (n *newsroom) fileBeside(items, again []feed.Item) {
	n.t.Helper()
	unfiled := n.saved(again)
	keys := make([]string, len(items))
	for i := range items {
		keys[i] = keyOf(items[i])
		unfiled[i].Entry, unfiled[i].Story, unfiled[i].Verdict = keys[i], keys[i], feed.Same
	}
	entries, err := n.store.Entries(context.Background(), feed.EntryQuery{Keys: keys})
	if err != nil {
		n.t.Fatal(err)
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
