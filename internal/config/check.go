package config

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"

	"feedd/internal/feed"
)

// Longest durations that make sense; a longer one is a slip of the unit.
const (
	day  = 24 * time.Hour
	year = 366 * day
)

// builder turns the decoded file into a Config, checking what the decoder could not.
type builder struct {
	*problems
	folder string // that *_file keys are relative to
	checks Checks

	sections []string // ids, those of sections with mistakes as well, so that one mistake is reported once
	zone     *time.Location
}

func (b *builder) config(f *file) *Config {
	for _, s := range f.Sections.List {
		b.sections = append(b.sections, s.ID.is)
	}
	cfg := &Config{
		Site:            b.site(&f.Site),
		Stories:         b.stories(&f.Stories),
		SectionSettings: b.learning(f),
		Drop:            b.hardRules(f.Drop, "drop"),
		Collect:         Collect{Hosts: f.Collect.Hosts.or(128)},
		Publish: Publish{
			Attribution: f.Publish.Attribution.or("summary"),
			Hub:         b.url(f.Publish.Hub, "hub"),
			HubPrivate:  f.Publish.HubPrivate.or(false),
			Proxies:     b.networks(f.Publish.Proxies),
			MaxBytes:    int(f.Publish.MaxBytes.or(1 << 20)),
			Retention:   b.span(f.Publish.Retention, 0, 0, 20*year, "retention"),
		},
		Images: f.Pages.Images.or(false),
	}
	if given := &f.Publish.MaxBytes; given.given() && (cfg.Publish.MaxBytes < 10_000 || cfg.Publish.MaxBytes > 1<<30) {
		b.at(given.at, feed.Text{}, "max_bytes of a feed must be between 10KB and 1GB, not %s", given.at.Value)
	}
	cfg.Desk.Token = b.secret(f.Desk.TokenEnv, text{}, "token")
	b.token(f.Desk.TokenEnv, text{}, cfg.Desk.Token, say("the desk"))
	b.zone = cfg.Site.Timezone
	ids := map[string]*yaml.Node{}
	for i := range f.Sections.List {
		cfg.Sections = append(cfg.Sections, b.section(&f.Sections.List[i], ids))
	}
	// The defaults are checked even when no source inherits them.
	b.sourceKeys(&cfg.Defaults, &f.Defaults)
	ids = map[string]*yaml.Node{}
	for i := range f.Sources {
		cfg.Sources = append(cfg.Sources, b.source(&f.Sources[i], &f.Defaults, ids))
	}
	ids = map[string]*yaml.Node{}
	for i := range f.Partners {
		cfg.Partners = append(cfg.Partners, b.partner(&f.Partners[i], ids))
	}
	ids = map[string]*yaml.Node{}
	for i := range f.Notify {
		cfg.Notify = append(cfg.Notify, b.channel(&f.Notify[i], ids))
	}
	cfg.Alerts = b.alerts(&f.Alerts)
	b.suspicious(f, cfg)
	return cfg
}

func (b *builder) site(f *fileSite) feed.Site {
	s := feed.Site{
		Title:       b.line(f.Title, "Điểm tin", "title"),
		Description: f.Description.is,
		URL:         b.siteURL(f.URL),
		ID:          f.ID.is,
		Language:    b.language(f.Language, "vi"),
		Timezone:    b.timezone(f.Timezone, nil),
		Contact:     b.contact(f.Contact),
		Icon:        b.icon(f.Icon),
	}
	if f.ID.given() && !validAuthority(s.ID) {
		b.at(f.ID.at, say("such as news.example.org,2026"), "site.id must be AUTHORITY,DATE (RFC 4151), not %s", shown(s.ID))
	}
	if s.Timezone == nil {
		s.Timezone = b.loadZone("Asia/Ho_Chi_Minh", nil)
	}
	return s
}

func (b *builder) stories(f *fileStories) feed.StorySettings {
	s := feed.StorySettings{
		Window:  b.span(f.Window, 72*time.Hour, time.Minute, year, "window"),
		Match:   f.Match.or("normal"),
		Updates: f.Updates.or("entry"),
		Related: f.Related.or("entry"),
	}
	for _, pair := range f.Never {
		for _, term := range pair {
			b.pattern(term)
		}
		switch {
		case len(pair) == 2:
			s.Never = append(s.Never, [2]string{pair[0].is, pair[1].is})
		case len(pair) > 0 && pair[0].given():
			b.at(pair[0].at, say("write [giá vàng, giá bạc]"), "never wants pairs of patterns, found a list of %d", len(pair))
		}
	}
	return s
}

// learning takes the settings from either of the two places where they may stand.
func (b *builder) learning(f *file) feed.SectionSettings {
	conf, learn := f.Sections.Confidence, f.Sections.Learn
	if f.Learning.Confidence.given() {
		if conf.given() {
			b.at(f.Learning.Confidence.at, say("keep one"), "confidence is also under sections, on line %d", conf.at.Line)
		}
		conf = f.Learning.Confidence
	}
	if f.Learning.Learn.on.given() {
		if learn.on.given() {
			b.at(f.Learning.Learn.on.at, say("keep one"), "learn is also under sections, on line %d", learn.on.at.Line)
		}
		learn = f.Learning.Learn
	}
	const week = 7 * 24 * time.Hour
	return feed.SectionSettings{
		Confidence: conf.or(0.5), Learn: learn.on.or(true), Never: b.struckOut(learn.Never), HalfLife: time.Duration(learn.Decay.or(52)) * week,
	}
}

// struckOut are words and phrases that are not to be learned from.
func (b *builder) struckOut(list []text) (terms []string) {
	for _, t := range list {
		if len(feed.Words(nil, t.is)) == 0 {
			b.at(t.at, say("write a word or a phrase"), "%s has no word", shown(t.is))
			continue
		}
		terms = append(terms, t.is)
	}
	return terms
}

func (b *builder) section(f *fileSection, ids map[string]*yaml.Node) feed.Section {
	s := feed.Section{
		ID:           b.id(f.ID, "section", ids),
		Description:  f.Description.is,
		Language:     b.language(f.Language, ""),
		Limit:        f.Limit.or(50),
		MaxAge:       b.span(f.MaxAge, 168*time.Hour, time.Minute, 20*year, "max_age"),
		MaxPerSource: f.MaxPerSource.or(0),
		Fair:         !f.MaxPerSource.given(),
		ByCoverage:   f.Order.is == "coverage",
		Rules:        b.rules(f.Rules),
		Pin:          b.hardRules(f.Pin, "pin"),
		Mute:         b.hardRules(f.Mute, "mute"),
		Learn:        f.Learn.on.or(true),
		Never:        b.struckOut(f.Learn.Never),
		Line:         f.line(),
	}
	s.Title = b.line(f.Title, s.ID, "title")
	switch {
	case f.ID.given() && s.ID == "all":
		b.at(f.ID.at, say("choose another id"), "the section all is every section merged and always there")
	case f.ID.given() && s.ID == "top":
		b.at(f.ID.at, say("choose another id"), "the section top is what most outlets tell and always there")
	}
	for i := range f.Expect {
		s.Expect = append(s.Expect, b.expect(&f.Expect[i]))
	}
	return s
}

func (b *builder) expect(f *fileExpect) feed.Expect {
	e := feed.Expect{Title: f.Title.is, Summary: f.Summary.is, Line: f.line()}
	switch {
	case f.Title.given() && f.Not.given():
		b.at(f.Not.at, say("write two cases, each after a hyphen of its own"), "an expected headline has title or not, not both")
	case f.Not.given():
		e.Title, e.Not = f.Not.is, true
	case !f.Title.given() && f.given() && f.at.Kind == yaml.MappingNode:
		b.at(f.at, say("title: for a headline that enters, not: for one that stays out"), "an expected headline has no text")
	}
	for _, t := range []text{f.Title, f.Not} {
		if t.given() && strings.TrimSpace(t.is) == "" {
			b.at(t.at, feed.Text{}, "an expected headline is empty")
		}
	}
	return e
}

// hardRules are rules that always decide.
func (b *builder) hardRules(fs []fileRule, name string) []feed.Rule {
	for _, f := range fs {
		if f.Weight.given() {
			b.at(f.Weight.at, say("remove it"), "a rule of %s always decides and has no weight", say(name))
		}
	}
	return b.rules(fs)
}

func (b *builder) rules(fs []fileRule) []feed.Rule {
	var rules []feed.Rule
	for i := range fs {
		f := &fs[i]
		r := feed.Rule{
			Any: b.patterns(f.Any), All: b.patterns(f.All), None: b.patterns(f.None),
			Weight: f.Weight.is, Line: f.line(),
		}
		for _, in := range f.In {
			if slices.Contains(r.In, in.is) && in.given() {
				b.at(in.at, feed.Text{}, "%s is here twice", shown(in.is))
			}
			r.In = append(r.In, in.is)
		}
		if r.In == nil {
			r.In = []string{"title", "summary"}
		}
		if len(f.Any)+len(f.All)+len(f.None) == 0 && f.listsOnly() {
			b.at(f.at, say("give it any, all or none with at least one term"), "the rule is empty and would match everything")
		}
		if f.Weight.given() && r.Weight == 0 {
			b.at(f.Weight.at, say("remove it to make the rule hard"), "a weight of 0 does nothing")
		}
		rules = append(rules, r)
	}
	return rules
}

// listsOnly reports whether the rule is a mapping whose terms stand in lists; any other was
// reported already.
func (f *fileRule) listsOnly() bool {
	if !f.given() || f.at.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(f.at.Content); i += 2 {
		v := f.at.Content[i+1]
		if slices.Contains([]string{"any", "all", "none"}, f.at.Content[i].Value) && v.Kind != yaml.SequenceNode {
			return false
		}
	}
	return true
}

func (b *builder) patterns(terms []text) []feed.Pattern {
	var ps []feed.Pattern
	for _, t := range terms {
		b.pattern(t)
		if t.given() {
			ps = append(ps, feed.Pattern{Text: t.is, Line: t.at.Line})
		}
	}
	return ps
}

func (b *builder) pattern(t text) {
	if !t.given() {
		return
	}
	if strings.TrimSpace(t.is) == "" {
		b.at(t.at, feed.Text{}, "a term is empty")
		return
	}
	if b.checks.Pattern != nil {
		if err := b.checks.Pattern(t.is); err != nil {
			b.at(t.at, feed.Text{}, "term %s: %s", shown(t.is), err)
		}
	}
}

// networks reads address ranges; an address alone is one of its own.
func (b *builder) networks(list []text) (networks []netip.Prefix) {
	for _, t := range list {
		if !t.given() {
			continue
		}
		p, err := netip.ParsePrefix(t.is)
		if ip, ipErr := netip.ParseAddr(t.is); ipErr == nil {
			p, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		switch {
		case err != nil:
			b.at(t.at, say("such as 10.0.0.0/8"), "%s is no network", shown(t.is))
		case p.Bits() == 0:
			b.at(t.at, say("name only the proxies"), "%s is everybody, and anybody could then pretend to be somebody else", shown(t.is))
		}
		networks = append(networks, p.Masked())
	}
	return networks
}

// tokenLeast is the length in characters from which a token cannot be guessed within a lifetime.
const tokenLeast = 16

// token warns of one that can be guessed. No message shows it.
func (b *builder) token(env, file text, token string, whose feed.Text) {
	at := env.at
	if file.given() {
		at = file.at
	}
	if at != nil && token != "" && utf8.RuneCountInString(token) < tokenLeast {
		b.warn(at, say("make one with: openssl rand -hex 24"), "the token of %s has fewer than %d characters and can be guessed", whose, tokenLeast)
	}
}

func (b *builder) partner(f *filePartner, ids map[string]*yaml.Node) feed.Partner {
	p := feed.Partner{
		ID:          b.id(f.ID, "partner", ids),
		Token:       b.secret(f.TokenEnv, f.TokenFile, "token"),
		TokenSHA256: strings.ToLower(f.TokenSHA256.is),
		Content:     f.Content.or("summary"),
		Limit:       f.Limit.or(0),
		Delay:       b.span(f.Delay, 0, 0, 31*day, "delay"),
		OwnIDs:      f.OwnIDs.or(false),
	}
	b.token(f.TokenEnv, f.TokenFile, p.Token, say("partner %s", shown(p.ID)))
	p.Title = b.line(f.Title, p.ID, "title")
	if at := f.emptyList("sections"); at != nil {
		b.at(at, say("name some, or all"), "the partner may read no section")
	}
	for _, s := range f.Sections {
		if s.given() && s.is != "all" && s.is != "top" {
			b.knownSection(s, "all", "top")
		}
		if s.given() && slices.Contains(p.Sections, s.is) {
			b.at(s.at, feed.Text{}, "the section %s is here twice", shown(s.is))
		}
		p.Sections = append(p.Sections, s.is)
	}
	if f.TokenSHA256.given() && !hexSHA256.MatchString(f.TokenSHA256.is) {
		// The value is not shown: somebody may have put the token itself here.
		b.at(f.TokenSHA256.at, say("printf %s TOKEN | sha256sum"), "token_sha256 must be 64 hex digits")
	}
	switch {
	case !f.given() || f.at.Kind != yaml.MappingNode:
	case !f.TokenEnv.given() && !f.TokenFile.given() && f.TokenSHA256.at == nil:
		b.at(f.at, say("give it token_env, token_file or token_sha256"), "the partner has no token")
	case f.TokenSHA256.given() && (f.TokenEnv.given() || f.TokenFile.given()):
		b.at(f.TokenSHA256.at, say("keep one"), "the partner has two tokens")
	}
	return p
}

// id checks a name that stands in addresses and commands, and that no other of its kind has it.
func (b *builder) id(id text, what string, taken map[string]*yaml.Node) string {
	if !id.given() {
		return ""
	}
	if !validID.MatchString(id.is) || len(id.is) > 100 {
		hint := say("use lower-case letters, digits and hyphens")
		if better := asID(id.is); validID.MatchString(better) {
			hint = say("such as %s", better)
		}
		b.at(id.at, hint, "the id %s does not fit into an address", shown(id.is))
	}
	if first := taken[id.is]; first != nil {
		b.at(id.at, feed.Text{}, "the %s %s is here twice, first on line %d", say(what), shown(id.is), first.Line)
	} else {
		taken[id.is] = id.at
	}
	return id.is
}

var (
	validID   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	hexSHA256 = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
	authority = regexp.MustCompile(`^(?:[a-z0-9._+-]+@)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$`)
)

// asID makes an id of a name that people would write: "Thời sự" becomes "thoi-su".
func asID(s string) string {
	fields := strings.FieldsFunc(feed.Fold(s), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(fields, "-")
}

// validAuthority checks the tagging entity of a tag: URI (RFC 4151, section 2.1).
func validAuthority(s string) bool {
	name, date, ok := strings.Cut(s, ",")
	if !ok || !authority.MatchString(name) {
		return false
	}
	for _, layout := range []string{"2006", "2006-01", "2006-01-02"} {
		if _, err := time.Parse(layout, date); err == nil {
			return true
		}
	}
	return false
}

// knownSection checks that a section is there. Others may be allowed beside those of the file.
func (b *builder) knownSection(s text, others ...string) {
	if !s.given() || slices.Contains(b.sections, s.is) {
		return
	}
	known := append(slices.Clone(b.sections), others...)
	hint := didYouMean(s.is, known)
	if len(b.sections) == 0 {
		hint = say("the file has no sections")
	}
	b.atScalar(s.at, theNearest(s.is, known), hint, "there is no section %s", shown(s.is))
}

// line gives a text that is shown on one line.
func (b *builder) line(t text, def, name string) string {
	if !t.given() {
		return def
	}
	s := strings.Join(strings.Fields(t.is), " ")
	if s == "" {
		b.at(t.at, say("remove it to get the default"), "%s is empty", name)
	}
	return s
}

func (b *builder) span(v span, def, least, most time.Duration, name string) time.Duration {
	if v.given() && (v.is < least || v.is > most) {
		b.at(v.at, feed.Text{}, "%s must be between %s and %s, not %s", name, feed.Span(least), feed.Span(most), v.at.Value)
	}
	return v.or(def)
}

func (b *builder) language(t text, def string) string {
	if !t.given() {
		return def
	}
	tag, err := language.Parse(t.is)
	if meant := ofCountry[strings.ToLower(t.is)]; err != nil && meant != "" {
		b.atScalar(t.at, meant, say(writeThis, meant), "%s is not a language (BCP 47)", shown(t.is))
		return def
	}
	if err != nil || tag == language.Und {
		b.at(t.at, say("such as vi, en or en-GB"), "%s is not a language (BCP 47)", shown(t.is))
		return def
	}
	return tag.String()
}

// ofCountry are the languages of what is written for them most, as a country's code or their own names.
var ofCountry = map[string]string{"vn": "vi", "vietnamese": "vi", "tiếng việt": "vi", "english": "en", "jp": "ja", "cn": "zh", "kr": "ko"}

func (b *builder) timezone(t text, def *time.Location) *time.Location {
	if !t.given() {
		return def
	}
	return b.loadZone(t.is, t.at)
}

func (b *builder) loadZone(name string, at *yaml.Node) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		b.at(at, say("such as Asia/Ho_Chi_Minh, Europe/London or UTC"), "%s is not a time zone", shown(name))
		return nil
	}
	return loc
}

// schedule checks a line through the collector's own parser.
func (b *builder) schedule(t text) string {
	line := strings.TrimSpace(t.or("*/15 * * * *"))
	if line == "" {
		b.at(t.at, say("remove it to get the default"), "schedule is empty")
		return line
	}
	if !t.given() || line == "auto" || b.checks.Schedule == nil {
		return line
	}
	if err := b.checks.Schedule(line); err != nil {
		b.at(t.at, scheduleHint(line), "schedule %s: %s", shown(line), err)
	}
	return line
}

func scheduleHint(line string) feed.Text {
	if d, err := time.ParseDuration(strings.TrimSpace(strings.TrimPrefix(line, "@every"))); err == nil && d > 0 {
		return say("such as %s", "@every "+feed.Span(max(d, time.Minute)))
	}
	return say(`such as "*/15 * * * *", "@every 10m" or auto`)
}
