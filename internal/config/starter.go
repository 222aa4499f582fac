package config

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"feedd/internal/feed"
)

// starterData lists real feeds by language and topic, the best of each topic first: what a first
// configuration is made of.
//
//go:embed starter.tsv
var starterData string

// StarterLanguage is a language that a first configuration can be written for.
type StarterLanguage struct {
	Code   string // BCP 47
	Topics []StarterTopic
}

// StarterTopic is a section of a first configuration.
type StarterTopic struct {
	ID, Title string
	sources   []starterSource
}

type starterSource struct{ id, title, url string }

// Starters returns the languages with their topics, in the order in which they are offered.
func Starters() []StarterLanguage {
	var all []StarterLanguage
	lines := strings.Split(strings.TrimSpace(starterData), "\n")
	for _, line := range lines[1:] { // the first names the columns
		f := strings.Split(line, "\t")
		if len(all) == 0 || all[len(all)-1].Code != f[0] {
			all = append(all, StarterLanguage{Code: f[0]})
		}
		l := &all[len(all)-1]
		if len(l.Topics) == 0 || l.Topics[len(l.Topics)-1].ID != f[1] {
			l.Topics = append(l.Topics, StarterTopic{ID: f[1], Title: f[2]})
		}
		t := &l.Topics[len(l.Topics)-1]
		t.sources = append(t.sources, starterSource{f[3], f[4], f[5]})
	}
	return all
}

// starterSites are the site's title and zone by language, "News" and UTC for the others.
var starterSites = map[string][2]string{
	"vi": {"Điểm tin", "Asia/Ho_Chi_Minh"}, "de": {"Nachrichten", "Europe/Berlin"}, "fr": {"Actualités", "Europe/Paris"},
	"es": {"Noticias", "Europe/Madrid"}, "it": {"Notizie", "Europe/Rome"}, "ja": {"ニュース", "Asia/Tokyo"}, "ru": {"Новости", "Europe/Moscow"},
}

// Bounds of a first configuration: short enough to be read at a glance.
const (
	starterLines   = 40
	starterHead    = 12 // lines beside the sections and sources
	starterSources = 4  // of one topic
)

// Starter writes a first feeds.yaml of at most 40 lines: the topics as sections, each with real
// sources. Topics are named by id or title. The error names what there is instead.
func Starter(language string, topics []string) ([]byte, error) {
	all := Starters()
	i := slices.IndexFunc(all, func(l StarterLanguage) bool { return l.Code == language })
	if i < 0 {
		var codes []string
		for _, l := range all {
			codes = append(codes, l.Code)
		}
		return nil, fmt.Errorf("there are no sources for the language %s yet; choose %s, and edit the file", shown(language), orList(codes))
	}
	chosen, err := all[i].choose(topics)
	if err != nil {
		return nil, err
	}
	site, ok := starterSites[language]
	if !ok {
		site = [2]string{"News", "UTC"}
	}
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# yaml-language-server: $schema=%s", SchemaFile)
	p("# Save this file, and a running feedd takes it over; feedd check names every mistake in it.")
	p("site:\n  title: %s\n  language: %s\n  timezone: %s", site[0], language, site[1])
	p("  # url: https://news.example.org     # set both before the feeds are public")
	p("  # contact: mailto:desk@example.org")
	p("defaults: {language: %s}\nsections:", language)
	for _, t := range chosen {
		p("  - {id: %s, title: %s}", t.ID, plain(t.Title))
	}
	p("sources: # feedd add URL --section %s writes one more", chosen[0].ID)
	taken := map[string]bool{}
	room := starterLines - starterHead - len(chosen)
	picked := make([][]starterSource, len(chosen))
	for round := range starterSources {
		for n, t := range chosen {
			if round < len(t.sources) && room > 0 && !taken[t.sources[round].url] {
				taken[t.sources[round].url] = true
				picked[n] = append(picked[n], t.sources[round])
				room--
			}
		}
	}
	for n, t := range chosen {
		for _, s := range picked[n] {
			p("  - {id: %s, title: %s, url: %q, section: %s}", s.id, plain(s.title), s.url, t.ID)
		}
	}
	return []byte(b.String()), nil
}

// choose finds the topics that are named, each once, in the order of the list.
func (l *StarterLanguage) choose(names []string) ([]StarterTopic, error) {
	var chosen []StarterTopic
	var ids []string
	for _, t := range l.Topics {
		ids = append(ids, t.ID)
	}
	want := map[string]bool{}
	for _, name := range names {
		id := asID(name)
		for _, t := range l.Topics {
			if feed.Fold(t.Title) == feed.Fold(name) {
				id = t.ID
			}
		}
		if !slices.Contains(ids, id) {
			hint := didYouMean(id, ids).String()
			if hint != "" {
				hint += " "
			}
			return nil, fmt.Errorf("there is no topic %s; %sthere are %s", shown(name), hint, strings.Join(ids, ", "))
		}
		want[id] = true
	}
	for _, t := range l.Topics {
		if want[t.ID] {
			chosen = append(chosen, t)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("name at least one topic of %s", strings.Join(ids, ", "))
	}
	return chosen, nil
}

// safePlain is what may stand in a flow mapping without quotes and means nothing but itself.
var safePlain = regexp.MustCompile(`^\p{L}[\p{L}\p{M}\p{N} .()&-]*[\p{L}\p{M}\p{N}.)]$`)

// notPlain are words that YAML takes for something else than a text.
var notPlain = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

// plain writes a text as YAML, in quotes where it needs them.
func plain(s string) string {
	if safePlain.MatchString(s) && !slices.Contains(notPlain, strings.ToLower(s)) {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}
