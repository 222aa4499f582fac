package render

import (
	"strings"
	"testing"
)

func TestTails(t *testing.T) {
	const text = "<p>Ngân hàng hạ lãi suất từ sáng nay.</p>"
	for name, tail := range map[string]string{
		"first on":            `<p>The post <a href="https://a.example/1">Lãi suất</a> appeared first on <a href="https://a.example/">Báo A</a>.</p>`,
		"in Vietnamese":       `<p>Bài viết <a href="https://a.example/1">Lãi suất</a> đã xuất hiện đầu tiên vào ngày <a href="https://a.example/">Báo A</a>.</p>`,
		"in Spanish":          `<p>La entrada <a href="https://a.example/1">Tipos</a> se publicó primero en <a href="https://a.example/">A</a>.</p>`,
		"in Italian":          `<p>L&#8217;articolo <a href="https://a.example/1">Tassi</a> proviene da <a href="https://a.example/">A</a>.</p>`,
		"in Portuguese":       `<p>O post <a href="https://a.example/1">Juros</a> apareceu primeiro em <a href="https://a.example/">A</a>.</p>`,
		"in Dutch":            `<p>Het bericht <a href="https://a.example/1">Rente</a> verscheen eerst op <a href="https://a.example/">A</a>.</p>`,
		"in Polish":           `<p>Artykuł <a href="https://a.example/1">Stopy</a> pochodzi z serwisu <a href="https://a.example/">A</a>.</p>`,
		"in Russian":          `<p>Сообщение <a href="https://a.example/1">Ставки</a> появились сначала на <a href="https://a.example/">A</a>.</p>`,
		"in Indonesian":       `<p>Artikel <a href="https://a.example/1">Bunga</a> pertama kali tampil pada <a href="https://a.example/">A</a>.</p>`,
		"in Japanese":         `<p>投稿 <a href="https://a.example/1">金利</a> は <a href="https://a.example/">A</a> に最初に表示されました。</p>`,
		"in German":           `<p>Der Beitrag Zinsen erschien zuerst auf Zeitung A.</p>`,
		"continue":            `<p><a href="https://a.example/1">Continue reading <span>Lãi suất giảm</span> →</a></p>`,
		"more":                `<a href="https://a.example/1">Read more »</a>`,
		"đọc tiếp":            `<p>Đọc tiếp...</p>`,
		"xem thêm":            `<div><a href="https://a.example/2">Xem thêm: Tin khác</a></div>`,
		"buttons":             `<div><a href="https://www.facebook.com/sharer.php?u=x"><img src="https://a.example/f.png"></a> <a href="https://twitter.com/intent/tweet?u=x">Tweet</a></div>`,
		"share this":          `<h3>Share this:</h3><ul><li><a href="https://t.me/share/url?u=x">Telegram</a></li></ul>`,
		"one below the other": `<p><a href="https://a.example/1">Read more</a></p><br><p>The post X appeared first on Y.</p>`,
	} {
		if got := safeFragment(text+tail, "https://a.example/", 10_000, true); got.html != text {
			t.Errorf("%s: %q", name, got.html)
		}
	}
	// Within the last paragraph, and where it says something.
	for markup, want := range map[string]string{
		`<p>Ngân hàng hạ lãi suất. <a href="https://a.example/1">Continue reading</a></p>`:                            "Ngân hàng hạ lãi suất.",
		`<p>Ngân hàng hạ lãi suất […] <a href="https://a.example/1">Đọc tiếp</a> <br></p>`:                            "Ngân hàng hạ lãi suất […]",
		`<p>He wants people to read more.</p>`:                                                                        "He wants people to read more.",
		`<p>Chia sẻ với phóng viên, ông Nam nói giá còn giảm nhiều trong những tháng tới đây ở hầu hết các tỉnh.</p>`: "Chia sẻ với phóng viên, ông Nam nói giá còn giảm nhiều trong những tháng tới đây ở hầu hết các tỉnh.",
		`<a href="https://a.example/1">Read more</a>`:                                                                 "Read more", // all there is
		`<p>Nhóm nhạc ra đĩa này, xuất hiện đầu tiên trên sóng phát thanh.</p>`:                                       "Nhóm nhạc ra đĩa này, xuất hiện đầu tiên trên sóng phát thanh.",
		`<p>Bài viết gây tranh cãi đã bị gỡ.</p>`:                                                                     "Bài viết gây tranh cãi đã bị gỡ.",
		`<p>Read more books, says the minister, in a speech that moved many.</p>`:                                     "Read more books, says the minister, in a speech that moved many.",
	} {
		if got := safeFragment(markup, "https://a.example/", 10_000, true); strings.TrimSpace(got.text) != want {
			t.Errorf("%s: %q, want %q", markup, got.text, want)
		}
	}
}
