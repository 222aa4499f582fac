package desk

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"feedd/internal/feed"
)

// Spellings of one headline have one normal form.
func TestNormalForm(t *testing.T) {
	rd := newReader([]string{"Báo Sớm"})
	for _, forms := range [][]string{
		{"Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt", "LỞ NÚI Ở ĐÈO KHAU CỌ, HAI XE TẢI MẮC KẸT", "Lở núi ở đèo Khau Cọ: 2 xe tải mắc kẹt…",
			"[Video] Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt", "Cập nhật: Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt", "Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt - Báo Sớm",
			"Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt | Báo Miền Ngược", "Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt (miennguoc.vn)",
			"Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt (Video)", "(NLĐO) - Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt", "Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt (Theo Báo Sớm)",
			"&#8220;Lở núi&#8221; ở đèo Khau Cọ, hai xe tải mắc k\u200bẹt", "Lở núi ở đèo Khau Cọ, hai xe tải mắc kẹt"},
		{"TP.HCM chi 8.000 tỷ đồng mua xe buýt điện", "TPHCM chi 8 nghìn tỉ đồng mua xe buýt điện", "Thành phố Hồ Chí Minh chi 8 ngàn tỷ đồng mua xe buýt điện"},
		{"Khánh thành nhà văn hoá xã Hoà Thuỷ", "Khánh thành nhà văn hóa xã Hòa Thủy"},
		{"Đường hầm dài 700m thông xe sau nửa năm", "Đường hầm dài 700 mét thông xe sau sáu tháng"},
		{"Hai mươi mốt thợ mỏ lên mặt đất an toàn", "21 thợ mỏ lên mặt đất an toàn"},
		{"Mười lăm thợ mỏ còn dưới hầm", "15 thợ mỏ còn dưới hầm"},
		{"Ferry aground off Crete, crew safe", "UPDATE 2-Ferry aground off Crete, crew safe", "Ferry aground off Crete, crew safe (video)"},
		{"Tuyển Úc gặp Ả Rập Xê Út", "Tuyển Australia gặp Saudi Arabia"},
		{"Đại hội lần thứ XIV khai mạc ở thủ đô", "Đại hội lần thứ 14 khai mạc ở thủ đô"},
		{"Orbitel pays $1.5bn for Fernway", "Orbitel pays $1.5 billion for Fernway - The Harbor Gazette", "Orbitel pays $1,500 million for Fernway"},
	} {
		want := rd.read(forms[0], "").exact
		for _, form := range forms[1:] {
			if rd.read(form, "").exact != want {
				var words []string
				for _, w := range rd.title {
					words = append(words, w.text)
				}
				t.Errorf("%q is not %q but %s", form, forms[0], strings.Join(words, " "))
			}
		}
	}
	for _, other := range []string{"Lở núi - chuyện dài ở đèo Khau Cọ", "Ảnh hưởng của lở núi", "Video gây bão mạng"} {
		if n := len(rd.read(other, "").title); n != len(feed.Words(nil, other)) && n != len(feed.Words(nil, other))-1 {
			t.Errorf("%q lost words: %d left", other, n)
		}
	}
}

func TestSlots(t *testing.T) {
	rd := newReader(nil)
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
		for _, s := range rd.read(tt.title, "").slots {
			if name, ok := names[s.kind]; ok && s.kind != where {
				got = append(got, name+" "+formatNumber(s.value))
			}
		}
		if !slices.Contains(got, tt.want) {
			t.Errorf("%q has %q, want %q", tt.title, got, tt.want)
		}
	}
}

// What a series fills in anew each time, written otherwise, clashes with another filling and not
// with itself.
func TestClashes(t *testing.T) {
	rd, sc := newReader(nil), newScorer()
	for _, tt := range []struct {
		a, b string
		veto string
	}{
		{"Giá vàng hôm nay 12/8", "Giá vàng hôm nay 13-8", "dates"},
		{"Giá vàng hôm nay 12/8", "Gia vang hom nay 12.8", ""},
		{"Kỳ thi thử lần II của trường Sông Cầu", "Kỳ thi thử lần 3 của trường Sông Cầu", "editions or periods"},
		{"Khai giảng lớp nghề ở Bến Tre", "Khai giảng lớp nghề ở Cà Mau", "places"},
		{"Khai giảng lớp nghề ở Bình Dương", "Khai giảng lớp nghề ở Long An", "places"},
		{"Khai giảng lớp nghề ở TP.HCM", "Khai giảng lớp nghề ở Sài Gòn", ""},
		{"Khai giảng lớp nghề ở Mù Cang Chải", "Khai giảng lớp nghề ở Mường Nhé", "places"},
		{"Ký sự đường rừng - Kỳ 3: Ngã ba", "Ký sự đường rừng - Kỳ 5: Ngã ba", "editions or periods"},
		{"Fernway profit up in first quarter", "Fernway profit up in third quarter", "editions or periods"},
		{"Đội Sông Lam quyết thắng đội Núi Hồng ở chung kết", "Đội Sông Lam thắng đội Núi Hồng ở chung kết", "opposite directions"},
		{"Chuyện cái cối đá", "Chuyện cái ghế mây", "another of one kind"},
		{"Phó Ban Tổ chức Lê Thu Bồn bị tạm hoãn xuất cảnh", "Nguyên Bí thư Hương Khê Lê Thu Bồn bị tạm hoãn xuất cảnh", ""},
		{"Giá tiêu phiên cuối tuần tăng", "Giá tiêu phiên cuối tuần giảm", "opposite directions"},
		{"Cách nấu cháo gà cho người ốm", "Cách nấu cháo cá cho người ốm", "another of one kind"},
		{"Ca sĩ Lê Thu Bồn ra đĩa hát mới", "Ca sĩ Phan Hà Trâm ra đĩa hát mới", "names"},
		{"Giá điện tăng 3% từ tháng tới", "Giá điện tăng 5% từ tháng tới", "figures"},
		{"Tỉnh chi 147,6 tỷ đồng làm cầu", "Tỉnh chi gần 148 tỷ đồng làm cầu", ""},
		{"Chìm phà trên sông Hồ", "Chìm phà trên vịnh Xuân Nha", "names"},
		{"Công an Cầu Mây bắt nhóm trộm 41 xe máy", "Núi Tượng: bắt giữ nhóm đối tượng trộm 27 xe máy", "figures of others"},
		{"Công an Cầu Mây bắt nhóm trộm 41 xe máy", "Cầu Mây: bắt giữ nhóm đối tượng trộm 27 xe máy", ""},
		{"ORB bị phạt vì báo cáo trễ", "Fernway bị phạt vì báo cáo trễ", "names"},
		{"Cách hầm xương với củ năng trong ngày lạnh", "Cách luộc ốc bươu với lá chanh trong ngày lạnh", "advice on another thing"},
		{"Đội hình ra sân trận Sông Lam - Núi Hồng", "Chấm điểm trận Sông Lam - Núi Hồng", "two kinds of piece"},
		{"Court denies parole to former warden", "Court granted parole to former warden", "opposite directions"},
		{"Council withholding cash from ferry line", "Council gave cash to ferry line", "opposite directions"},
		{"Giá điện tăng 3% từ tháng tới", "Giá điện tăng 3 phần trăm từ tháng tới", ""},
		{"Lorne output slips 4% in May", "Lorne output slips 7 per cent in May", "figures"},
		{"Điểm tin 17h: Vỡ đê bao ở xã Phú Thành", "Vỡ đê bao ở xã Phú Thành", "digest against report"},
	} {
		j := sc.score(rd.read(tt.a, ""), rd.read(tt.b, ""), 1, false)
		if j.veto != tt.veto {
			t.Errorf("%q and %q: veto %q, want %q (score %.2f)", tt.a, tt.b, j.veto, tt.veto, j.p)
		}
	}
}

func TestAcronyms(t *testing.T) {
	rd, sc := newReader(nil), newScorer()
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"BoC keeps coin factory open", "Bank of Canada keeps coin factory open", true},
		{"Bank of Canada keeps coin factory open", "BoC keeps coin factory open", true},
		{"NTSB studies ferry wreck", "National Transportation Safety Board studies ferry wreck", true},
		{"DLE studies ferry wreck", "Department of Lakes and Estuaries studies ferry wreck", true},
		{"HTXNN Phú Thành thay ban quản trị", "Hợp tác xã nông nghiệp Phú Thành thay ban quản trị", true},
		{"BoC keeps coin factory open", "Bank of Japan keeps coin factory open", false},
		{"BIG keeps coin factory open", "bakers in Galway keeps coin factory open", false}, // three small letters are chance
	} {
		j := sc.score(rd.read(tt.a, ""), rd.read(tt.b, ""), 1, false)
		if whole := j.x[fCosine] > 0.99; whole != tt.same {
			t.Errorf("%q and %q share %.2f of their words", tt.a, tt.b, j.x[fCosine])
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

// Two pieces of a column share its name, whatever the outlet writes below both.
func TestColumns(t *testing.T) {
	rd, sc := newReader(nil), newScorer()
	const below = "Chuyên mục giúp học sinh lớp 12 nắm vững kiến thức trọng tâm trước kỳ thi tốt nghiệp sắp tới."
	for _, tt := range []struct{ a, b, veto string }{
		{"BÍ QUYẾT ÔN THI NĂM NAY | Môn địa lý | Dân cư và lao động", "BÍ QUYẾT ÔN THI NĂM NAY | Môn lịch sử | Cuộc khởi nghĩa Lam Sơn", "two pieces of one column"},
		{"Bí quyết ôn thi đạt điểm cao: Dân cư và lao động", "Bí quyết ôn thi đạt điểm cao: Mạo từ trong tiếng Anh", "two pieces of one column"},
		{"Vụ sập cầu treo Nậm Mu ở Chiềng Khương: Ba người bị thương", "Vụ sập cầu treo Nậm Mu ở Chiềng Khương: Khởi tố giám đốc", ""},
	} {
		if j := sc.score(rd.read(tt.a, below), rd.read(tt.b, below), 2, true); j.veto != tt.veto {
			t.Errorf("%q and %q: veto %q, want %q (score %.2f)", tt.a, tt.b, j.veto, tt.veto, j.p)
		}
	}
}

// The embedded files are part of the program: what is written in them must be readable.
func TestLexiconIsReadable(t *testing.T) {
	lx, err := readLexicon(weightsOnce().telling)
	if err != nil {
		t.Fatal(err)
	}
	provinces, present, districts, countries := 0, 0, 0, 0
	for _, p := range lx.gazette {
		switch p.level {
		case 2:
			districts++
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
	if districts < 450 || countries < 193 {
		t.Errorf("%d districts and %d countries, want 450 and 193", districts, countries)
	}
	for _, name := range featureNames {
		if name == "" {
			t.Error("a feature has no name")
		}
	}
	for _, m := range []*model{modelsOnce().Title, modelsOnce().Text, modelsOnce().Duplicate, modelsOnce().Copy} {
		for name := range m.Weights {
			if !slices.Contains(featureNames[:], name) {
				t.Errorf("model.json weighs %q, which is no feature", name)
			}
		}
	}
}

func FuzzScore(f *testing.F) {
	f.Add("Giá vàng 12/8: tăng 1,5 triệu - Báo Sớm", "[Video] TP.HCM 3-1 (14h) XIV &amp; 8.000 tỷ", "<p>Tóm tắt</p>")
	f.Add("1/1/1-1.1,1 tháng 13", "ngày 31 tháng 2 | | |", "0 0,000.000")
	f.Add("a: b - c", "- | () [", "\u0301\u200b")
	rd, sc := newReader([]string{"Báo Sớm"}), newScorer()
	f.Fuzz(func(t *testing.T, a, b, summary string) {
		if !utf8.ValidString(a + b) {
			t.Skip()
		}
		x, y := rd.read(a, summary), rd.read(b, summary)
		p, q := sc.score(x, y, 1, false), sc.score(y, x, 1, false)
		for _, j := range []judged{p, q} {
			if !(j.p >= 0 && j.p <= 1 && j.dup >= 0 && j.dup <= 1) {
				t.Fatalf("score %v, %v", j.p, j.dup)
			}
		}
		if self := sc.score(x, x, 0, false); len(x.title) > 2 && !x.digest && self.veto != "" {
			t.Fatalf("%q against itself: veto %q", a, self.veto)
		}
	})
}

func formatNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
