package feed

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var day0 = time.Date(2026, 3, 5, 9, 0, 30, 0, time.UTC)

func reported(guid, link, title, text string, at time.Time) Item {
	return Item{Source: "s", GUID: guid, URL: link, Canonical: Canonical(link), Title: title, Summary: text, Published: at, FirstSeen: at}
}

func TestTellApart(t *testing.T) {
	const a, b, c = "https://e.org/a", "https://e.org/b", "https://e.org/c"
	for _, tt := range []struct {
		name  string
		items []Item
		keys  string // the kinds of the keys
		note  string
	}{
		{"guids of their own", []Item{reported("1x", a, "A", "", day0), reported("2x", b, "B", "", day0)}, "g g", ""},
		{"some share a guid", []Item{reported("N/A", a, "A", "", day0), reported("p", b, "B", "", day0), reported("N/A", c, "C", "", day0)}, "l g l",
			"2 of 3 items share a guid: told apart by their links"},
		{"a guid and a link for all", []Item{reported("0", a, "A", "", day0), reported("0", a, "B", "", day0)}, "t t", "2 of 2 items share a guid: told apart by their headlines"},
		{"a page for all", []Item{reported("", "https://e.org/", "A", "", day0), reported("", "https://e.org/", "B", "", day0)}, "t t",
			"2 of 2 items share a link: told apart by their headlines"},
		{"behind the #", []Item{reported("", a+"#1", "A", "", day0), reported("", a+"#2", "B", "", day0)}, "f f", "2 of 2 items share a link: told apart by their links"},
		{"one headline on two days", []Item{reported("", "", "A", "", day0), reported("", "", "A", "x", day0.Add(-30*time.Hour))}, "t t", ""},
		{"one headline at two times", []Item{reported("", "", "A", "x", day0), reported("", "", "A", "y", day0.Add(-time.Hour))}, "t t",
			"2 of 2 items share a headline: told apart by their headlines"},
		{"only the text differs", []Item{reported("g", a, "A", "x", day0), reported("g", a, "A", "y", day0)}, "x x", "2 of 2 items share a guid: told apart by their texts"},
		{"places in the list", []Item{reported("1", a, "A", "", day0), reported("2", b, "B", "", day0), reported("3", c, "C", "", day0)}, "l l l", "the guids number the places"},
		{"numbers from the oldest on", []Item{reported("1", a, "A", "", day0), reported("2", b, "B", "", day0.Add(time.Hour)), reported("3", c, "C", "", day0.Add(2*time.Hour))}, "g g g", ""},
		{"nothing at all", []Item{{Source: "s"}, reported("g", "", "", "", day0)}, "- g", ""},
	} {
		notes := TellApart(tt.items)
		var kinds []string
		keys := map[string]bool{}
		for i := range tt.items {
			kind, _, _ := strings.Cut(tt.items[i].Key, ":")
			if kind == "" {
				kind = "-"
			}
			kinds = append(kinds, kind)
			keys[tt.items[i].Key] = true
		}
		if got := strings.Join(kinds, " "); got != tt.keys || len(keys) != len(tt.items) {
			t.Errorf("%s: keys %q, want the kinds %s", tt.name, slices.Collect(func(yield func(string) bool) {
				for i := range tt.items {
					yield(tt.items[i].Key)
				}
			}), tt.keys)
		}
		if all := strings.Join(notes, "\n"); (tt.note == "") != (all == "") || !strings.Contains(all, tt.note) {
			t.Errorf("%s: notes %q, want %q", tt.name, notes, tt.note)
		}
	}
	twice := []Item{reported("", a, "A", "<p>x</p>", day0), reported("", a+"?utm_source=r", "A", "x ", day0)}
	if TellApart(twice); twice[0].Key != twice[1].Key {
		t.Errorf("no reader can tell %q from %q", twice[0].Key, twice[1].Key)
	}
}

// recognise is Recognition.Among for one question about a document.
func recognise(doc []Item, open []int, stored []Item, now time.Time) []int {
	var all []*Item
	for i := range stored {
		all = append(all, &stored[i])
	}
	return NewRecognition(doc, now, nil).Among(open, all)
}

// What one item of a document is, against one that is stored.
func TestRecognise(t *testing.T) {
	const (
		salt = "Harvest of sea salt starts late this year"
		rain = "Rain has kept the pans wet until now, the makers say."
		bus  = "Night buses to run on all weekends"
		paid = "The council pays for a trial of six months."
		day  = 24 * time.Hour
	)
	for _, tt := range []struct {
		name                    string
		was                     Item
		guid, link, title, text string
		after                   time.Duration
		same                    bool
	}{
		{"headline edited", reported("1", "https://e.org/1", salt, rain, day0), "1", "https://e.org/1", "Harvest of sea salt starts very late", rain, 0, true},
		{"headline and text written anew, dated as before", reported("1", "https://e.org/1", salt, rain, day0), "1", "https://e.org/1", bus, paid, 0, true},
		{"guid used again", reported("1", "https://e.org/1", salt, rain, day0), "1", "https://e.org/2", bus, paid, day, false},
		{"something new at one address", reported("t", "https://e.org/today", salt, rain, day0), "t", "https://e.org/today", bus, paid, day, false},
		{"evergreen", reported("e", "https://e.org/e", salt, "List one.", day0), "e", "https://e.org/e", salt, "List two.", 30 * day, true},
		{"move of domain", reported("https://a.org/1", "https://a.org/1", salt, rain, day0), "https://b.org/x", "https://b.org/x", salt, rain, 0, true},
		{"move with new dates", reported("https://a.org/1", "https://a.org/1", salt, rain, day0), "https://b.org/x", "https://b.org/x", salt, rain, 3 * day, true},
		{"edited where nothing stays, and dated later before", reported("1", "https://a.org/1", salt, rain, day0), "2", "https://a.org/2", salt, "Rain has kept the pans wet until now, the makers say today.", -2 * day, true},
		{"the same dated later", reported("1", "https://a.org/1", salt, rain, day0), "2", "https://a.org/2", salt, "Rain has kept the pans wet until now, the makers say today.", 2 * day, false},
		{"slug corrected", reported("https://a.org/publik", "https://a.org/publik", "Mayor opens first publik garden", "", day0), "https://a.org/public", "https://a.org/public", "Mayor opens first public garden", "", 0, true},
		{"another name, not another spelling", reported("1", "https://a.org/1", "Lịch thi đấu ở Huế", "", day0), "2", "https://a.org/2", "Lịch thi đấu ở Vinh", "", 0, false},
		{"another figure", reported("1", "https://a.org/1", "Bão số 4 vào bờ", "Tin từ trung tâm dự báo sáng nay.", day0), "2", "https://a.org/2", "Bão số 5 vào bờ", "Tin từ trung tâm dự báo sáng nay.", 0, false},
		{"weather of the next day", reported("mon", "https://e.org/mon", "Weather today", "Rain in the morning, gales on the hills.", day0), "tue", "https://e.org/tue", "Weather today", "Sunny spells later, frost at night.", day, false},
		{"prices of the next day", reported("1", "https://e.org/1", "Giá vàng hôm nay", "Vàng bán ra 79,2 triệu đồng một lượng.", day0), "2", "https://e.org/2", "Giá vàng hôm nay", "Vàng bán ra 79,6 triệu đồng một lượng.", day, false},
		{"bulletin without more to say", reported("1", "https://e.org/1", "Evening bulletin", "The news.", day0), "2", "https://e.org/2", "Evening bulletin", "The news.", day, false},
		{"a dated headline at one address", reported("g", "https://e.org/g", "Gold price 25/11/2026", "Gold is sold at 79.2 million a tael.", day0), "g", "https://e.org/g", "Gold price 26/11/2026", "Gold is sold at 79.6 million a tael.", day, false},
		{"more victims", reported("g", "https://e.org/g", "Bão: 12 người chết", "Nước vẫn lên ở ba tỉnh, đường sắt tê liệt.", day0), "g", "https://e.org/g", "Bão: 15 người chết", "Nước vẫn lên ở ba tỉnh, đường sắt tê liệt, điện mất.", 3 * time.Hour, true},
		{"two incidents of one minute", reported("1", "https://e.org/1", "Road closed", "A burst pipe has flooded Quay Lane between church and depot.", day0), "2", "https://e.org/2", "Road closed", "Fallen beech blocks the hill road above Stone Farm.", 0, false},
		{"in letters without spaces", reported("1", "https://e.org/1", "東京で強い地震が発生", "", day0), "1", "https://e.org/1", "東京で強い地震が発生、津波なし", "", 3 * day, true},
	} {
		doc := []Item{reported(tt.guid, tt.link, tt.title, tt.text, day0.Add(tt.after)), reported("other", "https://e.org/other", "Another thing altogether", "About it.", day0)}
		TellApart(doc)
		tt.was.ID = 7
		got := recognise(doc, []int{0}, []Item{tt.was}, day0.Add(tt.after))
		if (got[0] == 0) != tt.same {
			t.Errorf("%s: recognised %v, want %v", tt.name, got[0] == 0, tt.same)
		}
	}
}

// Where nothing but the headline and its time tell which item it is, the text may be written anew; of several
// under one headline each is its own.
func TestRecogniseNameless(t *testing.T) {
	was := reported("", "", "Notice", "The town hall is shut for two days.", day0)
	was.ID = 7
	for want, texts := range map[int][]string{0: {"Open again from Monday on."}, -1: {"No water in the eastern streets.", "Lorries may not cross Red Bridge."}} {
		var doc []Item
		var open []int
		for i, text := range texts {
			doc, open = append(doc, reported("", "", "Notice", text, day0)), append(open, i)
		}
		TellApart(doc)
		for _, got := range recognise(doc, open, []Item{was}, day0.Add(time.Hour)) {
			if got != want {
				t.Errorf("%q: found %d, want %d", texts, got, want)
			}
		}
	}
}

// An item is known by the guid under which it was first stored, whatever it was called in between.
func TestRecogniseByFirstName(t *testing.T) {
	was := reported("called-otherwise", "https://e.org/", "Harvest of sea salt starts late this year", "Rain has kept the pans wet until now, the makers say.", time.Time{})
	was.ID, was.FirstSeen, was.Opens = 7, day0, EntryKey(was.Source, "g:N/A")
	doc := []Item{reported("N/A", "https://e.org/", "Harvest of sea salt starts late this summer", "Rain has kept the pans wet until now, the makers say.", time.Time{})}
	TellApart(doc)
	if got := recognise(doc, []int{0}, []Item{was}, day0.Add(48*time.Hour)); got[0] != 0 {
		t.Error("the item is not known by its first guid")
	}
}

// Of two guids nobody can say whether they are places in the list. Where there is no address either, an edited
// article that went down to the second place is known by what it says.
func TestRecogniseCountedTwo(t *testing.T) {
	const home, salt, rain = "https://e.org/", "Harvest of sea salt starts late this year", "Rain has kept the pans wet until now, the makers say."
	was := reported("1", home, salt, rain, day0)
	was.ID = 7
	later := day0.Add(48 * time.Hour)
	doc := []Item{
		reported("1", home, "Night buses to run on all weekends", "The council pays for a trial of six months.", later),
		reported("2", home, salt, rain+" Today.", later),
	}
	TellApart(doc)
	if got := recognise(doc, []int{0, 1}, []Item{was}, later); got[0] != -1 || got[1] != 0 {
		t.Errorf("found %d, want [-1 0]", got)
	}
}

// A guid that is given again, to what has another address, another headline and another text: one time that all
// items have does not make it the article that had it.
func TestRecogniseAtOneTime(t *testing.T) {
	was := reported("1", "https://e.org/1", "Harvest of sea salt starts late this year", "Rain has kept the pans wet until now, the makers say.", day0)
	was.ID = 7
	doc := []Item{
		reported("1", "https://e.org/9", "Night buses to run on all weekends", "The council pays for a trial of six months.", day0),
		reported("8", "https://e.org/8", "Another thing altogether", "About it.", day0),
	}
	for want, at := range map[int]time.Time{-1: day0, 0: day0.Add(time.Hour)} { // of the other item
		doc[1].Published = at
		TellApart(doc)
		if got := recognise(doc, []int{0}, []Item{was}, day0.Add(3*time.Hour)); got[0] != want {
			t.Errorf("with another item at %v: found %d, want %d", at, got[0], want)
		}
	}
}

// Each article keeps to itself where the guid is the place in the list, also when all have moved on.
func TestRecogniseTakesEachOnce(t *testing.T) {
	var stored, doc []Item
	for i := range 6 {
		it := reported(fmt.Sprint(i+1), "", fmt.Sprintf("Chuyện %s ở làng bên", strings.Repeat("x", i+1)), "", time.Time{})
		it.ID, it.FirstSeen = int64(i+1), day0
		stored = append(stored, it)
		it.GUID = fmt.Sprint(i + 2)
		doc = append(doc, it)
	}
	doc = append([]Item{reported("1", "", "Một chuyện hoàn toàn mới", "", time.Time{})}, doc...)
	TellApart(doc)
	got := recognise(doc, []int{0, 1, 2, 3, 4, 5, 6}, stored, day0.Add(time.Hour))
	if want := []int{-1, 0, 1, 2, 3, 4, 5}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRevisedTypography(t *testing.T) {
	for _, pair := range [][2]string{{`It's "on" - again...`, "It’s “on” – again…"}, {"Bão vào bờ", "Ba\u0303o va\u0300o bo\u031b\u0300"}} {
		if Revised(&Item{Title: pair[0], Summary: pair[0]}, &Item{Title: pair[1], Summary: pair[1]}) {
			t.Errorf("%q and %q look different", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"https://e.org/t%c3%adn", "https://e.org/t%C3%ADn"}, {"https://e.org/tín", "https://e.org/t%C3%ADn"}} {
		if Revised(&Item{URL: pair[0], Image: pair[0] + ".jpg"}, &Item{URL: pair[1], Image: pair[1] + ".jpg"}) {
			t.Errorf("%q and %q are one address", pair[0], pair[1])
		}
	}
	if !Revised(&Item{Title: "Bão"}, &Item{Title: "Báo"}) {
		t.Error("another tone is another word")
	}
}

func TestRevised(t *testing.T) {
	was := reported("1", "http://www.e.org/a?utm_source=x", "Title", "<p>One  text</p>", day0)
	was.Image, was.Categories = "http://i1.e.org/a-800x600.jpg?s=1", []string{"a", "b"}
	for name, tt := range map[string]struct {
		change             func(*Item)
		revised, regrouped bool
	}{
		"nothing":            {func(*Item) {}, false, false},
		"scheme and session": {func(it *Item) { it.URL = "https://e.org/a?sid=7#top" }, false, false},
		"markup":             {func(it *Item) { it.Summary = "<div>One <b>text</b></div> <img src='p.gif'>" }, false, false},
		"signature and size": {func(it *Item) { it.Image = "https://i2.e.org/a-640x480.jpg?s=2" }, false, false},
		"order":              {func(it *Item) { it.Categories = []string{"b", "a"} }, false, false},
		"content as summary": {func(it *Item) { it.Content = "<p>One text</p>" }, false, false},
		"category":           {func(it *Item) { it.Categories = []string{"a", "c"} }, false, true},
		"author":             {func(it *Item) { it.Authors = []Person{{Name: "Lan"}} }, false, true},
		"headline":           {func(it *Item) { it.Title = "Another title" }, true, false},
		"text":               {func(it *Item) { it.Summary += " and more" }, true, false},
		"picture":            {func(it *Item) { it.Image = "https://i2.e.org/b.jpg" }, true, false},
		"target":             {func(it *Item) { it.URL = "https://e.org/b" }, true, false},
		"file":               {func(it *Item) { it.Enclosures = []Enclosure{{URL: "https://e.org/a.mp3"}} }, true, false},
	} {
		is := was
		tt.change(&is)
		if got := Revised(&was, &is); got != tt.revised {
			t.Errorf("%s: revised %v", name, got)
		}
		if got := Regrouped(&was, &is); got != tt.regrouped {
			t.Errorf("%s: regrouped %v", name, got)
		}
	}
}

func TestSequenceAndMoments(t *testing.T) {
	at := day0.Add(time.Hour)
	list := func(dates ...time.Time) (items []Item) {
		for i, d := range dates {
			items = append(items, Item{Title: fmt.Sprint(i), Published: d})
		}
		return items
	}
	none := time.Time{}
	for _, tt := range []struct {
		name  string
		items []Item
		want  []int
	}{
		{"no dates", list(none, none, none), []int{2, 1, 0}},
		{"one date", list(day0, day0, day0), []int{2, 1, 0}},
		{"dates decide", list(day0, day0.Add(time.Minute), day0.Add(-time.Minute)), []int{2, 0, 1}},
		{"the oldest first", list(day0, day0, day0.Add(time.Minute), day0.Add(2*time.Minute), day0.Add(2*time.Minute)), []int{0, 1, 2, 3, 4}},
		{"what has no date above all that have is new", list(none, day0, day0.Add(-time.Minute)), []int{2, 1, 0}},
		{"one without a date", list(day0, none, day0.Add(-time.Minute)), []int{2, 1, 0}},
		{"two without a date", list(day0, day0.Add(-time.Second), none, none, day0.Add(-time.Minute)), []int{4, 3, 2, 1, 0}},
		{"one behind all that have", list(day0, day0.Add(-time.Minute), none), []int{2, 1, 0}},
		{"one without a date, the oldest first", list(day0.Add(-time.Minute), none, day0), []int{0, 1, 2}},
		{"one among dates in no order", list(day0, none, day0.Add(time.Minute), day0.Add(-time.Minute)), []int{3, 0, 2, 1}},
		{"most without a date", list(day0, none, none, day0.Add(-time.Minute)), []int{3, 0, 2, 1}},
	} {
		order := Sequence(tt.items, at)
		if !slices.Equal(order, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, order, tt.want)
		}
		moments := Moments(tt.items, order, make([]time.Time, len(tt.items)), at)
		for n, i := range order {
			if n > 0 && !moments[i].After(moments[order[n-1]]) {
				t.Errorf("%s: item %d is not after item %d: %v", tt.name, i, order[n-1], moments)
			}
			if p := tt.items[i].Published; !p.IsZero() && moments[i].Unix() != p.Unix() || moments[i].After(at) {
				t.Errorf("%s: item %d of %v got %v", tt.name, i, p, moments[i])
			}
		}
	}
	// What stands among dated items has their time when its document is read first, and is new when it appears later.
	mixed := list(day0, none, day0.Add(-time.Minute))
	for name, stored := range map[string][]time.Time{"first": make([]time.Time, 3), "later": {day0, {}, day0.Add(-time.Minute)}} {
		got := Moments(mixed, Sequence(mixed, at), stored, at)[1]
		if early := got.Before(day0); early != (name == "first") || got.After(at) {
			t.Errorf("read %s, it is of %v", name, got)
		}
	}
	// What is known keeps its time, and what is new on top of it comes after it.
	items := list(day0, day0)
	moments := Moments(items, Sequence(items, at), []time.Time{{}, day0.Add(5 * time.Millisecond)}, at)
	if !moments[0].After(day0.Add(5*time.Millisecond)) || moments[0].Unix() != day0.Unix() {
		t.Errorf("above an item of %v: %v", day0.Add(5*time.Millisecond), moments[0])
	}
}

// A key is the same one after it was a number, and what is no key has none.
func TestKeyNumber(t *testing.T) {
	for _, key := range []string{EntryKey("a", "g:1"), "00000000000000ff", "ffffffffffffffff", ""} {
		if got := NumberedKey(KeyNumber(key)); got != key {
			t.Errorf("%q is %q behind its number", key, got)
		}
	}
	if n := KeyNumber("tin-1"); n != 0 {
		t.Errorf("what is no key has the number %d", n)
	}
}
