package stories

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"feedd/internal/feed"
)

var morning = time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)

func testSources() map[string]feed.Source {
	return map[string]feed.Source{
		"a":  {ID: "a", Title: "Báo Sớm"},
		"a2": {ID: "a2", Title: "Báo Sớm"},
		"b":  {ID: "b", Title: "Tin Chiều", Priority: 5},
		"c":  {ID: "c", Title: "Thời Báo"},
	}
}

func item(id int64, source, title string, at time.Duration) *feed.Item {
	it := &feed.Item{ID: id, Source: source, Title: title, Published: morning.Add(at), FirstSeen: morning.Add(at)}
	it.URL = fmt.Sprintf("https://%s.example/bai-%d", source, id)
	it.Canonical = feed.Canonical(it.URL)
	it.Key = feed.Identify(it)
	return it
}

// placed places items in order and returns them. Those of stories that became part of others follow them,
// as the desk sees to.
func placed(s *Memory, items ...*feed.Item) []*feed.Item {
	for i, it := range items {
		s.Place(it, it.FirstSeen)
		for _, u := range s.United() {
			for _, o := range items[:i+1] {
				if o.Story == u.Story {
					o.Story = u.Into
				}
			}
		}
		it.Why.Tell()
	}
	return items
}

func TestSameHeadlineFromAnotherOutlet(t *testing.T) {
	s := New(Options{Settings: feed.StorySettings{Window: 72 * time.Hour}, Sources: testSources()})
	first := item(1, "a", "Cháy chợ Đồng Xuân lúc rạng sáng", 0)
	again := item(2, "b", "CHÁY CHỢ ĐỒNG XUÂN LÚC RẠNG SÁNG!", time.Hour)
	placed(s, first, again)
	if again.Entry != first.Entry || again.Verdict != feed.Duplicate || again.Why.With != 1 {
		t.Errorf("entry %s verdict %s with %d, want a duplicate of %s", again.Entry, again.Verdict, again.Why.With, first.Entry)
	}
	if got := s.Lead(first.Entry, 1); got != 2 {
		t.Errorf("lead %d, want 2: its source has the higher priority", got)
	}
	late := item(3, "c", "Cháy chợ Đồng Xuân lúc rạng sáng", 100*time.Hour)
	placed(s, late)
	if late.Verdict != feed.New {
		t.Errorf("verdict %s out of the window, want new", late.Verdict)
	}
	s.Forget(2)
	if got := s.Lead(first.Entry, 2); got != 1 {
		t.Errorf("lead %d after its lead was withdrawn, want 1", got)
	}
	s.Prune(morning.Add(80 * time.Hour))
	if s.reports.used != 1 || s.entries.used != 1 || s.storyOf(feed.KeyNumber(late.Story)) == nil || s.storyOf(feed.KeyNumber(first.Story)) != nil {
		t.Errorf("%d reports, %d entries left, want the late one and its story", s.reports.used, s.entries.used)
	}
}

// marks finds the words of pairs by looking for them.
func marks(never [][2]string) func(*feed.Item) uint64 {
	return func(it *feed.Item) (bits uint64) {
		for i, pair := range never {
			for side, words := range pair {
				if strings.Contains(strings.ToLower(it.Title), words) {
					bits |= 1 << (2*i + side)
				}
			}
		}
		return bits
	}
}

// A report that may be of either of two stories is less surely of the one that is more like it.
func TestRivals(t *testing.T) {
	score := func(others ...*feed.Item) float64 {
		s := New(Options{Sources: testSources()})
		for _, o := range others {
			o.Entry = feed.EntryKey(o.Source, o.Key)
			o.Story = o.Entry
			s.Restore(o)
		}
		late := item(3, "c", "Hai tàu hàng va chạm ở vùng biển Vũng Áng, thủy thủ an toàn", 2*time.Hour)
		placed(s, late)
		return late.Why.Score
	}
	one := func() *feed.Item {
		return item(1, "a", "Va chạm tàu hàng ở vùng biển Vũng Áng, không ai bị thương", 0)
	}
	alone := score(one())
	between := score(one(), item(2, "b", "Hai tàu hàng va chạm trên biển, nhiều thủy thủ rơi xuống nước", time.Hour))
	if between >= alone {
		t.Errorf("score %.3f beside another story, %.3f without; want less", between, alone)
	}
}

// Each case is what one report after another is to what came before: the verdict, and the number
// of the report whose entry it is told under.
func TestVerdicts(t *testing.T) {
	type report struct {
		source, title string
		hours         float64
		verdict       feed.Verdict
		under         int64
	}
	for _, tt := range []struct {
		name    string
		set     feed.StorySettings
		reports []report
	}{
		{"another outlet in other words folds", feed.StorySettings{}, []report{
			{"a", "Va chạm tàu hàng ở vùng biển Vũng Áng, không ai bị thương", 0, feed.New, 1},
			{"b", "Hai tàu hàng va chạm ở vùng biển Vũng Áng, thủy thủ an toàn", 1, feed.Duplicate, 1},
		}},
		{"what is probably the same is linked", feed.StorySettings{}, []report{
			{"a", "Va chạm tàu hàng ở vùng biển Vũng Áng, không ai bị thương", 0, feed.New, 1},
			{"b", "Cảng Vũng Áng: Tàu chở hàng đâm nhau, nước tràn vào khoang máy", 1, feed.Related, 2},
		}},
		{"unless the editor wants it folded", feed.StorySettings{Related: "fold"}, []report{
			{"a", "Va chạm tàu hàng ở vùng biển Vũng Áng, không ai bị thương", 0, feed.New, 1},
			{"b", "Cảng Vũng Áng: Tàu chở hàng đâm nhau, nước tràn vào khoang máy", 1, feed.Same, 1},
		}},
		{"one frame with other contents is not one entry", feed.StorySettings{}, []report{
			{"a", "Học phí Trường Đại học Sông Lam năm học tới", 0, feed.New, 1},
			{"b", "Học phí Trường Đại học Núi Hồng năm học tới", 1, feed.New, 2},
		}},
		{"within one outlet nothing disappears", feed.StorySettings{}, []report{
			{"a", "Lật thuyền trên sông Gianh, ba người mất tích", 0, feed.New, 1},
			{"a2", "Lật thuyền trên sông Gianh, tìm thấy 3 người mất tích", 2, feed.Update, 2},
		}},
		{"the same report of one outlet is no update of itself", feed.StorySettings{}, []report{
			{"a", "Lật thuyền trên sông Gianh, ba người mất tích", 0, feed.New, 1},
			{"a2", "Lật thuyền trên sông Gianh, 3 người mất tích", 2, feed.Duplicate, 1},
			{"c", "Lật thuyền ở sông Gianh, 3 người mất tích", 3, feed.Duplicate, 1},
			{"a2", "Lật thuyền trên sông Gianh, 3 người mất tích", 4, feed.Duplicate, 1},
			{"a", "Lật thuyền trên sông Gianh, ba người mất tích", 26, feed.Update, 5},
		}},
		{"more victims are an update", feed.StorySettings{}, []report{
			{"a", "Tai nạn liên hoàn trên cầu Thăng Long, 2 người chết", 0, feed.New, 1},
			{"b", "Tai nạn liên hoàn trên cầu Thăng Long, 4 người chết", 3, feed.Update, 2},
		}},
		{"the next step is an update", feed.StorySettings{}, []report{
			{"a", "Man shot dead in Lorne harbour", 0, feed.New, 1},
			{"b", "Suspect charged after man shot dead in Lorne harbour", 3, feed.Update, 2},
		}},
		{"an update may fold", feed.StorySettings{Updates: "fold"}, []report{
			{"a", "Tai nạn liên hoàn trên cầu Thăng Long, 2 người chết", 0, feed.New, 1},
			{"b", "Tai nạn liên hoàn trên cầu Thăng Long, 4 người chết", 3, feed.Update, 1},
		}},
		{"issues of a column are no story", feed.StorySettings{}, []report{
			{"a", "Giá cà phê Tây Nguyên sáng 3/2: Tăng nhẹ", 0, feed.New, 1},
			{"b", "Giá cà phê Tây Nguyên sáng 4/2: Tăng nhẹ", 24, feed.New, 2},
			{"a", "Kết quả xổ số miền Nam ngày 3 tháng 2", 24, feed.New, 3},
			{"a", "Kết quả xổ số miền Nam ngày 4 tháng 2", 48, feed.New, 4},
		}},
		{"another place is another event", feed.StorySettings{}, []report{
			{"a", "Lở núi ở Yên Bái vùi lấp ba ngôi nhà", 0, feed.New, 1},
			{"b", "Lở núi ở Hà Giang vùi lấp ba ngôi nhà", 1, feed.New, 2},
		}},
		{"two articles of one outlet, equal but for the name", feed.StorySettings{}, []report{
			{"a", "Lorne lao dốc ngay phiên chào sàn", 0, feed.New, 1},
			{"a2", "Fernway lao dốc ngay phiên chào sàn", 1, feed.New, 2},
			{"b", "FWY lao dốc ngay phiên chào sàn", 2, feed.New, 3},
		}},
		{"a digest belongs to nothing", feed.StorySettings{}, []report{
			{"a", "Cháy chợ ở Hậu Giang, nhiều ki ốt hư hại", 0, feed.New, 1},
			{"b", "Điểm tin 18h: Cháy chợ ở Hậu Giang, nhiều ki ốt hư hại", 1, feed.New, 2},
		}},
		{"never", feed.StorySettings{Never: [][2]string{{"thượng viện", "hạ viện"}}}, []report{
			{"a", "Thượng viện thông qua dự luật cầu đường sau ba ngày tranh luận", 0, feed.New, 1},
			{"b", "Hạ viện thông qua dự luật cầu đường sau ba ngày tranh luận", 1, feed.New, 2},
		}},
		{"English", feed.StorySettings{}, []report{
			{"a", "Orbitel to acquire Fernway in $2.3 billion deal", 0, feed.New, 1},
			{"b", "Orbitel agrees to buy Fernway for $2.3bn", 1, feed.Duplicate, 1},
			{"c", "Lorne Bank names new chief executive", 2, feed.New, 3},
			{"a", "Corvid Bank names new chief executive", 3, feed.New, 4},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := New(Options{Settings: tt.set, Sources: testSources(), Marks: marks(tt.set.Never)})
			keys := map[string]int64{}
			for i, r := range tt.reports {
				it := item(int64(i+1), r.source, r.title, time.Duration(r.hours*float64(time.Hour)))
				s.Place(it, it.FirstSeen)
				if _, ok := keys[it.Entry]; !ok {
					keys[it.Entry] = it.ID
				}
				if it.Verdict != r.verdict || keys[it.Entry] != r.under {
					t.Errorf("%q: %s under %d, want %s under %d; why: %+v", r.title, it.Verdict, keys[it.Entry], r.verdict, r.under, it.Why)
				}
			}
		})
	}
}

func TestUpdatesFollow(t *testing.T) {
	s := New(Options{Sources: testSources()})
	list := placed(s,
		item(1, "a", "Tai nạn liên hoàn trên cầu Thăng Long, 2 người chết", 0),
		item(2, "b", "Tai nạn liên hoàn trên cầu Thăng Long, 4 người chết", 3*time.Hour))
	if list[1].Story != list[0].Entry || s.Follows(list[1].Entry) != list[0].Entry || s.Follows(list[0].Entry) != "" {
		t.Errorf("the update is of story %s and follows %q, want %s for both", list[1].Story, s.Follows(list[1].Entry), list[0].Entry)
	}
}

func TestArticleNumberIsIdentity(t *testing.T) {
	s := New(Options{Sources: testSources()})
	at := func(id int64, title, url string) *feed.Item {
		it := item(id, "a", title, time.Duration(id)*time.Minute)
		it.URL, it.Canonical = url, feed.Canonical(url)
		it.Key = feed.Identify(it)
		return it
	}
	before := placed(s, at(1, "Nhà máy gạch tạm ngừng hoạt động", "https://a.example/nha-may-gach-4100001.html"),
		at(2, "Người thợ giữ nghề đan lưới", "https://a.example/nguoi-tho-dan-luoi-4100001.html"))
	if before[1].Verdict != feed.New {
		t.Errorf("%s by a number before the host's pattern is known, want new", before[1].Verdict)
	}
	for i := range int64(20) {
		placed(s, at(10+i, fmt.Sprintf("Bản tin nội bộ của phòng %c", 'A'+i), fmt.Sprintf("https://a.example/ban-tin-%d.html", 4200000+i)))
	}
	list := placed(s, at(40, "Đóng cửa lò gốm lâu đời nhất vùng", "https://a.example/dong-cua-lo-gom-4300000.html"),
		at(41, "Chuyện buồn của làng nghề", "https://a.example/chuyen-buon-lang-nghe-4300000.html"))
	if list[1].Verdict != feed.Duplicate || list[1].Entry != list[0].Entry {
		t.Errorf("%s, want a duplicate: the same article under a new headline; why %+v", list[1].Verdict, list[1].Why)
	}
}

func TestEditorsWord(t *testing.T) {
	first := func() []*feed.Item {
		return []*feed.Item{
			item(1, "a", "Hai tàu hàng va nhau ngoài khơi Vũng Áng", 0),
			item(2, "b", "Hai tàu hàng va nhau ở ngoài khơi Vũng Áng", time.Hour),
		}
	}
	s := New(Options{Sources: testSources()})
	list := placed(s, first()...)
	if list[1].Entry != list[0].Entry {
		t.Fatalf("apart without a word: %+v", list[1].Why)
	}
	key := feed.EntryKey(list[1].Source, list[1].Key)
	s.Split(key, list[0].Story)
	placed(s, list[1])
	if list[1].Story != key {
		t.Errorf("after split it is of story %s, want its own %s", list[1].Story, key)
	}

	s = New(Options{Sources: testSources()})
	list = placed(s, first()[0], item(2, "b", "Mưa đá làm hỏng vườn mận ở Mộc Châu", time.Hour))
	s.Join(list[0].Story, list[1].Story)
	placed(s, list[1])
	if list[1].Story != list[0].Story {
		t.Errorf("after join it is of story %s, want %s", list[1].Story, list[0].Story)
	}

	// What was exchanged is learned.
	s = New(Options{Sources: testSources()})
	s.Learn([2]string{
		"Quán phở đầu ngõ đóng cửa sau bốn mươi năm phục vụ", "Quán phở cuối phố đóng cửa sau bốn mươi năm phục vụ"}, false)
	list = placed(s, item(1, "a", "Tiệm sách đầu ngõ sắp đổi chủ, khách quen tiếc nuối ghé thăm", 0),
		item(2, "b", "Tiệm sách cuối phố sắp đổi chủ, khách quen tiếc nuối ghé thăm", time.Hour))
	if list[1].Story == list[0].Story {
		t.Error("an exchange that the editor took apart was joined again")
	}
}

func TestWhySaysWhatDecided(t *testing.T) {
	s := New(Options{Sources: testSources()})
	list := placed(s,
		item(1, "a", "Hai tàu hàng va nhau ngoài khơi Vũng Áng", 0),
		item(2, "b", "Tàu hàng va chạm ở vùng biển Vũng Áng", time.Hour),
		item(3, "c", "Lở núi ở Yên Bái vùi lấp ba ngôi nhà", 2*time.Hour),
		item(4, "b", "Lở núi ở Hà Giang vùi lấp ba ngôi nhà", 3*time.Hour))
	why := list[1].Why
	if why.Score < s.certain.Relate || why.With != 1 || len(why.Features) == 0 || !slices.Contains(why.Words, "Áng") || !strings.Contains(why.Reason, "Báo Sớm") {
		t.Errorf("the join is explained by %+v", why)
	}
	if !strings.Contains(why.Reason, "; without ") && !strings.Contains(why.Reason, "1.00") {
		t.Errorf("the reason %q names nothing that would have decided otherwise", why.Reason)
	}
	if vetoes := list[3].Why.Vetoes; len(vetoes) != 1 || !strings.HasPrefix(vetoes[0], "places") {
		t.Errorf("vetoes %q, want one for the places", vetoes)
	}
}

// Whatever keeps two reports of one story apart is named, with what they would have been without it.
func TestWhySaysWhatKeptApart(t *testing.T) {
	s := New(Options{Sources: testSources()})
	list := placed(s,
		item(1, "a", "Cháy nhà ở quận 8, ba người thoát ra bằng thang dây", 0),
		item(2, "b", "Cháy nhà ở quận Gò Vấp, ba người thoát ra bằng thang dây", time.Hour))
	why := list[1].Why
	if list[1].Verdict != feed.Related || len(why.Said) != 2 {
		t.Fatalf("%s: %v", list[1].Verdict, why.Said)
	}
	const reason = "is related to, and not told under one entry for another of one kind of place with report 1 (Báo Sớm): "
	if said := why.Said[0].String(); !strings.HasPrefix(said, reason) || strings.Contains(said, "%!") {
		t.Errorf("the reason is %q", said)
	}
	if said := why.Said[1].String(); said != "without another of one kind of place: one entry" {
		t.Errorf("without it: %q", said)
	}
}

// corpus is what the properties below are tried on: events told by several outlets, columns, and
// headlines of nothing else.
var corpus = []string{
	"Cháy kho hàng ở Long An, không ai bị thương", "Kho hàng ở Long An cháy, không người bị thương",
	"Cháy kho hàng ở Bến Tre, không ai bị thương", "Động đất 4,2 độ rung chuyển Mường Lát", "Mường Lát rung lắc vì động đất 4,2 độ",
	"Giá cà phê hôm nay 3/2: Tăng nhẹ", "Giá cà phê hôm nay 4/2: Tăng nhẹ", "Cô giáo vùng cao được tặng ngôi nhà 120 triệu đồng",
	"Tặng nhà trị giá 120 triệu cho cô giáo vùng cao", "Quake of magnitude 6.1 hits northern Chile", "Magnitude 6.1 earthquake strikes northern Chile",
	"Điểm tin 18h: Cháy kho hàng ở Long An | Giá xăng giảm", "Hai tàu hàng va nhau ngoài khơi Vũng Áng",
}

func drawItems(t *rapid.T) []*feed.Item {
	n := rapid.IntRange(1, 14).Draw(t, "n")
	var list []*feed.Item
	for i := range n {
		source := rapid.SampledFrom([]string{"a", "a2", "b", "c"}).Draw(t, "source")
		title := rapid.SampledFrom(corpus).Draw(t, "title")
		list = append(list, item(int64(i+1), source, title, time.Duration(rapid.IntRange(0, 100).Draw(t, "hours"))*time.Hour))
	}
	return list
}

// Whatever comes, in whatever order: every report has an entry, an entry one story, a vetoed pair
// is never in one entry by itself, and no outlet folds its own reports away unless they are one report.
func TestPlacingKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New(Options{Sources: testSources()})
		list := placed(s, drawItems(t)...)
		storyOf := map[string]string{}
		outlets := map[string]string{} // the headline
		for _, it := range list {
			if it.Entry == "" || it.Story == "" || it.Verdict == "" {
				t.Fatalf("%q has entry %q, story %q, verdict %q", it.Title, it.Entry, it.Story, it.Verdict)
			}
			if st, ok := storyOf[it.Entry]; ok && st != it.Story {
				t.Fatalf("entry %s is of stories %s and %s", it.Entry, st, it.Story)
			}
			storyOf[it.Entry] = it.Story
			key := it.Entry + " " + testSources()[it.Source].Outlet()
			if told, ok := outlets[key]; ok && told != it.Title {
				t.Fatalf("%q was folded into an entry that its outlet is in already", it.Title)
			}
			outlets[key] = it.Title
			if len(it.Why.Against) > maxVetoes || len(it.Why.Features) > 6 || len(it.Why.Words) > 6 {
				t.Fatalf("unbounded explanation %+v", it.Why)
			}
		}
	})
}

// Memory that was rebuilt from the filed items decides as the memory that was lost.
func TestRestoredMemoryDecidesAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawItems(t)
		cut := rapid.IntRange(0, len(list)).Draw(t, "cut")
		s := New(Options{Sources: testSources()})
		placed(s, list[:cut]...)
		again := New(Options{Sources: testSources()})
		for _, it := range list[:cut] {
			again.Restore(it)
		}
		placedAlike(t, s, again, list[cut:])
	})
}

// placedAlike places items into two memories, which have to decide alike.
func placedAlike(t *rapid.T, s, again *Memory, list []*feed.Item) {
	t.Helper()
	for _, it := range list {
		other := *it
		s.Place(it, it.FirstSeen)
		again.Place(&other, other.FirstSeen)
		if diff := cmp.Diff(*it, other); diff != "" {
			t.Fatalf("decided otherwise:\n%s", diff)
		}
		if s.Lead(it.Entry, 0) != again.Lead(it.Entry, 0) || s.Follows(it.Entry) != again.Follows(it.Entry) {
			t.Fatal("lead or order of entries is otherwise")
		}
	}
}

// In what order the reports of one batch arrive decides which of them opens the entry, not which
// are one story: reports under the same headline from different outlets are together, and two
// headlines that veto each other are apart.
func TestOrderInABatchDecidesNothingThatMatters(t *testing.T) {
	together := func(list []*feed.Item) map[string]bool {
		pairs := map[string]bool{}
		for _, a := range list {
			for _, b := range list {
				if a.ID < b.ID && a.Source != b.Source && a.Title == b.Title {
					pairs[fmt.Sprint(a.ID, " ", b.ID)] = a.Story == b.Story
				}
			}
		}
		return pairs
	}
	rapid.Check(t, func(t *rapid.T) {
		var list []*feed.Item
		for i, title := range rapid.SliceOfNDistinct(rapid.SampledFrom(corpus), 1, 5, rapid.ID[string]).Draw(t, "titles") {
			for k, source := range []string{"a", "b", "c"} {
				list = append(list, item(int64(3*i+k+1), source, title, 0))
			}
		}
		order := rapid.Permutation(list).Draw(t, "order")
		var copies []*feed.Item
		for _, it := range order {
			c := *it
			copies = append(copies, &c)
		}
		placed(New(Options{Sources: testSources()}), list...)
		placed(New(Options{Sources: testSources()}), copies...)
		slices.SortFunc(copies, func(a, b *feed.Item) int { return int(a.ID - b.ID) })
		if diff := cmp.Diff(together(list), together(copies)); diff != "" {
			t.Fatalf("the order decided:\n%s", diff)
		}
	})
}

// Some feeds send all their readers to one page: its address says nothing.
func TestOneAddressForAllIsNoIdentity(t *testing.T) {
	for _, link := range []string{"https://home.example/", "https://home.example/bang-tin", "https://home.example/chuyen-muc-100200"} {
		s := New(Options{Sources: testSources()})
		told := func(id int64, source, title string) *feed.Item {
			it := item(id, source, title, time.Duration(id)*time.Minute)
			it.URL, it.Canonical = link, feed.Canonical(link)
			return it
		}
		list := placed(s,
			told(1, "a", "Cầu Mỹ Thuận 2 khánh thành sau ba năm thi công"),
			told(2, "a", "Đội tuyển nữ gọi thêm hai thủ môn"),
			told(3, "a", "Đội tuyển nữ gọi thêm hai thủ môn"),
			told(4, "b", "Nông dân Đồng Tháp trúng mùa xoài"))
		if list[1].Verdict != feed.New || list[3].Verdict != feed.New {
			t.Errorf("%s: %s and %s, want new for both", link, list[1].Verdict, list[3].Verdict)
		}
		if list[2].Entry != list[1].Entry && link != "https://home.example/" {
			t.Errorf("%s: one headline twice at one address is told twice", link)
		}
	}
}

// A number that many addresses share is that of a category, not of an article.
func TestNumberOfACategoryIsNoIdentity(t *testing.T) {
	s := New(Options{Sources: testSources()})
	for i := range int64(40) {
		it := item(1+i, "a", fmt.Sprintf("Bản tin nội bộ của phòng %c%c", 'A'+i/26, 'A'+i%26), time.Duration(i)*time.Minute)
		it.URL = fmt.Sprintf("https://a.example/chuyen-muc-%d/bai-%c%c", 100200+i/20, 'a'+i/26, 'a'+i%26)
		it.Canonical = feed.Canonical(it.URL)
		if placed(s, it); it.Why.Reason == "the same article, by its number in the address" {
			t.Fatalf("%s was taken for another article of its category", it.URL)
		}
	}
}

// What the gate keeps from being compared is named, where it is near.
func TestExplainNamesWhatWasNotCompared(t *testing.T) {
	s := New(Options{})
	now := time.Unix(1_760_000_000, 0)
	place := func(id int64, source, title, summary string) *feed.Item {
		it := &feed.Item{ID: id, Source: source, Title: title, Summary: summary, Published: now, FirstSeen: now, Key: fmt.Sprint(id)}
		s.Place(it, now)
		it.Why.Tell()
		return it
	}
	place(1, "a", "Storm cuts power in Bergen", "Thousands of homes near the harbour were dark on Monday, the grid operator said.")
	it := place(2, "b", "Museum shows paintings by Munch", "The exhibition opens on Friday in Bergen with forty works lent by collectors.")
	if it.Verdict != feed.New || !strings.Contains(it.Why.Reason, "not compared") || !strings.Contains(it.Why.Reason, "report 1 ") {
		t.Errorf("verdict %s, reason %q; want what was not compared named", it.Verdict, it.Why.Reason)
	}
}

// What keeps two reports apart is named with what would have become of them without it.
func TestExplainNamesWhatKeptApart(t *testing.T) {
	s := New(Options{})
	placed(s, item(1, "a", "Giá vàng hôm nay 12/8 tăng mạnh phiên thứ ba", 0))
	it := item(2, "b", "Giá vàng hôm nay 13/8 tăng mạnh phiên thứ ba", time.Hour)
	placed(s, it)
	if want := "dates: report 1 (a); but for that: one entry"; it.Verdict != feed.New || !slices.Contains(it.Why.Vetoes, want) {
		t.Errorf("verdict %s, kept apart by %q, want %q", it.Verdict, it.Why.Vetoes, want)
	}
}
