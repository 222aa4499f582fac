package aggregate

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"feedd/internal/aggregate/collect"
	"feedd/internal/feed"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// What the sections learned outlives a change of the configuration, the editor's words and a commit that
// failed, and counts then what it would count when it were read anew. Where another process filed
// meanwhile, it is read anew.
func TestLearnedOutlives(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s, err := store.Open(ctx, address)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		settings := func(second string) Settings {
			return Settings{
				Sections: []feed.Section{{ID: "kinh-te", MaxAge: 168 * time.Hour, Learn: true}, {ID: "the-thao", MaxAge: 168 * time.Hour, Learn: true}},
				Sources:  []feed.Source{{ID: "bao-a", Section: "kinh-te", Learn: true}, {ID: "bao-b", Section: second, Learn: true}, {ID: "bao-c"}},
				Stories:  feed.StorySettings{Window: 72 * time.Hour, Match: "normal", Updates: "entry"},
				Learning: feed.SectionSettings{Confidence: 0.5, Learn: true},
			}
		}
		collector := collect.New(collect.Options{Now: clock})
		wing := func(second string) *Aggregate {
			a, err := New(Options{Store: s, Settings: settings(second), Now: clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Collector: collector})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		told := 0
		save := func(source string, n int) {
			t.Helper()
			c := &store.Collected{State: feed.SourceState{Source: source}, At: now}
			for range n {
				told++
				link := fmt.Sprintf("https://%s.example/tin-%d.html", source, 4_000_000+told)
				it := feed.Item{Source: source, GUID: link, URL: link, Canonical: feed.Canonical(link), Title: fmt.Sprintf("Tin số %d của %s trong ngày", told, source), Published: now}
				it.Key = feed.Identify(&it)
				c.Items = append(c.Items, it)
			}
			if _, err := s.Save(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		file := func(a *Aggregate, source string, n int) {
			t.Helper()
			if n > 0 {
				save(source, n)
			}
			if _, err := a.File(ctx); err != nil {
				t.Fatal(err)
			}
		}
		like := func(a *Aggregate) {
			t.Helper()
			anew, err := a.Model(context.WithoutCancel(ctx))
			if err != nil {
				t.Fatal(err)
			}
			for _, section := range []string{"kinh-te", "the-thao"} {
				if is, want := a.model.Labels(section), anew.Labels(section); is != want {
					t.Errorf("%s has %d examples, and %d when all are read anew", section, is, want)
				}
			}
			probe := feed.Item{Title: "Tin số 3 của bao-b trong ngày", Source: "bao-c"}
			d, err := a.newDesk(ctx, settings("the-thao"), a.model)
			if err != nil {
				t.Fatal(err)
			}
			e, err := a.newDesk(ctx, settings("the-thao"), anew)
			if err != nil {
				t.Fatal(err)
			}
			s1, p1 := d.Likeliest(&probe)
			s2, p2 := e.Likeliest(&probe)
			if !reflect.DeepEqual([]any{s1, p1}, []any{s2, p2}) {
				t.Errorf("it names %s %v, and %s %v when all is read anew", s1, p1, s2, p2)
			}
		}

		a := wing("kinh-te")
		file(a, "bao-a", 8)
		file(a, "bao-b", 8)
		file(a, "bao-c", 1) // which no source files: what was learned is asked
		before := a.model
		if err := a.Reload(settings("the-thao"), collector); err != nil {
			t.Fatal(err)
		}
		file(a, "bao-a", 0)
		if got := a.Refiled(); got.Items != 8 || !got.Done {
			t.Fatalf("refiled: %+v", got)
		}
		if a.model != before {
			t.Error("what was learned was read anew")
		}
		like(a)

		// The editor's word: the item is an example of another section from now on.
		word := []feed.EditorsWord{{Kind: feed.WordFile, A: "1", B: "the-thao", At: now}}
		if err := s.SaveWords(ctx, word, []int64{1}); err != nil {
			t.Fatal(err)
		}
		file(a, "bao-a", 1)
		if a.model != before {
			t.Error("what was learned was read anew after the editor's word")
		}
		if n := a.model.Labels("the-thao"); n != 9 {
			t.Errorf("the-thao has %d examples, want eight and the editor's", n)
		}
		like(a)

		// What could not be committed was not learned; and is, with what is committed later.
		save("bao-a", 3)
		makeRoom := storetest.Refuse(t, address, "entries", "")
		if _, err := a.File(ctx); err == nil {
			t.Fatal("what the store refuses was filed")
		}
		if a.model != before {
			t.Error("what was learned was read anew after a commit that failed")
		}
		like(a)
		makeRoom()
		file(a, "bao-a", 1)
		if n := a.model.Labels("kinh-te"); a.model != before || n != 13 {
			t.Errorf("kinh-te has %d examples, want four more than nine", n)
		}
		like(a)

		file(wing("the-thao"), "bao-b", 3) // another process
		if err := a.Reload(settings("kinh-te"), collector); err != nil {
			t.Fatal(err)
		}
		file(a, "bao-a", 2)
		if a.model == before {
			t.Error("what another process taught is missing")
		}
		like(a)

		// While the examples cannot be read, what is to be filed by them waits.
		b := wing("kinh-te")
		storetest.Exec(t, address, `ALTER TABLE labels RENAME TO elsewhere`)
		save("bao-c", 1)
		if _, err := b.File(ctx); err == nil || b.model != nil {
			t.Errorf("filed by what could not be read: %v", err)
		}
		if n, _, err := s.Lag(ctx); err != nil || n != 1 {
			t.Errorf("%d items wait, want one, %v", n, err)
		}
		storetest.Exec(t, address, `ALTER TABLE elsewhere RENAME TO labels`)
		file(b, "bao-c", 0)
		if n, _, err := s.Lag(ctx); err != nil || n != 0 {
			t.Errorf("%d items wait, %v", n, err)
		}
		like(b)
	})
}
