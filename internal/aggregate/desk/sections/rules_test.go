package sections

import (
	"fmt"
	"testing"

	"golang.org/x/text/unicode/norm"

	"feedd/internal/feed"
)

func pats(texts ...string) (ps []feed.Pattern) {
	for i, t := range texts {
		ps = append(ps, feed.Pattern{Text: t, Line: i + 1})
	}
	return ps
}

func TestTermsMatch(t *testing.T) {
	for _, tt := range []struct {
		term, title, lang string
		want              bool
	}{
		{"lãi suất", "Lãi suất huy động tiếp tục giảm", "vi", true},
		{"lãi suất", "LÃI SUẤT HUY ĐỘNG", "vi", true},
		{"Lãi Suất", "giảm lãi suất", "", true},
		{"lãi suất", "Lai suat huy dong tiep tuc giam", "vi", true},
		{"lãi suất", "Lai suat huy dong tiep tuc giam", "", true},
		{"lãi suất", "Lại suất ăn trưa", "vi", false},
		{"lai suat", "Lãi suất giảm", "vi", true},
		{"lai suat", "Lai suat giam", "vi", true},
		{"suất", "Năng suất lúa", "vi", true},
		{"suấ", "Năng suất lúa", "vi", false},
		{"uất", "Năng suất lúa", "vi", false},
		{"hoà bình", "Hòa bình ở Trung Đông", "vi", true},
		{"quý khách", "Quí khách chú ý", "vi", true},
		{"quy định", "quí định", "vi", false},
		{"hòa bình", "HOÀ BÌNH Ở TRUNG ĐÔNG", "vi", true},
		{"thuỷ sản", "Xuất khẩu thủy sản", "vi", true},
		{"kỹ sư", "Kĩ sư trẻ", "vi", true},
		{"bão", "Báo chí viết về bảo tàng", "vi", false},
		{"bao", "Báo chí viết về bảo tàng", "vi", true},
		{"mặn", "Arsenal - Man City", "vi", false},
		{"bão", "Bao Bao the panda turns ten", "en", false},
		{"Cần Thơ", "Flood in Can Tho kills two", "en", true},
		{"cần thơ", "I can tho", "en", false},
		{"Mbappé", "Mbappe ghi bàn giúp Pháp thắng", "vi", true},
		{"Mbappe", "Mbappé ghi bàn", "vi", true},
		{"xuất khẩu sang Lào", "Xuất khẩu sang Lào", "vi", true},
		{"xuất khẩu sang Lào", "Xuất khẩu sáng Lào", "vi", false},
		// prefix
		{"xuất khẩu*", "Xuất khẩu gạo", "vi", true},
		{"khuyế*", "Khuyến mãi lớn", "vi", true},
		{"khuyế*", "Khuyên nhủ", "vi", false},
		{"khuyê*", "Khuyến mãi lớn", "vi", false},
		{"khuyê*", "Khuyên nhủ", "vi", true},
		{"đi*", "Điện lực", "vi", true},
		{"đi*", "Địa lý", "vi", false},
		{"khuyê*", "Khuyet tat bam sinh o tre", "vi", true},
		{"khuyê*", "Khuya nay có mưa", "vi", false},
		{"invest*", "Investors flee", "en", true},
		{"invest*", "Reinvest", "en", false},
		{"phóng viên*", "phóng viện", "vi", false},
		{"đầu tư* nước ngoài", "Đầu tư nước ngoài tăng", "vi", true},
		// exact
		{`"IT"`, "Ngành IT thiếu người", "vi", true},
		{`"IT"`, "it is what it is", "en", false},
		{`"VN-Index"`, "VN-Index tăng 12 điểm", "vi", true},
		{`"VN-Index"`, "VN Index tăng 12 điểm", "vi", false},
		{`"VN-Index"`, "vn-index tăng", "vi", false},
		{`"C++"`, "Lập trình C++ cơ bản", "vi", true},
		{`"C++"`, "Vitamin C cho trẻ", "vi", false},
		{`"Hòa"`, "Nguyễn Văn Hoà", "vi", false},
		{`"lãi suất"`, "lai suat", "vi", false},
		{`"#tin"`, "#tin nóng", "vi", true},
		{`"#tin"`, "tin nóng", "vi", false},
		// regular expressions
		{"/GDP|PMI/", "GDP quý III tăng", "vi", true},
		{"/GDP|PMI/", "gdp", "vi", false},
		{"/gdp/i", "GDP quý III tăng", "vi", true},
		{`/tăng \d+%/`, "Giá tăng 15% trong tuần", "vi", true},
		// signs
		{"C++", "C++ 26 is approved", "en", true},
		{"C++", "A primer of C++26", "en", true},
		{"C++", "Vitamin C shortage", "en", false},
		{"C++", "C+ grades are common", "en", false},
		{"C#", "Studio moves to c#.", "en", true},
		{"50%", "Rate stands at 50% now", "en", true},
		{"50%", "Fifty came: 50 people in all", "en", false},
		{"US$", "US$ 3bn for ports", "en", true},
		{"US$", "The US waits", "en", false},
		{"삼성", "삼성이 신제품을 공개", "ko", true},
		{"삼성", "새 삼성", "ko", true},
		{"삼성", "서울의 날씨", "ko", false},
		{"눈", "눈이 온다", "ko", false},
		{"C#", "Concerto in C minor", "en", false},
		{"C#", "C++ and no other", "en", false},
		{"C", "Vitamin C shortage", "en", true},
		{"C", "C++ 26 is approved", "en", false},
		{".NET", "Porting to .NET 12", "en", true},
		{".NET", "Fishermen lose a net", "en", false},
		{".NET", "Write to example.net", "en", false},
		{"Disney+", "Disney+ raises prices", "en", true},
		{"Disney+", "Disney opens a park", "en", false},
		{"Disney", "Disney+ raises prices", "en", true},
		{"#MeToo", "Five years of #MeToo", "en", true},
		{"lập trình C++", "Lớp lập trình C++ miễn phí", "vi", true},
		{"lập trình C++", "Lớp lập trình C miễn phí", "vi", false},
		// scripts without spaces between words
		{"東京", "昨夜東京湾に鯨", "ja", true},
		{"東京", "東、京", "ja", false},
		{"東京", "京都の寺を修復", "ja", false},
		{"東京*", "昨夜東京湾に鯨", "ja", true},
		{"バス", "ハスの花が咲く", "ja", false},
		{"バス", "市営バス値上げ", "ja", true},
		{"iPhone発売", "新型iPhone発売へ", "ja", true},
		{"北京", "北京今日大雨", "zh", true},
		{"กรุงเทพ", "น้ำท่วมกรุงเทพมหานคร", "th", true},
		{"เชียงใหม่", "น้ำท่วมกรุงเทพมหานคร", "th", false},
		// letters written in two ways
		{"ＡＩ", "AIが書いた本", "ja", true},
		{"AI", "ＡＩが書いた本", "ja", true},
		{"テレビ", "新しいﾃﾚﾋﾞ発売", "ja", true},
		{"محمد", "مُحَمَّد يفوز", "ar", true},
		{"محمد", "أحمد يفوز", "ar", false},
		{"straße", "STRASSE gesperrt", "de", true},
		{"Strasse", "Neue Straße am Fluss", "de", true},
		{"straße", "Strand wird breiter", "de", false},
		{"Ελλάδα", "ΕΛΛΑΔΑ: νέα μέτρα", "el", true},
		{"δρόμος", "ΔΡΟΜΟΣ ΚΛΕΙΣΤΟΣ", "el", true},
		{"Москва", "МОСКВА встретила весну", "ru", true},
		{"İstanbul", "ISTANBUL'DA KAR", "tr", true},
		// near
		{"lãi suất ~3 giảm", "Lãi suất huy động tiếp giảm", "vi", true},
		{"lãi suất ~2 giảm", "Lãi suất huy động tiếp giảm", "vi", false},
		{"lãi suất ~3 giảm", "Giảm mạnh lãi suất", "vi", true},
		{"giá ~0 vàng", "Giá vàng", "vi", true},
		{"giá ~0 vàng", "Giá của vàng", "vi", false},
		{"giá ~5 giá", "Giá vàng tăng", "vi", false},
		{"giá ~5 giá", "Giá vàng, giá dầu", "vi", true},
		{"giá ~1 vàng ~1 tăng", "Giá vàng lại tăng", "vi", true},
		{"giá ~1 vàng ~1 tăng", "Giá vàng mấy hôm nay lại tăng", "vi", false},
		{`"Fed" ~4 lãi*`, "Fed giữ nguyên lãi suất", "vi", true},
	} {
		for name, form := range map[string]norm.Form{"NFC": norm.NFC, "NFD": norm.NFD} {
			s := newRuleSet()
			if _, err := s.add(feed.Rule{Any: pats(form.String(tt.term)), Line: 1}); err != nil {
				t.Fatalf("%s: %v", tt.term, err)
			}
			other := norm.NFD
			if form == norm.NFD {
				other = norm.NFC
			}
			for _, title := range []string{form.String(tt.title), other.String(tt.title)} {
				var r reading
				r.read(&feed.Item{Title: title, Language: tt.lang}, feed.Source{Language: tt.lang}, s.fields)
				got := len(s.match(nil, &matching{}, &r)) == 1
				if got != tt.want {
					t.Errorf("%s (%s) in %q (%s): %v, want %v", tt.term, name, title, tt.lang, got, tt.want)
				}
			}
		}
	}
}

func TestTermsRefused(t *testing.T) {
	for _, term := range []string{
		"", "  ", "—", "/(/", "/a", "//", "/a*/", "/a/x", `"a`, `a "b"`, `""`, `"…"`, "a*", "*", "ab *", "a*b c", "a ~ b", "a ~5", "~5 b", "a ~999 b", "a ~-1 b",
	} {
		if err := CheckPattern(term); err == nil {
			t.Errorf("CheckPattern(%q) accepts it", term)
		} else if err.Error() == "" {
			t.Errorf("CheckPattern(%q) says nothing", term)
		}
	}
	for _, term := range []string{"lãi suất", "xuất khẩu*", `"VN-Index"`, "/GDP|PMI/i", "a ~5 b", `"a b" ~2 cd*`, "C++", "24/7"} {
		if err := CheckPattern(term); err != nil {
			t.Errorf("CheckPattern(%q): %v", term, err)
		}
	}
}

func TestRulesHold(t *testing.T) {
	item := feed.Item{
		Title: "Lãi suất giảm", Summary: "<p>Ngân&nbsp;hàng <b>Nhà nước</b> công bố</p>", Content: "toàn văn bài viết",
		URL: "https://bao.example/kinh-doanh/lai-suat.html", Authors: []feed.Person{{Name: "Nguyễn An"}},
		Categories: []string{"Kinh doanh"}, Source: "bao-vi-du", Language: "vi",
	}
	src := feed.Source{ID: "bao-vi-du", Title: "Báo Ví dụ"}
	for _, tt := range []struct {
		name string
		rule feed.Rule
		want bool
	}{
		{"any in title", feed.Rule{Any: pats("x", "lãi suất")}, true},
		{"any in summary", feed.Rule{Any: pats("ngân hàng nhà nước")}, true},
		{"not in content by default", feed.Rule{Any: pats("toàn văn")}, false},
		{"content", feed.Rule{Any: pats("toàn văn"), In: []string{"content"}}, true},
		{"title only", feed.Rule{Any: pats("ngân hàng"), In: []string{"title"}}, false},
		{"all across fields", feed.Rule{All: pats("lãi suất", "ngân hàng")}, true},
		{"all fails", feed.Rule{All: pats("lãi suất", "bóng đá")}, false},
		{"all twice the same", feed.Rule{All: pats("lãi suất", "lãi suất")}, true},
		{"any and all", feed.Rule{Any: pats("giảm", "tăng"), All: pats("lãi suất")}, true},
		{"none", feed.Rule{Any: pats("lãi suất"), None: pats("ngân hàng")}, false},
		{"none elsewhere", feed.Rule{Any: pats("lãi suất"), None: pats("ngân hàng"), In: []string{"title"}}, true},
		{"only none", feed.Rule{None: pats("bóng đá")}, true},
		{"only none fails", feed.Rule{None: pats("lãi suất")}, false},
		{"any and none share a term", feed.Rule{Any: pats("lãi suất"), None: pats("lãi suất")}, false},
		{"phrase over the fields' border", feed.Rule{Any: pats("giảm ngân hàng")}, false},
		{"author", feed.Rule{Any: pats("nguyễn an"), In: []string{"author"}}, true},
		{"category", feed.Rule{Any: pats("kinh doanh"), In: []string{"category"}}, true},
		{"url with marks", feed.Rule{Any: pats("kinh doanh"), In: []string{"url"}}, true},
		{"url with diacritics", feed.Rule{Any: pats("lãi suất"), In: []string{"url"}}, true},
		{"url by expression", feed.Rule{Any: pats("/kinh-doanh/"), In: []string{"url"}}, true},
		{"source id", feed.Rule{Any: pats("bao-vi-du"), In: []string{"source"}}, true},
		{"source title", feed.Rule{Any: pats("Báo Ví dụ"), In: []string{"source"}}, true},
		{"language", feed.Rule{Any: pats("vi"), In: []string{"language"}}, true},
	} {
		s := newRuleSet()
		n, err := s.add(tt.rule)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		var r reading
		r.read(&item, src, s.fields)
		m := &matching{}
		for range 2 { // the second time in used memory
			got := s.match(nil, m, &r)
			if (len(got) == 1 && got[0].rule == n) != tt.want {
				t.Errorf("%s: holds = %v, want %v", tt.name, got, tt.want)
			}
		}
	}
	if _, err := newRuleSet().add(feed.Rule{Any: pats("a"), In: []string{"body"}}); err == nil {
		t.Error("an unknown field is accepted")
	}
	if _, err := newRuleSet().add(feed.Rule{}); err == nil {
		t.Error("a rule without terms is accepted")
	}
}

func BenchmarkRules5000(b *testing.B) {
	s := newRuleSet()
	syl := []string{"lãi", "suất", "bóng", "đá", "thuế", "nhà", "đất", "giá", "vàng", "dầu", "xăng", "điện", "thoại", "bệnh", "viện", "học", "sinh", "thi", "cử", "du", "lịch", "án", "phạt", "công", "an"}
	for sec := range 20 {
		var terms []string
		for i := range 250 {
			k := sec*250 + i
			terms = append(terms, fmt.Sprintf("%s %s%d", syl[k%25], syl[k/25%25], k/625))
		}
		terms[0] = syl[sec] + " " + syl[sec+1]
		if _, err := s.add(feed.Rule{Any: pats(terms...)}); err != nil {
			b.Fatal(err)
		}
	}
	it := feed.Item{Title: "Giá vàng trong nước sáng nay tăng mạnh theo thế giới", Language: "vi",
		Summary: "Giá vàng miếng tại các công ty lớn tăng thêm nửa triệu đồng một lượng so với hôm qua, giá dầu giảm nhẹ, lãi suất liên ngân hàng đứng yên trong phiên đầu tuần."}
	var r reading
	m := &matching{}
	var holds []holding
	b.ReportAllocs()
	for b.Loop() {
		r.read(&it, feed.Source{}, s.fields)
		holds = s.match(holds[:0], m, &r)
	}
}
