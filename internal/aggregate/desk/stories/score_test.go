package stories

import (
	"slices"
	"testing"
	"unicode/utf8"

	"feedd/internal/aggregate/desk/words"
)

// What a series fills in anew each time, written otherwise, clashes with another filling and not
// with itself.
func TestClashes(t *testing.T) {
	rd, sc := words.NewReader(nil), NewScorer(nil)
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
		{"Khai giảng lớp nghề ở Mù Cang Chải", "Khai giảng lớp nghề ở Mường Nhé", "names"},
		{"Ký sự đường rừng - Kỳ 3: Ngã ba", "Ký sự đường rừng - Kỳ 5: Ngã ba", "editions or periods"},
		{"Fernway profit up in first quarter", "Fernway profit up in third quarter", "editions or periods"},
		{"Đội Sông Lam quyết thắng đội Núi Hồng ở chung kết", "Đội Sông Lam thắng đội Núi Hồng ở chung kết", "opposite directions"},
		{"Chuyện cái cối đá", "Chuyện cái ghế mây", "another of one kind"},
		{"Phó Ban Tổ chức Lê Thu Bồn bị tạm hoãn xuất cảnh", "Nguyên Bí thư Hương Khê Lê Thu Bồn bị tạm hoãn xuất cảnh", ""},
		{"Giá tiêu phiên cuối tuần tăng", "Giá tiêu phiên cuối tuần giảm", "opposite directions"},
		{"Cách nấu cháo gà cho người ốm", "Cách nấu cháo cá cho người ốm", "another of one kind"},
		{"Điểm sàn Học viện Sông Hồng năm nay", "Điểm chuẩn Học viện Sông Hồng năm nay", "another of one kind"},
		{"Người đàn ông ở Mường Nhé bị rắn cắn", "Người phụ nữ ở Mường Nhé bị rắn cắn", "another of one kind"},
		{"Man found dead in Lorne harbour", "Woman found dead in Lorne harbour", "another of one kind"},
		{"Man jailed for killing woman in Lorne", "Man jailed over killing of woman in Lorne", ""},
		{"Fernway unveils its new ferry", "Fernway postpones its new ferry", "opposite directions"},
		{"Hoãn tổ chức lễ hội đua thuyền Sông Lam", "Lễ hội đua thuyền Sông Lam hoãn tổ chức", ""},
		{"Ca sĩ Lê Thu Bồn ra đĩa hát mới", "Ca sĩ Phan Hà Trâm ra đĩa hát mới", "names"},
		{"Giá điện tăng 3% từ tháng tới", "Giá điện tăng 5% từ tháng tới", "figures"},
		{"Tỉnh chi 147,6 tỷ đồng làm cầu", "Tỉnh chi gần 148 tỷ đồng làm cầu", ""},
		{"Chìm phà trên sông Hồ", "Chìm phà trên vịnh Xuân Nha", "names"},
		{"Công an Cầu Mây bắt nhóm trộm 41 xe máy", "Núi Tượng: bắt giữ nhóm đối tượng trộm 27 xe máy", "figures of others"},
		{"Công an Cầu Mây bắt nhóm trộm 41 xe máy", "Cầu Mây: bắt giữ nhóm đối tượng trộm 27 xe máy", ""},
		{"ORB bị phạt vì báo cáo trễ", "Fernway bị phạt vì báo cáo trễ", "names"},
		{"Đội hình ra sân trận Sông Lam - Núi Hồng", "Chấm điểm trận Sông Lam - Núi Hồng", "two kinds of piece"},
		{"Court denies parole to former warden", "Court granted parole to former warden", "opposite directions"},
		{"Council withholding cash from ferry line", "Council gave cash to ferry line", "opposite directions"},
		{"Giá điện tăng 3% từ tháng tới", "Giá điện tăng 3 phần trăm từ tháng tới", ""},
		{"Lorne output slips 4% in May", "Lorne output slips 7 per cent in May", "figures"},
		{"Cách hầm xương với củ năng trong ngày lạnh", "Cách luộc ốc bươu với lá chanh trong ngày lạnh", "advice on another thing"},
		{"Football club sells its stand", "Women win football cup", "one word in common"},
		{"Điểm tin 17h: Vỡ đê bao ở xã Phú Thành", "Vỡ đê bao ở xã Phú Thành", "digest against report"},
	} {
		j := sc.Score(rd.Read(tt.a, ""), rd.Read(tt.b, ""), 1, false)
		if j.Veto != tt.veto {
			t.Errorf("%q and %q: veto %q, want %q (score %.2f)", tt.a, tt.b, j.Veto, tt.veto, j.P)
		}
	}
}

// Advice on one thing is no advice on another, however alike the headlines are.
func TestAdviceOnAnotherThing(t *testing.T) {
	rd, sc := words.NewReader(nil), NewScorer(nil)
	for _, tt := range [][2]string{
		{"Cách hầm xương với củ năng trong ngày lạnh", "Cách luộc ốc bươu với lá chanh trong ngày lạnh"},
		{"Cách nấu cháo gà cho người ốm", "Cách nấu cháo cá cho người ốm"},
		{"Uống trà hoa cúc giúp giảm mỡ máu, ngủ ngon", "Uống trà lá sen giúp giảm mỡ máu, ngủ ngon"},
		{"Rau ngót có tác dụng gì với người tiểu đường?", "Rau dền có tác dụng gì với người tiểu đường?"},
		{"How to roast pumpkin for winter soups", "How to roast parsnips for winter stews"},
	} {
		j := sc.Score(rd.Read(tt[0], ""), rd.Read(tt[1], ""), 1, false)
		if v := j.Verdict(Certainties("")); v == "duplicate" || v == "same" {
			t.Errorf("%q and %q: %s, %.2f", tt[0], tt[1], v, j.P)
		}
	}
}

// Names of a headline that the other's text does not have set two reports of one kind apart, and the rarest that it has
// joins them.
func TestNamesAcross(t *testing.T) {
	rd, sc := words.NewReader(nil), NewScorer(nil)
	counts := &Counts{}
	counts.Add(rd.Read("Vernow", ""))
	sc.Amid(counts)
	one := rd.Read("Vernow Stops Talbrook to Keep Belts", "Oskar Vernow stopped Jim Talbrook in the sixth round on Saturday night.")
	features := func(title, summary string) (fresh, known float64) {
		j := sc.Score(one, rd.Read(title, summary), 1, false)
		return j.X[fNewNames], j.X[fKnownName]
	}
	if fresh, known := features("Talbrook beaten by Vernow", "The champion from Lorne keeps his three belts, said Oskar Vernow."); fresh != 0 || known == 0 {
		t.Errorf("of one fight: new names %.2f, known name %.2f; want none and some", fresh, known)
	}
	if fresh, known := features("Vernow knocks out Hasskil", "Oskar Vernow ended the fight against Rahm Hasskil in the seventh round."); fresh == 0 || known == 0 {
		t.Errorf("of two fights of one man: new names %.2f, known name %.2f; want some of both", fresh, known)
	}
	if _, known := features("Ferry aground off Crete", "All passengers of the ferry left it in boats before the night."); known != 0 {
		t.Errorf("of two events: known name %.2f, want none", known)
	}
}

// A way to do something is advice, a dismissal or a revolution is none.
func TestNoAdvice(t *testing.T) {
	rd, sc := words.NewReader(nil), NewScorer(nil)
	for _, tt := range [][2]string{
		{"Quy Hòa cách chức giám đốc bến cảng Bến Lạc", "Quy Hòa cách chức người đứng đầu bến cảng Bến Lạc"},
		{"Cách chức giám đốc bến cảng Bến Lạc", "Cách chức lãnh đạo bến cảng Bến Lạc"},
		{"Phong cách mới của bảo tàng Bến Lạc", "Phong cách lạ của bảo tàng Bến Lạc"},
	} {
		if j := sc.Score(rd.Read(tt[0], ""), rd.Read(tt[1], ""), 1, false); j.Veto == "advice on another thing" {
			t.Errorf("%q and %q: %s", tt[0], tt[1], j.Veto)
		}
	}
	if a, b := rd.Read("6 cách giữ ấm cho cây trong chậu", ""), rd.Read("Người làm vườn chỉ cách giữ ấm cho cây", ""); !a.Advice || !b.Advice {
		t.Errorf("advice %v, %v", a.Advice, b.Advice)
	}
}

// A name is one in all its spellings; two names that are alike are two.
func TestSpellings(t *testing.T) {
	rd, sc := words.NewReader(nil), NewScorer(nil)
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"Gerasymov meets miners", "Gerasimov meets miners", true},
		{"Miners of Kramatorskov strike", "Miners of Kramatorskiv strike", true},
		{"Gerasimov meets miners", "Gerasimenko meets miners", false},
		{"UNNI meets miners", "UNI meets miners", false},
	} {
		j := sc.Score(rd.Read(tt.a, ""), rd.Read(tt.b, ""), 1, false)
		if whole := j.X[fCosine] > 0.99; whole != tt.same {
			t.Errorf("%q and %q share %.2f of their words", tt.a, tt.b, j.X[fCosine])
		}
	}
}

// What word vectors add makes a link, never one entry; and what decided is named.
func TestVectorsLinkAndFoldNothing(t *testing.T) {
	c := Certainties("normal")
	m := &Model{Bias: 1, Weights: map[string]float64{"vectors": 2}}
	m.compile()
	j := Comparison{by: m}
	j.X[fVectors] = 0.3
	j.P = m.Probability(&j.X)
	if j.P < c.Fold || j.Verdict(c) != "related" {
		t.Errorf("%.2f of at least %.2f: %s", j.P, c.Fold, j.Verdict(c))
	}
	j.X[fVectors] = -0.6
	j.P = m.Probability(&j.X)
	if point := j.turningPoint(c).String(); j.Verdict(c) != "different" || point != "without vectors: linked" {
		t.Errorf("%s, %s", j.Verdict(c), point)
	}
}

func TestAcronyms(t *testing.T) {
	rd, sc := words.NewReader(nil), NewScorer(nil)
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
		j := sc.Score(rd.Read(tt.a, ""), rd.Read(tt.b, ""), 1, false)
		if whole := j.X[fCosine] > 0.99; whole != tt.same {
			t.Errorf("%q and %q share %.2f of their words", tt.a, tt.b, j.X[fCosine])
		}
	}
}

// What an acronym stands for is known from reports that say so, however few its letters are.
func TestMeaningsOfAcronyms(t *testing.T) {
	rd := words.NewReader(nil)
	a, b := rd.Read("Hãng XĐ mở lại xưởng đúc tiền ở Bến Lạc", ""), rd.Read("Hãng Xu Đồng mở lại xưởng đúc tiền ở Bến Lạc", "")
	share := func(counts *Counts) float64 {
		sc := NewScorer(nil)
		sc.Amid(counts)
		j := sc.Score(a, b, 1, false)
		return j.X[fCosine]
	}
	counts := &Counts{}
	if s := share(counts); s > 0.95 {
		t.Errorf("without a meaning they share %.2f; what follows shows nothing", s)
	}
	said := rd.Read("Thợ đúc đi làm lại", "Hãng Xu Đồng (XĐ) gọi 40 thợ đúc trở lại xưởng.")
	counts.Add(said)
	if s := share(counts); s < 0.99 {
		t.Errorf("with the meaning they share %.2f", s)
	}
	counts.meant.saw(said, -1)
	if s := share(counts); s > 0.95 || len(counts.meant) > 0 {
		t.Errorf("forgotten, they share %.2f, and %v is known", s, counts.meant)
	}
}

// Two pieces of a column share its name, whatever the outlet writes below both.
func TestColumns(t *testing.T) {
	rd, sc := words.NewReader(nil), NewScorer(nil)
	const below = "Chuyên mục giúp học sinh lớp 12 nắm vững kiến thức trọng tâm trước kỳ thi tốt nghiệp sắp tới."
	for _, tt := range []struct{ a, b, veto string }{
		{"BÍ QUYẾT ÔN THI NĂM NAY | Môn địa lý | Dân cư và lao động", "BÍ QUYẾT ÔN THI NĂM NAY | Môn lịch sử | Cuộc khởi nghĩa Lam Sơn", "two pieces of one column"},
		{"Bí quyết ôn thi đạt điểm cao: Dân cư và lao động", "Bí quyết ôn thi đạt điểm cao: Mạo từ trong tiếng Anh", "two pieces of one column"},
		{"Vụ sập cầu treo Nậm Mu ở Chiềng Khương: Ba người bị thương", "Vụ sập cầu treo Nậm Mu ở Chiềng Khương: Khởi tố giám đốc", ""},
	} {
		if j := sc.Score(rd.Read(tt.a, below), rd.Read(tt.b, below), 2, true); j.Veto != tt.veto {
			t.Errorf("%q and %q: veto %q, want %q (score %.2f)", tt.a, tt.b, j.Veto, tt.veto, j.P)
		}
	}
}

func FuzzScore(f *testing.F) {
	f.Add("Giá vàng 12/8: tăng 1,5 triệu - Báo Sớm", "[Video] TP.HCM 3-1 (14h) XIV &amp; 8.000 tỷ", "<p>Tóm tắt</p>")
	f.Add("1/1/1-1.1,1 tháng 13", "ngày 31 tháng 2 | | |", "0 0,000.000")
	f.Add("a: b - c", "- | () [", "\u0301\u200b")
	rd, sc := words.NewReader([]string{"Báo Sớm"}), NewScorer(nil)
	f.Fuzz(func(t *testing.T, a, b, summary string) {
		if !utf8.ValidString(a + b) {
			t.Skip()
		}
		x, y := rd.Read(a, summary), rd.Read(b, summary)
		p, q := sc.Score(x, y, 1, false), sc.Score(y, x, 1, false)
		for _, j := range []Comparison{p, q} {
			if !(j.P >= 0 && j.P <= 1 && j.dup >= 0 && j.dup <= 1) {
				t.Fatalf("score %v, %v", j.P, j.dup)
			}
		}
		if self := sc.Score(x, x, 0, false); x.Length > 2 && !x.Digest && self.Veto != "" {
			t.Fatalf("%q against itself: veto %q", a, self.Veto)
		}
	})
}

// The embedded models weigh features that there are.
func TestModelsAreReadable(t *testing.T) {
	for _, name := range FeatureNames {
		if name == "" {
			t.Error("a feature has no name")
		}
	}
	ms := modelsOnce()
	for _, m := range []*Model{ms.Vietnamese.Title, ms.Vietnamese.Text, ms.English.Title, ms.English.Text, ms.Other.Title, ms.Other.Text, ms.Vietnamese.Duplicate, ms.Other.Copy} {
		for name := range m.Weights {
			if !slices.Contains(FeatureNames[:], name) {
				t.Errorf("model.json weighs %q, which is no feature", name)
			}
		}
	}
}
