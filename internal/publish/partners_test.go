package publish_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish"
)

func partners(s *publish.Settings) {
	digest := sha256.Sum256([]byte("kh0a-c"))
	s.Partners = []feed.Partner{
		{ID: "cong", Title: "Cổng", Sections: []string{"kinh-te"}, Token: "t0k3n", Content: "headline", Limit: 2},
		{ID: "dai", Title: "Đài", Sections: []string{"kinh-te", "the-gioi"}, TokenSHA256: hex.EncodeToString(digest[:]), Delay: 10 * time.Minute, OwnIDs: true},
		{ID: "khong", Title: "Không khoá", Sections: []string{"kinh-te"}},
	}
}

func TestPartnersAreLetInByTheirToken(t *testing.T) {
	n := newNewsroom(t, partners)
	n.fill("kinh-te", 4)
	n.refresh()
	basic := func(user, token string) []string {
		r, err := http.NewRequest(http.MethodGet, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(user, token)
		return []string{"Authorization", r.Header.Get("Authorization")}
	}
	for _, c := range []struct {
		name, path string
		headers    []string
		want       int
	}{
		{"none", "/partners/cong/kinh-te.rss", nil, 401},
		{"empty", "/partners/cong/kinh-te.rss?token=", nil, 401},
		{"wrong", "/partners/cong/kinh-te.rss?token=x", nil, 401},
		{"another's", "/partners/cong/kinh-te.rss?token=kh0a-c", nil, 401},
		{"query", "/partners/cong/kinh-te.rss?token=t0k3n", nil, 200},
		{"password", "/partners/cong/kinh-te.atom", basic("cong", "t0k3n"), 200},
		{"password without a name", "/partners/cong/kinh-te.json", basic("", "t0k3n"), 200},
		{"wrong password", "/partners/cong/kinh-te.atom", basic("cong", "t0k3"), 401},
		{"by its hash", "/partners/dai/kinh-te.rss?token=kh0a-c", nil, 200},
		{"the hash itself", "/partners/dai/kinh-te.rss?token=" + n.settings.Partners[1].TokenSHA256, nil, 401},
		{"section of another", "/partners/cong/the-gioi.rss?token=t0k3n", nil, 404},
		{"no such section", "/partners/cong/gi.rss?token=t0k3n", nil, 404},
		{"no such section, no token", "/partners/cong/gi.rss", nil, 401},
		{"no such partner", "/partners/ai/kinh-te.rss?token=t0k3n", nil, 401},
		{"a partner without a token lets nobody in", "/partners/khong/kinh-te.rss?token=", nil, 401},
	} {
		res := n.get(c.path, c.headers...)
		if res.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, res.StatusCode, c.want)
		}
		if c.want == 401 && !strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%s: a 401 that does not say how", c.name)
		}
		if cc := res.Header.Get("Cache-Control"); !strings.HasPrefix(cc, "private") && cc != "no-store" {
			t.Errorf("%s: Cache-Control %q", c.name, cc)
		}
	}

	// The tag of what they have is honoured only with the token.
	tag := n.get("/partners/cong/kinh-te.rss?token=t0k3n").Header.Get("ETag")
	if res := n.get("/partners/cong/kinh-te.rss", "If-None-Match", tag); res.StatusCode != 401 {
		t.Errorf("a conditional request without the token: %d", res.StatusCode)
	}
	if res := n.get("/partners/cong/kinh-te.rss?token=t0k3n", "If-None-Match", tag); res.StatusCode != 304 {
		t.Errorf("a conditional request: %d", res.StatusCode)
	}

	// Saving the file revokes.
	n.settings.Partners[0].Token = "new"
	if err := n.pub.Reload(n.settings); err != nil {
		t.Fatal(err)
	}
	if res := n.get("/partners/cong/kinh-te.rss?token=t0k3n"); res.StatusCode != 401 {
		t.Errorf("a revoked token: %d", res.StatusCode)
	}
	n.settings.Partners = n.settings.Partners[1:]
	if err := n.pub.Reload(n.settings); err != nil {
		t.Fatal(err)
	}
	if res := n.get("/partners/cong/kinh-te.rss?token=new"); res.StatusCode != 401 {
		t.Errorf("a partner that is none any more: %d", res.StatusCode)
	}
}

func TestPartnersTerms(t *testing.T) {
	n := newNewsroom(t, partners)
	n.fill("kinh-te", 4)
	n.refresh()
	cong := n.page("/partners/cong/kinh-te.atom?token=t0k3n")
	if strings.Count(cong, "<entry>") != 2 || strings.Contains(cong, "Tóm tắt") {
		t.Errorf("not two headlines:\n%s", cong)
	}
	if strings.Contains(cong, "hub") || n.get("/partners/cong/kinh-te.atom?token=t0k3n").Header.Get("Link") != "" {
		t.Error("a partner's feed advertises a hub")
	}
	if strings.Contains(cong, "t0k3n") {
		t.Error("the token is in the feed")
	}

	dai := func() string { return n.page("/partners/dai/kinh-te.rss?token=kh0a-c") }
	if c := strings.Count(dai(), "<item>"); c != 0 {
		t.Errorf("%d entries before their time", c)
	}
	n.pass(10 * time.Minute)
	n.refresh()
	if c := strings.Count(dai(), "<item>"); c != 4 {
		t.Errorf("%d entries when their time has come", c)
	}
	if id := "tag:news.example.org,2026-11-20:" + keyOf(report("bao-a", 1, start)); strings.Contains(dai(), id) || !strings.Contains(n.page("/sections/kinh-te.rss"), id) {
		t.Error("the partner that wants ids of its own has the public ones")
	}

	gone := keyOf(report("bao-a", 3, start))
	if _, err := n.store.Withdraw(t.Context(), []string{gone}, n.clock()); err != nil {
		t.Fatal(err)
	}
	n.refresh()
	if strings.Contains(dai(), "Tin số 3 của") || strings.Contains(n.page("/partners/cong/kinh-te.json?token=t0k3n"), "Tin số 3 của") {
		t.Error("a partner still shows what was withdrawn")
	}
}

func TestPartnersAreCountedAndTheirTokensNeverTold(t *testing.T) {
	var log bytes.Buffer
	n := newNewsroom(t, partners)
	n.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	n.restart()
	n.fill("kinh-te", 4)
	n.refresh()
	body := n.page("/partners/cong/kinh-te.rss?token=t0k3n")
	n.get("/partners/cong/kinh-te.rss?token=t0k3n-wrong")
	n.get("/partners/cong/nothing.rss?token=t0k3n")
	n.get("/partners/cong/../../partners/cong/kinh-te.rss?token=t0k3n")
	status := n.page("/sources.json")
	if !strings.Contains(status, `"requests": 1`) || !strings.Contains(status, `"bytes": `+strconv.Itoa(len(body))) {
		t.Errorf("the status page does not count: %s", status)
	}
	for name, text := range map[string]string{"the log": log.String(), "the metrics": n.page("/metrics"), "the status": status + n.page("/sources")} {
		if strings.Contains(text, "t0k3n") || strings.Contains(text, n.settings.Partners[1].TokenSHA256) {
			t.Errorf("%s tells the token: %s", name, text)
		}
	}
	if !strings.Contains(n.page("/metrics"), `route="partner cong"`) {
		t.Error("no metric of the partner's requests")
	}
}

// A partner gets as much as it was promised, though the public feed holds less, or everything in it is
// still kept from the partner.
func TestPartnersGetTheirFill(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) {
		s.Partners = []feed.Partner{
			{ID: "nhieu", Sections: []string{"kinh-te"}, Token: "t0k3n", Limit: 40},
			{ID: "cham", Sections: []string{"kinh-te"}, Token: "t0k3n", Limit: 7, Delay: 24 * time.Hour},
		}
	})
	n.fill("kinh-te", 60)
	n.pass(25 * time.Hour)
	var flood []feed.Item
	for i := 100; i < 300; i++ {
		flood = append(flood, report("bao-b", i, n.clock().Add(-time.Second)))
	}
	n.file([]string{"kinh-te"}, flood...)
	n.refresh()
	if got := strings.Count(n.page("/partners/nhieu/kinh-te.atom?token=t0k3n"), "<entry>"); got != 40 {
		t.Errorf("%d entries, want the 40 promised, of a public feed of 5", got)
	}
	if body := n.page("/partners/cham/kinh-te.atom?token=t0k3n"); strings.Count(body, "<entry>") != 7 || strings.Contains(body, "bao-b") {
		t.Errorf("%d entries, want 7 that are a day old", strings.Count(body, "<entry>"))
	}
	n.pass(24 * time.Hour) // nobody files anything
	n.refresh()
	if body := n.page("/partners/cham/kinh-te.atom?token=t0k3n"); strings.Count(body, "của bao-b") != 7 {
		t.Error("what was delayed did not come when its time was over")
	}
}

// A partner may be called like a section, or like a path.
func TestPartnersNames(t *testing.T) {
	n := newNewsroom(t, func(s *publish.Settings) {
		s.Partners = []feed.Partner{{ID: "kinh-te", Sections: []string{"kinh-te"}, Token: "t0k3n"}, {ID: "hub", Sections: []string{"kinh-te"}, Token: "t0k3n"}}
	})
	n.fill("kinh-te", 2)
	n.refresh()
	for _, id := range []string{"kinh-te", "hub"} {
		body := n.page("/partners/" + id + "/kinh-te.json?token=t0k3n")
		if !strings.Contains(body, `"feed_url":"https://news.example.org/partners/`+id+`/kinh-te.json"`) {
			t.Errorf("%s: %s", id, body)
		}
	}
	if res := n.get("/sections/kinh-te.json"); res.StatusCode != 200 || strings.Contains(n.body(res), "partners") {
		t.Error("the section's own feed is the partner's")
	}
}
