package feed

import "testing"

func TestDestination(t *testing.T) {
	for in, want := range map[string]string{
		"https://www.google.com/url?rct=j&sa=t&url=https://bao.example/c-1.html&ct=ga&usg=A":          "https://bao.example/c-1.html",
		"https://www.google.com.vn/url?q=https%3A%2F%2Fbao.example%2Fc%3Fid%3D1%26x%3D2&sa=U":         "https://bao.example/c?id=1&x=2",
		"http://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fbao.example%2fx%2f1&c=1": "https://bao.example/x/1",
		"https://l.facebook.com/l.php?u=https%3A%2F%2Fbao.example%2F1&h=A":                            "https://bao.example/1",
		"https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fbao.example%2F1&data=x":    "https://bao.example/1",
		"https://bao-example.cdn.ampproject.org/c/s/bao.example/tin/1.amp?a=b":                        "https://bao.example/tin/1.amp?a=b",
		"https://www.google.com/amp/s/bao.example/tin/1":                                              "https://bao.example/tin/1",
		"https://www.google.com/url?url=javascript:alert(1)":                                          "https://www.google.com/url?url=javascript:alert(1)",
		"https://www.google.com/search?q=https://bao.example/":                                        "https://www.google.com/search?q=https://bao.example/",
		"https://bao.example/share?url=https://bao.example/1":                                         "https://bao.example/share?url=https://bao.example/1",
		"https://bao.example/amp/s/1":                                                                 "https://bao.example/amp/s/1",
		"https://notbing.com/news/apiclick.aspx?url=https://bao.example/1":                            "https://notbing.com/news/apiclick.aspx?url=https://bao.example/1",
		"https://news.google.com/rss/articles/CBMiX?oc=5":                                             "https://news.google.com/rss/articles/CBMiX?oc=5",
		"https://web.archive.org/web/2024/https://bao.example/1":                                      "https://web.archive.org/web/2024/https://bao.example/1",
		"": "",
	} {
		if got := Destination(in); got != want {
			t.Errorf("Destination(%q) = %q, want %q", in, got, want)
		}
	}
}
