package feed

import "testing"

// TestPlainTitle: headlines that speak of tags keep them, markup goes.
func TestPlainTitleSpeaksOfTags(t *testing.T) {
	for _, same := range []string{
		"Khi nào nên dùng <script> ở cuối trang", "Why <table> layouts came back for mail", "The <!DOCTYPE> line that broke our site",
		"<Link> and the router: what changed", "Goodbye, <blink>", "Goodbye, <blink>!", "Use <b> or <strong>?", "<b> or <strong>?", "What <p> may hold",
		"Vòng lặp dừng khi x<i và j>k", "Map<Key> in practice", "Effect found at p<0.05, gone at q>3", "Nếu n<m thì sắp xếp trước", "Vec<i> explained",
		"The difference between <b> and </b>", "Why <a> needs href", "“<form>” explained", "I <3 the old tram", "a <b", "a < b > c", "How <?php works",
		"List<String> or String[]", "From <iframe> to <portal>", "A <video> that plays", "<main>, <nav> and friends",
	} {
		if got := PlainTitle(same); got != same {
			t.Errorf("%q became %q", same, got)
		}
	}
	for in, want := range map[string]string{
		"<b>Strike</b> ends at the docks": "Strike ends at the docks", "Prices <em>rise</em> again": "Prices rise again", "Fish &amp; chips": "Fish & chips",
		"<p>Title</p>": "Title", "<p>Title": "Title", "Title</p>": "Title", "One<br>two": "One two", "One <br/> two": "One two", "One<br />two": "One two",
		`<a href="x">Title</a> here`: "Title here", `<img src="a.jpg"> Title`: "Title", `Title<img src="a.jpg"/>`: "Title", `<span class="a">Title</span>`: "Title",
		"<b>Breaking: dam bursts": "Breaking: dam bursts", "<!-- ad -->Title": "Title", "H<sub>2</sub>O": "H2O", "<i>Le Monde</i> is 80": "Le Monde is 80",
		"<script>alert(1)</script>Title": "Title", "<strong><em>Both</em></strong>": "Both", "<B>Big</B> news": "Big news", "Title</b>": "Title",
	} {
		if got := PlainTitle(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
