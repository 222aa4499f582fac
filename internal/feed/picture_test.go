package feed

import (
	"strings"
	"testing"
)

func TestPictureSource(t *testing.T) {
	for name, c := range map[string]struct {
		attrs map[string]string
		want  string
	}{
		"src":                    {map[string]string{"src": "https://e.org/a.jpg"}, "https://e.org/a.jpg"},
		"src beside srcset":      {map[string]string{"src": "https://e.org/a.jpg", "srcset": "https://e.org/b.jpg 300w"}, "https://e.org/a.jpg"},
		"data-src":               {map[string]string{"src": "data:image/gif;base64,R0", "data-src": "a.jpg"}, "a.jpg"},
		"data-lazy-src, blank":   {map[string]string{"src": "/img/blank.gif", "data-lazy-src": "/a.jpg"}, "/a.jpg"},
		"data-original":          {map[string]string{"src": "https://e.org/placeholder.png?v=1", "data-original": "https://e.org/a.jpg"}, "https://e.org/a.jpg"},
		"data-srcset alone":      {map[string]string{"data-srcset": "https://e.org/a.jpg 640w, https://e.org/b.jpg 1280w"}, "https://e.org/b.jpg"},
		"srcset, too large":      {map[string]string{"srcset": "a.jpg 640w, b.jpg 5000w"}, "a.jpg"},
		"srcset by density":      {map[string]string{"srcset": "a.jpg, b.jpg 2x"}, "b.jpg"},
		"srcset, no space":       {map[string]string{"srcset": "a.jpg 1x,b.jpg 2x"}, "b.jpg"},
		"srcset, commas within":  {map[string]string{"srcset": "https://e.org/c_fill,w_640/a.jpg 640w, https://e.org/c_fill,w_1280/a.jpg 1280w"}, "https://e.org/c_fill,w_1280/a.jpg"},
		"a blank alone":          {map[string]string{"src": "https://e.org/spacer.gif"}, ""},
		"data alone":             {map[string]string{"src": "data:image/png;base64,AA"}, ""},
		"a state for an address": {map[string]string{"src": "https://e.org/a.jpg", "data-lazy": "true"}, "https://e.org/a.jpg"},
		"none":                   {nil, ""},
	} {
		if got := PictureSource(func(name string) string { return c.attrs[name] }); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestDecorates(t *testing.T) {
	for _, src := range []string{"https://secure.gravatar.com/avatar/0a1b?s=96", "https://s.w.org/images/core/emoji/14.0.0/72x72/1f389.png", "https://e.org/uploads/avatars/7.jpg",
		"https://e.org/wp-includes/images/smilies/icon_smile.gif", "https://pbs.twimg.com/profile_images/1/a_normal.jpg", "https://e.org/img/spacer.gif", "https://stats.wordpress.com/b.gif?x",
		"https://e.org/icons/rss.gif", "https://e.org/img/icon_share.png"} {
		if !Decorates(src, "", 0, 0) {
			t.Errorf("%s is taken for a picture", src)
		}
	}
	if !Decorates("https://e.org/a.png", "wp-smiley", 0, 0) || !Decorates("https://e.org/a.png", "", 32, 32) || !Decorates("https://e.org/a.png", "", 1, 0) {
		t.Error("a small or classed decoration is taken for a picture")
	}
	for _, src := range []string{"https://e.org/2026/harbour.jpg", "https://e.org/photos/avatar-film-premiere.jpg", "https://i.example/m/1200.jpg", "https://e.org/iconic-bridge.jpg"} {
		if Decorates(src, "wp-image-7 size-large", 640, 0) {
			t.Errorf("%s is taken for a decoration", src)
		}
	}
}

func TestWithoutCaptions(t *testing.T) {
	const text = "<p>Waves broke over both lamps.</p>"
	for name, raw := range map[string]string{
		"figure":           `<figure><img src="a.jpg"><figcaption>Photo: Harbour Archive</figcaption></figure>` + text,
		"a figure's text":  `<figure class="image"><picture><source srcset="a.webp"><img src="a.jpg"></picture>The lamp in spring</figure>` + text,
		"old WordPress":    `<div class="wp-caption alignnone"><img src="a.jpg"><p class="wp-caption-text">The west lamp</p></div>` + text,
		"definition list":  `<dl class="wp-caption"><dt><img src="a.jpg"></dt><dd class="wp-caption-dd">The lamp</dd></dl>` + text,
		"shortcode":        `[caption id="a" width="300"]<img src="a.jpg"> The west lamp[/caption]` + text,
		"class":            `<p class="Image-Caption">The west lamp</p>` + text,
		"credit":           `<span class="photo-credit">Photo: Kit</span>` + text,
		"video":            `<video src="a.mp4">Your browser cannot play this.</video>` + text,
		"audio":            `<audio controls><source src="a.mp3">Your browser cannot play this.</audio>` + text,
		"frame":            `<iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ"><p>No frames here.</p></iframe>` + text,
		"nested":           `<div class="caption"><div>The <div>west</div> lamp</div></div>` + text,
		"table":            `<table><tr><td><img src="a.jpg"></td></tr><tr><td class="tplCaption">The west lamp</td></tr></table>` + text,
		"a table of it":    `<table class="tplCaption"><tbody><tr><td><img src="a.jpg"></td></tr><tr><td><p class="Image">The lamp. Photo: <em>Kit</em></p></td></tr></tbody></table>` + text,
		"slanted below":    `<p style="text-align:center"><img src="a.jpg"><br><em>The lamp in <b>May</b>.</em></p>` + text,
		"slanted, linked":  `<p><a href="b.jpg"><img src="a.jpg"></a> <i>The lamp</i></p>` + text,
		"two, one in text": `<figure><img src="a.jpg"><figcaption>One</figcaption></figure>` + text + `<figure><img src="b.jpg"><figcaption>Two</figcaption></figure>`,
	} {
		if got := PlainText(WithoutCaptions(raw)); got != "Waves broke over both lamps." {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, same := range []string{`<table class="captioned"><tr><td>Gold</td><td>101</td></tr></table><p>Text.</p>`, `<p><em>A lead in full.</em></p><p>Text.</p>`,
		`<p><img src="a.jpg"> A text and <em>a word</em></p><p>Text.</p>`, `<p><img src="a.jpg"><em>` + strings.Repeat("A lead that goes on and on. ", 12) + `</em></p><p>Text.</p>`, "<p>Photo fair opens with ninety stands.</p>", "<p>Captions matter, said the editor; credit is due.</p>", "<figure><blockquote>Quoted</blockquote></figure>",
		"<figure><img src='a.jpg'><figcaption>All there is</figcaption></figure>", "no markup with a caption",
		"<iframe src='/a'><p>Frames that nobody ends</p>", "<audio src='a.mp3'>Nor is this ended <audio src='b.mp3'></audio>"} {
		if got := WithoutCaptions(same); PlainText(got) != PlainText(same) {
			t.Errorf("%q became %q", same, got)
		}
	}
}

// TestPicturesWithoutSource: a text shows the picture that a <picture> or AMP has elsewhere than in the <img>.
func TestPicturesWithoutSource(t *testing.T) {
	for raw, want := range map[string]string{
		`<picture><source srcset="/a.webp 300w, /b.webp 900w"><img src="data:image/gif;base64,R0" alt="x"></picture>`: `<picture><img src="https://e.org/b.webp" alt="x"></picture>`,
		`<picture><source srcset="/a.webp"><img src="/a.jpg"></picture>`:                                              `<picture><img src="https://e.org/a.jpg"></picture>`,
		`<picture><source srcset="/a.webp"></picture><picture><img src="data:x"></picture>`:                           `<picture></picture><picture></picture>`,
		`<amp-img src="/a.jpg" width="600" layout="fill"></amp-img>`:                                                  `<img src="https://e.org/a.jpg" width="600">`,
	} {
		if got := Sanitize(raw, "https://e.org/"); got != want {
			t.Errorf("%s\n%s, want\n%s", raw, got, want)
		}
	}
}

// TestSanitizeFallbacks: what <noscript> holds is a picture at most, and not a second time.
func TestSanitizeFallbacks(t *testing.T) {
	for raw, want := range map[string]string{
		`<img class="lazy" data-src="https://e.org/a.jpg" src="data:image/gif;base64,R0"><noscript><img src="https://e.org/a.jpg"></noscript><p>x</p>`: `<img src="https://e.org/a.jpg"><p>x</p>`,
		`<noscript><img src="https://e.org/a.jpg"></noscript><p>x</p>`:                                                                                 `<img src="https://e.org/a.jpg"><p>x</p>`,
		`<noscript>Please turn scripts on</noscript><p>x</p>`:                                                                                          `<p>x</p>`,
	} {
		if got := Sanitize(raw, ""); got != want {
			t.Errorf("%q became %q, want %q", raw, got, want)
		}
	}
}
