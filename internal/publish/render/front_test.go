package render

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
)

func TestAdds(t *testing.T) {
	said := []string{"Lãi suất huy động giảm tiếp, có nơi còn 4,1%", "Nhiều ngân hàng hạ lãi suất kỳ hạn 6 tháng từ sáng nay."}
	for _, tt := range []struct {
		title string
		want  bool
	}{
		{"Lãi suất huy động giảm tiếp", false},
		{"Lai suat huy dong giam tiep, co noi con 4,1%", false}, // the same without its accents
		{"Loạt ngân hàng hạ lãi suất", false},
		{"Người gửi tiền chuyển sang vàng và chứng khoán", true},
		{"Vàng tăng", false}, // too short to say much
		{"", false},
	} {
		if got := adds(tt.title, said); got != tt.want {
			t.Errorf("%q adds something: %v, want %v", tt.title, got, tt.want)
		}
	}
}

func TestMarked(t *testing.T) {
	show := func(parts []part) string {
		var b strings.Builder
		for _, p := range parts {
			if p.New {
				b.WriteString("[" + p.Text + "]")
			} else {
				b.WriteString(p.Text)
			}
		}
		return b.String()
	}
	for _, tt := range []struct {
		text string
		said []string
		want string
	}{
		{"Bão số 9: 12 người chết", nil, "Bão số 9: 12 người chết"},
		{"Bão số 9: 15 người chết", []string{"Bão số 9: 12 người chết"}, "Bão số 9: [15] người chết"},
		{"Bão số 9 đổ bộ Quảng Trị", []string{"Bão số 9 đổ bộ"}, "Bão số 9 đổ bộ [Quảng Trị]"},
		{"Bão số 9 (cập nhật): 15 người chết", []string{"bão số 9 cập nhật: 15 người chết"}, "Bão số 9 (cập nhật): 15 người chết"},
		{"Thủ tướng họp khẩn với 7 địa phương miền Trung", []string{"Bão số 9 đổ bộ"}, "Thủ tướng họp khẩn với [7] địa phương miền Trung"},
		{"", []string{"Bão"}, ""},
	} {
		got := marked(tt.text, tt.said)
		if show(got) != tt.want {
			t.Errorf("%q after %q: %s, want %s", tt.text, tt.said, show(got), tt.want)
		}
		whole := ""
		for _, p := range got {
			whole += p.Text
		}
		if whole != tt.text {
			t.Errorf("the parts of %q are %q", tt.text, whole)
		}
	}
}

func TestDirection(t *testing.T) {
	for s, want := range map[string]string{
		"Lãi suất": "", "ارتفاع أسعار الذهب": "rtl", "«מבזק»: חדשות": "rtl", "12%": "", "2026: الاقتصاد": "rtl", "": "", "AI في التعليم": "",
	} {
		if got := direction(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

// Each headline is in its language and direction, and the labels in that of the section.
func TestLanguageAndDirectionOfEachItem(t *testing.T) {
	v := fixture()
	v.Section.Language = "en"
	v.Entries = v.Entries[:2]
	v.Entries[0].Reports = slices.Clone(v.Entries[0].Reports)
	v.Entries[0].Reports[0].Title, v.Entries[0].Reports[0].Language = "ارتفاع أسعار الذهب", "ar"
	v.Entries[1].Reports = slices.Clone(v.Entries[1].Reports)
	v.Entries[1].Reports[0].Title, v.Entries[1].Reports[0].Language = "Ports reopen after the storm", "en-GB"
	b, err := SectionPage(v)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, want := range []string{`<html lang="en">`, ` lang="ar" dir="rtl">ارتفاع أسعار الذهب</a>`, `>Ports reopen after the storm</a>`, "Follow this section", `lang="vi">Điểm tin Ví dụ</a>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, `lang="en-GB"`) || strings.Contains(page, "Chuyên mục") {
		t.Error("what is in the page's language says so, or a label is in another")
	}
}

// Pages that know the day give today's times without a date, and all name the zone.
func TestTimes(t *testing.T) {
	v := fixture()
	v.Section.ID = "all"
	p := v.newPage("/")
	zone := v.Site.Timezone
	p.today = time.Date(2026, 3, 5, 0, 0, 0, 0, zone)
	for at, want := range map[time.Time]string{
		time.Date(2026, 3, 5, 9, 30, 0, 0, zone):        "09:30",
		time.Date(2026, 3, 4, 17, 0, 0, 0, time.UTC):    "00:00",
		time.Date(2026, 3, 4, 16, 59, 0, 0, time.UTC):   "23:59, 4/3",
		time.Date(2025, 12, 31, 16, 59, 0, 0, time.UTC): "23:59, 31/12/2025",
	} {
		if got := v.moment(p, at).Human; got != want {
			t.Errorf("%v: %q, want %q", at, got, want)
		}
	}
	if got := v.zone(); got != "GMT+7 (Asia/Ho Chi Minh)" {
		t.Errorf("the zone is %q", got)
	}
	if got := (&View{Site: v.Site}).zone(); got != "GMT+7 (Asia/Ho Chi Minh)" {
		t.Errorf("of a page without times the zone is %q", got)
	}
	for name, want := range map[string]string{"UTC": "UTC", "Asia/Kathmandu": "GMT+5:45 (Asia/Kathmandu)", "America/St_Johns": "GMT-3:30 (America/St Johns)"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		w := &View{Site: feed.Site{Timezone: zone}, Today: time.Date(2026, 1, 5, 0, 0, 0, 0, zone)}
		if got := w.zone(); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// A front page of many sections, each full of stories of many outlets, stays below 40 kB.
func TestFrontIsSmall(t *testing.T) {
	const long = "Chính phủ yêu cầu các bộ, ngành và địa phương đẩy nhanh tiến độ giải ngân vốn đầu tư công"
	n := 0
	fill := func(id string, count int) *View {
		v := fixture()
		v.Section, v.Entries = feed.Section{ID: id, Title: "Chuyên mục " + id, Limit: 50}, nil
		v.Today = time.Date(2026, 3, 5, 0, 0, 0, 0, v.Site.Timezone)
		v.Sections = nil
		for i := range 14 {
			v.Sections = append(v.Sections, SectionLink{ID: fmt.Sprintf("s-%d", i), Title: fmt.Sprintf("Khoa học - Công nghệ %d", i)})
		}
		for range count {
			n++
			e := feed.Entry{Key: fmt.Sprintf("%016x", n), Story: fmt.Sprintf("%016x", n), Published: v.Today, Updated: v.Today}
			for j := range 9 {
				source := fmt.Sprintf("nguon-%d", j)
				v.Sources[source] = Origin{ID: source, Title: fmt.Sprintf("Báo Nhân Dân điện tử %d", j), Home: "https://nhandan.example.vn/", Rights: feed.RightsSummary}
				e.Reports = append(e.Reports, feed.Item{ID: int64(n*10 + j), Source: source, Language: "vi", Published: v.Today,
					URL:     fmt.Sprintf("https://www.nguon-%d.example.vn/chinh-phu-yeu-cau-day-nhanh-tien-do-giai-ngan-von-dau-tu-cong-%d.html", j, n),
					Title:   fmt.Sprintf("%s: %d %d %d %d", long, n, j, n*j, n+j),
					Summary: strings.Repeat(long+". ", 4)})
			}
			e.Lead = e.Reports[0].ID
			v.Entries = append(v.Entries, e)
		}
		return v
	}
	f := &FrontPage{All: fill("all", 50), Top: fill("top", 30)}
	for i := range 14 {
		f.Sections = append(f.Sections, fill(fmt.Sprintf("s-%d", i), 50))
	}
	b, err := Front(f)
	if err != nil {
		t.Fatal(err)
	}
	if blocks := strings.Count(string(b), `class="block"`); blocks != 14 {
		t.Errorf("%d sections on the page", blocks)
	}
	if len(b) >= 40_000 {
		t.Errorf("the front page has %d bytes", len(b))
	}
}
