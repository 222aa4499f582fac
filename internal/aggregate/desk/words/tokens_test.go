package words

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"feedd/internal/feed"
)

// Spellings of one headline have one normal form.
func TestNormalForm(t *testing.T) {
	rd := NewReader([]string{"Báo Sớm"})
	for _, forms := range [][]string{
		{"Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt", "LỞ NÚI Ở ĐÈO KHAU CỌ, HAI XE TẢI MẮC KẸT", "Lở núi ở đèo Khau Cọ: 2 xe tải mắc kẹt…",
			"[Video] Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt", "Cập nhật: Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt", "Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt - Báo Sớm",
			"Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt (miennguoc.vn)",
			"Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt (Video)", "(Báo Sớm) - Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt", "Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt (Theo Báo Sớm)",
			"&#8220;Lở núi&#8221; ở đèo Khau Cọ, hai xe tải mắc k\u200bẹt", "Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt"},
		{"TP.HCM chi 8.000 tỷ đồng mua xe buýt điện", "TPHCM chi 8 nghìn tỉ đồng mua xe buýt điện", "Thành phố Hồ Chí Minh chi 8 ngàn tỷ đồng mua xe buýt điện"},
		{"Khánh thành nhà văn hoá xã Hoà Thuỷ", "Khánh thành nhà văn hóa xã Hòa Thủy"},
		{"Đường hầm dài 700m thông xe sau nửa năm", "Đường hầm dài 700m thông xe sau sáu tháng"},
		{"Hai mươi mốt thợ mỏ lên mặt đất an toàn", "21 thợ mỏ lên mặt đất an toàn"},
		{"Mười lăm thợ mỏ còn dưới hầm", "15 thợ mỏ còn dưới hầm"},
		{"Ferry aground off Crete, crew safe", "UPDATE 2-Ferry aground off Crete, crew safe", "Ferry aground off Crete, crew safe (video)"},
		{"Đại hội lần thứ XIV khai mạc ở thủ đô", "Đại hội lần thứ 14 khai mạc ở thủ đô"},
		{"U.S. and U.N. envoys meet in Crete", "US and UN envoys meet in Crete", "U.S. and U.N. Envoys Meet in Crete"},
		{"U.N. envoy leaves the U.S. Senate", "UN Envoy Leaves the US Senate"},
		{"T.K.V. miners back at work", "TKV miners back at work"},
		{"Orbitel pays $1.5bn for Fernway", "Orbitel pays $1.5 billion for Fernway", "Orbitel pays $1,500 million for Fernway"},
	} {
		want := rd.Read(forms[0], "").Exact
		for _, form := range forms[1:] {
			if rd.Read(form, "").Exact != want {
				var words []string
				for _, w := range rd.title {
					words = append(words, w.text)
				}
				t.Errorf("%q is not %q but %s", form, forms[0], strings.Join(words, " "))
			}
		}
	}
	for _, other := range []string{"Lở núi - chuyện dài ở đèo Khau Cọ", "Ảnh hưởng của lở núi", "Video gây bão mạng"} {
		if n := len(open(rd.Read(other, "")).Title); n != len(feed.Words(nil, other)) && n != len(feed.Words(nil, other))-1 {
			t.Errorf("%q lost words: %d left", other, n)
		}
	}
}

// What the capitals of a headline do not tell from other words is a name where it is one in the summary.
func TestNamesOfSummary(t *testing.T) {
	rd := NewReader(nil)
	for _, tt := range []struct{ title, summary, names string }{
		{"Vernow Stops Talbrook to Keep All Three Belts", "Champion Oskar Vernow stopped Jim Talbrook on Saturday to keep his belts.", "vernow talbrook"},
		{"Vernow Stops Talbrook to Keep All Three Belts", "", ""},
		{"Market closes for a third day", "Traders of Lorne saw the Market close, for no other market is near.", ""},
		{"Market closes for a third day", "Traders of Lorne saw the Market close.", "market"},
	} {
		rd.Read(tt.title, tt.summary)
		var names []string
		for _, w := range rd.title {
			if w.Flags&IsName != 0 {
				names = append(names, w.text)
			}
		}
		if got := strings.Join(names, " "); got != tt.names {
			t.Errorf("%q with %q: names %q, want %q", tt.title, tt.summary, got, tt.names)
		}
	}
}

func TestSlots(t *testing.T) {
	rd := NewReader(nil)
	names := map[slotKind]string{date: "date", period: "period", score: "score", quantity: "quantity", casualty: "casualty", where: "where"}
	for _, tt := range []struct {
		title string
		want  string // kind value, …
	}{
		{"Giá vàng hôm nay 12/8", "date 812"},
		{"Thời tiết ngày 3-9: Nam Bộ mưa", "date 903"},
		{"Những tấm lòng thơm thảo 13.1.2026", "date 113"},
		{"Lịch cúp điện ngày 8 tháng 9", "date 908"},
		{"Wordle answer for March 3", "date 303"},
		{"Bước sang ngày 13 xung đột", "date 13"},
		{"Xuất khẩu gỗ tháng 3 chậm lại", "period 3"},
		{"Chặng 5 cuộc đua xe đạp", "period 5"},
		{"Nhìn lại vòng 11 giải hạng nhất", "period 11"},
		{"Đội nhà thắng 3-1 trong trận mở màn", "score 301"},
		{"Đấu giá 4.200 lô đất", "quantity 4200"},
		{"Động đất 5,1 độ lúc nửa đêm", "quantity 5.1"},
		{"Vốn góp 14 nghìn tỷ đồng", "quantity 14000000000000"},
		{"Lật thuyền, 3 người mất tích", "casualty 3"},
		{"Số người chết tăng lên 19", "casualty 19"},
		{"Bé gái lớp 5 mất tích", "period 5"},
		{"Fernway profit up in third quarter", "period 3"},
		{"Hai mươi hai người mất tích", "casualty 22"},
		{"Factory blast leaves 12 dead", "casualty 12"},
		{"Home prices up 2.5 percent", "quantity 2.5"},
		{"Tỷ lệ chọi 1/16 vào trường chuyên", "quantity 1"},
	} {
		var got []string
		for _, s := range open(rd.Read(tt.title, "")).slots {
			if name, ok := names[s.kind]; ok && s.kind != where {
				got = append(got, name+" "+formatNumber(s.value))
			}
		}
		if !slices.Contains(got, tt.want) {
			t.Errorf("%q has %q, want %q", tt.title, got, tt.want)
		}
	}
}

func TestInflected(t *testing.T) {
	for verb, want := range map[string]string{
		"grant": "grant grants granted granting", "deny": "deny denies denied denying", "ban": "ban bans banned banning",
		"win/won": "win wins won winning", "raise": "raise raises raised raising", "pass": "pass passes passed passing",
		"pull/pulled out": "pull out pulls out pulled out pulling out", "allow": "allow allows allowed allowing", "buy/bought": "buy buys bought buying",
	} {
		if got := strings.Join(inflected(verb), " "); got != want {
			t.Errorf("%s: %s, want %s", verb, got, want)
		}
	}
}

// The embedded files are part of the program: what is written in them must be readable.
func TestLexiconIsReadable(t *testing.T) {
	lx, err := readLexicon(weightsOnce().telling, "")
	if err != nil {
		t.Fatal(err)
	}
	provinces, present, towns, countries := 0, 0, 0, 0
	for _, p := range lx.gazette {
		switch p.level {
		case 2:
			towns++
			if p.in < 0 || lx.gazette[p.in].level != 1 {
				t.Errorf("%s lies in no province that is listed", p.name)
			}
		case 3:
			countries++
		}
		if p.level == 1 {
			provinces++
			if lx.gazette[p.in].level == 3 {
				present++
			}
		}
	}
	if present != 34 {
		t.Errorf("%d present provinces, want 34", present)
	}
	if provinces != 63 {
		t.Errorf("%d provinces, present and former, want 63", provinces)
	}
	if towns < 60 || countries < 193 {
		t.Errorf("%d towns and %d countries, want 60 and 193", towns, countries)
	}
}

func formatNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// What of a text is read and kept is bounded, whatever stands in it.
func TestReadIsBounded(t *testing.T) {
	rd := NewReader(nil)
	numbers := make([]string, 5000)
	for i := range numbers {
		numbers[i] = strconv.Itoa(i)
	}
	d := open(rd.Read(strings.Join(numbers, " "), strings.Join(numbers, " ")))
	if len(d.slots) > mostSlots || len(d.Title) > MostTokens || len(d.Pairs(nil)) > mostRow {
		t.Errorf("%d figures and names, %d words, %d pairs", len(d.slots), len(d.Title), len(d.Pairs(nil)))
	}
	long := strings.Repeat("Nguyễn Văn A ", titleBytes)
	if got, want := rd.Read(long, ""), rd.Read(feed.Head(long, titleBytes), ""); got.Exact != want.Exact {
		t.Error("what stands beyond the bound of a headline was read")
	}
}

// Whatever is read otherwise by who knows outlets' names is said to be: by the sign that sets the name off, and by the name.
func TestNamingSaysWhatIsReadOtherwise(t *testing.T) {
	names := []string{"Báo Sớm", "VTV1", "24h", "7", "Tin Chiều"}
	knows, not := NewReader(names), NewReader(nil)
	naming := Naming(names)
	differ := 0
	rapid.Check(t, func(t *rapid.T) {
		title := ""
		for i := range rapid.IntRange(1, 5).Draw(t, "parts") {
			if i > 0 {
				title += rapid.SampledFrom([]string{" - ", ": ", "-", " | ", "|", " (", ") ", "] ", "[", "–", " – ", " — ", " · ", " • ", " &ndash; ", "'-", "-;", "-“", "- ", " ", ". "}).Draw(t, "sign")
			}
			title += rapid.SampledFrom([]string{"báo sớm", "Báo Sớm", "BAO SOM", "VTV1", "24h", "7", "Tin Chiều", "theo Tin Chiều", "U-23 Việt Nam thắng đậm", "Giá xăng lại giảm mạnh", "B.á.o Sớm"}).Draw(t, "part")
		}
		if diff := cmp.Diff(*knows.Read(title, ""), *not.Read(title, ""), cmp.AllowUnexported(Text{})); diff == "" {
			return
		}
		if differ++; !SetsOff(title) || !naming(title) {
			t.Fatalf("%q: sets off %v, names %v", title, SetsOff(title), naming(title))
		}
	})
	if differ == 0 {
		t.Error("nothing is read otherwise")
	}
	for _, title := range []string{"Covid-19 lan nhanh", "Giá vàng, giá dầu cùng tăng 5%"} {
		if SetsOff(title) {
			t.Errorf("%q may be read otherwise", title)
		}
	}
}
