package sections

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed/feedtest"

	"golang.org/x/text/unicode/norm"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

// examples gives every invented headline as a label, in an order that is the same each time.
func examples(tb testing.TB) []Label {
	var labels []Label
	for _, row := range feedtest.Table(tb, filepath.Join("testdata", "invented.tsv")) {
		labels = append(labels, NewLabel(&feed.Item{ID: int64(len(labels) + 1), Title: row["title"]}, feed.Source{Language: "vi"}, row["label"], ""))
	}
	return labels
}

// bareTitle types a title without diacritics.
func bareTitle(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0x300 && r <= 0x36f:
			return -1
		case r == 'đ':
			return 'd'
		case r == 'Đ':
			return 'D'
		}
		return r
	}, norm.NFD.String(s))
}

func taught(labels []Label) *Model {
	m := NewModel()
	for _, l := range labels {
		m.LearnLabel(l, 1)
	}
	return m
}

func learnedFiler(t testing.TB, m *Model, change ...func([]feed.Section, *feed.SectionSettings)) *Filer {
	t.Helper()
	sections := []feed.Section{{ID: "the-thao", Learn: true}, {ID: "kinh-te", Learn: true}, {ID: "suc-khoe", Learn: true}, {ID: "van-hoa", Learn: true}}
	set := feed.SectionSettings{Confidence: .5, Learn: true}
	for _, c := range change {
		c(sections, &set)
	}
	f, err := New(Options{Sections: sections, Learning: set, Model: m,
		Sources: map[string]feed.Source{"vi": {ID: "vi", Language: "vi"}, "en": {ID: "en", Language: "en"}}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func filedUnder(f *Filer, source, title string) feed.Placement {
	it := feed.Item{Source: source, Title: title}
	f.File(&it)
	if len(it.Sections) == 0 {
		return feed.Placement{}
	}
	return it.Sections[0]
}

func TestLearnedFiling(t *testing.T) {
	f := learnedFiler(t, taught(examples(t)))
	for _, tt := range []struct{ source, title, want string }{
		{"vi", "Ngân hàng giảm lãi suất", "kinh-te"},
		{"vi", "Tiền đạo ghi bàn trong trận chung kết", "the-thao"},
		{"vi", "Bệnh nhân được bác sĩ phẫu thuật", "suc-khoe"},
		{"vi", "BENH NHAN DUOC BAC SI PHAU THUAT", "suc-khoe"},
		{"vi", "Ngan hang giam lai suat", "kinh-te"},
		{"vi", "qwrt zxcv", ""},
		{"en", "Bank cuts rate as doctors strike", ""}, // nothing learned in English
	} {
		p := filedUnder(f, tt.source, tt.title)
		if p.Section != tt.want {
			t.Errorf("%q is filed under %q (%.2f), want %q", tt.title, p.Section, p.Probability, tt.want)
		}
		if p.Section != "" && (p.By != "learned" || p.Probability < .5 || p.Probability > 1 || p.Reason() == "") {
			t.Errorf("%q: %+v does not say how it was learned", tt.title, p)
		}
	}
	p := filedUnder(f, "vi", "Tiền đạo ghi bàn trong trận chung kết")
	if d := p.Reason(); !strings.Contains(d, "ghi +") || !strings.Contains(d, "(related words) +") || strings.Contains(d, "trong") {
		t.Errorf("the words behind the decision are %q", d)
	}
}

func TestWhenLearningDecides(t *testing.T) {
	const title = "Tiền đạo ghi bàn trong trận chung kết"
	all := examples(t)
	few := slices.DeleteFunc(slices.Clone(all), func(l Label) bool { return l.Section == "the-thao" })
	sport := slices.DeleteFunc(slices.Clone(all), func(l Label) bool { return l.Section != "the-thao" })
	for _, tt := range []struct {
		name   string
		labels []Label
		change func([]feed.Section, *feed.SectionSettings)
		want   string
	}{
		{"50 examples", append(slices.Clone(few), sport[:50]...), nil, "the-thao"},
		{"49 examples", append(slices.Clone(few), sport[:49]...), nil, ""},
		{"one section alone", sport, nil, ""},
		{"the section does not learn", all, func(s []feed.Section, _ *feed.SectionSettings) { s[0].Learn = false }, ""},
		{"nothing learns", all, func(_ []feed.Section, set *feed.SectionSettings) { set.Learn = false }, ""},
		{"more confidence is asked", all, func(_ []feed.Section, set *feed.SectionSettings) { set.Confidence = 1 }, ""},
		{"the section has another language", all, func(s []feed.Section, _ *feed.SectionSettings) { s[0].Language = "en" }, ""},
		{"few examples and a soft rule", append(slices.Clone(few), sport[:10]...), func(s []feed.Section, _ *feed.SectionSettings) {
			s[0].Rules = []feed.Rule{{Any: pats("trận"), Weight: 1, Line: 3}}
		}, "the-thao"},
		{"a soft rule against it", all, func(s []feed.Section, _ *feed.SectionSettings) {
			s[0].Rules = []feed.Rule{{Any: pats("trận"), Weight: -100, Line: 3}}
		}, ""},
	} {
		change := tt.change
		if change == nil {
			change = func([]feed.Section, *feed.SectionSettings) {}
		}
		p := filedUnder(learnedFiler(t, taught(tt.labels), change), "vi", title)
		if got := p.Section; got != tt.want && (tt.want != "" || got == "the-thao") {
			t.Errorf("%s: filed under %q (%.3f), want %q", tt.name, got, p.Probability, tt.want)
		}
	}
}

// The model is a function of the labels it holds: neither their order nor what was learned and
// taken back shows, down to the last bit.
func TestModelForgetsExactly(t *testing.T) {
	labels := examples(t)
	titles := []string{"Ngan hang giam lai suat", "Ngân hàng giảm lãi suất", "Đội tuyển thắng trận", "Bác sĩ khuyên giảm cân", "Giá thuốc tăng"}
	file := func(m *Model) (ps []feed.Placement) {
		f := learnedFiler(t, m)
		for _, title := range titles {
			ps = append(ps, filedUnder(f, "vi", title))
		}
		return ps
	}
	want := file(taught(labels))

	rng := rand.New(rand.NewPCG(1, 2))
	m := NewModel()
	var strange []Label
	for i := range 300 { // enough for the tables to grow and for a new section to widen them
		l := Label{Item: int64(1000 + i), Section: fmt.Sprintf("s%d", i%12), Language: "vi", Text: fmt.Sprintf("Tin lạ số %d về giá lúa\nmưa lớn ở huyện %d", i, i*7)}
		strange = append(strange, l)
		m.LearnLabel(l, 1)
	}
	shuffled := slices.Clone(labels)
	rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for i, l := range shuffled {
		m.LearnLabel(l, 1)
		if i%2 == 0 {
			m.LearnLabel(l, -1)
			m.LearnLabel(l, 1)
		}
	}
	file(m) // a decision in between changes nothing
	for _, l := range strange {
		m.LearnLabel(l, -1)
	}
	if diff := cmp.Diff(want, file(m)); diff != "" {
		t.Errorf("the way the model came about shows (-want +got):\n%s", diff)
	}
	if n := m.Labels("kinh-te"); n != 56 {
		t.Errorf("kinh-te has %d labels, want 56", n)
	}
}

// What was learned is read when an item comes that it has a say in, once; and what could not be read
// decides nothing unseen.
func TestLateModel(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	full, reads := taught(examples(t)), 0
	var failure error
	late := func() *Model {
		m := LateModel(now)
		m.When(func() (*Model, error) {
			reads++
			return full, failure
		})
		return m
	}
	m := late()
	m.LearnLabel(Label{Item: 1, Section: "kinh-te", Language: "vi", Text: "Giá vàng"}, 1) // it is among what will be read
	f := learnedFiler(t, m, func(s []feed.Section, _ *feed.SectionSettings) {
		s[1].Rules = []feed.Rule{{Any: pats("lãi suất"), Line: 3}}
	})
	if p := filedUnder(f, "vi", "Ngân hàng giảm lãi suất"); p.Section != "kinh-te" || reads != 0 {
		t.Errorf("a rule files under %q, and what was learned was read %d times", p.Section, reads)
	}
	if m.Aged(now.Add(time.Hour)) || !m.Aged(now.Add(week)) {
		t.Error("a model that knows nothing yet does not age by the week")
	}
	for range 2 {
		if p := filedUnder(f, "vi", "Tiền đạo ghi bàn trong trận chung kết"); p.Section != "the-thao" || reads != 1 || m.Err() != nil {
			t.Errorf("filed under %q after reading %d times, %v", p.Section, reads, m.Err())
		}
	}
	if n := m.Labels("kinh-te"); n != 56 {
		t.Errorf("kinh-te has %d examples, want the 56 that were read", n)
	}
	m.LearnLabel(Label{Item: 2, Section: "kinh-te", Language: "vi", Text: "Giá vàng"}, 1)
	if n := m.Labels("kinh-te"); n != 57 {
		t.Errorf("kinh-te has %d examples, want 57", n)
	}

	failure = errors.New("no database")
	m = late()
	if p := filedUnder(learnedFiler(t, m), "vi", "Tiền đạo ghi bàn trong trận chung kết"); p.Section != "" || !errors.Is(m.Err(), failure) {
		t.Errorf("filed under %q by what could not be read, %v", p.Section, m.Err())
	}
	if m := LateModel(now); m.Labels("kinh-te") != 0 || m.Err() == nil {
		t.Error("a model that nobody says how to read says nothing of it")
	}
}

func TestRestoreDiacritics(t *testing.T) {
	m := taught(examples(t))
	c := m.languages["vi"]
	if !c.restores() {
		t.Fatal("the examples have diacritics, but the model does not restore them")
	}
	for _, text := range []string{"Tiền đạo trẻ ghi bàn phút bù giờ", "Bác sĩ điều trị ca ghép gan", "Giá vàng miếng giảm", "Messi ghi bàn", ""} {
		var want []uint64
		for _, w := range feed.Words(nil, text) {
			want = append(want, hashWord(w.Normal))
		}
		got := c.likeliest(&restoring{}, feed.Words(nil, bareTitle(text)))
		if diff := cmp.Diff(want, slices.Clone(got)); diff != "" {
			t.Errorf("%q is not restored (-want +got):\n%s", text, diff)
		}
	}
	for _, l := range examples(t) {
		m.LearnLabel(l, -1)
	}
	for i := range 3 {
		m.LearnLabel(Label{Item: int64(i), Section: "kinh-te", Language: "vi", Text: "Gia vang giam"}, 1)
	}
	if c.restores() {
		t.Error("examples without diacritics are taken for some with")
	}
}

func TestLabels(t *testing.T) {
	f := testFiler(t, nil, Correction{Item: 4, Section: "the-gioi"}, Correction{Item: 5, Section: "kinh-te", Remove: true})
	for _, tt := range []struct {
		name string
		item feed.Item
		want []Label
	}{
		{"source", feed.Item{ID: 1, Source: "kt", Title: "Trời đẹp", Summary: "<p>Nắng &amp; gió</p>"}, []Label{{Item: 1, Section: "kinh-te", Language: "vi", Text: "Trời đẹp\nNắng & gió", Outlet: "kt"}}},
		{"category", feed.Item{ID: 2, Source: "mixed", Title: "Trời đẹp", Categories: []string{"Quốc tế"}}, []Label{{Item: 2, Section: "the-gioi", Language: "vi", Text: "Trời đẹp\n", Outlet: "mixed"}}},
		{"rules teach nothing", feed.Item{ID: 3, Source: "mixed", Title: "Bóng đá"}, nil},
		{"the editor", feed.Item{ID: 4, Source: "mixed", Title: "Bóng đá"}, []Label{{Item: 4, Section: "the-gioi", Language: "vi", Text: "Bóng đá\n"}}},
		{"taken out by the editor", feed.Item{ID: 5, Source: "kt", Title: "Trời đẹp"}, []Label{{Item: 5, Section: "!kinh-te", Language: "vi", Text: "Trời đẹp\n"}}},
		{"taken out, from a source that teaches nothing", feed.Item{ID: 5, Source: "quiet", Title: "Trời đẹp"}, []Label{{Item: 5, Section: "!kinh-te", Language: "vi", Text: "Trời đẹp\n"}}},
		{"taken out where it is an example of another", feed.Item{ID: 5, Source: "mixed", Title: "Trời đẹp", Categories: []string{"Quốc tế"}}, []Label{{Item: 5, Section: "the-gioi", Language: "vi", Text: "Trời đẹp\n", Outlet: "mixed"}}},
		{"learn: false", feed.Item{ID: 6, Source: "quiet", Title: "Trời đẹp"}, nil},
		{"dropped", feed.Item{ID: 7, Source: "kt", Title: "Mời thầu"}, nil},
	} {
		f.File(&tt.item)
		if diff := cmp.Diff(tt.want, f.Labels(&tt.item)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// What the editor takes out of a section makes its like less likely there, and putting it back
// takes the lesson back.
func TestUnfilingTeaches(t *testing.T) {
	m := taught(examples(t))
	f := learnedFiler(t, m)
	const title = "Ngân hàng tài trợ giải chạy"
	before := filedUnder(f, "vi", title)
	if before.Section != "kinh-te" {
		t.Fatalf("filed %+v", before)
	}
	odds := func(p float64) float64 { return math.Log(p / (1 - p)) }
	for i := range 5 {
		m.LearnLabel(Label{Item: int64(1000 + i), Section: feed.NotSection + "kinh-te", Language: "vi", Text: title + "\n"}, 1)
	}
	after := filedUnder(f, "vi", title)
	if after.Section == "kinh-te" && odds(after.Probability) > odds(before.Probability)-.5 {
		t.Errorf("five such were taken out, and it is filed %.4f sure; before, %.4f", after.Probability, before.Probability)
	}
	if p := filedUnder(f, "vi", "Tiền đạo ghi bàn trong trận chung kết"); p.Section != "the-thao" {
		t.Errorf("another section's item is filed %+v", p)
	}
	for i := range 5 {
		m.LearnLabel(Label{Item: int64(1000 + i), Section: feed.NotSection + "kinh-te", Language: "vi", Text: title + "\n"}, -1)
	}
	if diff := cmp.Diff(before, filedUnder(f, "vi", title)); diff != "" {
		t.Errorf("after all was taken back (-before +after):\n%s", diff)
	}
}

// Whether examples are learned together or one by one, they count alike.
func TestLearnAllCountsAsOneByOne(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var labels []Label
	for i := range 3000 {
		words := make([]string, 60)
		for j := range words {
			words[j] = fmt.Sprintf("chữ%d", r.IntN(1+r.IntN(3000)))
		}
		l := Label{Item: int64(i + 1), Section: fmt.Sprint("mục-", r.IntN(12)), Language: "vi", At: int64(r.IntN(100)) * int64(week/time.Second), Text: strings.Join(words[:20], " ") + "\n" + strings.Join(words[20:], " ")}
		if i%10 == 0 {
			l.Language = "en"
		}
		labels = append(labels, l)
	}
	by := Weighing{Now: time.Unix(0, 0).Add(100 * week), HalfLife: DefaultHalfLife}
	want, got := NewWeighingModel(by), NewWeighingModel(by)
	for _, l := range labels {
		want.LearnLabel(l, 1)
	}
	if err := got.LearnAll(each(labels)); err != nil {
		t.Fatal(err)
	}
	features, memory := 0, learning{}
	for _, l := range labels {
		memory.extract(l)
		features += len(memory.set.list)
	}
	if features < countedTogether*5/4 {
		t.Errorf("they have %d features, too few to be counted in parts", features)
	}
	for language, a := range want.languages {
		b := got.languages[language]
		for _, s := range a.cells.slots {
			counts, _ := a.cells.at(s.at)
			same(t, &b.cells, s.feature, counts)
		}
		all := func(c *learned) []any {
			return []any{c.sections, c.docs, c.cells.used, c.vocab, c.totals, c.total, c.accented, c.variants, c.centres, c.sample}
		}
		if !reflect.DeepEqual(all(a), all(b)) {
			t.Errorf("%s: what is known of the sections differs, one by one and together", language)
		}
	}
}

func BenchmarkLearn(b *testing.B) {
	labels := examples(b)
	m := taught(labels)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l := labels[i/2%len(labels)]
		m.LearnLabel(l, 1-i%2*2)
	}
}

func BenchmarkFile(b *testing.B) {
	const title, summary = "Giá vàng trong nước sáng nay tăng mạnh theo thế giới", "Giá vàng miếng tại các công ty lớn tăng thêm nửa triệu đồng một lượng so với hôm qua, giá dầu giảm nhẹ, lãi suất liên ngân hàng đứng yên trong phiên đầu tuần."
	for name, it := range map[string]feed.Item{
		"title": {Title: title}, "summary": {Title: title, Summary: summary}, "bare title": {Title: bareTitle(title)},
	} {
		b.Run(name, func(b *testing.B) {
			labels := examples(b)
			m := NewModel()
			if err := m.LearnAll(each(labels)); err != nil {
				b.Fatal(err)
			}
			f := learnedFiler(b, m)
			it.Source = "vi"
			f.File(&it)
			b.ReportAllocs()
			for b.Loop() {
				f.File(&it)
			}
		})
	}
}

// What a section has learned is told in words: the loudest first, with what is struck out of it marked.
func TestLearnedWords(t *testing.T) {
	var labels []Label
	add := func(section, outlet, language string, texts ...string) {
		for _, text := range texts {
			labels = append(labels, Label{Item: int64(len(labels) + 1), Section: section, Language: language, Outlet: outlet, Text: text})
		}
	}
	add("the-gioi", "a", "vi", "World Cup khởi tranh ở Bắc Mỹ\nĐội chủ nhà thắng", "World Cup: đội khách thua", "Lịch World Cup hôm nay", "Tổng thống gặp thủ tướng", "Tổng thống thăm châu Âu", "Nhiều tổng thống dự hội nghị")
	add("the-thao", "b", "vi", "Tiền đạo ghi bàn trong trận chung kết", "Đội tuyển thắng trận mở màn", "Trận chung kết hôm nay", "Vòng loại World Cup của đội tuyển")
	add("the-thao", "b", "en", "Striker scores in final", "Striker injured", "Striker leaves club")
	m := taught(labels)
	each := func(f func(Label)) error {
		for _, l := range labels {
			f(l)
		}
		return nil
	}
	words, err := LearnedWords(m, "the-gioi", []string{"world cup"}, 5, each)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]feed.LearnedWord{}
	last := math.Inf(1)
	for _, w := range words {
		told[w.Words] = w
		if w.Adds > last || w.Adds <= 0 {
			t.Errorf("%q adds %.2f behind %.2f", w.Words, w.Adds, last)
		}
		last = w.Adds
	}
	if w := told["World Cup"]; w.Examples != 3 || w.Outlets != 1 || !w.Struck || w.Language != "vi" {
		t.Errorf("of World Cup %+v is told, of all %+v", w, words)
	}
	if w := told["Tổng thống"]; w.Examples != 3 || w.Struck {
		t.Errorf("of Tổng thống %+v is told, of all %+v", w, words)
	}
	if _, ok := told["đội"]; ok || len(words) > 5 {
		t.Errorf("%+v", words)
	}
	// One section alone says nothing, in a language where no other has examples.
	if words, err := LearnedWords(m, "the-thao", nil, 50, each); err != nil || slices.ContainsFunc(words, func(w feed.LearnedWord) bool { return w.Language == "en" }) || len(words) == 0 {
		t.Errorf("%+v, %v", words, err)
	}
	if words, err := LearnedWords(m, "nowhere", nil, 50, each); err != nil || len(words) != 0 {
		t.Errorf("%+v, %v", words, err)
	}
}
