package daemon

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"feedd/internal/config"
	"feedd/internal/feed"
	"feedd/internal/publish/browsertest"
	"feedd/internal/publish/say"
)

const deskToken = "a-token-of-the-desk"

// deskHouse is a house over the invented press that has a desk.
func deskHouse(t *testing.T) *house {
	t.Helper()
	t.Setenv("FEEDD_DESK", deskToken)
	c := newClock()
	// A soft rule files what the desk is not sure of: each queue has something to judge.
	yaml := strings.Replace(newsYAML(t, c), "    title: Đời sống\n    rules:\n", "    title: Đời sống\n    rules:\n      - {any: [cồng chiêng], weight: 2}\n", 1)
	h := build(t, yaml+"\ndesk: {token_env: FEEDD_DESK}\n", c, "")
	h.look(t)
	if err := h.pub.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// visitor asks for pages of the desk without a browser.
type visitor struct {
	t      *testing.T
	h      *house
	cookie string
}

func (v *visitor) ask(method, path string, form url.Values, header ...string) *http.Response {
	v.t.Helper()
	r := httptest.NewRequestWithContext(v.t.Context(), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if v.cookie != "" {
		r.Header.Set("Cookie", v.cookie)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	v.h.handler().ServeHTTP(w, r)
	return w.Result()
}

func (v *visitor) read(path string) string {
	v.t.Helper()
	resp := v.ask(http.MethodGet, path, nil)
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		v.t.Fatalf("%s: %s, %v\n%s", path, resp.Status, err, b)
	}
	return string(b)
}

func (v *visitor) signIn(header ...string) *http.Cookie {
	v.t.Helper()
	resp := v.ask(http.MethodPost, "/desk/sign-in", url.Values{"token": {deskToken}, "name": {" Lan\n Anh "}}, header...)
	if resp.StatusCode != http.StatusSeeOther || len(resp.Cookies()) != 1 {
		v.t.Fatalf("signing in: %s, %v", resp.Status, resp.Cookies())
	}
	c := resp.Cookies()[0]
	v.cookie = c.Name + "=" + c.Value
	return c
}

var guardField = regexp.MustCompile(`name="guard" value="([^"]+)"`)

func (v *visitor) guard() string {
	v.t.Helper()
	m := guardField.FindStringSubmatch(v.read("/desk"))
	if m == nil {
		v.t.Fatal("no form of the desk is guarded")
	}
	return m[1]
}

// TestDeskDoor: nothing of the desk is there without its token, for another site's form, after signing out,
// with a cookie that was changed, or for one who guesses.
func TestDeskDoor(t *testing.T) {
	h := deskHouse(t)
	v := &visitor{t: t, h: h}
	for _, path := range []string{"/desk", "/desk/search", "/desk/queue", "/desk/decisions", "/desk/learned", "/desk/item?id=1"} {
		if resp := v.ask(http.MethodGet, path, nil); resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(resp.Header.Get("Location"), "/desk/sign-in") {
			t.Errorf("%s for a stranger: %s to %s", path, resp.Status, resp.Header.Get("Location"))
		}
	}
	if resp := v.ask(http.MethodGet, "/desk/live", nil); resp.StatusCode != http.StatusForbidden {
		t.Errorf("the line for a stranger: %s", resp.Status)
	}
	form := func(guard string) url.Values {
		return url.Values{"guard": {guard}, "do": {"none"}, "item": {"1"}}
	}
	if resp := v.ask(http.MethodPost, "/desk/do", form("")); resp.StatusCode != http.StatusForbidden {
		t.Errorf("an order of a stranger: %s", resp.Status)
	}

	if c := v.signIn(); !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure {
		t.Errorf("the cookie: %+v", c)
	}
	if c := v.signIn("X-Forwarded-Proto", "https"); !c.Secure {
		t.Error("the cookie travels without TLS where the site has it")
	}
	if body := v.read("/desk"); !strings.Contains(body, "Lan Anh") {
		t.Error("the desk does not say who is signed in")
	}
	guard := v.guard()
	if resp := v.ask(http.MethodPost, "/desk/do", form("")); resp.StatusCode != http.StatusForbidden {
		t.Errorf("an order without a guard: %s", resp.Status)
	}
	if resp := v.ask(http.MethodPost, "/desk/do", form(guard), "Sec-Fetch-Site", "cross-site"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("an order from another site: %s", resp.Status)
	}
	if all, err := h.Decisions(t.Context()); err != nil || len(all) != 0 {
		t.Fatalf("%d decisions of strangers (%v)", len(all), err)
	}
	if resp := v.ask(http.MethodPost, "/desk/do", form(guard)); resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/desk?done=1" {
		t.Errorf("a guarded order: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	for _, back := range []string{"https://evil.example/desk", "//evil.example/desk", "/deskevil", `/desk/\evil.example`, "/sections/all"} {
		f := form(guard)
		f.Set("back", back)
		if resp := v.ask(http.MethodPost, "/desk/do", f); !strings.HasPrefix(resp.Header.Get("Location"), "/desk?done=") {
			t.Errorf("back to %s led to %s", back, resp.Header.Get("Location"))
		}
	}
	changed := &visitor{t: t, h: h, cookie: strings.Replace(v.cookie, "=", "=A", 1)}
	if resp := changed.ask(http.MethodGet, "/desk", nil); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("a changed cookie: %s", resp.Status)
	}
	if resp := v.ask(http.MethodPost, "/desk/sign-out", form(guard)); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("signing out: %s", resp.Status)
	}
	if resp := v.ask(http.MethodGet, "/desk", nil); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the cookie of one who signed out: %s", resp.Status)
	}
	v.signIn()
	h.clock.advance(13 * time.Hour)
	if resp := v.ask(http.MethodGet, "/desk", nil); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("a session of yesterday: %s", resp.Status)
	}

	wrong := url.Values{"token": {"another"}, "name": {"Lan"}}
	for n := range 10 {
		if resp := v.ask(http.MethodPost, "/desk/sign-in", wrong); resp.StatusCode != http.StatusForbidden {
			t.Fatalf("wrong token %d: %s", n, resp.Status)
		}
	}
	right := url.Values{"token": {deskToken}, "name": {"Lan"}}
	if resp := v.ask(http.MethodPost, "/desk/sign-in", right); resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
		t.Errorf("the right token after ten wrong ones: %s", resp.Status)
	}
	h.clock.advance(10 * time.Second)
	if resp := v.ask(http.MethodPost, "/desk/sign-in", right); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the right token later: %s", resp.Status)
	}
}

// TestNoDesk: without a token there is none.
func TestNoDesk(t *testing.T) {
	c := newClock()
	h := build(t, newsYAML(t, c), c, "")
	v := &visitor{t: t, h: h}
	for _, path := range []string{"/desk", "/desk/sign-in", "/desk/desk.css"} {
		if resp := v.ask(http.MethodGet, path, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

// TestDeskSearch: words and filters narrow what is found.
func TestDeskSearch(t *testing.T) {
	h := deskHouse(t)
	v := &visitor{t: t, h: h}
	v.signIn()
	count := func(query string) int {
		return strings.Count(v.read("/desk/search?"+query), `<h3><a href="/desk/item?id=`)
	}
	var told feed.Entry // by several outlets in words of their own
	for _, e := range h.standing(t) {
		if len(e.Reports) > 1 && len(e.Sections) > 0 && e.Reports[0].Source != e.Reports[1].Source {
			told = e
		}
	}
	lead := told.LeadItem()
	words := "q=" + url.QueryEscape(`"`+lead.Title+`"`)
	all, titled, other := count(""), count(words), count(words+"&source="+told.Reports[1].Source+"&state=withdrawn")
	if all != 40 || titled == 0 || titled >= all || other != 0 || count(words+"&source="+lead.Source) == 0 {
		t.Errorf("found %d, %d with the words of a headline, %d of them withdrawn", all, titled, other)
	}
	if body := v.read("/desk/search?" + words + "&section=" + told.Sections[0]); !strings.Contains(body, fmt.Sprintf("item?id=%d\"", lead.ID)) {
		t.Error("a section's item is not found in it")
	}
	if filed, unsorted := count("state=filed"), count("state=unsorted"); filed == 0 || unsorted == 0 || count("state=dropped") != 0 {
		t.Errorf("%d filed, %d unsorted", filed, unsorted)
	}
	day := h.clock.now().Format(time.DateOnly)
	if count("since="+day) != all || count("until=2020-01-01") != 0 {
		t.Error("days do not narrow the search")
	}
	if body := v.read("/desk/search?since=gestern"); !strings.Contains(body, "2026-03-09") {
		t.Error("a day that is none is not told of")
	}
	if body := v.read("/desk/search?q=" + url.QueryEscape("/[/")); !strings.Contains(body, `role="alert"`) {
		t.Error("a query that cannot be read is not told of")
	}
	if body := v.read("/desk/search?q="); !strings.Contains(body, "below=") {
		t.Error("nothing leads to what is older")
	}
}

// TestDeskSpeaksItsLanguage: nothing that the machine says stands in English on a Vietnamese desk: reasons, mistakes,
// warnings, expectations, and why something cannot be done.
func TestDeskSpeaksItsLanguage(t *testing.T) {
	h := deskHouse(t)
	v := &visitor{t: t, h: h}
	v.signIn()
	h.noteSave(h.current(), nil, edition{}, refusalOf(t, "sources: [{id: A b, url: x, schedule: '* *'}]\nsections: [{id: a, rules: [{any: ['bão* lũ*x'], weight: ja}], order: tim}]\n"))
	_, notThere := h.As("").Split(t.Context(), "0123456789abcdef", "1")
	pages := []string{"/desk", "/desk/live", "/desk/queue", "/desk/learned?section=kinh-te&strike=x", "/desk/search?q=" + url.QueryEscape("/[/"), "/desk/search?q=" + url.QueryEscape("-bão")}
	if body := v.read("/desk"); !strings.Contains(body, "order phải là time hoặc coverage") || !strings.Contains(body, "weight cần một số") {
		t.Error("a key of the configuration is not called by its name")
	}
	said := 0
	for _, e := range h.standing(t) {
		for _, r := range e.Reports {
			pages = append(pages, fmt.Sprintf("/desk/item?id=%d", r.ID))
			said += len(r.Why.Said) + len(r.Why.Against)
		}
	}
	if said < 10 {
		t.Fatalf("only %d reasons", said)
	}
	for _, path := range pages {
		if body := v.read(path); strings.Contains(body, `<span lang="en">`) || strings.Contains(body, `dd lang="en"`) {
			i := max(strings.Index(body, `<span lang="en">`), strings.Index(body, `dd lang="en"`))
			t.Errorf("%s speaks English: %s", path, body[i:min(len(body), i+200)])
		}
	}
	if text, whole := say.In("vi", feed.TextOf(notThere)); !whole || strings.Contains(text, "known") {
		t.Errorf("what cannot be done is told in English: %s", text)
	}
}

// TestDeskSaysAReasonOnce: reports that are in a section for the same reason are told of together.
func TestDeskSaysAReasonOnce(t *testing.T) {
	h := deskHouse(t)
	v := &visitor{t: t, h: h}
	v.signIn()
	several := 0
	for _, e := range h.standing(t) {
		page := v.read(fmt.Sprintf("/desk/item?id=%d", e.Reports[0].ID))
		for _, m := range regexp.MustCompile(`(?s)<ul class="reasons">.*?</ul>`).FindAllString(page, -1) {
			said := map[string]bool{}
			for _, r := range regexp.MustCompile(`(?s)<li>(.*?)<small>(.*?)</small>`).FindAllStringSubmatch(m, -1) {
				if said[r[1]] {
					t.Errorf("%s stands twice in %s", r[1], m)
				}
				said[r[1]] = true
				several += strings.Count(r[2], ", ")
			}
		}
	}
	if several == 0 {
		t.Error("no reason is that of several reports")
	}
}

// TestDeskReadsOldReasons: what an earlier version stored as sentences in English is told in Vietnamese, too, and so are the terms
// of a rule and where they were found.
func TestDeskReadsOldReasons(t *testing.T) {
	h := deskHouse(t)
	v := &visitor{t: t, h: h}
	v.signIn()
	path, ok := strings.CutPrefix(h.db, "sqlite:")
	if !ok {
		t.Fatalf("the store is %s", h.db)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	stored := 0
	var pages []string
	for _, e := range h.standing(t) {
		for _, r := range e.Reports {
			w := r.Why
			w.Tell()
			w.Said, w.Against = nil, nil
			b, err := json.Marshal(w)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec("UPDATE items SET why = $1 WHERE id = $2", string(b), r.ID); err != nil {
				t.Fatal(err)
			}
			if w.Reason != "" {
				stored++
			}
			pages = append(pages, fmt.Sprintf("/desk/item?id=%d", r.ID))
		}
	}
	if stored < 5 {
		t.Fatalf("only %d sentences are stored", stored)
	}
	vietnamese := 0
	for _, path := range pages {
		body := v.read(path)
		for _, english := range []string{`<span lang="en">`, "of at least", "report ", " (title", " (summary", ", summary)", "the same ", "everything from"} {
			if i := strings.Index(body, english); i >= 0 {
				t.Errorf("%s speaks English: %s", path, body[max(0, i-100):min(len(body), i+100)])
			}
		}
		vietnamese += strings.Count(body, "cần ít nhất") + strings.Count(body, "cùng tiêu đề với") + strings.Count(body, "(tiêu đề") + strings.Count(body, "mọi tin từ")
	}
	if vietnamese < 10 {
		t.Errorf("only %d reasons are told", vietnamese)
	}
}

// TestFailuresInTheReadersLanguage: why a source fails stands on a Vietnamese status page and in its alarm in Vietnamese, whatever
// the network or a selector says of it.
func TestFailuresInTheReadersLanguage(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer secure.Close()
	odd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/404":
			w.WriteHeader(http.StatusNotFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/robots.txt":
			_, _ = io.WriteString(w, "User-agent: *\nDisallow: /closed\n")
		case "/hangup":
			panic(http.ErrAbortHandler)
		default:
			_, _ = io.WriteString(w, "<html><title>Trang chủ</title><p>Không có gì.</p></html>")
		}
	}))
	odd.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer odd.Close()
	yaml := "site: {language: vi, title: Điểm tin, url: 'https://news.example.org'}\ndefaults: {allow_private: true, timeout: 5s, host_interval: 1ms}\nalerts: {failures: 1}\nsources:\n"
	want := map[string]string{"refused": "từ chối kết nối", "tls": "chứng chỉ", "missing": "404", "round": "vòng quanh", "page": "không thấy gì trên trang",
		"closed": "robots.txt", "html": "trang web", "hangup": "ngắt kết nối", "private": "địa chỉ nội bộ"}
	for id, line := range map[string]string{
		"refused": "url: " + gone.URL, "tls": "url: " + secure.URL, "missing": "url: " + odd.URL + "/404", "round": "url: " + odd.URL + "/round",
		"page": "url: " + odd.URL + "/page, page: {item: 'ul > li', title: a, link: a@href}", "closed": "url: " + odd.URL + "/closed, page: {item: 'ul > li', title: a, link: a@href}",
		"html": "url: " + odd.URL + "/html", "hangup": "url: " + odd.URL + "/hangup", "private": "url: " + odd.URL + "/x, allow_private: false",
	} {
		yaml += "  - {id: " + id + ", " + line + "}\n"
	}
	h := build(t, yaml, newClock(), "")
	h.collect(t)
	states, err := h.store.States(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, h: h}
	body := v.read("/sources")
	for id, words := range want {
		st := states[id]
		if st.Error == "" {
			t.Errorf("%s did not fail", id)
			continue
		}
		text, ok := say.Detail("vi", st.Error)
		if !ok || !strings.Contains(text, words) {
			t.Errorf("%s: %q is told as %q", id, st.Error, text)
		}
		row := body[strings.Index(body, `id="`+id+`-source"`):]
		row = row[:strings.Index(row, "</li>")]
		if !strings.Contains(row, words) {
			t.Errorf("the status page says of %s: %s", id, row)
		}
		for _, english := range []string{" refuse", "certificate", "answered", "redirect", " finds ", " does not ", " web page", "unexpected", "hung up", "allowed"} {
			if strings.Contains(row, english) {
				t.Errorf("the status page says %q of %s: %s", english, id, row)
			}
		}
	}
}

// refusalOf is the mistakes of a configuration.
func refusalOf(t *testing.T, yaml string) error {
	t.Helper()
	_, err := ParseConfig("feeds.yaml", []byte(yaml))
	var mistakes config.Errors
	if !errors.As(err, &mistakes) || len(mistakes) < 4 {
		t.Fatalf("the file has the mistakes %v", err)
	}
	return err
}

// clicks is an editor at a browser.
type clicks struct {
	t    *testing.T
	ctx  context.Context
	site string
}

func (c *clicks) do(steps ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	if err := chromedp.Do(c.ctx, steps...); err != nil {
		c.t.Fatal(err)
	}
}

// press clicks a button and waits for the page that it leads to.
func (c *clicks) press(selector string) {
	c.t.Helper()
	resp, err := chromedp.RunResponse(c.ctx, chromedp.Click(selector))
	if err != nil {
		c.t.Fatalf("%s: %v", selector, err)
	}
	if resp.Status != http.StatusOK {
		c.t.Fatalf("%s: %d, %s", selector, resp.Status, browsertest.Eval[string](c.t, c.ctx, `document.body.innerText`))
	}
}

func (c *clicks) signIn() {
	c.t.Helper()
	c.do(chromedp.Navigate(c.site+"/desk"), chromedp.SetValue("#name", "Lan Anh"), chromedp.SetValue("#token", deskToken))
	c.press("main button")
}

// lessons are what is learned from what the editors said.
type lessons struct {
	labels []feed.Label // of the sections
	titles int          // pairs of headlines, of the stories
}

func (h *house) learned(t *testing.T) (all lessons) {
	t.Helper()
	if err := h.store.Labels(t.Context(), func(l feed.Label) {
		if l.Outlet == "" {
			all.labels = append(all.labels, l)
		}
	}); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all.labels, func(a, b feed.Label) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	words, err := h.store.Words(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range words {
		if w.Titles[0] != "" && w.Titles[1] != "" {
			all.titles++
		}
	}
	return all
}

// TestDeskButtons presses every button of the desk in a browser that runs no scripts, and its undo: what
// readers see is then as it was before.
func TestDeskButtons(t *testing.T) {
	ctx := browsertest.Open(t, 2*time.Minute)
	h := deskHouse(t)
	site := httptest.NewServer(h.handler())
	defer site.Close()
	c := &clicks{t, ctx, site.URL}
	c.signIn()
	browsertest.Scripts(t, ctx, false)

	var many, single, other feed.Entry
	for _, e := range h.standing(t) {
		last := &e.Reports[len(e.Reports)-1]
		switch {
		case many.Key == "" && len(e.Reports) > 2 && last.OwnEntry() != e.Key && e.Key == e.Story && len(e.Sections) > 0:
			many = e
		case single.Key == "" && e.Key == e.Story:
			single = e
		case other.Key == "" && e.Key == e.Story:
			other = e
		}
	}
	if many.Key == "" || other.Key == "" {
		t.Fatal("the press tells too few stories")
	}
	item := func(id int64) string { return fmt.Sprintf("/desk/item?id=%d", id) }
	last := many.Reports[len(many.Reports)-1]
	const (
		same   = "same"   // readers see no difference: it is said for what comes later
		labels = "labels" // the sections learn from it
		titles = "titles" // the stories learn from it
	)
	for _, b := range []struct{ name, path, fill, with, button, readers, learns string }{
		{"file", item(many.Reports[0].ID), "#into", "english", `button[value="file"]`, "", labels},
		{"unfile", item(many.Reports[0].ID), "", "", `button[value^="unfile "]`, "", ""},
		{"split", item(last.ID), "", "", fmt.Sprintf(`form:has(input[name="item"][value="%d"]) button[value="split"]`, last.ID), "", titles},
		{"split of the first report", item(last.ID), "", "", fmt.Sprintf(`form:has(input[name="item"][value="%d"]) button[value="split"]`, many.Reports[0].ID), "", titles},
		{"join", item(single.Reports[0].ID), "#other", other.Story, `button[value="join"]`, "", titles},
		{"join from the search", "/desk/search?join=" + single.Story + "&q=" + url.QueryEscape(`"`+other.Reports[0].Title+`"`), "", "", `button[value="join"]`, "", titles},
		{"retract", item(single.Reports[0].ID), "", "", `button[value="retract"]`, "", ""},
		{"queue: a section", "/desk/queue", "", "", `#unsorted ~ ul button[value^="file "]`, "", labels},
		{"queue: none of them", "/desk/queue", "", "", `#unsorted ~ ul button[value="none"]`, same, labels},
		{"queue: rightly filed", "/desk/queue", "", "", `#filed ~ ul button[value^="file "]`, "", labels},
		{"queue: wrongly filed", "/desk/queue", "", "", `#filed ~ ul button[value^="unfile "]`, "", labels},
		{"queue: one story", "/desk/queue", "", "", `#joined ~ ul button[value="confirm"]`, same, titles},
		{"queue: two stories", "/desk/queue", "", "", `#joined ~ ul button[value="split"]`, "", titles},
		{"overview: a section", "/desk", "", "", `#unsorted ~ ul button[value^="file "]`, "", labels},
		{"overview: rightly filed", "/desk", "", "", `#filed ~ ul button[value^="file "]`, "", labels},
		{"overview: two stories", "/desk", "", "", `#joined ~ ul button[value="split"]`, "", titles},
	} {
		before := h.standing(t)
		learned := h.learned(t)
		said, err := h.Decisions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		c.do(chromedp.Navigate(c.site + b.path))
		if b.fill != "" {
			c.do(chromedp.SetValue(b.fill, b.with))
		}
		c.press(b.button)
		if cmp.Equal(before, h.standing(t)) != (b.readers == same) {
			t.Errorf("%s: what readers see changed: %v", b.name, b.readers == same)
		}
		if learns := h.learned(t); b.learns == labels && slices.Equal(learned.labels, learns.labels) || b.learns == titles && learned.titles == learns.titles {
			t.Errorf("%s: nothing is learned from it", b.name)
		}
		now, err := h.Decisions(ctx)
		if err != nil || len(now) != len(said)+1 || now[0].By != "Lan Anh" {
			t.Fatalf("%s: %d decisions after %d (%v)", b.name, len(now), len(said), err)
		}
		if at, err := chromedp.Run(ctx, chromedp.Location()); err != nil || !strings.HasPrefix(at, c.site+strings.Split(b.path, "?")[0]) {
			t.Errorf("%s: led to %s (%v)", b.name, at, err)
		}
		c.press(`.flash button[value^="undo "]`)
		if diff := cmp.Diff(before, h.standing(t)); diff != "" {
			t.Errorf("%s: taken back, readers see something else: %s", b.name, diff)
		}
		if diff := cmp.Diff(learned, h.learned(t), cmp.AllowUnexported(lessons{})); diff != "" {
			t.Errorf("%s: taken back, something else is learned: %s", b.name, diff)
		}
		if now, err := h.Decisions(ctx); err != nil || len(now) != len(said) {
			t.Errorf("%s: %d decisions after the undo, want %d (%v)", b.name, len(now), len(said), err)
		}
	}

	// The list of decisions undoes, too, and the page of an item whose story was retracted.
	for _, path := range []string{"/desk/decisions", item(single.Reports[0].ID)} {
		before := h.standing(t)
		c.do(chromedp.Navigate(c.site + item(single.Reports[0].ID)))
		c.press(`button[value="retract"]`)
		c.do(chromedp.Navigate(c.site + path))
		c.press(`.decisions button[value^="undo "]`)
		if diff := cmp.Diff(before, h.standing(t)); diff != "" {
			t.Errorf("undone at %s: %s", path, diff)
		}
	}
}

// TestDeskLearned strikes a learned word out in a browser that runs no scripts: the page shows the line,
// and with that line in the file the word says nothing for the section any more.
func TestDeskLearned(t *testing.T) {
	ctx := browsertest.Open(t, time.Minute)
	h := deskHouse(t)
	site := httptest.NewServer(h.handler())
	defer site.Close()
	c := &clicks{t, ctx, site.URL}
	c.signIn()
	browsertest.Scripts(t, ctx, false)

	var section string
	ids := h.SectionIDs()
	for i, e := range h.standing(t) { // the editor teaches two sections
		if _, err := h.As("Lan").File(ctx, fmt.Sprint(e.Reports[0].ID), ids[i%2], false); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range h.current().Sections {
		if l, err := h.Learned(ctx, s.ID, 100); err != nil {
			t.Fatal(err)
		} else if len(l.Words) > 2 {
			section = s.ID
		}
	}
	if section == "" {
		t.Fatal("no section has learned anything")
	}
	c.do(chromedp.Navigate(c.site+"/desk/learned"), chromedp.SetValue("#section", section))
	c.press("form.choose button")
	// On a telephone the word stands beside its box, not below it.
	c.do(chromedp.EmulateViewport(390, 900))
	if off := browsertest.Eval[float64](t, ctx, `((a, b) => Math.abs(a.top + a.bottom - b.top - b.bottom) / 2)(document.querySelector('input[name="strike"]').getBoundingClientRect(), document.querySelector('input[name="strike"] ~ span').getBoundingClientRect())`); off > 3 {
		t.Errorf("a word is %v px above or below its box", off)
	}
	word := browsertest.Eval[string](t, ctx, `document.querySelector('input[name="strike"]').value`)
	c.do(chromedp.Click(`input[name="strike"]`))
	c.press(`main table ~ p button, main form:has(table) button`)
	line := browsertest.Eval[string](t, ctx, `document.querySelector("pre").innerText.split("\n").pop().trim()`)
	if want := feed.StruckOut([]string{word}); line != want {
		t.Fatalf("the page says to write %s, want %s", line, want)
	}

	file, err := os.ReadFile(h.config)
	if err != nil {
		t.Fatal(err)
	}
	head := "  - id: " + section + "\n"
	if err := os.WriteFile(h.config, []byte(strings.Replace(string(file), head, head+"    "+line+"\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.Reload(); err != nil {
		t.Fatal(err)
	}
	l, err := h.Learned(ctx, section, 100)
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(l.Words, func(w feed.LearnedWord) bool { return w.Words == word }); i < 0 || !l.Words[i].Struck {
		t.Errorf("%q is not struck out: %+v", word, l.Words)
	}
	c.do(chromedp.Navigate(c.site + "/desk/learned?section=" + section))
	if n := browsertest.Eval[int](t, ctx, `document.querySelectorAll('input[name="strike"][checked][disabled]').length`); n == 0 {
		t.Error("the page does not show what is struck out")
	}
}

// runDesk is a running daemon with a desk, and a browser at it.
func runDesk(t *testing.T) (*house, *clicks) {
	t.Helper()
	ctx := browsertest.Open(t, 2*time.Minute)
	h := deskHouse(t)
	run, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(run) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	c := &clicks{t, ctx, "http://" + h.Addr().String()}
	c.signIn()
	return h, c
}

// TestDeskShowsRefusedSave: a save with mistakes is told of on the open page, with the place of the first and
// what to write, with a script and without; and that it was mended.
func TestDeskShowsRefusedSave(t *testing.T) {
	h, c := runDesk(t)
	good, err := os.ReadFile(h.config)
	if err != nil {
		t.Fatal(err)
	}
	line := 2 + strings.Count(string(good), "\n")
	bad := string(good) + "\nsorces: []\n"
	shown := func(script bool) string {
		if script {
			return `document.querySelector("#live .now.bad")?.innerText ?? ""`
		}
		return `document.querySelector("iframe.live")?.contentDocument?.querySelector(".now.bad")?.innerText ?? ""`
	}
	for _, script := range []bool{true, false} {
		browsertest.Scripts(t, c.ctx, script)
		c.do(chromedp.Navigate(c.site + "/desk"))
		c.do(chromedp.SetValue("#q", "still here"))
		write(t, h.config, bad)
		began := time.Now()
		var text string
		eventually(t, "the refused save is shown", func() bool {
			text = browsertest.Eval[string](t, c.ctx, shown(script))
			return text != ""
		})
		t.Logf("with a script %v: shown %v after the save: %s", script, time.Since(began).Round(time.Millisecond), text)
		for _, want := range []string{fmt.Sprintf("dòng %d, cột 1", line), `không có khóa "sorces"`, `có phải là "sources"?`} {
			if !strings.Contains(text, want) {
				t.Errorf("the line does not say %q: %s", want, text)
			}
		}
		if typed := browsertest.Eval[string](t, c.ctx, `document.querySelector("#q").value`); typed != "still here" {
			t.Errorf("what was typed is lost: %q", typed)
		}
		c.do(chromedp.Navigate(c.site + "/desk"))
		if body := browsertest.Eval[string](t, c.ctx, `document.querySelector(".mistakes").innerText`); !strings.Contains(body, fmt.Sprintf("dòng %d", line)) {
			t.Errorf("the page lists %q", body)
		}
		write(t, h.config, string(good))
		eventually(t, "the mended file is in force", func() bool {
			return browsertest.Eval[string](t, c.ctx, shown(script)) == ""
		})
	}
}

// TestDeskTellsOfSaves: what a save changed, how many stories it moved, what is expected and not so, and a
// save that is held back, which a button puts into force.
func TestDeskTellsOfSaves(t *testing.T) {
	h, c := runDesk(t)
	good, err := os.ReadFile(h.config)
	if err != nil {
		t.Fatal(err)
	}
	panel := func() string {
		c.do(chromedp.Navigate(c.site + "/desk"))
		return browsertest.Eval[string](t, c.ctx, `document.querySelector("section:has(#configuration)").innerText`)
	}
	rule := regexp.MustCompile(`(id: kinh-te\n.*\n +rules:\n +- any: )\[.*\]`)
	changed := rule.ReplaceAllString(string(good), "$1[không có trong tin nào]")
	if changed == string(good) {
		t.Fatal("the demo's section has no such rule")
	}
	sources := strings.Index(changed, "\nsources:\n") + len("\nsources:\n")
	changed = changed[:sources] + "  - {id: nguon-moi, title: Báo Mới, url: \"http://127.0.0.1:1/rss\"}\n" + changed[sources:]
	write(t, h.config, changed)
	var text string
	eventually(t, "the save is told of", func() bool {
		text = panel()
		return strings.Contains(text, "tin đổi chuyên mục")
	})
	for _, want := range []string{"Báo Mới (nguon-moi)", "Kinh tế", "Tiêu đề mong đợi không được xếp đúng"} {
		if !strings.Contains(text, want) {
			t.Errorf("the panel does not say %q: %s", want, text)
		}
	}
	if strings.Contains(text, "không tin nào") {
		t.Errorf("no story moved: %s", text)
	}

	write(t, h.config, "site: {title: Trống}\ndesk: {token_env: FEEDD_DESK}\n")
	eventually(t, "the save is held back", func() bool { return strings.Contains(panel(), "được giữ lại") })
	c.press(`button[value="accept"]`)
	eventually(t, "it is in force", func() bool { return len(h.current().Sources) == 0 })
	if text := panel(); strings.Contains(text, "được giữ lại") || !strings.Contains(text, "Bỏ nguồn") {
		t.Errorf("the panel says %s", text)
	}
}

// TestPagesForEverybody: axe finds nothing on any page, and none is wider than the screen.
func TestPagesForEverybody(t *testing.T) {
	axe := browsertest.Axe(t)
	ctx := browsertest.Open(t, 5*time.Minute)
	h := deskHouse(t)
	site := httptest.NewServer(h.handler())
	defer site.Close()
	c := &clicks{t, ctx, site.URL}
	found := browsertest.Findings(t, ctx, axe, site.URL+"/desk/sign-in")
	c.signIn()
	story := h.standing(t)[0]
	id := story.Reports[0].ID
	if _, err := h.As("Lan").File(ctx, fmt.Sprint(id), "english", false); err != nil {
		t.Fatal(err)
	}
	h.noteSave(h.current(), nil, edition{}, refusedError{})
	// No field of the search is alone in its row, and wider than the words that are looked for.
	c.do(chromedp.EmulateViewport(1100, 900), chromedp.Navigate(site.URL+"/desk"))
	if wide := browsertest.Eval[float64](t, ctx, `document.querySelector("#until").offsetWidth / document.querySelector("#q").offsetWidth`); wide > 0.7 {
		t.Errorf("a date is %.2f as wide as the words", wide)
	}
	for _, path := range []string{
		"/desk", "/desk/live", "/desk/search?source=" + story.Reports[0].Source, "/desk/search?since=x", "/desk/queue", "/desk/decisions",
		"/desk/learned?section=kinh-te&strike=x", fmt.Sprintf("/desk/item?id=%d&done=1", id), "/desk/nowhere",
		"/", "/sections/kinh-te", "/sections/top", "/sections/all/" + story.Published.In(h.current().Site.Timezone).Format(time.DateOnly),
		"/stories/" + story.Story, "/404.html", "/sources",
		"/sections/all", "/nowhere", "/search", "/search?q=" + url.QueryEscape(strings.Fields(story.Reports[0].Title)[0]), "/embed/kinh-te",
	} {
		found = append(found, browsertest.Findings(t, ctx, axe, site.URL+path)...)
	}
	for _, f := range found {
		t.Error(f)
	}
}

type refusedError struct{}

func (refusedError) Error() string { return "the file cannot be read" }
