package sections

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

func TestParseQuery(t *testing.T) {
	for text, want := range map[string]Query{
		"lãi suất":                        {All: []string{"lãi suất"}},
		"  lãi   suất ,, ngân hàng ,":     {All: []string{"lãi   suất", "ngân hàng"}},
		"lãi suất -thể thao":              {All: []string{"lãi suất"}, None: []string{"thể thao"}},
		"-thể thao, lãi suất":             {All: []string{"lãi suất"}, None: []string{"thể thao"}},
		`-"thể thao" lãi suất`:            {All: []string{"lãi suất"}, None: []string{"thể thao"}},
		`giá "VN-Index" hôm nay`:          {All: []string{"giá", `"VN-Index"`, "hôm nay"}},
		`"lãi suất" giảm`:                 {All: []string{"lãi suất", "giảm"}},
		`"VN-Index" ~5 "giảm mạnh", vàng`: {All: []string{`"VN-Index" ~5 "giảm mạnh"`, "vàng"}},
		"lãi suất ~5 giảm -bóng đá":       {All: []string{"lãi suất ~5 giảm"}, None: []string{"bóng đá"}},
		"xuất khẩu*, Covid-19":            {All: []string{"xuất khẩu*", "Covid-19"}},
		"1,5 tỷ":                          {All: []string{"1,5 tỷ"}},
		"GDP - PMI":                       {All: []string{"GDP - PMI"}},
		"vàng, vàng":                      {All: []string{"vàng"}},
		"lãi suất −thể thao":              {All: []string{"lãi suất"}, None: []string{"thể thao"}}, // a typeset minus
		"東京":                              {All: []string{"東京"}},
	} {
		got, err := ParseQuery(text, false)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
	for text, says := range map[string]string{
		"":                                   "no word",
		"  , -":                              "no word",
		"-thể thao":                          "no word",
		"a*":                                 "two letters",
		`"VN`:                                "quotes",
		"lãi ~ suất":                         "~ needs",
		"/GDP|PMI/":                          "no regular expressions",
		"lãi\xff":                            "UTF-8",
		strings.Repeat("a", maxQueryBytes+1): "longer",
		strings.Join(strings.Split(strings.Repeat("abcdefghijklmnopqrstuvwxyz", 1), ""), "1, "): "more than",
	} {
		if _, err := ParseQuery(text, false); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want it to say %q", text, err, says)
		}
	}
	if q, err := ParseQuery("/GDP, PMI/i, vàng", true); err != nil || len(q.All) != 2 {
		t.Errorf("with expressions: %+v, %v", q, err)
	}
}

// A query finds what its rule finds, and what the index is asked for is in every text that it finds.
func FuzzParseQuery(f *testing.F) {
	f.Add("lãi suất ~5 giảm, kỹ thuật*", "Lãi suất huy động giảm, kĩ thuật viên")
	f.Add(`"VN-Index" -thể thao`, "VN-Index tăng")
	f.Add("hoa binh", "Hoà Bình")
	f.Add("lãi ~2 kỹ ~1 giảm", "Kĩ thuật giảm lãi suất")
	f.Add("lãi, giảm -vàng", "Lãi suất giảm, vàng tăng")
	f.Add("quý*", "quí vị")
	f.Add("東京", "東京都で")
	f.Add("Straße", "STRASSE")
	f.Add("C++, .NET", "C++ and .NET")
	f.Fuzz(func(t *testing.T, text, title string) {
		q, err := ParseQuery(text, false)
		if err != nil {
			return
		}
		matches, inTitle, err := q.Matcher()
		if err != nil {
			t.Fatalf("%q was understood as %+v, and is no rule: %v", text, q, err)
		}
		phrases, err := q.Phrases()
		if err != nil {
			t.Fatal(err)
		}
		rule, err := NewRuleMatcher(q.Rule())
		if err != nil {
			t.Fatal(err)
		}
		before, behind, _ := strings.Cut(title, " ")
		for _, it := range []feed.Item{{Title: title}, {Summary: title}, {Title: before, Summary: behind}, {Title: behind, Summary: before}} {
			if rule(&it, feed.Source{}) != matches(&it) {
				t.Fatalf("%q and its rule disagree about %+v", text, it)
			}
		}
		it := feed.Item{Title: title}
		if inTitle(&it) && !matches(&it) {
			t.Fatal("it is in the headline, and not in headline or summary")
		}
		if len(title) > 500 || !matches(&it) {
			return
		}
		words := strings.Fields(string(feed.SearchedWords(nil, title, "")))
		near, err := q.Near()
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range near {
			if !standNear(words, n) {
				t.Fatalf("%q finds %q, but the index is asked for %v, which are not near each other in %v", text, title, n, words)
			}
		}
		for _, p := range phrases {
			if !stands(words, p) {
				t.Fatalf("%q finds %q, but the index is asked for %v, which is not in %v", text, title, p, words)
			}
		}
	})
}

// stands tells whether a phrase is in a list of words.
func stands(words []string, phrase []feed.QueryWord) bool {
	for at := range words {
		n := 0
		for n < len(phrase) && at+n < len(words) && meets(words[at+n], phrase[n]) {
			n++
		}
		if n == len(phrase) {
			return true
		}
	}
	return len(phrase) == 0
}

// standNear tells whether a list of words has two near each other.
func standNear(words []string, n feed.NearWords) bool {
	for i := range words {
		for j := i + 1; j < len(words) && j-i-1 <= n.Gap; j++ {
			if meets(words[i], n.A) && meets(words[j], n.B) || meets(words[i], n.B) && meets(words[j], n.A) {
				return true
			}
		}
	}
	return false
}

func meets(fold string, w feed.QueryWord) bool {
	for _, f := range w.Folds {
		if fold == f || w.Begun && strings.HasPrefix(fold, f) {
			return true
		}
	}
	return false
}
