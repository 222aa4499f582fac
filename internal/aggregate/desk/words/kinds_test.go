package words

import "testing"

// Of a kind there are many side by side: another number or name is another place, where none is in common.
func TestOneOfAKind(t *testing.T) {
	rd := NewReader(nil)
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"Cháy nhà ở quận 8", "Cháy nhà ở quận Gò Vấp", true},
		{"Cháy nhà ở quận 8", "Cháy nhà ở quận 8 lúc rạng sáng", false},
		{"Cháy nhà ở phường Hạnh Thông", "Cháy nhà trên đường Lê Lợi", false}, // may be one house
		{"Cháy nhà ở xã Đông, huyện Kbang", "Cháy nhà ở xã Tây, huyện Kbang", false},
		{"Cháy chợ Gò Găng", "Cháy chợ Cầu Mây", true},
		{"Chợ quê họp sớm", "Chợ nổi vắng khách", false},
		{"Sạt lở ở tỉnh Hưng Yên", "Sạt lở ở tỉnh Thái Bình", false}, // which is part of it now
		{"Ngập ở thành phố HCM", "Ngập ở thành phố Thủ Đức", false},  // an acronym may stand for any
		{"Man shot in district 4", "Man shot in district 7", true},
		{"Fire at University of Lorne", "Fire at University of Fernway", true},
		{"FIRE AT UNIVERSITY OF LORNE", "FIRE AT UNIVERSITY OF FERNWAY", false},
		{"Gửi chợ quê", "gui cho Apple", false},
	} {
		if got := Compare(open(rd.Read(tt.a, "")), open(rd.Read(tt.b, ""))).OneOf; got != tt.want {
			t.Errorf("%q and %q: %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}
