package publish

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
	"feedd/internal/store"
)

// The gate keeps what breaks its format's rules from readers: the last good bytes stay, over a
// restart too, and the newsroom is told.
func TestTheGate(t *testing.T) {
	ctx := t.Context()
	db, err := store.Open(ctx, "sqlite:"+t.TempDir()+"/feedd.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	var log bytes.Buffer
	open := func() *Publisher {
		p, err := New(Options{
			Settings: Settings{Site: feed.Site{Title: "Điểm tin", URL: "https://news.example.org"}, Sections: []feed.Section{{ID: "kinh-te", Title: "Kinh tế", Limit: 5}}},
			Reader:   db, Stories: db, Archives: db, Renditions: db, Meta: db, Subscriptions: db, Registry: prometheus.NewRegistry(),
			Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := open()
	if err := p.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	const path = "/sections/kinh-te.rss"
	good := p.site.Load().docs[path].document()
	judge := func(p *Publisher, body string, failed error) (*document, notes) {
		t.Helper()
		said := notes{section: "kinh-te"}
		d, err := p.gated(&said, render.FormatRSS, path, func() ([]byte, error) { return []byte(body), failed }, p.feedEnvelope(p.plan.Load(), "kinh-te", render.FormatRSS, ""), nil, now)
		if err != nil {
			t.Fatal(err)
		}
		return d, said
	}
	for name, c := range map[string]struct {
		body   string
		failed error
	}{
		"not well-formed": {string(good.plain()[:len(good.plain())/2]), nil},
		"a script":        {strings.Replace(string(good.plain()), "</title>", "</title><item><title>x</title><description>&lt;script&gt;</description></item>", 1), nil},
		"no rendering":    {"", errors.New("out of order")},
	} {
		log.Reset()
		d, said := judge(p, c.body, c.failed)
		if d == nil || d.hash != good.hash || !d.modified.Equal(good.modified) {
			t.Errorf("%s: not the last good bytes", name)
		}
		if len(said.list) != 1 || !strings.Contains(said.list[0].Text, path) || !strings.Contains(log.String(), "not published") {
			t.Errorf("%s: noted %v, logged %q", name, said.list, &log)
		}
	}
	if d, said := judge(p, string(good.plain()), nil); d.hash != good.hash || len(said.list) > 0 {
		t.Error("the gate refuses a good feed")
	}

	// A new process has nothing but what the store kept.
	next := open()
	if err := next.recall(ctx); err != nil {
		t.Fatal(err)
	}
	d, _ := judge(next, "<rss", nil)
	if d == nil || d.hash != good.hash || string(d.plain()) != string(good.plain()) || !d.modified.Equal(good.modified) {
		t.Error("after a restart: not the last good bytes")
	}
	if d, _ := judge(open(), "<rss", nil); d != nil {
		t.Error("bytes where none were ever good")
	}
}

// A reader that fails takes nothing away.
func TestAFailingStoreTakesNothingAway(t *testing.T) {
	ctx := t.Context()
	db, err := store.Open(ctx, "sqlite:"+t.TempDir()+"/feedd.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r := &failing{Store: db}
	p, err := New(Options{
		Settings: Settings{Site: feed.Site{Title: "Điểm tin", URL: "https://news.example.org"}, Sections: []feed.Section{{ID: "kinh-te", Title: "Kinh tế", Limit: 5}}},
		Reader:   r, Stories: db, Archives: db, Renditions: db, Meta: db, Subscriptions: db, Registry: prometheus.NewRegistry(), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	was := p.site.Load()
	r.err = errors.New("the disk is full")
	if err := p.Refresh(ctx); !errors.Is(err, r.err) {
		t.Errorf("error %v", err)
	}
	if p.site.Load() != was {
		t.Error("what was published changed")
	}
}

type failing struct {
	*store.Store
	err error
}

func (f *failing) Versions(ctx context.Context) (map[string]int64, error) {
	if f.err != nil {
		return nil, f.err
	}
	return f.Store.Versions(ctx)
}

// What was published before is let go of, although unchanged documents are taken over again and
// again.
func TestOldSitesAreLetGo(t *testing.T) {
	ctx := t.Context()
	db, err := store.Open(ctx, "sqlite:"+t.TempDir()+"/feedd.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sections := []feed.Section{{ID: "a", Title: "A", Limit: 5}, {ID: "b", Title: "B", Limit: 5}}
	p, err := New(Options{Settings: Settings{Site: feed.Site{Title: "Điểm tin", URL: "https://news.example.org"}, Sections: sections},
		Reader: db, Stories: db, Archives: db, Renditions: db, Meta: db, Subscriptions: db, Registry: prometheus.NewRegistry(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var sites []weak.Pointer[site]
	for i := range 12 {
		turn, err := db.DeskTurn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		key := feed.EntryKey("bao-a", strconv.Itoa(i))
		if err := db.Commit(ctx, store.Filed{Turn: turn, Entries: []feed.Entry{{Key: key, Story: key, Published: time.Now(), Updated: time.Now(),
			Sections: []string{sections[i%2].ID}}}}); err != nil {
			t.Fatal(err)
		}
		if err := p.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		sites = append(sites, weak.Make(p.site.Load()))
	}
	runtime.GC()
	alive := 0
	for _, s := range sites {
		if s.Value() != nil {
			alive++
		}
	}
	if alive != 1 {
		t.Errorf("%d of %d sites are still in memory", alive, len(sites))
	}
	runtime.KeepAlive(p)
}
