package read

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"feedd/internal/feed"
	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"
)

// healthyFeed is a well-formed feed of 30 items as a Vietnamese newspaper writes it, about 60 kB.
func healthyFeed(escaped bool) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom">` +
		"<channel><title>Báo Ví dụ</title><link>https://bao.example.vn/</link><description>Tin mới</description>\n")
	body := strings.Repeat(`<p>Giá vàng miếng sáng nay tăng mạnh theo thế giới, người mua xếp hàng từ sớm &amp; chờ đợi. <a href="https://bao.example.vn/xem">Xem thêm</a></p>`, 10)
	for i := range 30 {
		fmt.Fprintf(&b, "<item><title>Giá vàng miếng tăng phiên thứ %d</title><link>https://bao.example.vn/gia-vang-%d.html</link><guid isPermaLink=\"true\">https://bao.example.vn/gia-vang-%d.html</guid><pubDate>Wed, 14 Aug 2024 10:%02d:00 +0700</pubDate><dc:creator>Nguyễn An</dc:creator><category>Kinh tế</category>", i, i, i, i)
		if escaped {
			fmt.Fprintf(&b, "<description>%s</description>", strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(`<img src="https://img.example.vn/a.jpg"/>`+body))
		} else {
			fmt.Fprintf(&b, "<description><![CDATA[%s]]></description>", `<img src="https://img.example.vn/a.jpg"/>`+body)
		}
		b.WriteString("</item>\n")
	}
	b.WriteString("</channel></rss>\n")
	return []byte(b.String())
}

func healthyAtom() []byte {
	var b strings.Builder
	b.WriteString(`<feed xmlns="http://www.w3.org/2005/Atom"><title>Báo Ví dụ</title><id>tag:bao.example.vn,2024:f</id><updated>2024-08-14T10:44:00+07:00</updated>`)
	body := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(strings.Repeat(`<p>Giá vàng miếng sáng nay tăng mạnh theo thế giới, người mua xếp hàng từ sớm. <a href="https://bao.example.vn/xem">Xem thêm</a></p>`, 10))
	for i := range 30 {
		fmt.Fprintf(&b, `<entry><title>Giá vàng miếng tăng phiên thứ %d</title><link href="https://bao.example.vn/gia-vang-%d.html"/><id>tag:bao.example.vn,2024:gia-vang-%d7</id><published>2024-08-14T10:44:00+07:00</published><updated>2024-08-14T10:44:00+07:00</updated><author><name>An</name></author><content type="html">%s</content></entry>`, i, i, i, body)
	}
	b.WriteString("</feed>")
	return []byte(b.String())
}

// BenchmarkHealthy compares reading a healthy feed with what gofeed alone needs for it: its parser
// for the format, and its universal parser, which does less than Read and costs more.
func BenchmarkHealthy(b *testing.B) {
	for _, doc := range []struct {
		name  string
		bytes []byte
	}{{"cdata", healthyFeed(false)}, {"escaped", healthyFeed(true)}, {"atom", healthyAtom()}} {
		run := func(name string, f func() error) {
			b.Run(doc.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(doc.bytes)))
				for b.Loop() {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("format", func() (err error) {
			if doc.name == "atom" {
				_, err = new(atom.Parser).Parse(bytes.NewReader(doc.bytes))
			} else {
				_, err = new(rss.Parser).Parse(bytes.NewReader(doc.bytes))
			}
			return err
		})
		run("gofeed", func() error {
			_, err := gofeed.NewParser().Parse(bytes.NewReader(doc.bytes))
			return err
		})
		run("read", func() error {
			d, err := Read(Body{Bytes: doc.bytes, URL: "https://bao.example.vn/rss"}, feed.Source{ID: "s"}, testNow)
			if err == nil && (len(d.Items) != 30 || len(d.Warnings) != 0) {
				return fmt.Errorf("%d items, %q", len(d.Items), d.Warnings)
			}
			return err
		})
	}
}

// BenchmarkSafety is what a healthy document pays before gofeed sees it.
func BenchmarkSafety(b *testing.B) {
	doc := healthyFeed(true)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		data, _, _ := text(doc, "", "")
		_, start, _ := sniff(data)
		if h, err := scan(data[start:], 1000, nil); err != nil || h.trouble != "" {
			b.Fatal(h.trouble, err)
		}
		controls(data)
	}
}
