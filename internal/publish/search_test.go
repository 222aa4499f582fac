package publish_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish"
	"feedd/internal/publish/render"
)

// headline is a report with a headline of its own.
func headline(source string, i int, age time.Duration, title, summary string) feed.Item {
	it := report(source, i, start.Add(-age))
	it.Title, it.Summary = title, summary
	return it
}

// found lists the headlines of a feed in JSON, and its ids.
func (n *newsroom) found(path string) (titles, ids []string) {
	n.t.Helper()
	var doc struct {
		Items []struct{ ID, Title string } `json:"items"`
	}
	if err := json.Unmarshal([]byte(n.page(path)), &doc); err != nil {
		n.t.Fatal(err)
	}
	for _, it := range doc.Items {
		titles, ids = append(titles, it.Title), append(ids, it.ID)
	}
	return titles, ids
}

func search(q string, more ...string) string {
	return "/search.json?q=" + url.QueryEscape(q) + strings.Join(more, "")
}

func TestSearchFinds(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) {
		s.Sources["bao-c"] = feed.Source{ID: "bao-c", Title: "Báo C", URL: "https://c.example/rss", Rights: feed.RightsHeadline}
	})
	n.file([]string{"kinh-te"},
		headline("bao-a", 1, 5*time.Hour, "Hòa Bình mở hội", "Tóm tắt một"),
		headline("bao-a", 2, 4*time.Hour, "Hoà bình lập lại", "Lãi suất giảm mạnh"),
		headline("bao-b", 3, 3*time.Hour, "Lãi suất huy động tiếp tục giảm", "Ngân hàng"),
		headline("bao-c", 4, 2*time.Hour, "Tin chỉ có tiêu đề", "Lãi suất trong tóm tắt không được nêu"))
	n.file([]string{"the-gioi"}, headline("bao-b", 5, time.Hour, "Xuất khẩu gạo và VN-Index", "Nhà nước hòa bình"))
	n.refresh()
	all := []string{"Xuất khẩu gạo và VN-Index", "Hoà bình lập lại", "Hòa Bình mở hội"}
	for path, want := range map[string][]string{
		search("hoà bình"):                                       all,
		search("hòa bình"):                                       all,
		search("hoa binh"):                                       all,
		search("HOÀ BÌNH", "&limit=2"):                           all[:2],
		search("hoa binh", "&section=kinh-te"):                   all[1:],
		search("hoa binh", "&source=bao-b"):                      all[:1],
		search("hoa binh", "&section=all&order=time"):            all,
		search("hoa binh, -xuất khẩu"):                           all[1:],
		search("hoa binh -xuất khẩu -lập lại"):                   all[2:],
		search("lãi suất"):                                       {"Lãi suất huy động tiếp tục giảm", "Hoà bình lập lại"}, // not by a summary that may not be shown
		search("lãi suất ~5 giảm"):                               {"Lãi suất huy động tiếp tục giảm", "Hoà bình lập lại"},
		search("lãi suất ~1 tiếp tục"):                           nil,
		search("giảm ~5 lãi"):                                    {"Lãi suất huy động tiếp tục giảm", "Hoà bình lập lại"},
		search("lãi ~4 giam"):                                    {"Hoà bình lập lại"},
		search("lãi ~0 suất ~0 giảm"):                            {"Hoà bình lập lại"},
		search("lãi ~9 giảm"):                                    {"Lãi suất huy động tiếp tục giảm", "Hoà bình lập lại"},
		search("xuất kh*"):                                       {"Xuất khẩu gạo và VN-Index"},
		search(`"VN-Index"`):                                     {"Xuất khẩu gạo và VN-Index"},
		search(`"Vn-index"`):                                     nil,
		search("không có chữ này"):                               nil,
		search("lãi suất", "&order=rank"):                        {"Lãi suất huy động tiếp tục giảm", "Hoà bình lập lại"},
		"/sources/bao-c.json":                                    {"Tin chỉ có tiêu đề"},
		"/stories/" + keyOf(report("bao-a", 1, start)) + ".json": {"Hòa Bình mở hội"},
	} {
		got, ids := n.found(path)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
		for i, title := range got {
			if !strings.Contains(n.page("/sections/all.json"), ids[i]) {
				t.Errorf("%s: %s has the id %s, which no section has", path, title, ids[i])
			}
		}
	}
	if body := n.page(search("lãi suất")); strings.Contains(body, "không được nêu") || strings.Contains(n.page("/sources/bao-c.rss"), "không được nêu") {
		t.Error("a summary is shown that may not be")
	}
}

// A spelling that is rare among many that fold alike is behind as many as one answer looks at. The page says how far
// back it looked, and what it leads to goes on there; the feeds say that they are not complete.
func TestSearchGoesOn(t *testing.T) {
	n := newNewsroom(t)
	const many = 1300
	items := make([]feed.Item, many)
	for i := range items {
		items[i] = headline("bao-a", i, time.Duration(i)*time.Second, fmt.Sprintf("Lãi suất giảm lần %d", i), "")
	}
	items[many-1].Title = "Con giâm bông"
	n.fileAll([]string{"kinh-te"}, items)
	n.refresh()
	page := n.page("/search?q=" + url.QueryEscape(`"giâm"`))
	older := regexp.MustCompile(`href="(/search\?[^"]*older=\d+)"`).FindStringSubmatch(page)
	if older == nil || !strings.Contains(page, "Đã tìm ngược đến") || strings.Contains(page, "bông") {
		t.Fatalf("leads to nothing older: %s", page)
	}
	if feeds := n.page("/search.rss?q=" + url.QueryEscape(`"giâm"`)); !strings.Contains(feeds, "tin cũ hơn có thể bị sót") || strings.Contains(page, "search.rss?q=%22gi%C3%A2m%22&amp;older") {
		t.Errorf("the feed does not say that it is bounded, or begins further back: %.600s", feeds)
	}
	if page = n.page(html.UnescapeString(older[1])); !strings.Contains(page, "Con giâm bông") || strings.Contains(page, "older=") || strings.Contains(page, "Đã tìm ngược đến") {
		t.Errorf("further back: %s", page)
	}

	// What is found is told to its end, page by page, each once.
	seen := map[string]bool{}
	pages := 0
	for at := "/search?limit=100&q=gi%E1%BA%A3m"; at != ""; pages++ {
		page := n.page(at)
		for _, m := range regexp.MustCompile(`Lãi suất giảm lần \d+`).FindAllString(page, -1) {
			seen[m] = true
		}
		at = ""
		if older := regexp.MustCompile(`href="(/search\?[^"]*older=\d+)"`).FindStringSubmatch(page); older != nil {
			at = html.UnescapeString(older[1])
		}
		if pages > many/100 {
			t.Fatal("no end")
		}
	}
	if len(seen) != many-1 || pages != many/100 {
		t.Errorf("%d stories on %d pages, want %d on %d", len(seen), pages, many-1, many/100)
	}
	for _, refused := range []string{"/search?q=tin&older=x", "/search?q=tin&older=0", "/search?q=tin&older=99999999999999999999"} {
		if res := n.get(refused); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", refused, res.StatusCode)
		}
	}
}

// More stories are of one second than a page takes: each is on one page, in the order of their keys, and on no other, though
// they have reports of several outlets, which arrived in another order.
func TestSearchPagesWithinASecond(t *testing.T) {
	n := newNewsroom(t)
	const many, limit = 23, 5
	var items []feed.Item
	var want []string
	for i := range many {
		at := time.Hour
		if i%7 == 0 {
			at += time.Duration(i) * time.Second
		}
		it := headline("bao-a", i, at-time.Duration(i%3)*time.Millisecond, fmt.Sprintf("Cùng giây số %d", i), "")
		items, want = append(items, it), append(want, it.Title)
	}
	n.fileAll([]string{"kinh-te"}, items)
	for i := range items { // told by another outlet, too
		key := keyOf(items[len(items)-1-i])
		n.tell([]string{"kinh-te"}, key, key, headline("bao-b", many+i, 0, "Cùng giây, báo khác", ""))
	}
	n.refresh()
	got, pages := n.turned(fmt.Sprintf("/search?limit=%d&q=giây", limit), `Cùng giây số \d+`)
	all, _ := n.found("/search.json?limit=100&q=giây")
	if !slices.Equal(got, all) || len(all) != many || pages != (many+limit-1)/limit {
		t.Errorf("on %d pages:\n%q, want as on one:\n%q", pages, got, all)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// turned lists what is found by an expression on the pages of a search, the first of which is at this address, each as
// often as it is shown.
func (n *newsroom) turned(at, expression string) (found []string, pages int) {
	n.t.Helper()
	for ; at != ""; pages++ {
		page := n.page(at)
		main := page[strings.Index(page, "<main"):]
		found = append(found, regexp.MustCompile(expression).FindAllString(main, -1)...)
		at = ""
		if older := regexp.MustCompile(`href="(/search\?[^"]*older=[^"]+)"`).FindStringSubmatch(main); older != nil {
			at = html.UnescapeString(older[1])
		}
		if pages > 50 {
			n.t.Fatal("no end")
		}
	}
	return found, pages
}

// More reports are of one second than one answer looks at, and each story has one on either side of where it ends.
func TestSearchPagesThroughACrowdedSecond(t *testing.T) {
	n := newNewsroom(t)
	const many = 1300
	items, again := make([]feed.Item, many), make([]feed.Item, many)
	for i := range items {
		items[i] = headline("bao-a", i, time.Hour, fmt.Sprintf("Cùng giây số %d.", i), "")
		again[i] = headline("bao-b", i, time.Hour, "Cùng giây, báo khác", "")
	}
	n.fileAll([]string{"kinh-te"}, items)
	n.fileBeside(items, again)
	n.refresh()
	got, _ := n.turned("/search?limit=100&q=giây", `Cùng giây số \d+\.`)
	seen := map[string]int{}
	for _, title := range got {
		seen[title]++
	}
	if len(got) != many || len(seen) != many {
		t.Errorf("%d entries were shown, %d of them different, want each of %d once", len(got), len(seen), many)
	}
}

// Pages in the order of rank leave nothing out: what the first ones do not show of the newest entries follows, and then
// what is older.
func TestRankedPagesLoseNothing(t *testing.T) {
	n := newNewsroom(t)
	const many, limit = 700, 100
	items := make([]feed.Item, many)
	for i := range items {
		items[i] = headline("bao-a", i, time.Duration(i)*time.Minute, fmt.Sprintf("Bài số %d.", i), "Lãi suất giảm")
		if i%50 == 49 {
			items[i] = headline("bao-a", i, time.Duration(i)*time.Minute, fmt.Sprintf("Bài số %d. nói về lãi suất", i), "")
		}
	}
	n.fileAll([]string{"kinh-te"}, items)
	n.fileBeside(items[120:121], []feed.Item{headline("bao-b", 120, 120*time.Minute, "Lãi suất, báo khác", "")})
	n.refresh()
	got, pages := n.turned(fmt.Sprintf("/search?q=lãi+suất&order=rank&limit=%d", limit), `Bài số \d+\.`)
	if len(got) != many || pages != many/limit {
		t.Errorf("%d entries on %d pages, want %d on %d", len(got), pages, many, many/limit)
	}
	first := []string{"Bài số 120.", "Bài số 49.", "Bài số 99.", "Bài số 149.", "Bài số 199.", "Bài số 0.", "Bài số 1."}
	if len(got) < len(first) || !slices.Equal(got[:len(first)], first) {
		t.Errorf("%q lead, want %q", got[:min(len(got), len(first))], first)
	}
	slices.Sort(got)
	if once := slices.Compact(got); len(once) != many {
		t.Errorf("%d different entries", len(once))
	}
}

// Visitors are refused in the language of the site, on pages and feeds alike.
func TestRefusesInTheLanguageOfTheSite(t *testing.T) {
	n := newNewsroom(t)
	if body := n.body(n.get("/sections/kinh-te.rss")); !strings.Contains(body, "Chưa có gì được xuất bản") {
		t.Errorf("before anything is published: %q", body)
	}
	n.fill("kinh-te", 3)
	n.refresh()
	for query, says := range map[string]string{
		"q=tin&page=2":                         `Tìm kiếm không có tham số "page"; chỉ có q, section, source, limit, order, older.`,
		"q=tin&limit=0":                        `limit là một số từ 1 đến 100, không phải "0".`,
		"q=tin&q=so":                           "Tham số q được ghi hai lần.",
		"q=tin&section=nhac":                   `Không có chuyên mục "nhac".`,
		"q=tin&source=nobody":                  `Không có nguồn "nobody".`,
		"q=tin&order=size":                     `order là time hoặc rank, không phải "size".`,
		"q=tin&older=5-x":                      `older là giá trị do một trang kết quả của câu tìm này đưa ra, không phải "5-x".`,
		"q=-tin":                               "Không tìm như vậy được: câu tìm không có từ nào phải có.",
		"q=a*":                                 "Không tìm như vậy được: a*: a* sẽ khớp với gần như mọi chuỗi; hãy viết ít nhất hai chữ cái trước dấu sao.",
		"q=%2Ftin%7C(%2F":                      "Không tìm như vậy được: /tin|(/: ở đây tìm bằng từ, không bằng biểu thức chính quy.",
		"q=%zz":                                "Không đọc được địa chỉ của câu tìm này: sau mỗi dấu % là hai chữ số từ 0 đến F, giữa các tham số là dấu &.",
		"q=tin&x=" + strings.Repeat("a", 5000): "Câu tìm quá dài.",
	} {
		for _, path := range []string{"/search?", "/search.rss?", "/search.atom?", "/search.json?"} {
			res := n.get(path + query)
			if body := n.body(res); res.StatusCode != http.StatusBadRequest || strings.TrimSpace(body) != says {
				t.Errorf("%s%.60s: %d %q, want %q", path, query, res.StatusCode, body, says)
			}
		}
	}
	for path, says := range map[string]string{
		"/search.rss":         "Hãy ghi điều cần tìm: /search.rss?q=từ cần tìm.",
		"/nowhere.rss":        "Không có gì ở địa chỉ này.",
		"/partners/x/y.rss":   "Nguồn cấp này dành cho đối tác.",
		"/sources/nobody.rss": "Không có gì ở địa chỉ này.",
	} {
		if body := n.body(n.get(path)); !strings.Contains(body, says) {
			t.Errorf("%s: %q, want %q", path, body, says)
		}
	}
}

// A person whose words are no search keeps them, and the form to write them otherwise.
func TestSearchAsksAgain(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 3)
	n.refresh()
	const path = "/search?q=tin+%22l%E1%BA%A1&section=kinh-te"
	res := n.get(path, "Accept", "text/html,application/xhtml+xml")
	page := n.body(res)
	if res.StatusCode != http.StatusBadRequest || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Content-Security-Policy") != render.WithForm(render.PagePolicy) {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	for _, want := range []string{`value="tin &#34;lạ"`, `<option value="kinh-te" selected>`, `role="alert">Không tìm như vậy được: `, `aria-invalid="true"`, `content="noindex"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	if strings.Contains(page, "Số tin tìm thấy") || strings.Contains(page, "/search.rss") {
		t.Errorf("the page tells what was found:\n%s", page)
	}
	for _, other := range []string{path, strings.Replace(path, "/search?", "/search.rss?", 1)} {
		if res := n.get(other, "Accept", "*/*"); res.Header.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.Contains(strings.Join(res.Header.Values("Vary"), ","), "Accept") {
			t.Errorf("a program gets for %s %v", other, res.Header)
		}
	}
}

// Three spellings of one search have one address.
func TestSearchHasOneAddress(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 3)
	n.refresh()
	want := `https://news.example.org/search.atom?q=tin+s%E1%BB%91%2C+-v%C3%A0ng&amp;section=kinh-te&amp;limit=7`
	for _, raw := range []string{"q=tin+số+-vàng&section=kinh-te&limit=7&order=time", "limit=7&section=kinh-te&q=+tin số,+-vàng", "source=&limit=7&section=kinh-te&q=%2Ctin%20số -vàng,"} {
		if body := n.page("/search.atom?" + strings.ReplaceAll(raw, " ", "+")); !strings.Contains(body, `rel="self" type="application/atom+xml" href="`+want+`"`) {
			t.Errorf("%s: its own address is another:\n%.800s", raw, body)
		}
	}
}

func TestSearchRefuses(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) { s.Site.Language = "en" })
	if res := n.get("/search?q=tin"); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("before anything is published: %d", res.StatusCode)
	}
	n.fill("kinh-te", 3)
	n.refresh()
	for query, says := range map[string]string{
		"/search.rss?q=tin&page=2":                          "q, section, source, limit, order",
		"/search?q=tin&page=2":                              "page",
		"/search.rss":                                       "q",
		"/search.rss?q=":                                    "q",
		"/search.json?q=tin&limit=0":                        "1 to 100",
		"/search.json?q=tin&limit=101":                      "1 to 100",
		"/search.json?q=tin&limit=ten":                      "1 to 100",
		"/search.json?q=tin&q=so":                           "twice",
		"/search.atom?q=tin&section=nowhere":                "nowhere",
		"/search.atom?q=tin&source=nobody":                  "nobody",
		"/search.atom?q=tin&order=size":                     "time or rank",
		"/search.atom?q=-tin":                               "no word",
		"/search.atom?q=a*":                                 "two letters",
		"/search.atom?q=%2Ftin%7Cso%2F":                     "regular expressions",
		"/search.atom?q=%FF":                                "UTF-8",
		"/search.atom?q=%zz":                                "cannot be read",
		"/search.atom?q=" + strings.Repeat("a", 1001):       "longer",
		"/search.atom?q=tin&x=" + strings.Repeat("a", 5000): "too long",
	} {
		res := n.get(query)
		if body := n.body(res); res.StatusCode != http.StatusBadRequest || !strings.Contains(body, says) || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%.60s: %d %q %q, want 400 that says %q", query, res.StatusCode, res.Header.Get("Cache-Control"), body, says)
		}
	}
	for path, want := range map[string]int{"/search": 200, "/search.xml?q=tin": 404, "/sources/nobody.rss": 404, "/sources/bao-a": 404, "/sources/bao-a.xml": 404, "/stories/0123456789abcdef.rss": 404} {
		if res := n.get(path); res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
	}
	for _, path := range []string{"/search?q=tin", "/search.rss?q=tin", "/sources/bao-a.rss", "/stories/" + keyOf(report("bao-a", 1, start)) + ".rss"} {
		if res := n.do(http.MethodPost, path); res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, res.StatusCode)
		}
	}
}

// followed are feeds that are made when they are asked for.
func followed() []string {
	var paths []string
	for _, f := range render.FeedFormats {
		paths = append(paths, "/search."+string(f)+"?q=tin+số", "/sources/bao-a."+string(f), "/stories/"+keyOf(report("bao-a", 1, start))+"."+string(f))
	}
	return paths
}

// What is followed is as stable as the feeds of sections: over time, over a restart, and over what does not
// concern it; and it answers conditional requests as they do.
func TestWhatIsFollowedIsStable(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 8)
	n.refresh()
	before := map[string]string{}
	tags := map[string]string{}
	for _, path := range followed() {
		before[path] = n.page(path)
		res := n.get(path)
		tags[path] = res.Header.Get("ETag")
		modified := res.Header.Get("Last-Modified")
		if tags[path] == "" || modified == "" || !strings.HasPrefix(res.Header.Get("Cache-Control"), "public, max-age=") || res.Header.Get("Access-Control-Allow-Origin") != "*" || len(res.Header) > 8 {
			t.Errorf("%s: %v", path, res.Header)
		}
		for _, h := range [][]string{{"If-None-Match", tags[path]}, {"If-Modified-Since", modified}} {
			if res := n.get(path, h...); res.StatusCode != http.StatusNotModified {
				t.Errorf("%s with %s: %d", path, h, res.StatusCode)
			}
		}
		if got := n.get(path, "Accept-Encoding", "gzip").Header.Get("Content-Encoding"); got != "gzip" {
			t.Errorf("%s is not packed: %q", path, got)
		}
	}
	n.pass(time.Hour)
	n.file([]string{"the-gioi"}, headline("bao-b", 77, 0, "Chuyện khác hẳn", "Không liên quan"))
	n.refresh()
	same := func(when string) {
		t.Helper()
		for _, path := range followed() {
			if got := n.page(path); got != before[path] {
				t.Errorf("%s: %s has other bytes", when, path)
			}
			if res := n.get(path, "If-None-Match", tags[path]); res.StatusCode != http.StatusNotModified {
				t.Errorf("%s: %s with its ETag: %d", when, path, res.StatusCode)
			}
		}
	}
	same("after a story elsewhere")
	n.restart()
	n.refresh()
	same("after a restart")
}

func TestWhatIsFollowedForgetsWhatIsWithdrawn(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 8)
	n.refresh()
	key := keyOf(report("bao-a", 1, start))
	id := func(path string) bool { return strings.Contains(n.page(path), ":"+key+"<") }
	for _, path := range []string{"/search.atom?q=tin", "/sources/bao-a.atom", "/stories/" + key + ".atom"} {
		if !id(path) {
			t.Fatalf("%s does not hold the entry", path)
		}
	}
	modified := n.get("/search.atom?q=tin").Header.Get("Last-Modified")
	n.pass(time.Minute)
	if _, err := n.store.Withdraw(context.Background(), []string{key}, n.clock()); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	for _, path := range []string{"/search.atom?q=tin", "/sources/bao-a.atom"} {
		if id(path) {
			t.Errorf("%s holds what was withdrawn", path)
		}
		if !strings.Contains(n.page(path), `<at:deleted-entry ref="tag:news.example.org,2026-11-20:`+key) {
			t.Errorf("%s does not say that it was withdrawn", path)
		}
	}
	if res := n.get("/search.atom?q=tin", "If-Modified-Since", modified); res.StatusCode != http.StatusOK {
		t.Errorf("who goes by the time does not learn of it: %d", res.StatusCode)
	}
	for _, path := range []string{"/stories/" + key + ".atom", "/stories/" + key + ".rss", "/stories/" + key} {
		if res := n.get(path); res.StatusCode != http.StatusGone {
			t.Errorf("%s: %d, want 410", path, res.StatusCode)
		}
	}
	if titles, _ := n.found("/search.json?q=" + url.QueryEscape("tin số 1")); slices.Contains(titles, "Tin số 1 của bao-a") {
		t.Errorf("found: %q", titles)
	}
}

func TestFollowingAStory(t *testing.T) {
	n := newNewsroom(t)
	first := headline("bao-a", 1, 3*time.Hour, "Bão vào biển Đông", "Tin một")
	n.file([]string{"kinh-te"}, first)
	second := headline("bao-b", 2, time.Hour, "Bão đổi hướng", "Tin hai")
	n.file([]string{"kinh-te"}, second)
	entries, err := n.store.Entries(t.Context(), feed.EntryQuery{Keys: []string{keyOf(second)}})
	if err != nil {
		t.Fatal(err)
	}
	entries[0].Story, entries[0].Follows = keyOf(first), keyOf(first)
	n.commit(entries...)
	n.refresh()
	titles, _ := n.found("/stories/" + keyOf(first) + ".json")
	if !slices.Equal(titles, []string{"Bão đổi hướng", "Bão vào biển Đông"}) {
		t.Errorf("%q", titles)
	}
	if body := n.page("/stories/" + keyOf(first) + ".rss"); !strings.Contains(body, "<title>Bão đổi hướng – Điểm tin</title>") || !strings.Contains(body, "<link>https://news.example.org/stories/"+keyOf(first)+"</link>") {
		t.Errorf("the feed does not name its story:\n%.600s", body)
	}
	res := n.get("/stories/" + keyOf(second) + ".rss")
	if res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != "/stories/"+keyOf(first)+".rss" {
		t.Errorf("a later development: %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
}

// The page of a search hands it over to the configuration.
func TestSearchPage(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 3)
	n.refresh()
	body := n.page("/search?q=" + url.QueryEscape(`tin số, "Tin <số>" -vàng`))
	for _, want := range []string{
		"  - id: tin-so-tin-so\n", "rules:\n      - all: [&#34;tin số&#34;, &#34;\\&#34;Tin &lt;số&gt;\\&#34;&#34;]\n        none: [&#34;vàng&#34;]",
		`value="tin số, &#34;Tin &lt;số&gt;&#34; -vàng"`, `type="application/rss&#43;xml"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if res := n.get("/search?q=tin"); !strings.Contains(res.Header.Get("Content-Security-Policy"), "form-action 'self'") {
		t.Error("the page may not send its form")
	}
	if empty := n.page("/search"); !strings.Contains(empty, `<form`) || strings.Contains(empty, "<article") {
		t.Error("the page without a search is not one to search on")
	}
	if loose := n.page("/search?q=" + url.QueryEscape("số tin")); !strings.Contains(loose, "/search?q=s%E1%BB%91%2C&#43;tin") && !strings.Contains(loose, "/search?q=s%E1%BB%91%2C+tin") {
		t.Error("words that do not stand together are not offered apart")
	}
}

func TestSearchHasARate(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) { s.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	n.fill("kinh-te", 3)
	n.refresh()
	refused := 0
	for i := range 300 {
		if n.as("203.0.113.1", fmt.Sprintf("/search.rss?q=tin+%d", i)).StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 150 {
		t.Errorf("%d of 300 searches refused", refused)
	}
	n.as("203.0.113.2", "/search.rss?q=tin")
	for range 300 {
		if res := n.as("203.0.113.2", "/search.rss?q=tin"); res.StatusCode != http.StatusOK {
			t.Fatalf("an answer that is there: %d", res.StatusCode)
		}
	}
}
