package read

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/feed/feedtest"
)

var testNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestPagesOfTheCorpus(t *testing.T) {
	raw, err := os.ReadFile(feedtest.Shared(t, "corpus/pages/LISTPAGES.json"))
	if err != nil {
		t.Fatal(err)
	}
	var pages []struct {
		File, Base, Item, Title, Link, Date string
		Items                               []struct{ Title, Link, Date string }
	}
	if err := json.Unmarshal(raw, &pages); err != nil {
		t.Fatal(err)
	}
	hanoi := time.FixedZone("ICT", 7*3600)
	for _, p := range pages {
		b, err := os.ReadFile(feedtest.Shared(t, "corpus/pages/"+p.File))
		if err != nil {
			t.Fatal(err)
		}
		src := feed.Source{ID: "p", Timezone: hanoi, Page: &feed.Page{Item: p.Item, Title: p.Title, Link: p.Link, Date: p.Date}}
		doc, err := Read(Body{Bytes: b, URL: p.Base}, src, testNow)
		if err != nil {
			t.Errorf("%s: %v", p.File, err)
			continue
		}
		if len(doc.Items) != len(p.Items) {
			t.Errorf("%s: %d items, want %d (%q)", p.File, len(doc.Items), len(p.Items), doc.Warnings)
			continue
		}
		for i, want := range p.Items {
			got := doc.Items[i]
			if got.Title != want.Title || got.URL != want.Link {
				t.Errorf("%s item %d: %q %s, want %q %s", p.File, i, got.Title, got.URL, want.Title, want.Link)
			}
			at, _ := feed.ParseDate(want.Date, hanoi, testNow)
			if !got.Published.Equal(at) {
				t.Errorf("%s item %d: published %s, want %s", p.File, i, got.Published, want.Date)
			}
		}
	}
}

const listPage = `<!DOCTYPE html><html lang="vi"><head><title>Tin mới</title><base href="/tin/"></head><body>
<ul class="news">
 <li><a href="bao-so-4.html"><img data-src="/b.jpg" src="data:image/gif;base64,AA"></a></li>
 <li><a href="bao-so-4.html">Bão số 4 vào bờ</a><p class="sapo">Gió <b>cấp 10</b>, <a href="x.html">xem</a></p><time>14/8/2024 10:44</time></li>
 <li><a href="javascript:void(0)">Quảng cáo</a></li>
 <li><a href="https://khac.example.org/a?utm_source=x">Tin của báo khác</a><time>2 giờ trước</time></li>
</ul></body></html>`

func TestPage(t *testing.T) {
	src := feed.Source{ID: "p", Timezone: time.FixedZone("ICT", 7*3600), Page: &feed.Page{
		Item: "ul.news > li", Link: "a@href", Summary: "p.sapo", Date: "time", Image: "img@src"}}
	body := Body{Bytes: []byte(listPage), URL: "https://bao.example.vn/trang-chu"}
	doc, err := Read(body, src, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if doc.Title != "Tin mới" || doc.Language != "vi" || len(doc.Items) != 2 {
		t.Fatalf("%q %q, %d items: %+v", doc.Title, doc.Language, len(doc.Items), doc.Items)
	}
	it := doc.Items[0]
	if it.Title != "Bão số 4 vào bờ" || it.URL != "https://bao.example.vn/tin/bao-so-4.html" || it.Image != "https://bao.example.vn/b.jpg" ||
		!strings.Contains(it.Summary, `<a href="https://bao.example.vn/tin/x.html">`) || it.Published.Format(time.RFC3339) != "2024-08-14T03:44:00Z" {
		t.Errorf("the blocks of one report were not made one: %+v", it)
	}
	if it := doc.Items[1]; it.Canonical != "https://khac.example.org/a" || !it.Published.Equal(testNow.Add(-2*time.Hour)) {
		t.Errorf("second item: %+v", it)
	}
}

func TestPageErrorsNameTheSelector(t *testing.T) {
	body := Body{Bytes: []byte(listPage), URL: "https://bao.example.vn/"}
	for _, tt := range []struct {
		page feed.Page
		want string
	}{
		{feed.Page{Item: "div.gone"}, `page.item "div.gone" finds nothing`},
		{feed.Page{Item: "li", Title: "h9.gone"}, `page.title "h9.gone" finds nothing`},
		{feed.Page{Item: "li", Link: "b.gone@href"}, `page.link "b.gone@href" finds nothing`},
		{feed.Page{Item: "li["}, `page.item: selector "li["`},
		{feed.Page{Item: "time"}, `none has a title and a link`},
	} {
		_, err := Read(body, feed.Source{Page: &tt.page}, testNow)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q in it", tt.page, err, tt.want)
		}
	}
	for css, ok := range map[string]bool{"a": true, "a@href": true, "@href": true, `a[href*="@"]@title`: true, "ul > li:nth-child(2)": true, "": false, "a[": false, "a:nope(": false} {
		if err := CheckSelector(css); (err == nil) != ok {
			t.Errorf("CheckSelector(%q) = %v", css, err)
		}
	}
}

func TestPageWithoutSelectors(t *testing.T) {
	const ld = `<html lang="vi"><head><title>Báo</title><script type="application/ld+json">{"@context":"https://schema.org","@graph":[
{"@type":"BreadcrumbList","itemListElement":[{"@type":"ListItem","name":"Trang chủ","item":"https://bao.example.vn/"}]},
{"@type":"ItemList","itemListElement":[{"@type":"ListItem","position":1,"url":"/tin-1.html","name":"Tin một"},
{"@type":"ListItem","item":{"@type":"NewsArticle","headline":"Tin &amp; hai","url":"https://bao.example.vn/tin-2.html","datePublished":"2024-08-14T10:44:00+07:00","image":[{"url":"/2.jpg"}],"author":{"name":"An"}}}]}]}</script></head></html>`
	const micro = `<html><body><article itemscope itemtype="https://schema.org/NewsArticle"><h2 itemprop="headline"><a href="/tin-3.html">Tin ba</a></h2>
<meta itemprop="datePublished" content="2024-08-14T10:44:00+07:00"><p itemprop="description">Tóm tắt</p></article></body></html>`
	doc, err := Read(Body{Bytes: []byte(ld), URL: "https://bao.example.vn/"}, feed.Source{}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Items) != 2 || doc.Items[0].URL != "https://bao.example.vn/tin-1.html" || doc.Items[1].Title != "Tin & hai" ||
		doc.Items[1].Image != "https://bao.example.vn/2.jpg" || doc.Items[1].Published.IsZero() || doc.Items[1].Authors[0].Name != "An" {
		t.Errorf("JSON-LD: %+v", doc.Items)
	}
	doc, err = Read(Body{Bytes: []byte(micro), URL: "https://bao.example.vn/"}, feed.Source{}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Items) != 1 || doc.Items[0].URL != "https://bao.example.vn/tin-3.html" || doc.Items[0].Summary != "Tóm tắt" {
		t.Errorf("microdata: %+v", doc.Items)
	}
}

func TestPageThatAdvertisesFeeds(t *testing.T) {
	const page = `<html><head><link rel="alternate" type="application/rss+xml" href="/rss/home.rss" title="Trang chủ">
<link rel="alternate" hreflang="en" href="/en"><link rel="alternate" type="application/atom+xml" href="https://bao.example.vn/a.atom"></head></html>`
	body := Body{Bytes: []byte(page), URL: "https://bao.example.vn/"}
	_, err := Read(body, feed.Source{}, testNow)
	if err == nil || !strings.Contains(err.Error(), "https://bao.example.vn/rss/home.rss") || !strings.Contains(err.Error(), "a.atom") {
		t.Errorf("the error does not list the feeds: %v", err)
	}
	if got := Discover(body); len(got) != 2 || got[0].Title != "Trang chủ" {
		t.Errorf("Discover = %+v", got)
	}
}
