package config

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"

	"feedd/internal/feed"
)

// testChecks stand for the collector's and the desk's rules.
var testChecks = Checks{
	Schedule: func(line string) error {
		if !strings.HasPrefix(line, "@every ") && len(strings.Fields(line)) != 5 {
			return errors.New("wants five fields")
		}
		return nil
	},
	Address: func(address string) error {
		if !strings.Contains(address, "://") {
			return errors.New("it is no URL")
		}
		return nil
	},
	Selector: func(css string) error {
		if strings.Count(css, "[") != strings.Count(css, "]") || strings.Contains(css, "@") {
			return errors.New("unclosed bracket")
		}
		return nil
	},
	Pattern: func(term string) error {
		if _, err := regexp.Compile(strings.Trim(term, "/")); strings.HasPrefix(term, "/") && err != nil {
			return errors.New("missing closing )")
		}
		return nil
	},
}

var compareZones = cmp.Options{
	cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
	cmpopts.EquateComparable(netip.Prefix{}),
}

func setEnv(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"FEEDD_KEY": "k3y", "FEEDD_PASSWORD": "pa55", "FEEDD_COOKIE": "a=b",
		"FEEDD_BEARER": "b3arer\n", "FEEDD_TOKEN": "t0ken", "FEEDD_DESK": "s3cret-of-the-desk",
		"FEEDD_NOTIFY": "telegram://token@telegram?chats=1", "FEEDD_NOTIFY_HOOK": "https://hook.example.org/alerts",
		"FEEDD_TOKEN_LONG": "a-secret-that-is-long",
		"FEEDD_PROXY":      "http://u:p@proxy.example.org:3128",
	} {
		t.Setenv(name, value)
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestLeast(t *testing.T) {
	got, err := Parse("feeds.yaml", []byte("sources:\n  - id: bao\n    url: https://example.org/rss\n"), testChecks)
	if err != nil {
		t.Fatal(err)
	}
	vn := zone(t, "Asia/Ho_Chi_Minh")
	want := &Config{
		Site: feed.Site{Title: "Điểm tin", Language: "vi", Timezone: vn},
		Sources: []feed.Source{{
			ID: "bao", URL: "https://example.org/rss", Timezone: vn, Rights: feed.RightsSummary, Learn: true,
			Schedule: "*/15 * * * *", Timeout: 20 * time.Second, HostInterval: 2 * time.Second,
			MaxBytes: 8 << 20, MaxItems: 10_000, Backlog: 20, Line: 2,
		}},
		Stories:         feed.StorySettings{Window: 72 * time.Hour, Match: "normal", Updates: "entry", Related: "entry"},
		SectionSettings: feed.SectionSettings{Confidence: 0.5, Learn: true, HalfLife: 52 * 7 * 24 * time.Hour},
		Alerts:          feed.Alerts{Failures: 5, Silent: 4, Empty: 24 * time.Hour},
		Collect:         Collect{Hosts: 128},
		Publish:         Publish{Attribution: "summary", MaxBytes: 1 << 20},
	}
	want.Defaults = want.Sources[0] // which says nothing else
	want.Defaults.ID, want.Defaults.URL, want.Defaults.Line = "", "", 0
	if diff := cmp.Diff(want, got, compareZones); diff != "" {
		t.Error(diff)
	}
}

func TestFull(t *testing.T) {
	setEnv(t)
	got, err := Load("testdata/full.yaml", testChecks)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile("testdata/secrets/ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	authorities := strings.TrimSpace(string(pem))
	icon, err := os.ReadFile("testdata/secrets/icon.png")
	if err != nil {
		t.Fatal(err)
	}
	inherited := feed.Source{
		Home: "https://outlet.example.org", Section: "the-thao", Category: map[string]string{"Bóng đá": "the-thao"},
		Priority: 3, Language: "vi", Timezone: zone(t, "Asia/Bangkok"), Rights: feed.RightsFull,
		Schedule: "*/5 * * * *", Timeout: 30 * time.Second, HostInterval: 3 * time.Second,
		MaxBytes: 6 << 20, MaxItems: 300, Backlog: 30, Complete: true, HoldFuture: true, AllowPrivate: true, Private: true,
		Headers:   map[string]string{"X-Plain": "xin chào", "X-Key": "k3y", "X-Other": "s3cret-from-file"},
		UserAgent: "Mozilla/5.0 (compatible; thử)", Username: "desk", Password: "pa55", Cookie: "a=b",
		Proxy: "socks5://proxy.example.org:1080", Article: true,
		TLS: feed.TLS{MinVersion: "1.1", Legacy: true, HTTP1: true, CAs: authorities},
	}
	with := func(change func(*feed.Source)) feed.Source {
		s := inherited
		change(&s)
		return s
	}
	want := &Config{
		Site: feed.Site{
			Title: "Điểm tin thử", Description: "Tin tức được gom lại", URL: "https://news.example.org/tin",
			ID: "news.example.org,2026-11", Language: "en-GB", Timezone: zone(t, "Europe/London"),
			Contact: "mailto:desk@example.org", Icon: feed.Picture{Type: "image/png", Data: string(icon), Width: 2, Height: 3},
		},
		Stories: feed.StorySettings{
			Window: 48 * time.Hour, Match: "strict", Updates: "fold", Related: "entry", Never: [][2]string{{"giá vàng", "giá bạc"}},
		},
		SectionSettings: feed.SectionSettings{Confidence: 0.7, Learn: true, Never: []string{"World Cup"}, HalfLife: 26 * 7 * 24 * time.Hour},
		Sections: []feed.Section{
			{
				ID: "kinh-te", Title: "Kinh tế", Description: "Tiền bạc", Language: "vi", Limit: 20,
				MaxAge: 24 * time.Hour, MaxPerSource: 5, ByCoverage: true,
				Rules: []feed.Rule{{
					Any:  []feed.Pattern{{Text: "chứng khoán", Line: 63}, {Text: "xuất khẩu*", Line: 63}, {Text: "/GDP|PMI/", Line: 63}},
					All:  []feed.Pattern{{Text: "Việt Nam", Line: 64}},
					None: []feed.Pattern{{Text: "thể thao", Line: 65}},
					In:   []string{"title"}, Weight: -1.5, Line: 63,
				}},
				Pin: []feed.Rule{{
					Any: []feed.Pattern{{Text: "khẩn cấp", Line: 69}}, In: []string{"title", "summary"}, Line: 69,
				}},
				Mute: []feed.Rule{{
					Any: []feed.Pattern{{Text: "quảng cáo", Line: 71}}, In: []string{"title", "summary"}, Line: 71,
				}},
				Expect: []feed.Expect{
					{Title: "Lãi suất huy động tiếp tục giảm", Summary: "Các ngân hàng", Line: 73},
					{Title: "Lịch thi đấu bóng đá hôm nay", Not: true, Line: 75},
				},
				Learn: true, Never: []string{"nước Anh"}, Line: 54,
			},
			{ID: "the-thao", Title: "the-thao", Limit: 50, MaxAge: 168 * time.Hour, Fair: true, Learn: true, Line: 78},
		},
		Sources: []feed.Source{
			with(func(s *feed.Source) {
				s.ID, s.Title, s.URL, s.Line = "first", "Báo Ví dụ", "https://example.org/rss/kinh-doanh.rss", 81
			}),
			with(func(s *feed.Source) {
				s.ID, s.URL, s.Line = "page", "https://example.org/tin-moi", 84
				s.Page = &feed.Page{
					Item: "ul.news > li", Title: "a", Link: "a@href", Summary: "p.sapo", Date: "time@datetime", Image: "img@src",
				}
			}),
			{
				ID: "own", URL: "https://example.org/own.rss", Home: "https://own.example.org", Section: "kinh-te",
				Category: map[string]string{"Tiền": "kinh-te"}, Priority: 10, Language: "en", Timezone: zone(t, "Asia/Tokyo"),
				Rights: feed.RightsHeadline, Learn: true, Schedule: "auto", Timeout: 5 * time.Second,
				HostInterval: time.Second, MaxBytes: 1 << 20, MaxItems: 10, Backlog: -1, Headers: map[string]string{"X-Own": "1"},
				UserAgent: "own/1", Bearer: "b3arer", Cookie: "s3cret-from-file",
				Proxy: "http://u:p@proxy.example.org:3128", TLS: feed.TLS{MinVersion: "1.3", Legacy: true, HTTP1: true, CAs: authorities}, Line: 93,
			},
			with(func(s *feed.Source) {
				s.ID, s.URL, s.Line = "files", "https://example.org/files.rss", 120
				s.Username, s.Password, s.Bearer = "", "", "s3cret-from-file"
				s.Proxy = "http://user:pw@proxy.example.org:3128"
			}),
			with(func(s *feed.Source) {
				s.ID, s.URL, s.Line = "password-file", "https://example.org/password-file.rss", 124
				s.Username, s.Password = "other", "s3cret-from-file"
			}),
		},
		Drop: []feed.Rule{{
			Any: []feed.Pattern{{Text: "thông báo mời thầu", Line: 128}}, In: []string{"title", "summary"}, Line: 128,
		}},
		Partners: []feed.Partner{
			{
				ID: "cong-doi-ngoai", Title: "Cổng đối ngoại", Sections: []string{"kinh-te", "all"}, Token: "t0ken",
				Content: "headline", Limit: 7, Delay: 10 * time.Minute, OwnIDs: true,
			},
			{ID: "theo-tep", Title: "theo-tep", Sections: []string{"all"}, Token: "s3cret-from-file", Content: "summary"},
			{
				ID: "theo-bam", Title: "theo-bam", Sections: []string{"all"}, Content: "summary",
				TokenSHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
			},
		},
		Notify: []feed.Channel{
			{
				ID: "telegram-kinh-te", URL: "telegram://token@telegram?chats=1", Sections: []string{"kinh-te", "all"},
				Query:    &feed.Rule{Any: []feed.Pattern{{Text: "lãi suất", Line: 150}}, In: []string{"title"}, Line: 150},
				Schedule: "0 7 * * *", Limit: 10, Unsubscribe: "mailto:desk@example.org",
			},
			{
				ID: "webhook", URL: "https://hook.example.org/feedd", Secret: "a-secret-that-is-long", Limit: 20,
				Query: &feed.Rule{Any: []feed.Pattern{{Text: "lãi suất", Line: 157}}, In: []string{"title", "summary"}, Line: 157},
			},
		},
		Alerts:  feed.Alerts{URL: "https://hook.example.org/alerts", Secret: "s3cret-from-file", Failures: 3, Silent: 6, Empty: 48 * time.Hour},
		Collect: Collect{Hosts: 4},
		Images:  true,
		Warnings: Errors{{
			File: "testdata/full.yaml", Line: 134, Column: 16, Hint: say("make one with: openssl rand -hex 24"),
			Warning: true, Message: say("the token of %s has fewer than %d characters and can be guessed", say("partner %s", `"cong-doi-ngoai"`), 16),
		}},
		Publish: Publish{Attribution: "title", Hub: "https://hub.example.org/", HubPrivate: true, MaxBytes: 500 << 10, Retention: 2160 * time.Hour,
			Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::1/128")}},
		Desk: Desk{Token: "s3cret-of-the-desk"},
	}
	if diff := cmp.Diff(want, got, compareZones, cmpopts.IgnoreFields(Config{}, "Defaults")); diff != "" {
		t.Error(diff)
	}
}

// TestNoKeyIgnored takes every key out of the full file, one at a time: each must have had a
// meaning. TestFullHasEveryKey says that the file has them all.
func TestNoKeyIgnored(t *testing.T) {
	setEnv(t)
	data, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Load(data, &doc); err != nil {
		t.Fatal(err)
	}
	parse := func() (*Config, error) {
		out, err := yaml.Dump(&doc)
		if err != nil {
			t.Fatal(err)
		}
		return Parse("testdata/full.yaml", out, testChecks)
	}
	whole, err := parse()
	if err != nil {
		t.Fatal(err)
	}
	lines := cmpopts.IgnoreFields
	ignoreLines := cmp.Options{
		lines(feed.Source{}, "Line"), lines(feed.Section{}, "Line"), lines(feed.Rule{}, "Line"),
		lines(feed.Pattern{}, "Line"), lines(feed.Expect{}, "Line"),
	}
	var walk func(n *yaml.Node, path string)
	walk = func(n *yaml.Node, path string) {
		if n.Kind != yaml.MappingNode {
			for _, c := range n.Content {
				walk(c, path)
			}
			return
		}
		all := n.Content
		for i := 0; i+1 < len(all); i += 2 {
			at := path + "/" + all[i].Value
			n.Content = append(append([]*yaml.Node{}, all[:i]...), all[i+2:]...)
			cfg, err := parse()
			n.Content = all
			if err == nil && cmp.Equal(whole, cfg, compareZones, ignoreLines) {
				t.Errorf("the file means the same without %s (line %d)", at, all[i].Line)
			}
			walk(all[i+1], at)
		}
	}
	walk(&doc, "")
}

func TestFullHasEveryKey(t *testing.T) {
	data, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var walk func(rt reflect.Type)
	seen := map[reflect.Type]bool{}
	walk = func(rt reflect.Type) {
		for rt.Kind() == reflect.Slice || rt.Kind() == reflect.Map {
			rt = rt.Elem()
		}
		if rt.Kind() != reflect.Struct || seen[rt] {
			return
		}
		seen[rt] = true
		names, byName := fields(rt)
		for _, name := range names {
			// The other spelling of what stands under sections; TestSectionsSpelling has it.
			if name != "learning" && !strings.Contains(string(data), name+":") {
				t.Errorf("testdata/full.yaml has no %s", name)
			}
			walk(rt.FieldByIndex(byName[name].index).Type)
		}
	}
	walk(reflect.TypeFor[file]())
	if len(seen) < 15 {
		t.Errorf("only %d structs were looked at", len(seen))
	}
}

// TestSectionsSpelling holds the two ways to write sections and their settings.
func TestSectionsSpelling(t *testing.T) {
	for _, yaml := range []string{
		"sections: [{id: a}]\nlearning: {confidence: 0.8, learn: false}\n",
		"sections: {confidence: 0.8, learn: false, list: [{id: a}]}\n",
		"sections: {confidence: 0.8, list: [{id: a}]}\nlearning: {learn: false}\n",
	} {
		cfg, err := Parse("feeds.yaml", []byte(yaml), testChecks)
		if err != nil {
			t.Errorf("%s: %v", yaml, err)
			continue
		}
		if len(cfg.Sections) != 1 || !reflect.DeepEqual(cfg.SectionSettings, feed.SectionSettings{Confidence: 0.8, HalfLife: 52 * 7 * 24 * time.Hour}) {
			t.Errorf("%s: got %+v and %+v", yaml, cfg.Sections, cfg.SectionSettings)
		}
	}
}

func TestAnchorsAndMerge(t *testing.T) {
	cfg, err := Parse("feeds.yaml", []byte(`
sources:
  - &first
    id: a
    url: https://example.org/a
    priority: 5
    headers: &h {X-A: "1"}
  - <<: *first
    id: b
    url: https://example.org/b
  - <<: [{priority: 1}, *first]
    id: c
    url: https://example.org/c
    headers: {<<: *h, X-B: "2"}
`), testChecks)
	if err != nil {
		t.Fatal(err)
	}
	b, c := cfg.Sources[1], cfg.Sources[2]
	if b.ID != "b" || b.Priority != 5 || b.Headers["X-A"] != "1" || b.Line != 8 {
		t.Errorf("merged source: %+v", b)
	}
	if c.Priority != 1 || c.Headers["X-A"] != "1" || c.Headers["X-B"] != "2" {
		t.Errorf("source merged from two: %+v", c)
	}
}

func TestByteOrderMarkAndCRLF(t *testing.T) {
	cfg, err := Parse("feeds.yaml", []byte("\ufeffsite:\r\n  title: Điểm tin\r\nsources:\r\n  - id: a\r\n    url: https://example.org/\r\n"), testChecks)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Site.Title != "Điểm tin" || cfg.Sources[0].Line != 4 {
		t.Errorf("got %q, source on line %d", cfg.Site.Title, cfg.Sources[0].Line)
	}
}

func TestNoFile(t *testing.T) {
	if _, err := Load("testdata/nowhere.yaml", Checks{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
