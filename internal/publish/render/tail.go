package render

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// What publishing systems put below a text that is none of it: the way to the rest of it, where it was
// published first, buttons to share it. Here it would lead from a headline to itself.

// tailBytes is how long such a line may be. What is longer says something of its own.
const tailBytes = 400

var (
	// readOn invites to read on. The first form is the invitation alone; the second, with the headline
	// behind it, is one only when it is a link.
	readOn     = regexp.MustCompile(`(?i)^[\[(…\s.]*(` + readOnWords + `)[\])…\s.:»›→>]*$`)
	readOnLink = regexp.MustCompile(`(?i)^[\[(…\s.]*(` + readOnWords + `)\b`)
	// firstOn says where a text was published first.
	firstOn = regexp.MustCompile(`(?i)^(the (post|article|story)|bài( viết)?|tin|der (beitrag|artikel)|l['’]article|la (entrada|publicación)|el artículo|o (post|conteúdo|artigo)|` +
		`il post|l['’]articolo|het bericht|inlägget|indlægget|innlegget|artykuł|сообщение|запись|příspěvek|článek|artikel|articolul|artikkeli)\s.*\s(` +
		`appeared first on|first appeared on|(đã )?(xuất hiện|được đăng|đăng) (lần )?đầu( tiên)? (trên|tại|vào|ở)|erschien zuerst auf|est apparu en premier sur|` +
		`(se publicó primero|apareció primero|aparece primero) en|(apareceu|aparece) primeiro em|proviene da|verscheen eerst op|dök först upp på|blev først (udgivet|vist) på|` +
		`dukket først opp på|pochodzi z serwisu|появил(а|о|и)?сь сначала на|впервые появил(а|о|и)?сь на|se nejdříve objevil na|pertama kali (tampil|muncul) (pada|di)|` +
		`apare prima dată în|julkaistiin ensimmäisen kerran)\s.{1,120}$|` +
		`^投稿.+に最初に表示されました[。.]?$|最先出现在.{1,60}[。.]?$|這篇文章最早發佈於.{1,60}$|에 처음 등장했습니다[.]?$|üzerinde ortaya çıktı[.]?$`)
	// share offers to share it.
	share = regexp.MustCompile(`(?i)^(share (this|on|via|it)|chia sẻ( bài viết| lên| qua| trên)?|partager( sur)?|teilen( auf)?|compartir( en)?)([:\s].{0,60})?$`)
)

const readOnWords = `continue reading|keep reading|read more|read on|read the (full|whole|rest of the|rest of this) (story|article|post|entry)|read full (story|article)|` +
	`đọc tiếp|đọc thêm|xem tiếp|xem thêm|xem chi tiết|đọc toàn bộ( bài viết)?|đọc bài gốc|lire la suite|weiterlesen|mehr lesen|leer más|seguir leyendo|sigue leyendo|` +
	`leia mais|continua a leggere|читать далее|читать дальше|阅读全文|阅读更多|続きを読む`

// sharers are the addresses behind buttons to share a text, by the end of their host and the beginning
// of their path.
var sharers = [][2]string{
	{"facebook.com", "/share"}, {"twitter.com", "/share"}, {"twitter.com", "/intent"}, {"x.com", "/intent"}, {"linkedin.com", "/share"}, {"t.me", "/share"},
	{"whatsapp.com", "/send"}, {"wa.me", "/"}, {"pinterest.com", "/pin/create"}, {"reddit.com", "/submit"}, {"zalo.me", "/share"}, {"feedburner.com", "/~ff/"},
}

// withoutTail takes such lines off the end of a text. Where nothing would be left, they are the text.
func withoutTail(nodes []*html.Node) []*html.Node {
	kept := slices.Clone(nodes)
	for len(kept) > 0 {
		last := kept[len(kept)-1]
		if !blank(last) && !isTail(last) {
			trimTail(last)
			break
		}
		kept = kept[:len(kept)-1]
	}
	for _, n := range kept {
		if !blank(n) {
			return kept
		}
	}
	return nodes
}

// trimTail is withoutTail within an element: its text stands before what is taken off.
func trimTail(n *html.Node) {
	if n.Type != html.ElementNode || n.DataAtom == atom.A {
		return
	}
	var off []*html.Node
	last := n.LastChild
	for ; last != nil && (blank(last) || isTail(last)); last = last.PrevSibling {
		off = append(off, last)
	}
	if last == nil { // all of it
		return
	}
	for _, o := range off {
		n.RemoveChild(o)
	}
	trimTail(last)
}

// blank is true of what shows nothing.
func blank(n *html.Node) bool {
	if n.Type == html.TextNode {
		return strings.TrimSpace(n.Data) == ""
	}
	if n.DataAtom == atom.Img || n.DataAtom == atom.Hr || n.DataAtom == atom.Table {
		return false
	}
	for c := range n.ChildNodes() {
		if !blank(c) {
			return false
		}
	}
	return true
}

// isTail is true of a line that is no part of the text.
func isTail(n *html.Node) bool {
	text, outside, links, pictures := seen(n)
	if len(text) > tailBytes {
		return false
	}
	switch {
	case pictures > 0 && len(links) == 0:
		return false
	case len(links) > 0 && !slices.ContainsFunc(links, func(l string) bool { return !shares(l) }):
		return true
	case readOn.MatchString(text), firstOn.MatchString(text), share.MatchString(text):
		return true
	}
	return len(links) > 0 && !outside && readOnLink.MatchString(text)
}

// seen is the text of a node on one line, whether some of it is outside links, where these lead, and how
// many pictures it has.
func seen(n *html.Node) (text string, outside bool, links []string, pictures int) {
	var b strings.Builder
	var walk func(n *html.Node, linked bool)
	walk = func(n *html.Node, linked bool) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
			outside = outside || !linked && strings.TrimSpace(n.Data) != ""
		case n.DataAtom == atom.Br:
			b.WriteByte(' ')
		case n.DataAtom == atom.Img:
			pictures++
		case n.DataAtom == atom.A:
			for _, a := range n.Attr {
				if a.Key == "href" {
					links = append(links, a.Val)
				}
			}
		}
		if b.Len() <= tailBytes {
			for c := range n.ChildNodes() {
				walk(c, linked || n.DataAtom == atom.A)
			}
		}
	}
	walk(n, false)
	return strings.Join(strings.Fields(b.String()), " "), outside, links, pictures
}

func shares(link string) bool {
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, s := range sharers {
		if (host == s[0] || strings.HasSuffix(host, "."+s[0])) && strings.HasPrefix(u.Path, s[1]) {
			return true
		}
	}
	return false
}
