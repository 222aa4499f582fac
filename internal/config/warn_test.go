package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSuspicious holds what may stand in the file and is hardly what was meant.
func TestSuspicious(t *testing.T) {
	checks := testChecks
	checks.Private = func(address string) bool { return strings.Contains(address, "//127.") }
	for _, tt := range []struct {
		name, yaml string
		want       []string
	}{
		{"nothing", "sources:\n  - {id: aa, url: https://a.example/rss}\n", nil},
		{"one address", "sources:\n  - {id: aa, url: https://a.example/rss}\n  - id: bb\n    url: http://www.a.example/rss?utm_source=x\n",
			[]string{"4:10: warning: source bb reads the address of source aa on line 2 once more (keep one)"}},
		{"two lists of one page", "sources:\n  - {id: aa, url: https://a.example, page: {item: li}}\n  - {id: bb, url: https://a.example, page: {item: tr}}\n", nil},
		{"unreachable", "sections:\n  - id: aa\n  - {id: bb, rules: [mưa]}\n  - {id: cc}\n  - {id: dd}\nsources:\n  - {id: xx, url: https://a.example, section: cc, categories: {D: dd}}\n",
			[]string{"2:9: warning: nothing reaches the section aa but what an editor files there (give a source section: aa, or the section a rule)"}},
		{"reached by default", "sections:\n  - {id: aa}\ndefaults: {section: aa}\nsources:\n  - {id: xx, url: https://a.example}\n", nil},
		{"shadowed", `sections:
  - id: aa
    rules:
      - any: [mưa, bão, lũ]
      - any: [bão]
        none: [Philippines]
      - any: [bão, sóng thần]
      - any: [mưa]
        in: [title, content]
      - all: [mưa, lũ]
      - any: [lũ]
        weight: 1
      - any: [mưa]
        none: [nhạc]
        in: [title]
      - all: [gió]
      - all: [gió, rét]
`, []string{"5:9: warning: this rule adds nothing: what it takes, the rule on line 4 takes already (remove it)",
			"13:9: warning: this rule adds nothing: what it takes, the rule on line 4 takes already (remove it)",
			"17:9: warning: this rule adds nothing: what it takes, the rule on line 16 takes already (remove it)"}},
		{"a rule with fewer exceptions", "drop: []\nsections:\n  - id: aa\n    rules:\n      - {any: [mưa], none: [nhạc]}\n      - {any: [mưa]}\n", nil},
		{"quotes lost", "sections:\n  - id: aa\n    rules:\n      - any: [\"AI\", 'EU', \"Hà Nội\", VAT, '\"IT\"', \"AI: nay\"]\ndrop: [{any: ['QC']}]\n",
			[]string{`4:15: warning: the quotes around AI are YAML's and gone: the term matches ai, too (write '"AI"')`,
				`4:21: warning: the quotes around EU are YAML's and gone: the term matches eu, too (write '"EU"')`,
				`5:15: warning: the quotes around QC are YAML's and gone: the term matches qc, too (write '"QC"')`}},
		{"comment in a text", "site:\n  title: Tin số #1 hay\n  description: Tin  # our own\nsections:\n  - id: aa #first\n    rules:\n      - any: [mưa] #rain\n      - any:\n          - giá #vàng\n    expect:\n      - title: '\"A\" #1'\n      - not: \"B\" #2\n" +
			"sources:\n  - id: xx\n    url: https://a.example #old\n    page:\n      item: div #list li\n      title: a #.\n",
			[]string{`2:10: warning: title is "Tin số" alone: what begins at the # is a comment (write "Tin số #1 hay", or a space behind the # of a comment)`,
				`9:13: warning: a term is "giá" alone: what begins at the # is a comment (write "giá #vàng", or a space behind the # of a comment)`,
				`17:13: warning: item is "div" alone: what begins at the # is a comment (write "div #list li", or a space behind the # of a comment)`}},
		{"curly quotes", "site:\n  title: “Tin hay”\n  description: “A” và “B”\nsections:\n  - id: aa\n    title: '“Tin”'\n    rules:\n      - any: [“AI”, ‘lãi suất’, “Sở, ngành”, l’Oréal, \"“x”\"]\n    expect:\n      - title: “Vua” qua đời\n",
			[]string{`2:10: warning: the quotes around Tin hay are letters to YAML, which knows " and ' alone (write "Tin hay", or "“Tin hay”" where they are meant)`,
				`8:15: warning: the quotes around AI are letters to YAML, which knows " and ' alone (write '"AI"')`,
				`8:21: warning: the quotes around lãi suất are letters to YAML, which knows " and ' alone (write "lãi suất", or "‘lãi suất’" where they are meant)`,
				`8:33: warning: a quote of “Sở is a letter to YAML, which knows " and ' alone (put " before and behind the whole term)`,
				`8:38: warning: a quote of ngành” is a letter to YAML, which knows " and ' alone (put " before and behind the whole term)`}},
		{"weight", "sections:\n  - id: aa\n    rules:\n      - {any: [mưa], weight: 9}\n      - {any: [mưa], weight: -5.5}\n      - {any: [mưa], weight: 2}\n",
			[]string{"4:30: warning: a weight of 9 decides alone, whatever the section has learned (remove it to make the rule hard, or write one between 0.3 and 3)",
				"5:30: warning: a weight of -5.5 decides alone, whatever the section has learned (remove it to make the rule hard, or write one between 0.3 and 3)"}},
		{"private", "sources:\n  - {id: aa, url: \"http://127.0.0.1/rss\"}\n  - {id: bb, url: \"http://127.0.0.2/rss\", allow_private: true}\n",
			[]string{"2:19: warning: source aa is on a private address, and is not asked (add allow_private: true when it is yours)"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := Parse("f.yaml", []byte(tt.yaml), checks)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range cfg.Warnings {
				got = append(got, strings.TrimPrefix(w.Error(), "f.yaml:"))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, name := range []string{shippedConfig} {
		if cfg, err := Load(name, checks); err != nil || len(cfg.Warnings) > 0 {
			t.Errorf("%s: %v, %v", name, cfg.Warnings, err)
		}
	}
}

// TestFix cures what is certain, and leaves the rest of the file as it is.
func TestFix(t *testing.T) {
	before := "site:\u00a0# a comment\n  title: Của tôi\nsections:\n  - id: tin   # tin\n    learn: yes\n    max_age: 7d\n    limit: \"20\"\n    rules:\n      - any: [mưa, &bão lũ]\nsources:\n  - id:\u00a0xx\n    url: https://x.example\n    timeout: 20\n"
	want := strings.NewReplacer("site:\u00a0", "site: ", "learn: yes", "learn: true", "7d", "168h", `"20"`, "20", "&bão lũ", `"&bão lũ"`, "id:\u00a0xx", "id: xx").Replace(before)
	got, cured := Fix("f.yaml", []byte(before), testChecks)
	if diff := cmp.Diff(want, string(got)); diff != "" || len(cured) != 6 {
		t.Errorf("%d cured\n%s", len(cured), diff)
	}
	again, cured := Fix("f.yaml", got, testChecks)
	if string(again) != want || len(cured) != 0 {
		t.Errorf("once more cured %v", cured)
	}
	// What is left has no certain cure.
	if _, err := Parse("f.yaml", got, testChecks); err == nil || !strings.Contains(err.Error(), "timeout wants a duration") || strings.Contains(err.Error(), "\n") {
		t.Errorf("left: %v", err)
	}
}

// TestFixSpacing: a space that YAML misses, and the quotes around a cron line.
func TestFixSpacing(t *testing.T) {
	const file = "sections:\n  -id: tin\n    title:Tin\n    rules:\n      - any: [bão]\n        none:[bão giá]\nsources:\n  - id:x\n    url: https://x.example\n    schedule: */15 6,18 * * *  # often\n  - {id: y, schedule: */5 * * * *, url: 'https://y.example'}\n"
	want := strings.NewReplacer("-id:", "- id:", "title:Tin", "title: Tin", "none:[", "none: [", "id:x", "id: x", "*/15 6,18 * * *", `"*/15 6,18 * * *"`, "*/5 * * * *", `"*/5 * * * *"`).Replace(file)
	got, cured := Fix("f.yaml", []byte(file), testChecks)
	if diff := cmp.Diff(want, string(got)); diff != "" || len(cured) != 6 {
		t.Errorf("%d cured: %v\n%s", len(cured), cured, diff)
	}
	if _, err := Parse("f.yaml", got, testChecks); err != nil {
		t.Error(err)
	}
	// What is no key, and an address, are texts; another mistake stays where it is.
	for _, stays := range []string{
		"drop: [{any: [bão]}]\nsources:\n  - lãi:suất\n    https://x.example/\n  - id: x\n",
		"site:\n  description: \"tin:\n    https://x.example/\n",
	} {
		if got, cured := Fix("f.yaml", []byte(stays), testChecks); string(got) != stays || len(cured) > 0 {
			t.Errorf("%q became %q: %v", stays, got, cured)
		}
	}
}

// TestFixSlips: an address without its https:// and a slip in a key, an id or a choice is cured where only one thing can be meant,
// and everything else on the line and around it stays.
func TestFixSlips(t *testing.T) {
	const file = `site: {titel: "Của tôi", langauge: vi, contact: desk@example.org}   # mine
sections:
  - {id: kinh-te, title: Kinh tế}
  - id: the-thao
    ordr: tme            # by time
    "limitt": 20
sources:
  # the first
  - id: a
    url: a.example/rss   # no https
    section: kinhte

  - {id: b, ulr: 'b.example/rss', section: "the-thoa"}
  - id: c
    feed: http//c.example/rss
    lang: vi
  - {id: d, url: "//d.example/rss", sections: [kinh-te]}
partners:
`
	want := strings.NewReplacer("titel", "title", "langauge", "language", "desk@", "mailto:desk@", "ordr: tme", "order: time", `"limitt"`, `"limit"`, " a.example", " https://a.example",
		"kinhte", "kinh-te", "ulr: 'b", "url: 'https://b", "the-thoa", "the-thao", "feed: http//", "url: http://", "lang:", "language:", `"//d`, `"https://d`).Replace(file)
	want = strings.Replace(want, "sections: [kinh-te]", "sections: [kinh-te]", 1) // a list is no section
	got, cured := Fix("f.yaml", []byte(file), testChecks)
	if diff := cmp.Diff(want, string(got)); diff != "" || len(cured) != 15 {
		t.Errorf("%d cured: %v\n%s", len(cured), cured, diff)
	}
	for _, stays := range []string{
		"sections: [{id: tin-a}, {id: tin-b}]\nsources: [{id: x, url: 'https://x.example', section: tin-c}]\n", // one or the other
		"sources: [{id: x, url: 'https://x.example', interval: 10m}]\n",                                        // no cron line
		"sources: [{id: x, url: 'https://x.example', titel: a, title: b}]\n",                                   // there is one
		"sources: [{id: x, url: '192.0.2.7:8080/rss'}]\n",                                                      // perhaps it has no TLS
		"sources: [{id: x, url: 'ftp://x.example/rss'}]\n",                                                     // it is no web
		"sources: [{id: x, url: 'https://x.example', weight: 3}]\n",                                            // nobody knows
		"sections: [{id: a, rule: 5}]\n",                                                                       // no rules
		"sources: [{id: x, url: 'bao moi'}]\n",
		"sections: [{id: a}]\nsources: [{id: x, url: 'https://x.example', section: b}]\n",
		"sections: [{id: tin-2024}]\nsources: [{id: x, url: 'https://x.example', section: tin-2025}]\n",
	} {
		if got, cured := Fix("f.yaml", []byte(stays), testChecks); string(got) != stays || len(cured) > 0 {
			t.Errorf("%q became %q: %v", stays, got, cured)
		}
	}
	for wrong, right := range map[string]string{
		"htps://x.example/rss": "https://x.example/rss", "http:/x.example": "http://x.example", "https:x.example/a": "https://x.example/a", "hxxps://x.example": "https://x.example",
		"HTTPS//x.example": "https://x.example", "ttp://x.example": "http://x.example", "httpss://x.example": "https://x.example", "https;//x.example": "https://x.example",
		"x.example": "https://x.example", "www.x.example/rss?a=b:c": "https://www.x.example/rss?a=b:c",
	} {
		file := "sources: [{id: x, url: \"" + wrong + "\"}] # " + wrong + "\n"
		got, _ := Fix("f.yaml", []byte(file), testChecks)
		if want := strings.Replace(file, wrong, right, 1); string(got) != want {
			t.Errorf("%s became %s", wrong, got)
		}
	}
	for _, fine := range []string{"HTTP://X.example/rss", "https://http.example/ttp:/x", "http://[2001:db8::1]/rss"} {
		if _, err := Parse("f.yaml", []byte("sources: [{id: x, url: \""+fine+"\"}]\n"), testChecks); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
}

func FuzzFix(f *testing.F) {
	f.Add("sections:\n  - id:\u00a0a\n    learn: yes\n")
	f.Add("drop: [&a b, *c]\nsite: {title: 'x'")
	f.Fuzz(func(t *testing.T, data string) {
		got, cured := Fix("f.yaml", []byte(data), testChecks)
		if len(cured) == 0 && string(got) != data {
			t.Errorf("changed without a cure: %q", got)
		}
	})
}
