package feed

import (
	"net/url"
	"strings"
)

// passages are the pages that do nothing but send a reader on, by the end of their host and the beginning of
// their path, with the parameter that says where to.
var passages = []struct{ host, path, param string }{
	{"bing.com", "/news/apiclick.aspx", "url"},
	{"facebook.com", "/l.php", "u"},
	{"youtube.com", "/redirect", "q"},
	{"t.umblr.com", "/redirect", "z"},
	{"safelinks.protection.outlook.com", "/", "url"},
	{"vk.com", "/away.php", "to"},
	{"out.reddit.com", "/", "url"},
	{"duckduckgo.com", "/l/", "uddg"},
}

// Destination is where an address leads in the end, when it is that of a page which only sends readers on and
// says so itself: the links of Google Alerts and of Bing News, those of AMP caches. Any other address is
// returned as it is. Without this the outlet's article and what an alert says of it would be two.
func Destination(raw string) string {
	if !strings.Contains(raw[min(len(raw), 1):], "http") && !strings.Contains(raw, "/amp/") && !strings.Contains(raw, "ampproject.org/") {
		return raw // nearly all
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return raw
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	to := ""
	if google := strings.HasPrefix(host, "google."); google && u.Path == "/url" {
		if to = u.Query().Get("url"); to == "" {
			to = u.Query().Get("q")
		}
	} else if cached, ok := strings.CutPrefix(u.EscapedPath(), "/amp/"); google && ok {
		to = fromCache(cached, u.RawQuery)
	} else if strings.HasSuffix(host, ".cdn.ampproject.org") && len(u.Path) > 3 && strings.Contains("cva", u.Path[1:2]) && u.Path[2] == '/' {
		to = fromCache(u.EscapedPath()[3:], u.RawQuery)
	}
	for _, p := range passages {
		if (host == p.host || strings.HasSuffix(host, "."+p.host)) && strings.HasPrefix(u.Path, p.path) {
			to = u.Query().Get(p.param)
		}
	}
	if d, err := url.Parse(to); err != nil || d.Scheme != "http" && d.Scheme != "https" || d.Host == "" {
		return raw
	}
	return to
}

// fromCache is the address of what an AMP cache keeps under a path: "s/bao.example/tin" is https://bao.example/tin.
func fromCache(path, query string) string {
	scheme := "http://"
	if rest, ok := strings.CutPrefix(path, "s/"); ok {
		path, scheme = rest, "https://"
	}
	if host, _, _ := strings.Cut(path, "/"); !strings.Contains(host, ".") {
		return ""
	}
	if query != "" {
		query = "?" + query
	}
	return scheme + path + query
}
