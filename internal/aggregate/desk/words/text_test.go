package words

import (
	"slices"
	"strings"
	"testing"
)

// open lays a text open.
func open(d *Text) *Open {
	var o Open
	o.Lay(d)
	return &o
}

// What was read of a text is there when it is laid open, whatever was laid open before.
func TestLaidOpen(t *testing.T) {
	rd := NewReader(nil)
	var o Open
	var before Set // the words of the text before
	before.Fill(nil)
	for _, tt := range [][2]string{
		{},
		{"Bão số 4", ""},
		{"Vụ cháy nhà ở Bình Thạnh: cụ bà 80 tuổi tử vong, khởi tố chủ nhà", "Sáng 12/8, lửa bùng lên ở Bình Thạnh, Bình Thạnh, khiến 2 người chết; 3 người bị thương."},
		{"Giá vàng hôm nay 12/8: Tăng mạnh, 147,6 triệu đồng một lượng", ""},
		{"BoE raises rates to 5.25%, says Governor Andrew Bailey", "The Bank of England raised rates on August 3, the Bank of England said. The Bank of England is near 5.25%."},
		{"Thống đốc Andrew Bailey: BoE giữ lãi suất 5.25%", "Ngân hàng Anh, Bank of England, họp ngày 3/8"},
		{"Gia vang tang manh o TP HCM", "Gia vang tang manh o TP HCM sau 3 ngay giam, gia vang tang"},
		{strings.Repeat("12/8 và 13/8 ", 30) + "Bình Thạnh", "Ngày 1/1, 2/1, 3/1, 4/1, 5/1 ở Gò Vấp"},
		{"Bộ Y tế (BYT) kiểm tra 12 bệnh viện", "Ngày 3/2, BYT công bố kết quả."},
		{manyWords(120), manyWords(60)},
	} {
		d := rd.Read(tt[0], tt[1])
		o.Lay(d)
		want := &rd.open // as it was read
		if o.Steps != want.Steps || o.Text.Steps() != want.Steps || o.Days != want.Days || o.HeadHash != want.HeadHash || o.Meaning != want.Meaning || o.Text.Meaning() != want.Meaning || o.Short != want.Short || o.Circumstances != want.Circumstances {
			t.Errorf("%q: %+v, want %+v", tt[0], o, *want)
		}
		if !slices.Equal(o.slots, want.slots) {
			t.Errorf("%q: %v, want %v", tt[0], o.slots, want.slots)
		}
		if len(o.Title) != min(len(rd.title), MostTokens) {
			t.Fatalf("%q: %d words of %d", tt[0], len(o.Title), len(rd.title))
		}
		for i, got := range o.Title {
			want := rd.title[i].Token
			want.Norm, want.Fold, want.says = Hashed(want.Norm), Hashed(want.Fold), says(rd.title[i].weight)
			want.number = nowhere
			if got.Flags&IsDate == 0 {
				want.number = uint8(slices.IndexFunc(d.All(), func(p uint32) bool { return Hashed(p) == got.Norm }))
			}
			if got != want {
				t.Errorf("%q, word %d: %+v, want %+v", tt[0], i, got, want)
			}
		}
		if sum := before.Meet(d.All()); sum != before.Dot(d.All()) {
			t.Errorf("%q: %d in common with the text before, and %d", tt[0], sum, before.Dot(d.All()))
		}
		in := o.In(&before)
		for i := range o.Title {
			if has := before.Find(o.Title[i].Norm) >= 0; has != (in>>i&1 != 0) {
				t.Errorf("%q, word %d: in the text before is %v", tt[0], i, has)
			}
		}
		before.Fill(d.All())
		if !slices.Equal(d.All(), rd.sets[0].list) || !slices.Equal(d.Names(), rd.sets[2].list) {
			t.Errorf("%q: words %x and names %x, want %x and %x", tt[0], d.All(), d.Names(), rd.sets[0].list, rd.sets[2].list)
		}
		if pairs, want := d.Pairs(nil), rd.sets[1].list; !slices.Equal(pairs, want[:min(len(want), len(pairs))]) || len(pairs) < len(want) && len(rd.title)+len(rd.rest) < mostRow-mostDates {
			t.Errorf("%q: pairs %x, want %x", tt[0], pairs, want)
		}
	}
}

// manyWords are so many that are all different.
func manyWords(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(string([]rune{'t', rune('a' + i/26), rune('a' + i%26), 'ă', ' '}))
	}
	return b.String()
}
