package words

import "testing"

func TestPlacesAndAges(t *testing.T) {
	rd := NewReader(nil)
	for _, tt := range []struct {
		a, b       [2]string // headline and summary
		first      float64
		apart      bool
		same, aged bool
	}{
		{[2]string{"Boy, 15, shot to death in Gresham"}, [2]string{"15-year-old boy shot in leg in Washington Heights"}, 0, true, true, false},
		{[2]string{"Boy, 15, shot to death in Gresham"}, [2]string{"Girl, 8, shot in Gresham"}, 1, false, false, true},
		{
			[2]string{"Man shot outside bar", "BAKERSFIELD, Calif. (KGET) - A man was shot outside a bar on Monday."},
			[2]string{"Shooting in Bakersfield leaves man dead", "Police were called on Monday evening to a bar and found a man."}, 1, false, false, false,
		},
		{[2]string{"Cháy nhà ở Bình Thạnh, cụ bà 80 tuổi tử vong"}, [2]string{"Cháy nhà tại Gò Vấp, cụ bà 81 tuổi tử vong"}, 0, true, false, true},
		{[2]string{"Cháy nhà ở Bình Thạnh, cụ bà 80 tuổi tử vong"}, [2]string{"Bình Thạnh: cụ bà 80 tuổi tử vong vì cháy"}, 0, false, true, false},
		{[2]string{"Prices rise in May"}, [2]string{"Three of 15, the others, voted"}, 0, false, false, false},
	} {
		a, b := open(rd.Read(tt.a[0], tt.a[1])), open(rd.Read(tt.b[0], tt.b[1]))
		in := func(d *Open) func(uint32) bool {
			return func(word uint32) bool {
				var s Set
				s.Fill(d.All())
				return s.Find(word) >= 0
			}
		}
		p := a.Places(&b.Circumstances, in(a), in(b))
		same, other := a.Ages(&b.Circumstances)
		if p.First != tt.first || p.Apart != tt.apart || same != tt.same || other != tt.aged {
			t.Errorf("%q and %q: places %+v, ages same %v and other %v; want first %v, apart %v, %v, %v", tt.a, tt.b, p, same, other, tt.first, tt.apart, tt.same, tt.aged)
		}
	}
}

func TestWeekdays(t *testing.T) {
	rd := NewReader(nil)
	for _, tt := range []struct {
		a, b        [2]string // headline and summary
		same, other bool
	}{
		{[2]string{"Jury finds mayor guilty", "A jury found the mayor guilty on Monday, Feb. 3."}, [2]string{"Mayor guilty, jury says Monday", "It took them two days."}, true, false},
		{[2]string{"Jury finds mayor guilty", "A jury found the mayor guilty on Monday, Feb. 3."}, [2]string{"Mayor guilty", "On Tuesday, after the trial of last Thursday"}, false, true},
		{[2]string{"Mayor guilty", "A jury found so Tuesday in the trial that began Monday."}, [2]string{"Monday trial", "The mayor stood trial in the city."}, true, false},
		{[2]string{"Mayor guilty", "A jury found so on a holiday."}, [2]string{"Monday trial", "The mayor stood trial in the city."}, false, false},
	} {
		a, b := open(rd.Read(tt.a[0], tt.a[1])), open(rd.Read(tt.b[0], tt.b[1]))
		if same, other := a.Weekdays(&b.Circumstances); same != tt.same || other != tt.other {
			t.Errorf("%q and %q: same %v, other %v; want %v, %v", tt.a, tt.b, same, other, tt.same, tt.other)
		}
		if a.Days != [2]uint16{} && a.Days != [2]uint16{203} {
			t.Errorf("%q: days %v", tt.a, a.Days)
		}
	}
}

func TestOutletsSignTheirHeadlines(t *testing.T) {
	rd := NewReader(nil)
	for _, tt := range []struct{ host, title, want string }{
		{"wave3.com", "Man shot in Shively dies - wave3.com-Louisville News, Weather & Sports", "Man shot in Shively dies"},
		{"wmcactionnews5.com", "Teen dead after party shooting - WMC Action News 5 - Memphis, Tennessee", "Teen dead after party shooting"},
		{"www.wsmv4.com", "Two men shot in Nashville | WSMV Channel 4", "Two men shot in Nashville"},
		{"baothanhpho.example.vn", "Giá vàng hôm nay tăng mạnh - Báo Thành phố, thời sự và bình luận", "Giá vàng hôm nay tăng mạnh"},
		{"vietnamnet.example.vn", "Bóng đá nữ - Việt Nam thắng đậm Thái Lan", "Bóng đá nữ - Việt Nam thắng đậm Thái Lan"},
		{"example.com", "Man shot - wave3.com-Louisville News, Weather & Sports", "Man shot - wave3.com-Louisville News, Weather & Sports"},
	} {
		rd.From(tt.host)
		got := rd.Read(tt.title, "")
		rd.From("")
		if want := rd.Read(tt.want, ""); got.Exact != want.Exact {
			t.Errorf("%s: %q has %d words, want those of %q", tt.host, tt.title, got.Length, tt.want)
		}
	}
}
