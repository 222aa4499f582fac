package feed

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// manyTags are formatting elements that differ, so that a parser keeps each of them.
func manyTags(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<b lang=a%c%c>", 'a'+i/26, 'a'+i%26)
	}
	return b.String()
}

func TestParseRefusesWhatGrows(t *testing.T) {
	r := strings.Repeat
	for name, markup := range map[string]string{
		"formatting opened again":         "<p>" + manyTags(480) + "</p>" + r("<p>x", 2000),
		"the same, hidden from a scanner": "<p><textarea></p><!-- </b>" + manyTags(480) + "</textarea>" + r("<p>x", 2000) + "-->",
		"the same, in a picture":          "<svg><style><b>" + manyTags(480) + "</p>" + r("<p>x", 2000) + "</style>",
		"one with many attributes":        "<p><b " + r("a=b ", 2000) + "></p>" + r("<p>x", 2000),
		"links around blocks":             r("<a><div>", 200) + r("<a>x", 50000),
		"formatting within cells":         r("<table><tr><td>"+manyTags(30), 20) + r("<p>x</td><td>", 4000),
		"a link that cells hide":          r("<a "+r("a=b ", 2000)+"><table><tr><td><a>x</a></table></p>", 1) + r("<p>x", 2000),
		"a body of many":                  r("<body "+r("a ", 100)+"x>", 20000),
		"tags":                            r("<i>", 1_000_000),
		"attributes":                      "<p " + r("a ", 4_000_000) + ">",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, page := ParseHTML([]byte(markup))
			_, fragment := ParseFragment(markup)
			runtime.ReadMemStats(&after)
			for what, err := range map[string]error{"page": page, "fragment": fragment} {
				if !errors.Is(err, ErrHTML) && (what == "fragment" || name != "formatting within cells") {
					t.Errorf("%s: parsed, with error %v", what, err)
				}
			}
			if made := after.TotalAlloc - before.TotalAlloc; made > 2*maxPageTree {
				t.Errorf("%d MB were allocated", made>>20)
			}
		})
	}
}

// What news sites write is far below every bound, for each kilobyte.
func TestOrdinaryMarkupIsFarBelow(t *testing.T) {
	for name, markup := range map[string]string{
		"text":  `<p>Hôm nay <b>giá vàng</b> tăng, <a href="https://e.org/a/b-1.html" title="x">theo <i>báo</i></a>.</p>`,
		"cards": `<a class="card" href="/a/b-123.html"><div class="x"><div><svg viewBox="0 0 1 1"><path d="M1 2"/></svg></div><picture><source srcset="a 1x"><img src="/b.jpg" loading="lazy"></picture><h3>Tin <strong>mới</strong></h3><p>y<br>z</p></div></a>`,
		"table": `<tr><td><font color="#123456"><b>x</b></font></td><td align=right><a href=x>1</a></td></tr>`,
		"icons": `<li><a href="/x"><i class="fa fa-x" data-id="17"></i> <span>x</span></a><!-- x --></li>`,
	} {
		t.Run(name, func(t *testing.T) {
			s := treeSize{in: strings.Repeat(markup, 1+(1<<20)/len(markup))}
			s.measure(1 << 40)
			if s.size > 40*len(s.in) || s.compared > 1<<20 {
				t.Errorf("%d times its size, %d comparisons", s.size/len(s.in), s.compared)
			}
		})
	}
}

// FuzzTreeSize holds the estimate against what the parser makes. Random bytes hardly ever make it
// do anything, so a byte stands for a tag; the first says how many of the last come again and again,
// which shows whatever grows.
func FuzzTreeSize(f *testing.F) {
	words := []string{"<b>", "</b>", "<b a>", "<i b c=d>", "</i>", "<a>", "<a href='x'>", "</a>", "<p>", "</p>", "<div>", "</div>", "x", " ",
		"<table>", "</table>", "<td>", "</td>", "<tr>", "<caption>", "<nobr>", "</nobr>", "<svg>", "</svg>", "<path/>", "<style>", "</style>",
		"<title>", "</title>", "<!--", "-->", "<![CDATA[", "]]>", "<script>", "</script>", "<textarea>", "</textarea>", "<template>", "</template>",
		"<select>", "</select>", "<option>", "<button>", "</button>", "<math>", "<mi>", "</math>", "<foreignObject>", "<desc>", "<object>",
		"</object>", "<form>", "</form>", "<li>", "</li>", "<ul>", "</ul>", "<h1>", "</h1>", "<span>", "</span>", "<br>", "</br>", "<img src=x>",
		"<font color=x>", "</font>", "<b c=\"", "\">", "'", "<noscript>", "</noscript>", "<frameset>", "<html a>", "<body b>", "</body>", "<head>",
		"<a a b c d e f g h i j k l m n o>", "<i a b c d e f g h i j k l m n o p>", "<plaintext>", "<hr>", "<dd>", "<dt>", "<tt></tt>", "<em>x</em>", "<x-y>", "</x-y>", "<ruby>", "<rt>", "<", "</", "<?", "<iframe>", "</iframe>"}
	f.Add([]byte{2, 8, 0, 2, 3, 9, 8, 12, 8, 12})
	f.Add([]byte{2, 22, 25, 0, 2, 3, 9, 8, 12, 8, 12, 26})
	f.Add([]byte{3, 5, 10, 10, 10, 10, 10, 10, 10, 10, 10, 5, 10, 10, 10, 10, 10, 10, 10, 10, 10, 5, 8, 12})
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) == 0 {
			return
		}
		again := int(program[0])
		program = program[1:min(len(program), 200)]
		again = min(again, len(program))
		var b strings.Builder
		for _, c := range slices.Concat(program, slices.Repeat(program[len(program)-again:], 60)) {
			b.WriteString(words[int(c)%len(words)])
		}
		markup := b.String()
		s := treeSize{in: markup}
		s.measure(1 << 40)
		root, err := html.Parse(strings.NewReader(markup))
		if err != nil {
			return
		}
		made := 0
		for n := range root.Descendants() {
			made += 112 + 48*len(n.Attr)
		}
		if made > s.size+4*nodeSize { // <html>, <head> and <body> may be left out
			t.Errorf("%d bytes were made where %d were thought the most\n%s", made, s.size, markup)
		}
	})
}
