package publish_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish"
	"feedd/internal/publish/render"
)

// Each day on which a section told something has a page, and they lead from one to the next over those
// on which it told nothing. The days are those of the site's zone.
func TestDaysHavePages(t *testing.T) {
	zone := time.FixedZone("Asia/Ho_Chi_Minh", 7*3600)
	n := newNewsroom(t, func(s *publish.Settings) { s.Site.Timezone = zone })
	night := time.Date(2026, 11, 18, 0, 30, 0, 0, zone) // still the 17th in UTC
	for i, at := range []time.Time{n.clock(), night, night.Add(-40 * time.Hour), night.Add(2 * time.Hour)} {
		n.file([]string{"kinh-te"}, report("bao-a", i, at))
	}
	n.file([]string{"the-gioi"}, report("bao-b", 9, night.Add(-24*time.Hour)))
	n.refresh()
	link := func(page, rel string) string {
		m := regexp.MustCompile(`<a href="([^"]*)" rel="` + rel + `">`).FindStringSubmatch(page)
		if m == nil {
			return ""
		}
		return m[1]
	}
	var seen []string
	for path := "/sections/kinh-te/2026-11-20"; path != ""; {
		page := n.page(path)
		seen = append(seen, path+fmt.Sprint(strings.Count(page, "<article")))
		earlier := link(page, "prev")
		if earlier != "" && link(n.page(earlier), "next") != path {
			t.Errorf("%s does not lead back to %s", earlier, path)
		}
		path = earlier
	}
	want := []string{"/sections/kinh-te/2026-11-201", "/sections/kinh-te/2026-11-182", "/sections/kinh-te/2026-11-161"}
	if !slices.Equal(seen, want) {
		t.Errorf("the days are %v, want %v", seen, want)
	}
	if page := n.page("/sections/kinh-te"); !strings.Contains(page, `href="/sections/kinh-te/2026-11-18"`) || !strings.Contains(page, "Thứ Tư, 18/11/2026") {
		t.Error("the section's page has no divider that leads to the day")
	}
	for _, path := range []string{"/sections/kinh-te/2026-11-17", "/sections/kinh-te/2026-02-30", "/sections/kinh-te/2026-11-1", "/sections/top/2026-11-20",
		"/sections/khong-co/2026-11-20", "/sections/kinh-te/2026-11-20.rss"} {
		if res := n.get(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, res.StatusCode)
		}
	}
	n.file([]string{"kinh-te"}, report("bao-b", 50, night.Add(time.Hour)))
	n.refresh()
	if page := n.page("/sections/kinh-te/2026-11-18"); strings.Count(page, "<article") != 3 {
		t.Error("a late report of the day is not on its page")
	}
}

// The times of today stand without a date, and the page is made anew when today is over.
func TestTodayEnds(t *testing.T) {
	n := newNewsroom(t)
	n.file([]string{"kinh-te"}, report("bao-a", 1, n.clock().Add(-time.Hour)))
	n.refresh()
	if page := n.page("/"); !strings.Contains(page, ">07:00</time>") || !strings.Contains(page, "UTC") {
		t.Error("today's time has a date, or its zone has no name")
	}
	n.pass(17 * time.Hour)
	n.refresh()
	if page := n.page("/"); !strings.Contains(page, ">07:00, 20/11</time>") {
		t.Error("yesterday's time has no date")
	}
}

// One story stands once on the front page, and what only is related stands under its headline.
func TestTheFrontPageTellsAStoryOnce(t *testing.T) {
	n := newNewsroom(t, manyOutlets)
	it := func(source string, i int, title string) feed.Item {
		r := report(source, i, n.clock().Add(-time.Duration(i)*time.Minute))
		r.Title = title
		return r
	}
	wide := n.tell([]string{"kinh-te"}, "", "", it("bao-a", 9, "Lãi suất huy động giảm mạnh"))
	n.tell([]string{"kinh-te"}, wide, wide, it("bao-b", 8, "Lãi suất huy động giảm mạnh"))
	n.tell([]string{"the-gioi"}, wide, "", it("bao-c", 7, "Người gửi tiền chuyển sang vàng và chứng khoán"))
	n.tell([]string{"the-gioi"}, "", "", it("bao-d", 1, "Một tin khác vừa đến"))
	n.refresh()
	page := n.page("/")
	if lead := strings.Index(page, "Lãi suất huy động"); lead > strings.Index(page, "Một tin khác vừa đến") {
		t.Error("the newest leads, not what most outlets tell")
	}
	for _, once := range []string{">Lãi suất huy động giảm mạnh<", ">Người gửi tiền chuyển sang vàng và chứng khoán<", ">Một tin khác vừa đến<"} {
		if got := strings.Count(page, once); got != 1 {
			t.Errorf("%s stands %d times on the page", once, got)
		}
	}
	if !strings.Contains(page, "Cũng đưa tin:") || !strings.Contains(page, "Báo B</a>") || strings.Contains(page, "+1") {
		t.Error("the other outlet is not named")
	}
	n.tell([]string{"the-gioi"}, wide, "", it("bao-e", 2, "Ngân hàng trung ương họp khẩn về thanh khoản"))
	n.refresh()
	if !strings.Contains(n.page("/"), "họp khẩn về thanh khoản") {
		t.Error("what another outlet adds to the story does not show")
	}
}

func TestLostReadersAreShownTheWay(t *testing.T) {
	n := newNewsroom(t)
	n.refresh()
	res := n.get("/khong/co", "Accept", "text/html,application/xhtml+xml")
	page := n.body(res)
	if res.StatusCode != http.StatusNotFound || !strings.Contains(res.Header.Get("Content-Type"), "text/html") ||
		!strings.Contains(page, "Không có trang này") || !strings.Contains(page, `href="/"`) || !strings.Contains(page, `content="noindex"`) {
		t.Errorf("%d %v %s", res.StatusCode, res.Header, page)
	}
	if res := n.get("/khong/co", "Accept", "*/*"); !strings.Contains(n.body(res), "/sections/kinh-te.rss") {
		t.Error("a program is not told the feeds")
	}
}

// A person who is refused gets a page in the site's language, with the reason and ways on; a program gets a line of text.
func TestRefusedPeopleAreShownTheWay(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) { s.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	n.fill("kinh-te", 3)
	n.refresh()
	gone := keyOf(report("bao-a", 2, start))
	if _, err := n.store.Withdraw(t.Context(), []string{gone}, n.clock()); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	for range 500 {
		n.as("203.0.113.1", "/metrics")
	}
	for _, tt := range []struct {
		method, path, from, says string
		status                   int
	}{
		{"GET", "/search?q=tin&page=2", "203.0.113.2", "Tìm kiếm không có tham số", http.StatusBadRequest},
		{"GET", "/partners/x/kinh-te.rss", "203.0.113.2", "dành cho đối tác", http.StatusUnauthorized},
		{"POST", "/", "203.0.113.2", "GET, HEAD, OPTIONS", http.StatusMethodNotAllowed},
		{"POST", "/search", "203.0.113.2", "GET, HEAD", http.StatusMethodNotAllowed},
		{"GET", "/stories/" + gone, "203.0.113.2", "Tin này đã được rút", http.StatusGone},
		{"GET", "/search?q=mot", "203.0.113.1", "hãy thử lại sau", http.StatusTooManyRequests},
	} {
		person := n.do(tt.method, tt.path, "X-Forwarded-For", tt.from, "Accept", "text/html,application/xhtml+xml")
		page := n.body(person)
		if person.StatusCode != tt.status || person.Header.Get("Content-Type") != "text/html; charset=utf-8" || person.Header.Get("Content-Security-Policy") != render.PagePolicy {
			t.Errorf("%s %s: a person gets %d %v", tt.method, tt.path, person.StatusCode, person.Header)
		}
		for _, want := range []string{"Không xem được trang này", tt.says, `<a href="/">Về trang nhất</a>`, `content="noindex"`, `lang="vi"`} {
			if !strings.Contains(page, want) {
				t.Errorf("%s %s: the page lacks %s", tt.method, tt.path, want)
			}
		}
		program := n.do(tt.method, tt.path, "X-Forwarded-For", tt.from, "Accept", "application/rss+xml, */*")
		text := n.body(program)
		if program.StatusCode != tt.status || program.Header.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.Contains(text, tt.says) || strings.Contains(text, "<") {
			t.Errorf("%s %s: a program gets %d %v %s", tt.method, tt.path, program.StatusCode, program.Header, text)
		}
		if !strings.Contains(strings.Join(program.Header.Values("Vary"), ","), "Accept") {
			t.Errorf("%s %s: nothing says that the answer follows Accept", tt.method, tt.path)
		}
	}
}

// The sitemaps list the front page, the sections and every story once, the news those of two days.
func TestSitemaps(t *testing.T) {
	n := newNewsroom(t)
	n.file([]string{"kinh-te"}, report("bao-a", 1, n.clock().Add(-time.Hour)), report("bao-a", 2, n.clock().Add(-72*time.Hour)))
	story := keyOf(report("bao-a", 1, start))
	n.tell([]string{"kinh-te"}, story, "", report("bao-b", 3, n.clock().Add(-30*time.Minute)))
	n.refresh()
	type sitemap struct {
		URLs []struct {
			Loc     string `xml:"loc"`
			LastMod string `xml:"lastmod"`
			News    struct {
				Name     string `xml:"publication>name"`
				Language string `xml:"publication>language"`
				Date     string `xml:"publication_date"`
				Title    string `xml:"title"`
			} `xml:"http://www.google.com/schemas/sitemap-news/0.9 news"`
		} `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 url"`
	}
	read := func(path string) (s sitemap, locs []string) {
		t.Helper()
		if err := xml.Unmarshal([]byte(n.page(path)), &s); err != nil {
			t.Fatal(err)
		}
		for _, u := range s.URLs {
			locs = append(locs, strings.TrimPrefix(u.Loc, "https://news.example.org"))
		}
		return s, locs
	}
	_, locs := read("/sitemap.xml")
	want := []string{"/", "/sections/top", "/sections/all", "/sections/kinh-te", "/sections/the-gioi", "/stories/" + story, "/stories/" + keyOf(report("bao-a", 2, start))}
	if !slices.Equal(locs, want) {
		t.Errorf("the sitemap has %v, want %v", locs, want)
	}
	for _, path := range locs {
		n.page(path)
	}
	news, locs := read("/news-sitemap.xml")
	if !slices.Equal(locs, []string{"/stories/" + story}) {
		t.Fatalf("the news are %v", locs)
	}
	if got := news.URLs[0].News; got.Name != "Điểm tin" || got.Language != "vi" || got.Date != "2026-11-20T07:30:00Z" || !strings.HasPrefix(got.Title, "Tin số 3") {
		t.Errorf("the news are %+v", got)
	}
	n.pass(48 * time.Hour)
	n.refresh()
	if _, locs := read("/news-sitemap.xml"); len(locs) != 0 {
		t.Errorf("after two days the news are still %v", locs)
	}
}

type opmlList struct {
	Outlines []struct {
		Title    string `xml:"title,attr"`
		URL      string `xml:"xmlUrl,attr"`
		Language string `xml:"language,attr"`
	} `xml:"body>outline"`
}

func (n *newsroom) opml(path string) (lines []string) {
	n.t.Helper()
	var doc opmlList
	if err := xml.Unmarshal([]byte(n.page(path)), &doc); err != nil {
		n.t.Fatal(err)
	}
	for _, o := range doc.Outlines {
		lines = append(lines, o.Title+" "+o.URL+" "+o.Language)
	}
	return lines
}

// The list of feeds holds the sections, each in its language, and everything only where there are none;
// the list of sources those whose addresses anybody may know.
func TestListsOfFeeds(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) {
		s.Sections[1].Language = "en"
		s.Sources["kin"] = feed.Source{ID: "kin", Title: "Kín", URL: "https://kin.example/rss", Private: true}
		s.Sources["trang"] = feed.Source{ID: "trang", Title: "Trang", URL: "https://trang.example/tin", Page: &feed.Page{Item: "li"}}
		s.Sources["bao-c"] = feed.Source{ID: "bao-c", Title: "An Báo", URL: "https://c.example/rss?token=geheim", Language: "en"}
	})
	n.refresh()
	if got, want := n.opml("/feeds.opml"), []string{"Kinh tế https://news.example.org/sections/kinh-te.rss vi", "Thế giới https://news.example.org/sections/the-gioi.rss en"}; !slices.Equal(got, want) {
		t.Errorf("feeds: %q, want %q", got, want)
	}
	got := n.opml("/sources.opml")
	if len(got) != 3 || !strings.HasPrefix(got[0], "An Báo https://c.example/rss") || !strings.HasSuffix(got[0], " en") || strings.Contains(got[0], "geheim") || got[1] != "Báo A https://a.example/rss vi" {
		t.Errorf("sources: %q", got)
	}
	n.settings.Sections = nil
	if err := n.pub.Reload(n.settings); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	if got, want := n.opml("/feeds.opml"), []string{"Điểm tin https://news.example.org/sections/all.rss vi"}; !slices.Equal(got, want) {
		t.Errorf("feeds without sections: %q, want %q", got, want)
	}
}

// What the configuration alone decides is there for as long as it is in force, through news and through looks that
// find nothing new to show.
func TestWhatIsFixedStays(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 3)
	n.refresh()
	for i := range 4 {
		for _, path := range []string{"/feeds.opml", "/sources.opml", "/favicon.ico", "/manifest.webmanifest", "/assets/style.css"} {
			if res := n.get(path); res.StatusCode != http.StatusOK {
				t.Errorf("round %d: %s: %d", i, path, res.StatusCode)
			}
		}
		if res := n.get("/nowhere", "Accept", "text/html"); res.StatusCode != http.StatusNotFound || !strings.Contains(n.body(res), "<html lang=\"vi\"") {
			t.Errorf("round %d: nothing leads home from where nothing is", i)
		}
		n.pass(time.Hour)
		n.refresh() // /sections/top is due with every hour, and comes out the same
		n.file([]string{"kinh-te"}, report("bao-b", i, n.clock()))
		n.refresh()
	}
}

// The site's icon is what browsers, phones and those who share a page show.
func TestTheSitesIcon(t *testing.T) {
	n := newNewsroom(t)
	n.refresh()
	if res := n.get("/favicon.ico"); res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "image/x-icon" {
		t.Errorf("feedd's own icon: %d %v", res.StatusCode, res.Header)
	}
	n.settings.Site.Icon = feed.Picture{Type: "image/png", Data: "\x89PNG, as it were", Width: 192, Height: 192}
	if err := n.pub.Reload(n.settings); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	for _, path := range []string{"/favicon.ico", "/assets/site.png"} {
		if res := n.get(path); n.body(res) != n.settings.Site.Icon.Data || res.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%s is not the site's icon", path)
		}
	}
	var manifest struct {
		Name  string
		Icons []struct{ Src, Sizes, Type string }
	}
	if err := json.Unmarshal([]byte(n.page("/manifest.webmanifest")), &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest.Icons) != 1 || manifest.Icons[0].Src != "/assets/site.png" || manifest.Icons[0].Sizes != "192x192" || manifest.Name != "Điểm tin" {
		t.Errorf("the manifest says %+v", manifest)
	}
	if page := n.page("/"); !strings.Contains(page, `property="og:image" content="https://news.example.org/assets/site.png"`) || !strings.Contains(page, `rel="manifest"`) {
		t.Error("the page does not name the icon")
	}
}

// Pictures are loaded from the outlets only where the editor wants it, and the page's policy says so.
func TestPicturesAreTheEditorsChoice(t *testing.T) {
	n := newNewsroom(t)
	it := report("bao-b", 1, n.clock())
	it.Image = "https://b.example/anh.jpg"
	n.file([]string{"kinh-te"}, it)
	n.refresh()
	story := "/stories/" + keyOf(it)
	for _, images := range []bool{false, true} {
		n.settings.Images = images
		if err := n.pub.Reload(n.settings); err != nil {
			t.Fatal(err)
		}
		n.refresh()
		for _, path := range []string{"/", "/sections/kinh-te", "/sections/kinh-te/2026-11-20", story} {
			res := n.get(path)
			page := n.body(res)
			if strings.Contains(page, "anh.jpg") != images || strings.Contains(res.Header.Get("Content-Security-Policy"), "img-src 'self' https:") != images {
				t.Errorf("%s with pictures %v: %s", path, images, res.Header.Get("Content-Security-Policy"))
			}
			if images && !strings.Contains(page, `width="240" height="160" loading="lazy" decoding="async" referrerpolicy="no-referrer"`) {
				t.Errorf("%s: the picture has no box, or is loaded at once, or with the page's address", path)
			}
		}
	}
}

// A page of everything published is exported, the same bytes at the same path.
func TestExportHoldsThePages(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 3)
	n.refresh()
	dir := t.TempDir()
	n.export(dir)
	story := keyOf(report("bao-a", 1, start))
	if page := n.page("/stories/" + story); !strings.Contains(page, `type="application/rss&#43;xml" title="Tin số 1 của bao-a (RSS)" href="/stories/`+story+`.rss"`) {
		t.Error("a story's page does not lead to its feed")
	}
	for name, path := range map[string]string{
		"sections/top.rss": "/sections/top.rss", "sections/top/index.html": "/sections/top", "404.html": "/404.html",
		"sections/kinh-te/2026-11-20/index.html": "/sections/kinh-te/2026-11-20", "sections/all/2026-11-20/index.html": "/sections/all/2026-11-20",
		"stories/" + story + ".atom": "/stories/" + story + ".atom", "sources/bao-a.json": "/sources/bao-a.json",
		"sitemap.xml": "/sitemap.xml", "news-sitemap.xml": "/news-sitemap.xml", "feeds.opml": "/feeds.opml", "sources.opml": "/sources.opml",
		"favicon.ico": "/favicon.ico", "manifest.webmanifest": "/manifest.webmanifest", "assets/icon.svg": "/assets/icon.svg",
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if string(got) != n.page(path) {
			t.Errorf("%s is not what %s serves", name, path)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "sections/the-gioi")); err != nil || len(entries) != 3 { // its page and that compressed
		t.Errorf("a section without stories has %v %v", entries, err)
	}
}
