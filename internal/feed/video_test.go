package feed

import (
	"strings"
	"testing"
)

func TestPlayersAreLinked(t *testing.T) {
	for markup, want := range map[string]string{
		`<p>Xem</p><iframe width="560" src="https://www.youtube.com/embed/dQw4w9WgXcQ?rel=0" allowfullscreen></iframe><p>hết</p>`: `<p>Xem</p><p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ"`,
		`<iframe src="//www.youtube-nocookie.com/embed/dQw4w9WgXcQ"></iframe>`:                                                    `<img src="https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg" alt="Video"`,
		`<iframe src="https://player.vimeo.com/video/76979871"/>`:                                                                 `<a href="https://vimeo.com/76979871"`,
		`<iframe data-src="https://www.dailymotion.com/embed/video/x7u5g6" src="about:blank"></iframe>`:                           `<a href="https://www.dailymotion.com/video/x7u5g6"`,
		`<video controls><source src="/v/2.mp4">Trình duyệt không phát được.</video><p>hết</p>`:                                   `<p><a href="https://a.example/v/2.mp4">Video</a></p><p>hết</p>`,
		`<audio src="/a.mp3"><p>Your browser cannot play this.</p></audio><p>hết</p>`:                                             `<p><a href="https://a.example/a.mp3">Audio</a></p><p>hết</p>`,
		`<audio controls><source src="/a b.mp3"><a href="/a b.mp3">tải</a></audio><p>hết</p>`:                                     `<p><a href="https://a.example/a%20b.mp3">Audio</a></p><p>hết</p>`,
		`<video src="/v/1.mp4" poster="/v/1.jpg"></video>`:                                                                        `<a href="https://a.example/v/1.mp4"`,
	} {
		if got := Sanitize(markup, "https://a.example/tin/1"); !strings.Contains(got, want) || strings.Contains(got, "cannot play") {
			t.Errorf("%s: %s, want it to hold %s", markup, got, want)
		}
	}
	for _, markup := range []string{
		`<iframe src="https://ads.example/frame"></iframe>`, `<iframe src="https://www.youtube.com/embed/videoseries?list=x"></iframe>`, `<iframe></iframe>`,
		`<iframe src="https://www.youtube.com/embed/&quot;onerror=x"></iframe>`, `<video src="javascript:x"></video>`, `<audio src="data:audio/mpeg;base64,AAAA"></audio>`,
	} {
		if got := Sanitize(markup, "https://a.example/"); strings.Contains(got, "<a") || strings.Contains(got, "<img") {
			t.Errorf("%s: %s, want nothing", markup, got)
		}
	}
}
