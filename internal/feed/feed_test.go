package feed

import (
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestIdentify(t *testing.T) {
	for _, tt := range []struct {
		name string
		item Item
		want string
	}{
		{"guid first", Item{GUID: " abc ", Canonical: "https://e.org/a", Title: "T"}, "g:abc"},
		{"then link", Item{Canonical: "https://e.org/a", Title: "T"}, "l:https://e.org/a"},
		{"then title", Item{Title: "Bão số 4"}, "t::bao4 sô1 4"},
		{"nothing", Item{}, ""},
	} {
		if got := Identify(&tt.item); got != tt.want {
			t.Errorf("%s: Identify = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCanonical(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"http://www.Example.org:80/a/?utm_source=x&b=2&a=1#top", "https://example.org/a?a=1&b=2"},
		{"https://m.tuoitre.vn/bao-so-4-20240814.htm", "https://tuoitre.vn/bao-so-4-20240814.htm"},
		{"https://example.org/tin/amp/", "https://example.org/tin"},
		{"https://example.org/amp/tin", "https://example.org/tin"},
		{"https://example.org/tin.amp.html?outputType=amp", "https://example.org/tin.html"},
		{"https://example.org", "https://example.org"},
		{"https://example.org/", "https://example.org"},
		{"https://example.org:8443/x", "https://example.org:8443/x"},
		{"https://[::1]:8080/x", "https://[::1]:8080/x"},
		{"https://example.org/a//b/../c", "https://example.org/a/c"},
		{"https://m.vn/x", "https://m.vn/x"},
		{"https://example.org/a;jsessionid=1A2B.n1/b;JSESSIONID=x;v=1?PHPSESSID=2&p=3", "https://example.org/a/b;v=1?p=3"},
		{"mailto:a@b.c", ""},
		{"/relative", ""},
		{"", ""},
	} {
		if got := Canonical(tt.in); got != tt.want {
			t.Errorf("Canonical(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if again := Canonical(Canonical(tt.in)); again != Canonical(tt.in) {
			t.Errorf("Canonical(%q) is not stable: %q", tt.in, again)
		}
	}
}

func TestNormalAndFold(t *testing.T) {
	for _, tt := range []struct{ in, normal, fold string }{
		{"Hoà bình", "hoa2 binh2", "hoa binh"},
		{"Hòa BÌNH", "hoa2 binh2", "hoa binh"},
		{"Đường sắt Thuỷ Nguyên", "đương2 săt1 thuy3 nguyên", "duong sat thuy nguyen"},
		{"Zürich – café", "zürich cafe1", "zurich cafe"},
		{"VN-Index tăng 12,5 điểm!", "vn index tăng 12 5 điêm3", "vn index tang 12 5 diem"},
		{"a\u200bb", "ab", "ab"},
		{"", "", ""},
	} {
		for form, in := range map[string]string{"as is": tt.in, "NFD": norm.NFD.String(tt.in), "NFC": norm.NFC.String(tt.in)} {
			if got := Normal(in); got != tt.normal {
				t.Errorf("Normal(%q, %s) = %q, want %q", tt.in, form, got, tt.normal)
			}
			if got := Fold(in); got != tt.fold {
				t.Errorf("Fold(%q, %s) = %q, want %q", tt.in, form, got, tt.fold)
			}
		}
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add("http://www.example.org:80/a/?utm_source=x&b=2&a=1#top")
	f.Add("https://amp.example.org/amp/amp/x.amp.html.amp?amp=1;&%zz")
	f.Fuzz(func(t *testing.T, in string) {
		c := Canonical(in)
		if c != "" && Canonical(c) != c {
			t.Errorf("Canonical(%q) = %q, then %q", in, c, Canonical(c))
		}
	})
}

func FuzzWords(f *testing.F) {
	f.Add("Hoà bình 12,5 \u0301x a\u0323\u0302")
	f.Fuzz(func(t *testing.T, in string) {
		end := 0
		for _, w := range Words(nil, in) {
			if w.Start < end || w.End <= w.Start || w.End > len(in) || w.Fold == "" {
				t.Fatalf("Words(%q): bad word %+v", in, w)
			}
			end = w.End
		}
	})
}

func TestArticleNumber(t *testing.T) {
	for _, tt := range []struct{ in, host, number string }{
		{"https://e.org/bao-so-4-vao-bo-4950623.html", "e.org", "4950623"},
		{"https://e.org/185250814214928151.htm?page=2000000", "e.org", "185250814214928151"},
		{"https://e.org/tin/4950623/bao-so-4", "e.org", "4950623"},
		{"https://e.org/2026/03/02/bao-so-4", "e.org", ""},
		{"https://e.org/20260302/bao-so-4", "e.org", ""},
		{"https://e.org/top-10-nam-2026", "e.org", ""},
		{"https://e.org", "e.org", ""},
		{"", "", ""},
	} {
		if host, number := ArticleNumber(tt.in); host != tt.host || number != tt.number {
			t.Errorf("ArticleNumber(%q) = %q, %q, want %q, %q", tt.in, host, number, tt.host, tt.number)
		}
	}
}
