package config

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"feedd/internal/feed"
)

// TestAddToShipped holds that adding to a file that somebody keeps by hand changes no line of it: what
// is new are the added lines alone, in one place, and the file says all it said.
func TestAddToShipped(t *testing.T) {
	before, err := os.ReadFile(shippedConfig)
	if err != nil {
		t.Fatal(err)
	}
	source := NewSource{ID: "bao-moi", Title: "Báo Mới: tin #1", URL: "https://bao.example/rss?a=1&b=2#x", Section: "kinh-te",
		Page: &feed.Page{Item: "ul.news > li:not(.ad)", Title: "h2 a", Link: "a@href", Date: "time@datetime"}}
	after, err := Add(before, Addition{Sources: []NewSource{source}})
	if err != nil {
		t.Fatal(err)
	}
	want := `  - id: bao-moi
    title: "Báo Mới: tin #1"
    url: "https://bao.example/rss?a=1&b=2#x"
    section: kinh-te
    page:
      item: ul.news > li:not(.ad)
      title: h2 a
      link: a@href
      date: time@datetime
`
	added, ok := insertion(before, after)
	if !ok || added != want {
		t.Fatalf("added %q (one place: %v), want %q", added, ok, want)
	}
	cfg, err := Parse(shippedConfig, after, testChecks)
	if err != nil {
		t.Fatal(err)
	}
	old, err := Parse(shippedConfig, before, testChecks)
	if err != nil {
		t.Fatal(err)
	}
	got := cfg.Sources[len(cfg.Sources)-1]
	if len(cfg.Sources) != len(old.Sources)+1 || got.URL != source.URL || got.Title != source.Title || *got.Page != *source.Page || got.Section != "kinh-te" {
		t.Errorf("the new source is read as %+v", got)
	}
}

// insertion is what after has in one place that before has not.
func insertion(before, after []byte) (string, bool) {
	head := 0
	for head < len(before) && before[head] == after[head] {
		head++
	}
	added := after[head : head+len(after)-len(before)]
	if string(after[head+len(added):]) != string(before[head:]) {
		return string(added), false
	}
	// The place may be named in several ways where the text around repeats; the one at a line's begin counts.
	for len(added) > 0 && head > 0 && before[head-1] != '\n' && after[head-1] == added[len(added)-1] {
		head--
		added = after[head : head+len(added)]
	}
	return string(added), true
}

// TestAdd tries the ways in which people write their lists.
func TestAdd(t *testing.T) {
	one := Addition{Sources: []NewSource{{ID: "neu", URL: "https://n.example/", Section: "sec"}}}
	for _, tt := range []struct{ name, before, after string }{
		{"plain", "sources:\n  - id: a\n    url: https://a.example\n", "sources:\n  - id: a\n    url: https://a.example\n  - id: neu\n    url: https://n.example/\n    section: sec\n"},
		{"not indented", "sources:\n- id: a\n  url: https://a.example\nsite:\n  title: x\n", "sources:\n- id: a\n  url: https://a.example\n- id: neu\n  url: https://n.example/\n  section: sec\nsite:\n  title: x\n"},
		{"no end of line", "sources:\n  - id: a\n    url: https://a.example", "sources:\n  - id: a\n    url: https://a.example\n  - id: neu\n    url: https://n.example/\n    section: sec\n"},
		{"blank lines between", "sources:\n  - id: a\n    url: https://a.example\n\n  - id: b\n    url: https://b.example\n\n# end\n", "sources:\n  - id: a\n    url: https://a.example\n\n  - id: b\n    url: https://b.example\n\n  - id: neu\n    url: https://n.example/\n    section: sec\n\n# end\n"},
		{"comments", "sources: # all\n  - id: a # first\n    url: https://a.example\n    # a note on a\n  # - id: off\n  #   url: https://off.example\n\n# Partners.\npartners: []\n",
			"sources: # all\n  - id: a # first\n    url: https://a.example\n    # a note on a\n  - id: neu\n    url: https://n.example/\n    section: sec\n  # - id: off\n  #   url: https://off.example\n\n# Partners.\npartners: []\n"},
		{"Windows", "sources:\r\n  - id: a\r\n    url: https://a.example\r\n", "sources:\r\n  - id: a\r\n    url: https://a.example\r\n  - id: neu\r\n    url: https://n.example/\r\n    section: sec\r\n"},
		{"one a line", "sources:\n  - {id: a, url: https://a.example}\n", "sources:\n  - {id: a, url: https://a.example}\n  - {id: neu, url: \"https://n.example/\", section: sec}\n"},
		{"brackets", "sources: [{id: a, url: https://a.example, title: \"x]\"}] # all\nsite: {title: x}\n", "sources: [{id: a, url: https://a.example, title: \"x]\"}, {id: neu, url: \"https://n.example/\", section: sec}] # all\nsite: {title: x}\n"},
		{"brackets over lines", "sources: [\n  {id: a, url: https://a.example}, # it's ]\n]\n", ""},
		{"empty brackets", "sources: []\n", "sources: [{id: neu, url: \"https://n.example/\", section: sec}]\n"},
		{"nothing yet", "sources:\nsite:\n  title: x\n", "sources:\n  - id: neu\n    url: https://n.example/\n    section: sec\nsite:\n  title: x\n"},
		{"no list", "site:\n  title: x\n", "site:\n  title: x\n\nsources:\n  - id: neu\n    url: https://n.example/\n    section: sec\n"},
		{"no list, no end of line", "site:\n  title: x", "site:\n  title: x\n\nsources:\n  - id: neu\n    url: https://n.example/\n    section: sec\n"},
		{"anchors", "defaults: &d {language: vi}\nsources:\n  - &a\n    id: a\n    url: https://a.example\n    headers: {<<: &h {X: y}}\n  - <<: *a\n    id: b\n", "defaults: &d {language: vi}\nsources:\n  - &a\n    id: a\n    url: https://a.example\n    headers: {<<: &h {X: y}}\n  - <<: *a\n    id: b\n  - id: neu\n    url: https://n.example/\n    section: sec\n"},
		{"a long text", "sources:\n  - id: a\n    title: |\n      A\n\n      # no comment\n    url: https://a.example\n  - id: b\n    url: https://b.example\n    title: >-\n      B\n\n      b\n\nsite: {title: x}\n", "sources:\n  - id: a\n    title: |\n      A\n\n      # no comment\n    url: https://a.example\n  - id: b\n    url: https://b.example\n    title: >-\n      B\n\n      b\n  - id: neu\n    url: https://n.example/\n    section: sec\n\nsite: {title: x}\n"},
		{"a byte order mark", "\ufeffsources:\n  - id: a\n    url: https://a.example\n", "\ufeffsources:\n  - id: a\n    url: https://a.example\n  - id: neu\n    url: https://n.example/\n    section: sec\n"},
		{"the end is marked", "sources:\n  - id: a\n    url: https://a.example\n...\n", "sources:\n  - id: a\n    url: https://a.example\n  - id: neu\n    url: https://n.example/\n    section: sec\n...\n"},
		{"an alias", "defaults: {headers: {X: &l []}}\nsources: *l\n", ""},
		{"one line of JSON", `{"site": {"title": "x"}, "sources": [{"id": "a", "url": "https://a.example"}]}`, `{"site": {"title": "x"}, "sources": [{"id": "a", "url": "https://a.example"}, {id: neu, url: "https://n.example/", section: sec}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after, err := Add([]byte(tt.before), one)
			if tt.after == "" {
				if err == nil && strings.Contains(string(after), "{id: neu") {
					return // continued on a line of its own
				}
				if err == nil || !strings.Contains(err.Error(), "add this by hand:\nsources:\n  - id: neu\n") {
					t.Errorf("got %v and\n%s", err, after)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.after, string(after)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAddSections(t *testing.T) {
	a := Addition{Sections: []NewSection{{"mot", "Một: hai"}, {"hai", "Hai"}}, Sources: []NewSource{{ID: "neu", URL: "https://n.example/", Section: "mot"}, {ID: "m", URL: "https://m.example/", Section: "hai"}}}
	for before, want := range map[string]string{
		"sections:\n  confidence: 0.6\n  list:\n    - id: a\n      title: A\n\n    - id: b\n      rules: [x]\n\nsources:\n  - id: o\n    url: https://o.example\n": "sections:\n  confidence: 0.6\n  list:\n    - id: a\n      title: A\n\n    - id: b\n      rules: [x]\n\n    - id: mot\n      title: \"Một: hai\"\n\n    - id: hai\n      title: Hai\n\nsources:\n  - id: o\n    url: https://o.example\n  - id: neu\n    url: https://n.example/\n    section: mot\n  - id: m\n    url: https://m.example/\n    section: hai\n",
		"site: {title: x}\n": "site: {title: x}\n\nsections:\n  - id: mot\n    title: \"Một: hai\"\n  - id: hai\n    title: Hai\n\nsources:\n  - id: neu\n    url: https://n.example/\n    section: mot\n  - id: m\n    url: https://m.example/\n    section: hai\n",
	} {
		after, err := Add([]byte(before), a)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(after)); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := Add([]byte("sources: ["), a); err == nil {
		t.Error("a file that is none was continued")
	}
}

// FuzzAdd: whatever the file and the texts, what is written is read as it was meant, or nothing is.
func FuzzAdd(f *testing.F) {
	for _, before := range []string{
		"sources:\n- id: a\n  url: https://a.example\n", "sources: [{id: a}]\n", "site: {title: 'it''s'}", "sources:\n  - title: |\n      x\n", "{}", "sections: {list: []}",
	} {
		f.Add(before, "Báo: Mới", "https://n.example/?a=b#c")
		f.Add(before, "- no", "http://x/ #y")
		f.Add(before, "\"\\'{", "a:")
		f.Add(before, "null", "*b")
	}
	f.Fuzz(func(t *testing.T, before, title, url string) {
		a := Addition{Sources: []NewSource{{ID: "neu", Title: title, URL: url}}}
		after, err := Add([]byte(before), a) // which reads it again and compares
		if err == nil && !strings.Contains(string(after), "n") {
			t.Error("nothing was added")
		}
	})
}

func TestNewID(t *testing.T) {
	taken := map[string]bool{"bao-moi": true, "bao-moi-2": true}
	for name, want := range map[string]string{
		"Báo Mới": "bao-moi-3", "Đời sống & Pháp luật": "doi-song-phap-luat", "…": "source", "日本": "source",
		strings.Repeat("một hai ba ", 20): "mot-hai-ba-mot-hai-ba-mot-hai-ba-mot-hai-ba-mot",
	} {
		if got := NewID(name, func(id string) bool { return taken[id] }); got != want || !validID.MatchString(got) {
			t.Errorf("NewID(%q) = %s, want %s", name, got, want)
		}
	}
}
