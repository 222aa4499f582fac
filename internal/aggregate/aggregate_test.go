package aggregate

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/aggregate/collect"
	"feedd/internal/feed"
	"feedd/internal/store"
	"feedd/internal/store/storetest"
)

// wing is an Aggregate over a real store, with a press of its own and a clock that is moved by hand.
type wing struct {
	*Aggregate
	store   *store.Store
	address string // of the store
	log     *bytes.Buffer
	set     Settings
	press   string

	mu    sync.Mutex
	at    time.Time
	tells map[string][]report // by source
}

type report struct{ guid, title, summary string }

func (w *wing) clock() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.at }

func (w *wing) pass(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.at = w.at.Add(d) }

// tell makes a source list a report, first.
func (w *wing) tell(source string, r report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tells[source] = append([]report{r}, w.tells[source]...)
}

func (w *wing) serve(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	source := strings.Trim(r.URL.Path, "/")
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0"?><rss version="2.0"><channel><title>%s</title><link>https://%s.example/</link><description/>`, source, source)
	for _, it := range w.tells[source] {
		fmt.Fprintf(&b, `<item><title>%s</title><description>%s</description><guid isPermaLink="false">%s</guid><link>https://%[5]s.example/%[4]s</link><enclosure url="https://%[5]s.example/%[4]s.mp3" type="audio/mpeg" length="7"/></item>`,
			html.EscapeString(it.title), html.EscapeString(it.summary), it.guid, it.guid, source)
	}
	b.WriteString(`</channel></rss>`)
	rw.Header().Set("Content-Type", "application/rss+xml")
	_, _ = rw.Write([]byte(b.String()))
}

// newWing makes a wing with the sources a, b and c, outlets of their own, and the sections given.
func newWing(t *testing.T, sections ...feed.Section) *wing {
	t.Helper()
	w := &wing{at: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), tells: map[string][]report{}, log: &bytes.Buffer{}}
	srv := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(srv.Close)
	w.press = srv.URL
	w.set = Settings{
		Sections: sections,
		Stories:  feed.StorySettings{Window: 72 * time.Hour, Match: "normal", Updates: "entry"},
		Learning: feed.SectionSettings{Confidence: 0.99, Learn: true},
	}
	for i := range w.set.Sections {
		w.set.Sections[i].MaxAge = 168 * time.Hour
	}
	for _, id := range []string{"a", "b", "c"} {
		w.set.Sources = append(w.set.Sources, feed.Source{
			ID: id, Title: "Báo " + strings.ToUpper(id), URL: srv.URL + "/" + id, AllowPrivate: true, Learn: true,
			Schedule: "@every 10m", Timeout: 5 * time.Second, MaxBytes: 1 << 20, MaxItems: 100,
		})
	}
	w.address = storetest.Address(t)
	s, err := store.Open(t.Context(), w.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	w.store = s
	w.Aggregate = w.another(t)
	return w
}

// another is a second wing on the same store, as another process has it.
func (w *wing) another(t *testing.T) *Aggregate {
	t.Helper()
	a, err := New(Options{
		Store: w.store, Settings: w.set, Now: w.clock, Log: slog.New(slog.NewTextHandler(w.log, nil)),
		Collector: collect.New(collect.Options{Now: w.clock}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// reload puts other settings into force.
func (w *wing) reload(t *testing.T, change func(*Settings)) {
	t.Helper()
	next := w.set
	next.Sections, next.Sources = slices.Clone(next.Sections), slices.Clone(next.Sources)
	change(&next)
	w.set = next
	_, collector := w.current()
	if err := w.Reload(next, collector); err != nil {
		t.Fatal(err)
	}
	w.file(t)
}

func (w *wing) file(t *testing.T) {
	t.Helper()
	if _, err := w.File(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// collect looks at the sources and files what they bring.
func (w *wing) collect(t *testing.T) {
	t.Helper()
	reports, err := w.Collect(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if r.Error != "" {
			t.Fatalf("%s: %s", r.ID, r.Error)
		}
	}
}

func (w *wing) entries(t *testing.T, q feed.EntryQuery) []feed.Entry {
	t.Helper()
	entries, err := w.store.Entries(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// told lists the entries that are published under a section: the headlines of their reports.
func (w *wing) told(t *testing.T, section string) [][]string {
	t.Helper()
	var told [][]string
	for _, e := range w.entries(t, feed.EntryQuery{Section: section}) {
		var titles []string
		for _, r := range e.Reports {
			titles = append(titles, r.Title)
		}
		told = append(told, titles)
	}
	slices.SortFunc(told, slices.Compare)
	return told
}

func (w *wing) wantTold(t *testing.T, when, section string, want ...[]string) {
	t.Helper()
	if diff := cmp.Diff(want, w.told(t, section)); diff != "" {
		t.Errorf("%s: section %s (-want +got):\n%s", when, section, diff)
	}
}

func rules(terms ...string) []feed.Rule {
	var r feed.Rule
	for _, term := range terms {
		r.Any = append(r.Any, feed.Pattern{Text: term})
	}
	return []feed.Rule{r}
}

const (
	gold   = "Giá vàng trong nước tăng mạnh lên 90 triệu đồng một lượng"
	storm  = "Bão số 4 đổ bộ vào Quảng Bình, gió giật cấp 12"
	storm2 = "Bão số 4 đổ bộ vào Quảng Bình, gió giật cấp 12, hai người chết"
)

func TestRulesChange(t *testing.T) {
	w := newWing(t, feed.Section{ID: "kinh-te", Rules: rules("giá vàng")}, feed.Section{ID: "thoi-su", Rules: rules("bão")})
	w.tell("a", report{"1", gold, ""})
	w.tell("b", report{"2", storm, ""})
	w.collect(t)
	w.wantTold(t, "at first", "kinh-te", []string{gold})
	before := w.entries(t, feed.EntryQuery{Story: w.entries(t, feed.EntryQuery{Section: "kinh-te"})[0].Story})[0]

	w.pass(time.Hour)
	w.reload(t, func(s *Settings) {
		s.Sections[0].Rules = rules("bão")
		s.Sections[1].Rules = rules("giá vàng")
	})
	w.wantTold(t, "after the change", "kinh-te", []string{storm})
	w.wantTold(t, "after the change", "thoi-su", []string{gold})
	w.wantTold(t, "after the change", "all", []string{storm}, []string{gold})
	after := w.entries(t, feed.EntryQuery{Section: "thoi-su"})[0]
	if after.Key != before.Key || !after.Updated.Equal(before.Updated) || !after.Published.Equal(before.Published) {
		t.Errorf("the entry was %s updated %s, is %s updated %s", before.Key, before.Updated, after.Key, after.Updated)
	}
}

// What a changed rule would do is told of items and of their stories: one report that leaves does
// not take its story along while another stays.
func TestReplayTellsWhatStoriesDo(t *testing.T) {
	w := newWing(t, feed.Section{ID: "thoi-su", Rules: rules("bão")}, feed.Section{ID: "kinh-te", Rules: rules("giá vàng")})
	w.tell("a", report{"1", storm, ""})
	w.tell("a", report{"2", gold, ""})
	w.tell("b", report{"3", storm, "Gió giật ở Cà Ná."})
	w.collect(t)
	replay := func(terms ...string) (Replayed, map[string]Change) {
		t.Helper()
		other := w.set
		other.Sections = slices.Clone(other.Sections)
		other.Sections[0].Rules = rules(terms...)
		_, collector := w.current()
		old := w.set
		if err := w.Reload(other, collector); err != nil {
			t.Fatal(err)
		}
		changes := map[string]Change{}
		done, err := w.Replay(t.Context(), func(c Change) { changes[c.Item.Source+" "+c.Item.Title] = c })
		if err != nil {
			t.Fatal(err)
		}
		for headline, c := range changes {
			if len(c.Item.Enclosures) != 1 || c.Item.Enclosures[0].Length != 7 {
				t.Errorf("%s is told without what is only shown of it: %+v", headline, c.Item)
			}
		}
		if err := w.Reload(old, collector); err != nil {
			t.Fatal(err)
		}
		return done, changes
	}
	if done, changes := replay("bão"); !done.InForce || done.Items != 3 || len(changes) > 0 {
		t.Errorf("the same rules: %+v, %+v", done, changes)
	}
	done, changes := replay("Cà Ná")
	if c := changes["a "+storm]; done != (Replayed{Items: 3, Changed: 1}) || len(c.Leaves) != 1 || c.StoryLeaves != nil {
		t.Errorf("one report leaves: %+v, %+v", done, changes)
	}
	done, changes = replay("giá vàng")
	if done != (Replayed{Items: 3, Changed: 3, Enter: 1, Leave: 1}) || !slices.Equal(changes["b "+storm].StoryLeaves, []string{"thoi-su"}) ||
		!slices.Equal(changes["a "+gold].StoryEnters, []string{"thoi-su"}) {
		t.Errorf("a story leaves and another enters: %+v, %+v", done, changes)
	}
	w.wantTold(t, "after the replays", "thoi-su", []string{storm, storm})
}

// A comment moves the rules' lines and files nothing anew; who asks is told the new line.
func TestAMovedRuleFilesNothing(t *testing.T) {
	at := func(line int) []feed.Rule {
		r := rules("bão")
		r[0].Line, r[0].Any[0].Line = line, line
		return r
	}
	w := newWing(t, feed.Section{ID: "thoi-su", Rules: at(12)})
	w.set.Drop = at(90)
	w.set.Drop[0].Any[0].Text = "mời thầu"
	w.reload(t, func(*Settings) {})
	w.tell("a", report{"1", storm, ""})
	w.collect(t)
	w.set.Sections[0].Rules, w.set.Drop[0].Line = at(13), 91
	_, collector := w.current()
	if err := w.Reload(w.set, collector); err != nil {
		t.Fatal(err)
	}
	if n, err := w.File(t.Context()); err != nil || n != 0 {
		t.Errorf("%d items were filed anew (%v)", n, err)
	}
	it := w.entries(t, feed.EntryQuery{})[0].Reports[0]
	lines, err := w.Lines()
	if err != nil {
		t.Fatal(err)
	}
	if lines.Renew(&it); it.Sections[0].Line != 13 {
		t.Errorf("told %+v, want line 13", it.Sections)
	}
	w.set.Sections[0].Rules = rules("gió giật")
	if err := w.Reload(w.set, collector); err != nil {
		t.Fatal(err)
	}
	if n, err := w.File(t.Context()); err != nil || n != 1 {
		t.Errorf("after another rule, %d items were filed anew (%v)", n, err)
	}
}

// A change of the configuration files anew what it can reach and no more, and comes to what filing
// everything anew would.
func TestRefileReachesWhatChanged(t *testing.T) {
	const football = "Đội tuyển Việt Nam thắng Thái Lan hai không"
	start := func(t *testing.T) *wing {
		w := newWing(t, feed.Section{ID: "kinh-te", Rules: rules("giá vàng")}, feed.Section{ID: "thoi-su"}, feed.Section{ID: "the-thao", Rules: rules("đội tuyển")})
		w.set.Sources[0].Section = "thoi-su"
		w.reload(t, func(*Settings) {})
		w.tell("a", report{"1", gold, ""})
		w.tell("a", report{"2", "Quốc hội thông qua luật đất đai sửa đổi", ""})
		w.tell("b", report{"3", football, "Trận đấu tại Hà Nội."})
		w.tell("c", report{"4", storm, ""})
		w.collect(t)
		return w
	}
	for _, tt := range []struct {
		name   string
		change func(*Settings)
		want   int // items filed anew
	}{
		{"a source comes", func(s *Settings) {
			d := s.Sources[0]
			d.ID, d.URL, d.Section = "d", d.URL+"d", "the-thao"
			s.Sources = append(s.Sources, d)
		}, 0},
		{"a source goes", func(s *Settings) { s.Sources = s.Sources[1:] }, 2},
		{"a source has another section", func(s *Settings) { s.Sources[2].Section = "kinh-te" }, 1},
		{"a source teaches no more", func(s *Settings) { s.Sources[0].Learn = false }, 2},
		{"a rule comes", func(s *Settings) { s.Sections[1].Rules = rules("bão") }, 1},
		{"a rule goes", func(s *Settings) { s.Sections[2].Rules = nil }, 1},
		{"a rule that holds for nothing", func(s *Settings) { s.Sections[2].Rules = rules("đội tuyển", "bóng rổ") }, 0},
		{"a rule and a source", func(s *Settings) {
			s.Sections[1].Rules = rules("bão")
			s.Sources[1].Section = "kinh-te"
		}, 2},
		{"drop", func(s *Settings) { s.Drop = rules("Hà Nội") }, 1},
		{"a section goes", func(s *Settings) { s.Sections = s.Sections[:2] }, 1},
		{"sections in another order", func(s *Settings) { slices.Reverse(s.Sections) }, 4},
		{"nothing is learned any more", func(s *Settings) { s.Learning.Learn = false }, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t)
			next := w.set
			next.Sections, next.Sources = slices.Clone(next.Sections), slices.Clone(next.Sources)
			tt.change(&next)
			_, collector := w.current()
			if err := w.Reload(next, collector); err != nil {
				t.Fatal(err)
			}
			if n, err := w.File(t.Context()); err != nil || n != tt.want {
				t.Errorf("%d items were filed anew (%v), want %d", n, err, tt.want)
			}
			filed := w.filing(t)
			if n, err := w.store.Refile(t.Context(), time.Time{}); err != nil || n != 4 {
				t.Fatal(n, err)
			}
			w.file(t)
			if diff := cmp.Diff(w.filing(t), filed); diff != "" {
				t.Errorf("filing everything anew comes to something else (-all +reached):\n%s", diff)
			}
		})
	}
}

// filing is all that the desk decided and what it learned.
func (w *wing) filing(t *testing.T) (said []string) {
	t.Helper()
	for _, e := range w.entries(t, feed.EntryQuery{Any: true}) {
		said = append(said, fmt.Sprint(e.Key, e.Sections, e.Withdrawn, e.WithdrawnBy))
		for _, r := range e.Reports {
			said = append(said, fmt.Sprint(r.ID, r.Entry, r.Sections, r.Dropped))
		}
	}
	if err := w.store.Labels(t.Context(), func(l feed.Label) { said = append(said, fmt.Sprintf("%+v", l)) }); err != nil {
		t.Fatal(err)
	}
	return said
}

// A lead beyond the desk's memory speaks for its entry also after the items were filed anew.
func TestRefilingKeepsLeadsAndDates(t *testing.T) {
	w := newWing(t, feed.Section{ID: "thoi-su", Rules: rules("bão")})
	w.set.Sources[1].Priority = 10
	w.reload(t, func(*Settings) {})
	w.tell("a", report{"1", storm, ""})
	w.collect(t)
	w.pass(time.Hour)
	w.tell("b", report{"2", storm, ""})
	w.collect(t)
	before := w.entries(t, feed.EntryQuery{})[0]
	if len(before.Reports) != 2 || before.LeadItem().Source != "b" {
		t.Fatalf("the entry is %+v", before)
	}
	w.pass(100 * time.Hour) // beyond the stories' window, within the section's reach
	// Only one of the two is filed anew.
	if err := w.store.SaveWords(t.Context(), nil, []int64{before.Reports[0].ID}); err != nil {
		t.Fatal(err)
	}
	w.file(t)
	after := w.entries(t, feed.EntryQuery{})[0]
	if after.Lead != before.Lead || !after.Updated.Equal(before.Updated) {
		t.Errorf("led by %d, updated %s; was led by %d, updated %s", after.Lead, after.Updated, before.Lead, before.Updated)
	}
}

// Contents are unpacked only where a rule or a channel looks at them, and stay what they are.
func TestRulesOnTheContent(t *testing.T) {
	harvest := feed.Rule{Any: []feed.Pattern{{Text: "vụ lúa"}}, In: []string{"content"}}
	w := newWing(t, feed.Section{ID: "nong-nghiep", Rules: rules("giá vàng")})
	save := func(title string) {
		it := feed.Item{Source: "a", GUID: title, Title: title, Content: "<p>Được mùa trong vụ lúa này</p>", Image: "https://a.example/1.jpg"}
		it.Key = feed.Identify(&it)
		if _, err := w.store.Save(t.Context(), &store.Collected{State: feed.SourceState{Source: "a"}, Items: []feed.Item{it}, At: w.clock()}); err != nil {
			t.Fatal(err)
		}
		w.file(t)
	}
	save(gold)
	w.reload(t, func(s *Settings) { s.Sections[0].Rules = []feed.Rule{harvest} })
	save(storm)
	w.reload(t, func(s *Settings) {
		s.Sections[0].Rules, s.Channels = rules("giá vàng"), []feed.Channel{{ID: "lua", Query: &harvest}}
	})
	save("Khai mạc hội sách mùa xuân")
	items, err := w.store.Items(t.Context(), []int64{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	for i, it := range items {
		if it.Content == "" || it.Image == "" || it.Verdict == "" {
			t.Errorf("item %d is %+v", i+1, it)
		}
	}
	if l := (line{Aggregate: w.Aggregate}); !l.readsContent() {
		t.Error("a channel that looks at contents goes without them")
	}
	w.reload(t, func(s *Settings) { s.Sections[0].Rules, s.Channels = []feed.Rule{harvest}, nil })
	w.wantTold(t, "by a rule on contents", "nong-nghiep", []string{storm}, []string{gold}, []string{"Khai mạc hội sách mùa xuân"})
	w.reload(t, func(s *Settings) { s.Sections[0].Rules = nil })
	save("Hội sách mùa xuân bế mạc sau mười ngày")
	if l := (line{Aggregate: w.Aggregate}); l.readsContent() {
		t.Error("contents are unpacked that nobody looks at")
	}
}

func TestDropRuleComesAndGoes(t *testing.T) {
	w := newWing(t, feed.Section{ID: "thoi-su", Rules: rules("bão")})
	w.tell("a", report{"1", storm, ""})
	w.tell("b", report{"2", storm, ""})
	w.collect(t)
	before := w.entries(t, feed.EntryQuery{})[0]
	w.pass(time.Hour)
	w.reload(t, func(s *Settings) { s.Drop = rules("quảng bình") })
	w.wantTold(t, "dropped", "all")
	gone := w.entries(t, feed.EntryQuery{Withdrawn: true})
	if len(gone) != 1 || gone[0].Key != before.Key || !gone[0].Withdrawn.Equal(w.clock()) {
		t.Fatalf("withdrawn entries: %+v", gone)
	}
	w.pass(time.Hour)
	w.reload(t, func(s *Settings) { s.Drop = nil })
	w.wantTold(t, "no longer dropped", "thoi-su", []string{storm, storm})
	after := w.entries(t, feed.EntryQuery{})[0]
	if after.Key != before.Key || !after.Published.Equal(before.Published) || !after.Updated.Equal(before.Updated) {
		t.Errorf("came back as %+v, was %+v", after, before)
	}
}

// A story goes on although a rule dropped how it began.
func TestStoryGoesOnWithoutItsBeginning(t *testing.T) {
	w := newWing(t)
	w.tell("a", report{"1", storm, "Tài trợ: nước mắm Cà Ná."})
	w.collect(t)
	w.pass(time.Hour)
	w.tell("a", report{"2", storm2, ""})
	w.collect(t)
	if e := w.entries(t, feed.EntryQuery{}); len(e) != 2 || e[0].Story != e[1].Story {
		t.Fatalf("not one story of two developments: %+v", e)
	}
	w.reload(t, func(s *Settings) { s.Drop = rules("nước mắm") })
	w.pass(time.Hour)
	third := storm2 + ", năm người mất tích"
	w.tell("a", report{"3", third, ""})
	w.collect(t)
	w.wantTold(t, "after the beginning was dropped", "all", []string{storm2}, []string{third})
}

func TestRetractedStoryStaysOut(t *testing.T) {
	w := newWing(t, feed.Section{ID: "thoi-su", Rules: rules("bão")})
	w.tell("a", report{"1", storm, ""})
	w.collect(t)
	e := w.entries(t, feed.EntryQuery{})[0]
	if _, err := w.store.Withdraw(t.Context(), []string{e.Key}, w.clock()); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	w.tell("b", report{"2", storm, ""})  // the same
	w.tell("a", report{"3", storm2, ""}) // a development
	w.collect(t)
	w.wantTold(t, "retracted", "all")
	all := w.entries(t, feed.EntryQuery{Any: true})
	if len(all) != 2 || all[0].Story != e.Story || all[1].Story != e.Story {
		t.Fatalf("not one story of two developments: %+v", all)
	}
	w.reload(t, func(s *Settings) { s.Sections[0].Rules = rules("quảng bình") })
	w.wantTold(t, "filed anew", "all")
	w.reload(t, func(s *Settings) { s.Drop = rules("bão") })
	w.reload(t, func(s *Settings) { s.Drop = nil })
	w.wantTold(t, "dropped and taken up again", "all")
}

// What the editor retracts stays out when the rule that dropped it meanwhile is gone.
func TestRetractedWhileDropped(t *testing.T) {
	w := newWing(t)
	w.tell("a", report{"1", storm, ""})
	w.collect(t)
	e := w.entries(t, feed.EntryQuery{})[0]
	w.reload(t, func(s *Settings) { s.Drop = rules("bão") })
	if _, err := w.store.Withdraw(t.Context(), []string{e.Key}, w.clock()); err != nil {
		t.Fatal(err)
	}
	w.reload(t, func(s *Settings) { s.Drop = nil })
	w.wantTold(t, "the rule is gone", "all")
	if _, err := w.store.Withdraw(t.Context(), []string{e.Key}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	w.wantTold(t, "undone", "all", []string{storm})

	// The other way round: retracted, dropped, and undone while it is dropped.
	if _, err := w.store.Withdraw(t.Context(), []string{e.Key}, w.clock()); err != nil {
		t.Fatal(err)
	}
	w.reload(t, func(s *Settings) { s.Drop = rules("bão") })
	if _, err := w.store.Withdraw(t.Context(), []string{e.Key}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	w.wantTold(t, "undone while a rule drops it", "all")
	w.reload(t, func(s *Settings) { s.Drop = nil })
	w.wantTold(t, "undone, and the rule is gone", "all", []string{storm})
}

func TestSplitAndJoin(t *testing.T) {
	w := newWing(t)
	w.tell("a", report{"1", storm, ""})
	w.collect(t) // first, as reports of an entry stand in the order they came in
	w.tell("c", report{"9", gold, ""})
	w.collect(t)
	w.pass(time.Minute)
	w.tell("b", report{"2", storm, ""})
	w.collect(t)
	w.wantTold(t, "at first", "all", []string{storm, storm}, []string{gold})
	say := func(word feed.EditorsWord, items ...int64) {
		t.Helper()
		word.At = w.clock()
		if err := w.store.SaveWords(t.Context(), []feed.EditorsWord{word}, items); err != nil {
			t.Fatal(err)
		}
		w.file(t)
		if n, _, err := w.store.Lag(t.Context()); err != nil || n != 0 {
			t.Errorf("%d wait for the desk (%v)", n, err)
		}
	}
	var one, other feed.Entry
	for _, e := range w.entries(t, feed.EntryQuery{}) {
		if len(e.Reports) == 2 {
			one = e
		} else {
			other = e
		}
	}
	second := one.Reports[1]
	own := feed.EntryKey(second.Source, second.Key)
	say(feed.EditorsWord{Kind: feed.WordSplit, A: own, B: one.Story}, second.ID)
	w.wantTold(t, "split", "all", []string{storm}, []string{storm}, []string{gold})
	w.reload(t, func(s *Settings) { s.Sections = []feed.Section{{ID: "x", Rules: rules("bão")}} })
	w.wantTold(t, "split and filed anew", "x", []string{storm}, []string{storm})

	say(feed.EditorsWord{Kind: feed.WordJoin, A: one.Story, B: other.Story}, other.Reports[0].ID)
	w.wantTold(t, "joined", "all", []string{storm}, []string{storm, gold})
	gone := w.entries(t, feed.EntryQuery{Withdrawn: true})
	if len(gone) != 1 || gone[0].Key != other.Key || gone[0].WithdrawnBy != feed.Moved {
		t.Errorf("withdrawn: %+v, want %s", gone, other.Key)
	}
	// None reappears: not filed anew, not told again, not revised.
	w.reload(t, func(s *Settings) { s.Sections = nil })
	w.tell("a", report{"3", gold, ""})
	w.tell("c", report{"9", gold + ".", ""})
	w.collect(t)
	for _, e := range w.entries(t, feed.EntryQuery{}) {
		if e.Key == other.Key {
			t.Errorf("the younger of two joined stories came back: %+v", e)
		}
	}
}

// Two stories that a later report shows to be one are linked: no entry goes, and none changes its id.
func TestBridgedStoriesAreLinked(t *testing.T) {
	const (
		roof = "Trường Nguyễn Trãi ở Đồng Hới tốc mái vì gió giật cấp 12"
		both = "Bão số 4 đổ bộ Quảng Bình, trường Nguyễn Trãi ở Đồng Hới tốc mái vì gió giật cấp 12"
	)
	w := newWing(t)
	w.tell("a", report{"1", "Bão số 4 đổ bộ Quảng Bình", ""})
	w.collect(t)
	w.pass(time.Hour)
	w.tell("b", report{"2", roof, ""})
	w.collect(t)
	two := w.entries(t, feed.EntryQuery{})
	slices.SortFunc(two, func(a, b feed.Entry) int { return a.Published.Compare(b.Published) })
	if len(two) != 2 || two[0].Story == two[1].Story {
		t.Fatalf("%+v, want two stories", two)
	}
	want := []string{two[0].Key, two[1].Key}
	check := func(when string) {
		t.Helper()
		got := w.entries(t, feed.EntryQuery{Story: two[0].Key})
		slices.SortFunc(got, func(a, b feed.Entry) int { return a.Published.Compare(b.Published) })
		var keys []string
		for _, e := range got {
			keys = append(keys, e.Key)
		}
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Fatalf("%s: entries of the story (-want +got):\n%s", when, diff)
		}
		if got[0].Follows != "" || got[1].Follows != got[0].Key {
			t.Errorf("%s: %+v", when, got)
		}
		for _, it := range got[1].Reports {
			if it.Story != two[0].Key {
				t.Errorf("%s: report %d is of story %s, want %s", when, it.ID, it.Story, two[0].Key)
			}
		}
		if gone := w.entries(t, feed.EntryQuery{Withdrawn: true}); len(gone) > 0 {
			t.Errorf("%s: withdrawn: %+v", when, gone)
		}
	}
	w.pass(time.Hour)
	w.tell("c", report{"3", both, ""})
	w.collect(t)
	check("bridged")
	if now := w.entries(t, feed.EntryQuery{Keys: []string{two[1].Key}}); !now[0].Updated.Equal(two[1].Updated) {
		t.Errorf("the linked entry is dated %v, want %v as before", now[0].Updated, two[1].Updated)
	}
	w.reload(t, func(s *Settings) { s.Sections = []feed.Section{{ID: "x", Rules: rules("bão")}} })
	check("filed anew")
	w.Aggregate = w.another(t) // after a restart
	w.tell("b", report{"2", roof + ".", ""})
	w.collect(t)
	check("restarted and revised")
}

// A development that is taken out of the middle of its story leaves the others in a chain, and comes back to
// its place in it.
func TestSplitOfTheMiddle(t *testing.T) {
	w := newWing(t)
	for i, dead := range []int{2, 4, 9} {
		w.tell("a", report{fmt.Sprint(i), fmt.Sprintf("Tai nạn liên hoàn trên cầu Thăng Long, %d người chết", dead), ""})
		w.collect(t)
		w.pass(3 * time.Hour)
	}
	chain := func() []feed.Entry {
		list := w.entries(t, feed.EntryQuery{})
		slices.SortFunc(list, func(a, b feed.Entry) int { return a.Published.Compare(b.Published) })
		return list
	}
	before := chain()
	if len(before) != 3 || before[1].Follows != before[0].Key || before[2].Follows != before[1].Key {
		t.Fatalf("not three developments of one story: %+v", before)
	}
	middle := before[1].Reports[0]
	word := []feed.EditorsWord{{Kind: feed.WordSplit, A: middle.OwnEntry(), B: middle.Story, At: w.clock()}}
	if err := w.store.SaveWords(t.Context(), word, []int64{middle.ID}); err != nil {
		t.Fatal(err)
	}
	w.file(t)
	after := chain()
	if after[1].Key != before[1].Key || after[1].Story != after[1].Key || after[1].Follows != "" || after[2].Story != after[0].Key || after[2].Follows != after[0].Key {
		t.Errorf("the middle is of story %s after %q, the last of %s after %q", after[1].Story, after[1].Follows, after[2].Story, after[2].Follows)
	}
	if _, err := w.store.TakeBack(t.Context(), word[0].N); err != nil {
		t.Fatal(err)
	}
	w.file(t)
	if diff := cmp.Diff(before, chain()); diff != "" {
		t.Errorf("taken back (-before +after):\n%s", diff)
	}
}

func TestLabelsAreLearnedAndTakenBack(t *testing.T) {
	w := newWing(t, feed.Section{ID: "kinh-te", Learn: true}, feed.Section{ID: "thoi-su", Learn: true})
	labels := func(when string, want map[string]int) {
		t.Helper()
		stored := map[string]int{}
		if err := w.store.Labels(t.Context(), func(l feed.Label) { stored[l.Section]++ }); err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"kinh-te", "thoi-su"} {
			if stored[s] != want[s] {
				t.Errorf("%s: %d labels of %s stored, want %d", when, stored[s], s, want[s])
			}
			if w.model != nil && w.model.Labels(s) != want[s] {
				t.Errorf("%s: the desk at work learned %d labels of %s, want %d", when, w.model.Labels(s), s, want[s])
			}
		}
	}
	section := func(s string) func(*Settings) { return func(set *Settings) { set.Sources[0].Section = s } }
	w.reload(t, section("kinh-te"))
	w.tell("a", report{"1", gold, ""})
	w.tell("a", report{"2", storm, ""})
	w.collect(t)
	labels("learned", map[string]int{"kinh-te": 2})
	w.pass(time.Minute)
	w.mu.Lock()
	w.tells["a"][0].title += ", nước sông lên nhanh"
	w.mu.Unlock()
	w.collect(t)
	labels("revised", map[string]int{"kinh-te": 2})
	w.reload(t, section("thoi-su"))
	labels("another section", map[string]int{"thoi-su": 2})
	w.reload(t, func(s *Settings) { s.Drop = rules("bão") })
	labels("dropped", map[string]int{"thoi-su": 1})
	w.reload(t, func(s *Settings) { s.Drop = nil })
	w.reload(t, section(""))
	labels("no section", map[string]int{})
}

// Two processes on one store may both file; each item is filed once, and none is listed twice.
func TestTwoWingsOnOneStore(t *testing.T) {
	w := newWing(t)
	wings := []*Aggregate{w.Aggregate, w.another(t)}
	want := map[string]bool{}
	for round := range 6 {
		for i := range 20 {
			r := report{fmt.Sprintf("%d-%d", round, i), fmt.Sprintf("%s, tin %d của lượt %d", gold, i, round), ""}
			if i%2 == 0 {
				r.title = fmt.Sprintf("Chuyện số %d ở lượt %d không giống chuyện nào", i, round)
			}
			w.tell([]string{"a", "b", "c"}[i%3], r)
			want[r.guid] = true
		}
		w.pass(time.Minute)
		var wg sync.WaitGroup
		for _, a := range wings {
			wg.Go(func() {
				if _, err := a.Collect(t.Context(), nil, nil); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if n, _, err := w.store.Lag(t.Context()); err != nil || n != 0 {
		t.Errorf("%d wait for the desk (%v)", n, err)
	}
	got := map[string]int{}
	for _, e := range w.entries(t, feed.EntryQuery{}) {
		if len(e.Reports) == 0 {
			t.Errorf("entry %s is listed and has no report", e.Key)
		}
		for _, r := range e.Reports {
			got[r.GUID]++
		}
	}
	for guid := range want {
		if got[guid] != 1 {
			t.Errorf("item %s is told %d times", guid, got[guid])
		}
	}
}

// A process that runs by the old rules beside one that runs by the new leaves nothing filed by the
// old ones, once it has read the new.
func TestOldRulesBesideNew(t *testing.T) {
	w := newWing(t, feed.Section{ID: "kinh-te", Rules: rules("giá vàng")})
	w.tell("a", report{"1", storm, ""})
	w.collect(t)
	old := w.set
	w.set.Sections = []feed.Section{{ID: "kinh-te", Rules: rules("bão"), MaxAge: 168 * time.Hour}}
	if _, err := w.another(t).File(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.wantTold(t, "by the new rules", "kinh-te", []string{storm})
	w.set = old
	w.tell("b", report{"2", "Cơn bão khác đang hình thành ngoài khơi Philippines", ""})
	w.collect(t)
	w.wantTold(t, "the new item by the old rules", "kinh-te", []string{storm})
	w.reload(t, func(s *Settings) { s.Sections[0].Rules = rules("bão") })
	w.wantTold(t, "when all run by the new rules", "kinh-te", []string{storm}, []string{"Cơn bão khác đang hình thành ngoài khơi Philippines"})
}

// What another desk filed between this one's looking and its deciding is not filed again.
func TestInboxIsReadAfterTheTurn(t *testing.T) {
	w := newWing(t, feed.Section{ID: "x"}, feed.Section{ID: "y"})
	w.set.Sources[0].Section = "x" // so that the item is an example of x, once
	other := w.another(t)
	w.reload(t, func(*Settings) {})
	it := feed.Item{Source: "a", GUID: "1", Title: storm}
	it.Key = feed.Identify(&it)
	if _, err := w.store.Save(t.Context(), &store.Collected{State: feed.SourceState{Source: "a"}, Items: []feed.Item{it}, At: w.clock()}); err != nil {
		t.Fatal(err)
	}
	w.now = func() time.Time { // asked when a batch begins
		if n, _, err := w.store.Lag(t.Context()); err == nil && n > 0 {
			if _, err := other.File(t.Context()); err != nil {
				t.Error(err)
			}
		}
		return w.clock()
	}
	w.file(t)
	w.wantTold(t, "after both", "all", []string{storm})
}

func TestFullDiskLosesNothing(t *testing.T) {
	w := newWing(t)
	w.tell("a", report{"1", storm, ""})
	w.collect(t)
	w.pass(time.Minute)
	w.tell("a", report{"2", gold, ""})
	makeRoom := storetest.Refuse(t, w.address, "texts", "")
	if _, err := w.Collect(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("Collect = %v, want the store's refusal", err)
	}
	w.wantTold(t, "while the disk is full", "all", []string{storm})
	makeRoom()

	makeRoom = storetest.Refuse(t, w.address, "entries", "")
	if _, err := w.Collect(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("Collect = %v, want the store's refusal", err)
	}
	if n, _, err := w.store.Lag(t.Context()); err != nil || n != 1 {
		t.Errorf("%d wait for the desk (%v), want the one that could not be filed", n, err)
	}
	makeRoom()
	w.collect(t)
	w.wantTold(t, "afterwards", "all", []string{storm}, []string{gold})
}

// A schedule that cannot begin is an error, not a daemon that collects nothing.
func TestRunSaysThatTheScheduleCannotBegin(t *testing.T) {
	w := newWing(t)
	if err := w.store.SaveState(t.Context(), feed.SourceState{Source: "a"}); err != nil {
		t.Fatal(err)
	}
	storetest.Exec(t, w.address, `UPDATE sources SET state = 'nonsense'`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := w.Run(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("Run = %v", err)
	}
}

// What a document did not show, because too many items stand before it, is still listed: it is not
// new again when it comes to the front long after retention took it away.
func TestBeyondTheReadIsStillListed(t *testing.T) {
	w := newWing(t)
	w.reload(t, func(s *Settings) {
		s.Sources = s.Sources[:1]
		s.Sources[0].MaxItems = 1
	})
	w.tell("a", report{"old", storm, ""})
	w.collect(t)
	w.pass(20 * 24 * time.Hour)
	w.tell("a", report{"young", gold, ""})
	for day := range 12 {
		w.pass(24 * time.Hour)
		w.mu.Lock()
		w.tells["a"][0].summary = fmt.Sprint("Ngày thứ ", day)
		w.mu.Unlock()
		w.collect(t)
		if err := w.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.mu.Lock()
	w.tells["a"] = w.tells["a"][1:]
	w.mu.Unlock()
	reports, err := w.Collect(t.Context(), nil, nil)
	if err != nil || reports[0].Fetched != 1 || reports[0].New != 0 {
		t.Errorf("%+v, %v; want the old item known", reports, err)
	}
}

// What is saved while the desk commits a batch waits for its next turn: just behind that batch it would be published as late as then.
func TestWhatComesInMeanwhileWaits(t *testing.T) {
	w := newWing(t, feed.Section{ID: "thoi-su"})
	save := func() {
		if _, err := w.CollectUnfiled(t.Context(), nil, nil); err != nil {
			t.Error(err)
		}
	}
	w.tell("a", report{"1", storm, ""})
	save()
	var once sync.Once
	w.filed = func() {
		once.Do(func() {
			w.tell("b", report{"2", "Giá vàng lên cao nhất từ đầu năm", ""})
			save()
		})
	}
	for turn, want := range []int{1, 1, 0} {
		if n, err := w.File(t.Context()); err != nil || n != want {
			t.Errorf("turn %d files %d items (%v), want %d", turn, n, err, want)
		}
	}
}
