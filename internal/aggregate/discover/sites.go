package discover

import (
	"net/url"
	"regexp"
	"strings"
)

// knownSites turns an address on a well-known service into its feeds, which the page itself may not
// name. Nothing is asked.
func knownSites(u *url.URL) []string {
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	path := strings.Trim(u.Path, "/")
	parts := strings.Split(path, "/")
	on := func(suffix string) bool { return host == suffix || strings.HasSuffix(host, "."+suffix) }
	root := u.Scheme + "://" + u.Host
	switch {
	case host == "youtube.com" || host == "m.youtube.com":
		return youtube(u, parts)
	case on("reddit.com"):
		if path == "" {
			return []string{"https://www.reddit.com/.rss"}
		}
		if parts[0] == "r" || parts[0] == "user" || parts[0] == "u" {
			return []string{"https://www.reddit.com/" + path + "/.rss"}
		}
	case host == "github.com" && path != "":
		if len(parts) == 1 {
			return []string{"https://github.com/" + parts[0] + ".atom"}
		}
		repo := "https://github.com/" + parts[0] + "/" + strings.TrimSuffix(parts[1], ".git")
		return []string{repo + "/releases.atom", repo + "/tags.atom", repo + "/commits.atom"}
	case host == "medium.com" && path != "":
		return []string{"https://medium.com/feed/" + parts[0]}
	case on("medium.com"), on("substack.com") && host != "substack.com":
		return []string{root + "/feed"}
	case on("wordpress.com") && host != "wordpress.com":
		return []string{root + "/feed/"}
	case strings.Contains(host, ".blogspot."):
		return []string{root + "/feeds/posts/default"}
	case on("tumblr.com") && host != "tumblr.com":
		return []string{root + "/rss"}
	case host == "bsky.app" && len(parts) > 1 && parts[0] == "profile":
		return []string{"https://bsky.app/profile/" + parts[1] + "/rss"}
	case mastodonUser.MatchString(path): // on any host
		return []string{root + "/" + path + ".rss"}
	}
	return nil
}

var mastodonUser = regexp.MustCompile(`^@[A-Za-z0-9_.-]+$`)

const youtubeFeed = "https://www.youtube.com/feeds/videos.xml?"

func youtube(u *url.URL, parts []string) []string {
	if list := u.Query().Get("list"); list != "" {
		return []string{youtubeFeed + "playlist_id=" + url.QueryEscape(list)}
	}
	if len(parts) > 1 {
		switch parts[0] {
		case "channel":
			return []string{youtubeFeed + "channel_id=" + url.QueryEscape(parts[1])}
		case "user":
			return []string{youtubeFeed + "user=" + url.QueryEscape(parts[1])}
		}
	}
	return nil // a handle: its page says which channel it is
}

// youtubeChannel is how YouTube's pages name the channel they are of.
var youtubeChannel = regexp.MustCompile(`"(?:externalId|channelId|browseId)"\s*:\s*"(UC[A-Za-z0-9_-]{22})"`)

// byGenerator are the paths of the feeds that programs make, by what they call themselves in the page.
func byGenerator(generator string) []string {
	g := strings.ToLower(generator)
	for _, known := range []struct{ name, path string }{
		{"wordpress", "/feed/"}, {"blogger", "/feeds/posts/default"}, {"ghost", "/rss/"}, {"hugo", "/index.xml"},
		{"jekyll", "/feed.xml"}, {"drupal", "/rss.xml"}, {"joomla", "/?format=feed&type=rss"}, {"hexo", "/atom.xml"}, {"wix", "/blog-feed.xml"},
	} {
		if strings.HasPrefix(g, known.name) {
			return []string{known.path}
		}
	}
	return nil
}

// commonPaths are where feeds are when nothing names them, the likeliest first.
var commonPaths = []string{"/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json", "/rss/home.rss", "/rss/tin-moi-nhat.rss", "/feeds/posts/default"}
