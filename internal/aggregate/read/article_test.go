package read

import (
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"github.com/google/go-cmp/cmp"
)

func TestArticle(t *testing.T) {
	para := "<p>" + strings.Repeat("Cơn bão số bốn đã đổ bộ vào đất liền trong đêm qua, gây mưa lớn trên diện rộng ở miền Trung. ", 12) + "</p>"
	page := `<html lang="vi"><head><title>Bão số 4</title><meta property="og:image" content="/anh.jpg">
<meta property="article:published_time" content="2024-08-14T10:44:00"></head><body><nav><a href="/">Trang chủ</a></nav>
<article><h1>Bão số 4 vào bờ</h1><p class="author">Nguyễn An</p>` + para + para + `</article></body></html>`
	src := feed.Source{Timezone: time.FixedZone("ICT", 7*3600)}
	it := feed.Item{URL: "https://bao.example.vn/bao-so-4.html", Title: "Bão số 4"}
	it.Canonical = feed.Canonical(it.URL)
	if err := Article(Body{Bytes: []byte(page), URL: it.URL}, &it, src, testNow); err != nil {
		t.Fatal(err)
	}
	if it.Image != "https://bao.example.vn/anh.jpg" || it.Language != "vi" || it.Published.Format(time.RFC3339) != "2024-08-14T03:44:00Z" ||
		!strings.HasPrefix(it.Summary, "Cơn bão số bốn") {
		t.Errorf("%+v", it)
	}

	full := feed.Item{URL: it.URL, Canonical: it.Canonical, Summary: "s", Image: "https://e.org/i.png", Published: testNow,
		Updated: testNow, Authors: []feed.Person{{Name: "B"}}, Language: "en"}
	want := full
	if err := Article(Body{Bytes: []byte(page), URL: it.URL}, &full, src, testNow); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, full); diff != "" {
		t.Errorf("what the source said was replaced:\n%s", diff)
	}
	if err := Article(Body{Bytes: []byte("<html></html>"), URL: it.URL}, &feed.Item{URL: it.URL}, src, testNow); err == nil {
		t.Error("an empty page gave an article")
	}
}
