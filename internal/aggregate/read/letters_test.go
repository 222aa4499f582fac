package read

import (
	"strings"
	"testing"

	"feedd/internal/feed"
	"golang.org/x/text/encoding/charmap"
)

// TestMojibake takes text in many languages for another charset and encodes it again, once and twice,
// as a whole, cut, and between tags: in every field it comes out as it was.
func TestMojibake(t *testing.T) {
	taken := func(s string, page *charmap.Charmap) (string, bool) {
		out, err := page.NewDecoder().Bytes([]byte(s))
		if err != nil || strings.Contains(string(out), "\uFFFD") {
			return "", false
		}
		return string(out), true
	}
	texts := []string{
		"Giá lúa tại ruộng nhích lên từng ngày", "Đà Nẵng đón bão", "It’s “ready”, she said", "Café à l’école — déjà fermé", "Über 5 Größen für Füße",
		"¿Qué pasó mañana?", "Não há informação", "Příliš žluťoučký kůň", "Zażółć gęślą jaźń", "Мост через реку открыт", "Το λιμάνι άνοιξε", "港に大きな船が着いた",
		"河上新桥今天通车了", "강 위에 새 다리가 열렸다", "Chợ hoa 😀 mở sớm", "naïve", "Preis: 5 €", "สะพานใหม่เปิดแล้ว",
	}
	r := &reader{}
	for _, text := range texts {
		for _, page := range []*charmap.Charmap{charmap.Windows1252, charmap.ISO8859_1, charmap.Windows1251} {
			once, ok := taken(text, page)
			if !ok || page == charmap.Windows1251 && !strings.HasPrefix(text, "Мост") {
				continue
			}
			if got := r.letters(once); got != text {
				t.Errorf("%s: %q became %q, want %q", page, once, got, text)
			}
			if html := "<p>" + once + "</p><p>" + once + "</p>"; r.letters(html) != "<p>"+text+"</p><p>"+text+"</p>" {
				t.Errorf("%s: %q became %q", page, html, r.letters(html))
			}
			if twice, ok := taken(once, page); ok && page != charmap.Windows1251 {
				if got := r.letters(twice); got != text {
					t.Errorf("%s: %q became %q, want %q", page, twice, got, text)
				}
			}
		}
	}
	// A no-break space within that was taken for any other, and a cut within a character.
	for in, want := range map[string]string{
		"LÃ  gÃ¬ váº\u00ady": "Là  gì vậy", "Giá lúa": "Giá lúa", "GiÃ¡ lÃºa nhÃ\u00adch lÃªn v\u00e1\u00bb": "Giá lúa nhích lên v",
		"Vá»¥ Ä‘Ã´ng xuÃ¢n": "Vụ đông xuân",
	} {
		if got := r.letters(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	// What only looks a little like it stays.
	for _, fine := range []string{
		"“AMANHÃ”", "NHÀ Ở «ĐÔ THỊ»", "à “la” carte", "Ô tô “cũ”", "TẠI HÀ NỘI…", "É o “pão” à venda", "São Paulo – São João", "Äpfel’ und Öl’", "Россия и США",
		"СССР", "ESPAÑA…", "naïve “café”", "À…", "Ü”", "Ã", "Cà phê & bánh mì", "Ðð", "Â «ici»",
	} {
		if got := r.letters(fine); got != fine {
			t.Errorf("%q became %q", fine, got)
		}
	}
}

// TestLettersInEveryField: what is mended in headlines is mended in texts, categories and names.
func TestLettersInEveryField(t *testing.T) {
	doc := `<rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>BÃ¡o</title><item><title>GiÃ¡ lÃºa</title><link>https://e.org/1</link>` +
		`<description>VÃ´ mÃ¹a</description><content:encoded>&lt;p&gt;VÃ´ mÃ¹a&lt;/p&gt;</content:encoded><category>Kinh táº¿</category><dc:creator>LÃª Thá»‹ Hoa</dc:creator></item>` +
		"<item><title>It\u0092s &#55357;&#56832; &amp;#xD83D;&amp;#xDE80;</title><link>https://e.org/2</link><description>\u0093A\u0094 &amp;#55357;&amp;#56832; &#146;</description></item></channel></rss>"
	got, err := Read(Body{Bytes: []byte(doc)}, feed.Source{}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	it := got.Items[0]
	if got.Title != "Báo" || it.Title != "Giá lúa" || it.Summary != "Vô mùa" || it.Content != "<p>Vô mùa</p>" || it.Categories[0] != "Kinh tế" || it.Authors[0].Name != "Lê Thị Hoa" {
		t.Errorf("%q, %+v", got.Title, it)
	}
	if it = got.Items[1]; it.Title != "It’s 😀 🚀" || !strings.HasPrefix(it.Summary, "“A” 😀 ") {
		t.Errorf("%q, %q", it.Title, it.Summary)
	}
}

// TestPlainText: what is text by its type is shown as it is, in every format that can say so.
func TestPlainText(t *testing.T) {
	const plain = "First line\nuse &lt;script&gt; &amp; 3 &lt; 5"
	const atom = `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><entry><id>1</id><title type="text">About &lt;b&gt; tags</title><link href="https://e.org/1"/>`
	const want = "First line<br>\nuse &lt;script&gt; &amp; 3 &lt; 5"
	for name, doc := range map[string]string{
		"content":           atom + `<content type="text">` + plain + "</content></entry></feed>",
		"content, CDATA":    atom + `<content type="text"><![CDATA[` + "First line\nuse <script> & 3 < 5" + "]]></content></entry></feed>",
		"media type":        atom + `<content type="text/plain">` + plain + "</content></entry></feed>",
		"summary":           atom + `<summary type="text">` + plain + "</summary></entry></feed>",
		"damaged":           atom + `<summary type="text">` + plain + "</summary></entry>",
		"video":             atom + `<media:group><media:description>` + plain + "</media:description></media:group></entry></feed>",
		"video, typed":      atom + `<media:group><media:description type="plain">` + plain + "</media:description></media:group></entry></feed>",
		"RSS, video":        `<rss xmlns:media="http://search.yahoo.com/mrss/"><channel><item><title>About &lt;b&gt; tags</title><link>https://e.org/1</link><media:description type="plain">` + plain + "</media:description></item></channel></rss>",
		"JSON Feed":         `{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","url":"https://e.org/1","title":"About <b> tags","content_text":"First line\nuse <script> & 3 < 5"}]}`,
		"JSON Feed summary": `{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","url":"https://e.org/1","title":"About <b> tags","summary":"First line\nuse <script> & 3 < 5"}]}`,
	} {
		got, err := Read(Body{Bytes: []byte(doc)}, feed.Source{}, testNow)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if it := got.Items[0]; it.Title != "About <b> tags" || it.Summary+it.Content != want {
			t.Errorf("%s: %q, %q", name, it.Title, it.Summary+it.Content)
		}
	}
	for _, doc := range []string{
		atom + "<content>&lt;p&gt;Bring &lt;b&gt;boots&lt;/b&gt;.&lt;/p&gt;</content></entry></feed>",
		atom + `<media:group><media:description>&lt;p&gt;Bring &lt;b&gt;boots&lt;/b&gt;.&lt;/p&gt;</media:description></media:group></entry></feed>`,
		strings.Replace(atom, "</title>", "</title><summary>&lt;![CDATA[&lt;p&gt;Bring &lt;b&gt;boots&lt;/b&gt;.&lt;/p&gt;]]&gt;</summary></entry></feed>", 1),
	} {
		got, err := Read(Body{Bytes: []byte(doc)}, feed.Source{}, testNow)
		if err != nil {
			t.Error(err)
		} else if it := got.Items[0]; it.Summary+it.Content != "<p>Bring <b>boots</b>.</p>" {
			t.Errorf("%q", it.Summary+it.Content)
		}
	}
}
