package feed

import (
	"strings"
	"testing"
)

func TestSanitize(t *testing.T) {
	const base = "https://bao.example.vn/kinh-te/tin.html"
	for _, tt := range []struct{ name, in, want string }{
		{"plain text is escaped nowhere twice", "Lãi suất & tỷ giá", "Lãi suất &amp; tỷ giá"},
		{"relative addresses", `<a href="a.html"><img src="/i.jpg" alt="x"></a>`, `<a href="https://bao.example.vn/kinh-te/a.html"><img src="https://bao.example.vn/i.jpg" alt="x"></a>`},
		{"scripts and styles with their content", `a<script>alert(1)</script><style>p{}</style>b`, `ab`},
		{"handlers and styles", `<p onclick="x()" style="position:fixed" class="c">a</p>`, `<p>a</p>`},
		{"addresses that run", `<a href="javascript:alert(1)">x</a><img src="data:image/svg+xml,x">`, `x`},
		{"forms and frames", `<form action="/x"><input name=q>a</form><iframe src="https://e.org/"></iframe>`, `a`},
		{"a counting picture", `<p>a<img src="https://t.example.org/p.gif" width="1" height="1"></p>`, `<p>a</p>`},
		{"a counting host", `a<img src="https://pixel.wp.com/b.gif?host=x">`, `a`},
		{"spaces in addresses", `<img src=" https://e.org/ảnh đẹp (1).jpg"><a href="https://e.org/a b
c">x</a>`, `<img src="https://e.org/%E1%BA%A3nh%20%C4%91%E1%BA%B9p%20%281%29.jpg"><a href="https://e.org/a%20bc">x</a>`},
		{"mail and telephone", `<a href="mailto:a@e.org">x</a><a href="tel:+8424">y</a><a href="sms:1">z</a>`, `<a href="mailto:a@e.org">x</a><a href="tel:+8424">y</a>z`},
		{"a drawing", `a<svg viewBox="0 0 1 1"><title>Icon</title><text>b</text></svg>c<svg/>d`, `acd`},
		{"what is hidden", `<div style="display: none">a<div>b</div>c</div><p hidden>d</p><a href="/x">e<span class="screen-reader-text"> (mở trong thẻ mới)</span></a>`,
			`<a href="https://bao.example.vn/x">e</a>`},
		{"what a script would show", `<figure style="visibility:hidden"><img src="/i.jpg"></figure>`, `<figure><img src="https://bao.example.vn/i.jpg"></figure>`},
		{"what is hidden and does not end", `<p hidden>a`, `<p>a`},
		{"what a script would unfold", `<div style="display:none">` + strings.Repeat("chữ ", 1000) + `</div>`, `<div>` + strings.Repeat("chữ ", 1000) + `</div>`},
		{"a drawing that does not end", `a<svg><p>b</p>`, `a<p>b</p>`},
		{"a picture that loads late", `<img src="data:image/gif;base64,AAAA" data-src="/i.jpg">`, `<img src="https://bao.example.vn/i.jpg">`},
	} {
		if got := Sanitize(tt.in, base); got != tt.want {
			t.Errorf("%s: Sanitize(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
	if got := Sanitize(`<a href="a.html">x</a>`, ""); got != "x" {
		t.Errorf("without a base a relative address leads nowhere, got %q", got)
	}
}

func TestPlainText(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"Giá vàng", "Giá vàng"},
		{"  Giá \n vàng\u00a0 tăng ", "Giá vàng tăng"},
		{"<p>Một</p><p>Hai</p>", "Một Hai"},
		{"<b>Một</b><i>Hai</i>", "MộtHai"},
		{"a<br/>b", "a b"},
		{"Ng&ocirc;i sao &amp; v&#244; &#x111;&#7883;ch", "Ngôi sao & vô địch"},
		{"3 < 5 và 7 > 6", "3 < 5 và 7 > 6"},
		{"a<!-- b -->c", "ac"},
		{"a<script>if (a<b) {}</script>b", "ab"},
		{"a <svg><title>Icon</title></svg>b<svg/>c", "a b c"},
		{"a <svg><b>b</b>", "a b"},
		{`a<img alt="x > y" src=z>b`, "a b"},
		{"tin?id=1&copy=2", "tin?id=1&copy=2"},
		{"AT&T; &unknown; &", "AT&T; &unknown; &"},
		{"a\x00\x1fb", "ab"},
		{"cut <a href=", "cut <a href="},
		{"&#x1F;a&#0;", "a"},
	} {
		if got := PlainText(tt.in); got != tt.want {
			t.Errorf("PlainText(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	for _, tt := range []struct{ in, want string }{
		{"Vec<T> và <b>đậm</b>", "Vec<T> và đậm"},
		{"<title> là thẻ", "<title> là thẻ"},
	} {
		if got := PlainTitle(tt.in); got != tt.want {
			t.Errorf("PlainTitle(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, s := range []string{`<a href="javascript:x">`, `<img src=x onerror=y>`, `<svg><script>`, `a<b`, `&lt;script&gt;`, `<scr<script>ipt>`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := strings.ToLower(Sanitize(s, "https://e.org/"))
		for _, bad := range []string{"<script", "<iframe", "<form", "<style", `="javascript:`} {
			if strings.Contains(got, bad) {
				t.Errorf("Sanitize(%q) = %q", s, got)
			}
		}
		if p := PlainText(s); p != strings.TrimSpace(p) {
			t.Errorf("PlainText(%q) = %q", s, p)
		}
	})
}

func BenchmarkPlainText(b *testing.B) {
	s := strings.Repeat(`<p>Giá vàng <b>miếng</b> tăng s&aacute;ng nay. <img src="/a.jpg"/></p>`, 10)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		PlainText(s)
	}
}
