package render

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"

	"feedd/internal/feed"
)

// WithForm is a policy of pages for the page of a search, which has a form.
func WithForm(policy string) string {
	return strings.Replace(policy, "form-action 'none'", "form-action 'self'", 1)
}

//go:embed templates/search.html
var searchTemplate embed.FS

// Search is what the page of a search shows besides what was found.
type Search struct {
	Text            string // as it was typed; empty before anything was
	Refused         string // why the words are no search; what was found is shown of those that are
	Section, Source string // what it is narrowed to
	Ranked          bool
	Address         string    // what stands behind /search and its ending: "?q=…"
	Older           string    // likewise, of where the search goes on; empty when that was all
	LookedTo        time.Time // of a search that has not looked at all: how far back it looked
	Scattered       string    // likewise, of the search for the same words wherever they stand; empty when it is the same
	// Rule and ID are the search as a section: what it is made by, and an id that is free.
	Rule feed.Rule
	ID   string
}

// searchPage is what the template gets.
type searchPage struct {
	*page
	Search
	Words    *searchWords
	Results  string // how many, in words
	Bounded  string // how far back it looked
	Older    string // where it goes on
	Others   string // the other order, its address
	Sections []searchSection
	YAML     string
}

type searchSection struct {
	ID, Title string
	Chosen    bool
}

// searchWords are the texts of the page in one language.
type searchWords struct {
	*words
	Query, Help, Anywhere, Section                string
	None, Found, Try, ByTime, ByRank, Make, Paste string
	Follow, Older, LookedTo, Bounded              string
}

func searchWordsFor(language string) *searchWords {
	w := &searchWords{words: wordsFor(language),
		Query: "Words", Section: "Section", Anywhere: "All sections",
		Help: `Words that stand together; a comma between terms that may stand apart; begun*; near ~5 words; -without; "Exact spelling".`,
		None: "No story was found.", Found: "Stories found:", Try: "Search for these words wherever they stand", Follow: "Follow this search",
		ByTime: "Newest first", ByRank: "Most relevant first", Make: "Make this a section",
		Paste: "Paste this below sections: in feeds.yaml.",
		Older: "Older stories", LookedTo: "Looked back to %s; what is older was not looked at yet.",
		Bounded: "Only the newest reports were searched; older ones may be missing.",
	}
	if w.Lang == "vi" {
		w.Query, w.Section, w.Anywhere = "Từ cần tìm", "Chuyên mục", "Mọi chuyên mục"
		w.Help = `Các từ đứng liền nhau; dấu phẩy giữa những cụm có thể đứng xa nhau, bắt đầu*, gần ~5 nhau, -không có, "Đúng Chính Tả".`
		w.None, w.Found, w.Try = "Không có tin nào như vậy.", "Số tin tìm thấy:", "Tìm các từ này dù đứng ở đâu"
		w.Follow = "Theo dõi kết quả tìm này"
		w.ByTime, w.ByRank, w.Make = "Mới nhất trước", "Phù hợp nhất trước", "Biến thành chuyên mục"
		w.Older, w.LookedTo = "Tin cũ hơn", "Đã tìm ngược đến %s; tin cũ hơn chưa được xét."
		w.Bounded = "Chỉ xét những tin mới nhất; tin cũ hơn có thể bị sót."
		w.Paste = "Dán đoạn này vào dưới sections: trong feeds.yaml."
	}
	return w
}

// SearchPage renders the page of a search: the view's entries are what was found.
func SearchPage(v *View, s Search) ([]byte, error) {
	p := v.newPage("/search")
	w := searchWordsFor(v.Site.Language)
	sp := &searchPage{page: p, Search: s, Words: w}
	p.Title, p.NoIndex = w.Search+" – "+p.Site, true
	for _, sec := range v.Sections {
		if sec.ID != "all" {
			sp.Sections = append(sp.Sections, searchSection{sec.ID, sectionTitle(sec), sec.ID == s.Section})
		}
	}
	if s.Text != "" && s.Refused == "" {
		p.Title = line(s.Text, maxTitle) + " – " + p.Title
		p.Canonical += s.Address
		entries := v.prepare().entries
		look := shape{summary: 280, told: 2, also: 6, picture: true}
		if s.Ranked && len(entries) > 0 {
			d := day{Hidden: w.ByRank}
			for _, e := range entries {
				d.Items = append(d.Items, v.headline(p, e, look))
			}
			p.Days = []day{d}
		} else {
			p.Days = v.days(p, "", entries, look)
		}
		sp.Results = fmt.Sprint(w.Found, " ", len(entries))
		if s.Older != "" {
			sp.Older = p.Root + "/search" + s.Older
		}
		if !s.LookedTo.IsZero() {
			at := s.LookedTo.In(zoneOr(v.Site.Timezone))
			sp.Bounded = fmt.Sprintf(w.LookedTo, at.Format("15:04")+", "+w.dayTitle(at))
		}
		sp.YAML = sectionYAML(s)
		for _, f := range FeedFormats {
			kind, _, _ := strings.Cut(f.ContentType(), ";")
			name := map[Format]string{FormatRSS: "RSS", FormatAtom: "Atom", FormatJSON: "JSON Feed"}[f]
			p.Feeds = append(p.Feeds, feedLink{Name: name, Title: line(s.Text, maxTitle) + " (" + name + ")", Type: kind,
				URL: p.Root + "/search." + string(f) + s.Address})
		}
		sp.Others = p.Root + "/search" + otherOrder(s)
	}
	var b bytes.Buffer
	if err := searchTemplates.ExecuteTemplate(&b, "search.html", sp); err != nil {
		return nil, fmt.Errorf("render the page of a search: %w", err)
	}
	return b.Bytes(), nil
}

var searchTemplates = template.Must(template.Must(templates.Clone()).ParseFS(searchTemplate, "templates/search.html"))

// otherOrder is the address of the same search in the other order.
func otherOrder(s Search) string {
	if rest, ok := strings.CutSuffix(s.Address, "&order=rank"); ok {
		return rest
	}
	return s.Address + "&order=rank"
}

// sectionYAML is a search as a section of the configuration. JSON's strings are YAML's.
func sectionYAML(s Search) string {
	scalar := func(text string) string {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(text) // a string always has a form
		return strings.TrimSpace(b.String())
	}
	list := func(ps []feed.Pattern) string {
		var all []string
		for _, p := range ps {
			all = append(all, scalar(p.Text))
		}
		return "[" + strings.Join(all, ", ") + "]"
	}
	y := "  - id: " + s.ID + "\n    title: " + scalar(line(s.Text, maxTitle)) + "\n    rules:\n      - all: " + list(s.Rule.All) + "\n"
	if len(s.Rule.None) > 0 {
		y += "        none: " + list(s.Rule.None) + "\n"
	}
	return y
}
