package read

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"feedd/internal/feed"
)

// Subscription is one feed of a subscription list.
type Subscription struct {
	Line    int // of the file, counted from 1
	Title   string
	URL     string // absolute, http or https; empty when there is a Fault
	Lang    string // as the list says, may be no language at all
	Folders []string
	Fault   string // why it cannot be followed, for people; empty when it can

	// What a list that feedd wrote says besides.
	ID, SectionID string
	Page          *feed.Page
}

// FeeddOPML is the namespace of what feedd adds to a list it writes, under the prefix feedd.
const FeeddOPML = "tag:feedd,2026:opml"

// Most outlines that are read of one list, and folders within each other.
const (
	maxOutlines = 100_000
	maxFolders  = 20
)

// OPML reads the feeds of a subscription list in the order of the list. Lists are written by many
// hands: attributes are taken in any case, a bare & stands for itself, HTML's entities are known,
// and the text may be in any encoding.
func OPML(data []byte) ([]Subscription, error) {
	data, _, err := text(data, "text/xml", "")
	if err != nil {
		return nil, err
	}
	var list []Subscription
	var open []folder
	line, opml := 1, false
	z := html.NewTokenizer(bytes.NewReader(data))
	for {
		kind := z.Next()
		at := line
		line += bytes.Count(z.Raw(), []byte("\n"))
		switch kind {
		case html.ErrorToken: // the end, or as far as it goes
			if !opml {
				return nil, errors.New("this is no OPML subscription list")
			}
			return list, nil
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			opml = opml || t.Data == "opml" || t.Data == "outline"
			if t.Data != "outline" {
				continue
			}
			if len(list) == maxOutlines {
				return nil, fmt.Errorf("the list has more than %d feeds", maxOutlines)
			}
			s, isFeed := outline(t.Attr)
			within := folder{}
			if isFeed {
				s.Line = at
				s.enter(open)
				list = append(list, s)
			} else {
				within = folder{s.Title, s.SectionID, outlineAttr(t.Attr, "frss:opmlurl"), at, len(list)}
			}
			switch {
			case kind == html.SelfClosingTagToken:
				list = within.close(list)
			case len(open) < maxFolders:
				open = append(open, within)
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "outline" && len(open) > 0 {
				last := len(open) - 1
				list, open = open[last].close(list), open[:last]
			}
		}
	}
}

// folder is an outline that is no feed.
type folder struct {
	title, id string
	list      string // the address of the list that its feeds come from, in FreshRSS
	line      int
	feeds     int // that stand before it
}

// close tells of a folder that has no feeds here, because they come from another list.
func (f folder) close(list []Subscription) []Subscription {
	if f.list == "" || f.feeds < len(list) {
		return list
	}
	return append(list, Subscription{Line: f.line, Title: f.title, Fault: "the feeds of this folder come from the list at " + clip(f.list, 200) + ", which can be imported itself"})
}

// enter puts a feed into the folders that are open, or into that of its first category when there are none.
func (s *Subscription) enter(open []folder) {
	named := s.Folders
	s.Folders = nil
	for _, f := range open {
		if f.title != "" {
			s.Folders = append(s.Folders, f.title)
			s.SectionID = f.id
		}
	}
	if len(s.Folders) == 0 {
		s.Folders = named
	}
}

// categories reads the attribute of that name: names with commas between them, each a way through folders with slashes
// (OPML 2.0). The first is the feed's folder; what newsboat writes beside its tags is none.
func categories(attr string) []string {
	for name := range strings.SplitSeq(attr, ",") {
		name = strings.TrimSpace(name)
		if name == "" || strings.HasPrefix(name, "~") || strings.HasPrefix(name, "!") {
			continue
		}
		var way []string
		for part := range strings.SplitSeq(name, "/") {
			if part = feed.PlainText(html.UnescapeString(strings.TrimSpace(part))); part != "" && len(way) < maxFolders {
				way = append(way, part)
			}
		}
		return way
	}
	return nil
}

// outlineAttr is the value of an attribute; the tokenizer writes names in lower case.
func outlineAttr(attrs []html.Attribute, name string) string {
	for _, a := range attrs {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

// outline reads the attributes of one, and tells a feed from a folder.
func outline(attrs []html.Attribute) (s Subscription, isFeed bool) {
	a := map[string]string{} // the tokenizer writes names in lower case
	for _, attr := range attrs {
		if v := strings.TrimSpace(attr.Val); v != "" && a[attr.Key] == "" {
			a[attr.Key] = v
		}
	}
	s.Title = feed.PlainText(html.UnescapeString(first(a["title"], a["text"], a["name"])))
	s.Lang = first(a["language"], a["lang"])
	s.ID, s.SectionID = a["feedd:id"], a["feedd:section"]
	s.Folders = categories(a["category"])
	if item := a["feedd:item"]; item != "" {
		s.Page = &feed.Page{Item: item, Title: a["feedd:title"], Link: a["feedd:link"], Summary: a["feedd:summary"], Date: a["feedd:date"], Image: a["feedd:image"]}
	}
	kind := strings.ToLower(a["type"])
	address := first(a["xmlurl"], a["feedurl"], a["rssurl"])
	if address == "" && kind != "" && kind != "folder" {
		address = a["url"]
	}
	if address == "" {
		if kind == "rss" || kind == "atom" {
			s.Fault = "it has no address"
			return s, true
		}
		return s, false
	}
	s.URL, s.Fault = feedAddress(address)
	switch {
	case s.Fault != "":
	case kind == "link" || kind == "include":
		s.URL, s.Fault = "", "it is a link to another list, not a feed"
	case strings.Contains(kind, "xpath") || strings.Contains(kind, "dotnotation"):
		s.URL, s.Fault = "", "it is a page read by "+a["type"]+" rules; feedd discover "+s.URL+" proposes selectors"
	}
	return s, true
}

// feedAddress mends the address of a feed, or says why it is none.
func feedAddress(raw string) (address, fault string) {
	if strings.Contains(raw, "&amp;") { // escaped twice
		raw = html.UnescapeString(raw)
	}
	raw = strings.Join(strings.Fields(raw), "%20")
	lower := strings.ToLower(raw)
	switch {
	case strings.HasPrefix(lower, "feed://"):
		raw = "http://" + raw[len("feed://"):]
	case strings.HasPrefix(lower, "feed:"):
		raw = raw[len("feed:"):]
	case strings.HasPrefix(raw, "//"):
		raw = "https:" + raw
	case strings.HasPrefix(lower, "exec:"), strings.HasPrefix(lower, "filter:"), strings.HasPrefix(raw, "|"):
		return "", "a program makes it"
	}
	if !strings.Contains(raw, ":") && strings.Contains(raw, ".") {
		raw = "https://" + raw
	}
	raw = strings.TrimSuffix(raw, "#force_feed") // which FreshRSS adds for itself
	u, err := url.Parse(raw)
	switch {
	case strings.Contains(raw, "@") && (err != nil || u.User != nil): // which is not shown
		return "", "its address holds a login; write it by hand, with basic_auth"
	case err != nil || u.Host == "" && (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == ""):
		return "", "its address " + clip(raw, 60) + " cannot be understood"
	case u.Scheme != "http" && u.Scheme != "https":
		return "", "its address " + clip(raw, 60) + " is not on the web"
	}
	return u.String(), ""
}
