package store

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"feedd/internal/feed"
)

// article is something a publisher wrote: whatever he calls it, it stays what it is. Its mark stands in
// its text, for the test to know it by.
type article struct {
	mark             string
	headline, text   []string
	at               time.Time
	guid, path       string
	id               int64  // under which it is stored
	key              string // of the entry it opens
	retired, redated bool
}

// publisher is a source over the years, with what he does to his feed.
type publisher struct {
	t        *rapid.T
	source   string
	now      time.Time
	articles []*article // the newest first
	serial   int
	spoken   int // words

	host                                  string
	sessions, positions, oneGUID, oneLink bool // how it names its items at present
	undated, oneTime, oldestFirst, noGUID bool
	look                                  int
	// Since the feed was last read he either edited articles or gave all of them other names: of what is
	// another under another name nobody could tell that it is the same.
	edited, renamed bool
	retired         bool // retention took some of them away
	otherDates      bool // he did not always say when his articles are from
}

var syllables = strings.Fields("ba bi bo da di do ga gi go ha hi ho ka ki ko la li lo ma mi mo na ni no pa pi po ra ri ro sa si so ta ti to va vi vo")

// words are others every time: two articles never have the same by chance.
func (p *publisher) words(n int) []string {
	list := make([]string, n)
	for i := range list {
		p.spoken++
		w := uint64(p.spoken) * 0x9E3779B97F4A7C15
		for range 4 {
			list[i] += syllables[w%uint64(len(syllables))]
			w /= uint64(len(syllables))
		}
	}
	return list
}

func (p *publisher) publish() {
	p.serial++
	a := &article{
		mark: fmt.Sprintf("mark%dx", p.serial), headline: p.words(6), text: p.words(12), at: p.now.Add(-time.Duration(p.serial%50) * time.Second).Truncate(time.Second),
		guid: fmt.Sprintf("%s-%d", p.source, p.serial), path: fmt.Sprintf("/a/%d", p.serial),
	}
	// A name that fell free is given again.
	if old := len(p.articles); old > listedAtMost+2 && rapid.Bool().Draw(p.t, "reuse a guid") {
		a.guid = p.articles[old-1].guid
	}
	p.articles = append([]*article{a}, p.articles...)
}

const listedAtMost = 8

// document is what the feed lists now.
func (p *publisher) document() ([]feed.Item, []*article) {
	listed := slices.Clone(p.articles[:min(len(p.articles), listedAtMost)])
	if p.oldestFirst {
		slices.Reverse(listed)
	}
	items := make([]feed.Item, len(listed))
	for i, a := range listed {
		it := feed.Item{
			Source: p.source, GUID: a.guid, URL: "https://" + p.host + a.path, Title: strings.Join(a.headline, " "),
			Summary: "<p>" + strings.Join(a.text, " ") + " " + a.mark + "</p>", Published: a.at,
		}
		switch {
		case p.positions:
			it.GUID = fmt.Sprint(i + 1)
		case p.oneGUID:
			it.GUID = "N/A"
		case p.noGUID:
			it.GUID = ""
		case p.sessions:
			it.GUID = fmt.Sprintf("%d-%s", p.look, a.guid)
		}
		switch {
		case p.oneLink:
			it.URL = "https://" + p.host + "/"
		case p.sessions:
			it.URL += fmt.Sprintf("?sid=%d", p.look)
		}
		switch {
		case p.undated:
			it.Published = time.Time{}
		case p.oneTime:
			it.Published = p.now.Truncate(24 * time.Hour) // of the day on which it was made
		}
		it.Canonical = feed.Canonical(it.URL)
		items[i] = it
	}
	feed.TellApart(items)
	return items, listed
}

// change does one of the things that publishers do.
func (p *publisher) change() {
	if p.renamed || !p.edited && rapid.Bool().Draw(p.t, "rename") {
		p.rename()
		return
	}
	i := rapid.IntRange(0, min(len(p.articles), listedAtMost)-1).Draw(p.t, "article")
	a, kind := p.articles[i], rapid.SampledFrom([]string{"news", "news", "headline", "text", "redate"}).Draw(p.t, "edit")
	switch {
	case kind == "news" || p.edited || a.retired || p.sessions && (kind == "headline" || a.redated || p.undated || p.oneTime):
		// Nobody edits what is that old; and where guid and address are new at every look, it is known by
		// its headline with its date or its text.
		for range rapid.IntRange(1, 4).Draw(p.t, "articles") {
			p.publish()
		}
		return
	case kind == "headline": // a word of it
		a.headline = slices.Clone(a.headline)
		a.headline[rapid.IntRange(0, 5).Draw(p.t, "word")] = p.words(1)[0]
	case kind == "text":
		a.text = append(slices.Clone(a.text), p.words(2)...)
	case kind == "redate": // an evergreen
		a.at, a.redated = p.now.Truncate(time.Second), true
	}
	p.edited = true
}

// rename changes what the items are called, when they are said to be from, or their order.
func (p *publisher) rename() {
	p.renamed = true
	modes := map[string]*bool{
		"sessions": &p.sessions, "positions": &p.positions, "one guid": &p.oneGUID, "no guid": &p.noGUID, "one link": &p.oneLink,
		"undated": &p.undated, "one time": &p.oneTime, "oldest first": &p.oldestFirst,
	}
	kinds := []string{"domain", "paths", "guids", "sessions", "oldest first"}
	if !p.retired { // of what is gone only headline, date and address are known
		kinds = append(slices.Sorted(maps.Keys(modes)), "domain", "paths", "guids", "plain")
	}
	switch kind := rapid.SampledFrom(kinds).Draw(p.t, "kind"); kind {
	case "domain":
		p.host = fmt.Sprintf("host%d.example", p.look)
	case "paths":
		for i, a := range p.articles {
			a.path = fmt.Sprintf("/%d/%d", p.look, i)
		}
	case "guids":
		for i, a := range p.articles {
			a.guid = fmt.Sprintf("new-%d-%d", p.look, i)
		}
	case "plain":
		for _, is := range modes {
			*is = false
		}
	default:
		*modes[kind] = !*modes[kind]
		p.otherDates = p.otherDates || kind == "undated" || kind == "one time"
	}
}

// Whatever a publisher does to his feed over the years: each article is stored once, under one number
// and the key of one entry, nothing that a reader could tell apart is lost, and numbers move only
// forward.
func TestLifeOfASource(t *testing.T) {
	suite(t, func(t *testing.T, s *Store) {
		run := 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			p := &publisher{t: rt, source: fmt.Sprintf("life%d", run), host: "host.example", now: t0.AddDate(0, 0, run)}
			p.publish()
			var last int64 // the highest number given
			for range rapid.IntRange(1, 25).Draw(rt, "looks") {
				p.look++
				p.now = p.now.Add(time.Duration(rapid.SampledFrom([]int{1, 1, 7, 30}).Draw(rt, "hours")) * time.Hour)
				p.change()
				if rapid.IntRange(0, 9).Draw(rt, "outage") == 0 {
					continue // nobody looks, or nothing answers
				}
				if rapid.IntRange(0, 19).Draw(rt, "empty") == 0 {
					lookAt(t, rt, s, p, nil)
					continue
				}
				items, listed := p.document()
				lookAt(t, rt, s, p, items)
				p.edited, p.renamed = false, false
				last = p.check(rt, s, listed, last)
				if plain := !(p.positions || p.oneGUID || p.noGUID || p.oneLink || p.otherDates); plain && rapid.IntRange(0, 5).Draw(rt, "retention") == 0 {
					p.retire(rt, s)
				}
			}
		})
	})
}

func lookAt(t *testing.T, rt *rapid.T, s *Store, p *publisher, items []feed.Item) Counts {
	n, err := s.Save(t.Context(), &Collected{State: feed.SourceState{Source: p.source}, Items: items, Full: true, At: p.now})
	if err != nil {
		rt.Fatal(err)
	}
	if again, err := s.Save(t.Context(), &Collected{State: feed.SourceState{Source: p.source}, Items: items, Full: true, At: p.now}); err != nil || again.New+again.Updated > 0 {
		rt.Fatalf("the same document again: %+v, %v", again, err)
	}
	return n
}

// check compares what is stored with what was told.
func (p *publisher) check(t *rapid.T, s *Store, listed []*article, last int64) int64 {
	type row struct {
		id, uid int64
	}
	rows := map[string][]row{} // by the mark in the text
	total := 0
	r, err := s.read.Query(`SELECT i.id, i.uid, t.summary FROM items i JOIN texts t ON t.item = i.id WHERE i.source = $1`, p.source)
	if err != nil {
		t.Fatal(err)
	}
	if err := scan(r, func(r *sql.Rows) error {
		var w row
		var text string
		err := r.Scan(&w.id, &w.uid, &text)
		f := strings.Fields(feed.PlainText(text))
		rows[f[len(f)-1]] = append(rows[f[len(f)-1]], w)
		total++
		return err
	}); err != nil {
		t.Fatal(err)
	}
	highest := last
	for _, a := range slices.Backward(p.articles) {
		if a.id == 0 && !slices.Contains(listed, a) {
			continue // gone before anybody looked
		}
		have := rows[a.mark]
		switch {
		case a.retired && (len(have) == 0 || a.redated): // of what is gone only the first date is known
		case a.retired:
			t.Fatalf("%s was taken away by retention and is there again", a.mark)
		case len(have) != 1:
			t.Fatalf("%s (%q) is stored %d times", a.mark, strings.Join(a.headline, " "), len(have))
		case a.id == 0:
			if have[0].id <= last {
				t.Fatalf("%s is new and has number %d, after %d", a.mark, have[0].id, last)
			}
			a.id, a.key = have[0].id, intKey(have[0].uid)
			highest = max(highest, a.id)
		case a.id != have[0].id || a.key != intKey(have[0].uid):
			t.Fatalf("%s was number %d of entry %s, and is %d of %s", a.mark, a.id, a.key, have[0].id, intKey(have[0].uid))
		}
	}
	return highest
}

// retire takes away what is older than some days.
func (p *publisher) retire(t *rapid.T, s *Store) {
	before := p.now.Add(-72 * time.Hour)
	for _, q := range []string{`UPDATE items SET filed = 1 WHERE source = $1`} {
		if _, err := s.write.Exec(q, p.source); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Prune(t.Context(), before, p.now); err != nil {
		t.Fatal(err)
	}
	left := map[int64]bool{}
	r, err := s.read.Query(`SELECT id FROM items WHERE source = $1`, p.source)
	if err != nil {
		t.Fatal(err)
	}
	if err := scan(r, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		left[id] = true
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, a := range p.articles {
		if a.id != 0 && !left[a.id] {
			a.retired, p.retired = true, true
		}
	}
}
