package feed

import (
	"html"
	"net/url"
	"regexp"
	"strings"

	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A video or a recording that is embedded in a text does not play in a feed reader, which takes frames and players out. A
// link, with the video's picture, is kept in its place.

// videoID is what those who host videos call one.
var videoID = regexp.MustCompile(`^[A-Za-z0-9_-]{3,32}$`)

// videoOf returns where a frame's video is watched, and its picture; empty for a frame of anything else,
// and where there is no picture to be had by the address alone.
func videoOf(frame string) (watch, picture string) {
	u, err := url.Parse(strings.TrimSpace(frame))
	if err != nil {
		return "", ""
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	after := func(prefix string) string {
		rest, ok := strings.CutPrefix(u.Path, prefix)
		if id, _, _ := strings.Cut(rest, "/"); ok && videoID.MatchString(id) {
			return id
		}
		return ""
	}
	switch host {
	case "youtube.com", "youtube-nocookie.com", "m.youtube.com":
		if id := after("/embed/"); id != "" && id != "videoseries" {
			return "https://www.youtube.com/watch?v=" + id, "https://i.ytimg.com/vi/" + id + "/hqdefault.jpg"
		}
	case "player.vimeo.com":
		if id := after("/video/"); id != "" {
			return "https://vimeo.com/" + id, ""
		}
	case "dailymotion.com", "geo.dailymotion.com":
		id := after("/embed/video/")
		if q := u.Query().Get("video"); id == "" && videoID.MatchString(q) {
			id = q
		}
		if id != "" {
			return "https://www.dailymotion.com/video/" + id, "https://www.dailymotion.com/thumbnail/video/" + id
		}
	case "facebook.com":
		if to := u.Query().Get("href"); strings.HasPrefix(u.Path, "/plugins/video") && strings.HasPrefix(to, "https://www.facebook.com/") {
			return to, ""
		}
	}
	return "", ""
}

// VideoPicture is the picture of the first video in a text that has one: of a player of those who host videos, or the
// poster of a <video>, which may be relative. Empty when there is none.
func VideoPicture(text string) string {
	if !strings.Contains(text, "<iframe") && !strings.Contains(text, "<video") {
		return "" // nearly all
	}
	z := nethtml.NewTokenizer(strings.NewReader(text))
	for {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			return ""
		}
		if kind != nethtml.StartTagToken && kind != nethtml.SelfClosingTagToken {
			continue
		}
		t := z.Token()
		picture := ""
		switch in := attrIn(t.Attr); t.DataAtom {
		case atom.Iframe:
			z.NextIsNotRawText()
			src := PictureSource(in)
			if strings.HasPrefix(src, "//") {
				src = "https:" + src
			}
			_, picture = videoOf(src)
		case atom.Video:
			picture = strings.TrimSpace(in("poster"))
		}
		if picture != "" {
			return picture
		}
	}
}

// playerLink is the link that stands for a video or a recording, as HTML; picture may be empty.
func playerLink(what, to, picture string) string {
	show := what
	if picture != "" {
		show = `<img src="` + html.EscapeString(picture) + `" alt="` + what + `">`
	}
	return `<p><a href="` + html.EscapeString(to) + `">` + show + `</a></p>`
}

// unplayed measures what stands between the start of a player (video, audio, iframe), behind which rest begins,
// and its end: words for browsers that cannot play it. It is -1 where the end is not near, as it is where
// somebody forgot it.
func unplayed(rest, name string) int {
	const near = 1 << 10
	window := rest[:min(len(rest), near)]
	for i := 0; i+len(name)+1 < len(window); i++ {
		switch {
		case window[i] != '<':
		case strings.EqualFold(window[i+1:i+1+len(name)], name):
			return -1 // another begins within
		case window[i+1] == '/' && i+2+len(name) <= len(window) && strings.EqualFold(window[i+2:i+2+len(name)], name):
			return i
		}
	}
	return -1
}

// sourceIn is the address of the first <source> in the content of a player.
func sourceIn(within string) string {
	z := nethtml.NewTokenizer(strings.NewReader(within))
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			return ""
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			if t := z.Token(); t.DataAtom == atom.Source {
				return strings.TrimSpace(attrIn(t.Attr)("src"))
			}
		}
	}
}
