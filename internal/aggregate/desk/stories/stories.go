// Package stories decides which reports are one story. In comes a report; out come the story that it
// belongs to, the entry under which it is shown, what it adds, and why.
//
// It remembers the reports of the window and the editors' corrections. Its decisions depend on nothing
// else, so its memory can be rebuilt from the filed items. It never touches the store or the network, and
// never reads a clock.
//
//	stories.go  one report: the story chosen; report.go what is read of it, twins.go its twin, index.go its candidates
//	score.go    two reports: features, vetoes, probability
//	series.go, restore.go, ahead.go, sources.go, editor.go: the memory
package stories

import (
	"math"
	"slices"
	"strconv"
	"time"

	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// Memory decides which reports tell the same story. It holds every report of the window in memory
// and is rebuilt from the filed items after a restart; what it decides depends on nothing else.
//
// A story is a chain of entries, an entry a set of reports. The key of an entry is that of the
// report that opened it, the key of a story that of its first entry.
type Memory struct {
	set     feed.StorySettings
	certain Certainty
	sources map[string]feed.Source
	origins map[string]*origin // by the sources' ids
	rd      *words.Reader
	sc      *Scorer
	marks   func(*feed.Item) uint64

	reports *table[report, int64]
	entries *table[entry, uint64]
	renamed map[uint64]*story // by key, those that have one of an entry that is not remembered
	names   map[*story]uint64 // their keys
	index   *index
	hosts   map[uint32]feed.Numbering // by host
	series  seriesSeen
	never   map[*report]uint64 // patterns of `stories.never`, of the reports that have any
	word    *editorsWord

	filed   []feed.Item // restored and not yet taken in
	reading *restored   // likewise, its texts being read
	spare   *restored
	readers []*words.Reader

	ahead      *ahead      // what is read before its turn; nil for nothing
	keys       []words.Key // of the report that is being placed
	readBefore bool        // it was: the reader has read others since

	exhaustive bool // compare with every report; for measuring the index

	candidates []*report
	touched    uint32 // see compare
	judged     []verdictOn
	passedBy   nearest // of the candidates that the gate let not through
	linked     []link
	united     []Union // since they were last asked for
	asked      int     // compared with, beside the candidates, to choose among linked; see mostAsked
	members    []*report
	old        []int64
}

// story is a chain of entries, oldest first. Most stories are one report: the first entry lies within.
type story struct {
	entries few[entry]
	first   entry // that was remembered
}

// keyOf is a story's key: that of its first entry, whether that is remembered or not.
func (s *Memory) keyOf(st *story) uint64 {
	if len(s.names) > 0 {
		if key, ok := s.names[st]; ok {
			return key
		}
	}
	return st.first.key
}

func (s *Memory) storyKey(st *story) string { return feed.NumberedKey(s.keyOf(st)) }

// newest appends the story's newest reports to dst.
func (st *story) newest(dst []*report) []*report {
	entries := st.entries.all()
	for i := len(entries) - 1; i >= 0 && len(dst) < linkedReports; i-- {
		list := entries[i].reports.all()
		dst = append(dst, list[max(0, len(list)-linkedReports+len(dst)):]...)
	}
	return dst
}

// entry is one development of a story.
type entry struct {
	key     uint64 // see feed.KeyNumber
	story   *story
	reports few[report] // in order of arrival
}

func (e *entry) keyText() string { return feed.NumberedKey(e.key) }

// verdictOn is what comparing the new report with one that is known gave.
type verdictOn struct {
	r *report
	j Comparison
}

// nearest is the report that has most in common with a new one, among some.
type nearest struct {
	r     *report
	alike float64
}

// link is a story that may take in the new report.
type link struct {
	story *story
	score float64 // that the report belongs to it
	fold  float64 // that it tells what the entry of the best pair tells
	best  int     // in judged

	alone float64 // what the score would be without the other stories
	rival int     // in judged, the best of those
}

// Options are what stories are told apart by.
type Options struct {
	Settings feed.StorySettings
	Sources  map[string]feed.Source // by id
	// Marks tells which patterns of `stories.never` an item has: two bits a pair, the left one's lower.
	Marks  func(*feed.Item) uint64
	Models *Models // nil for those feedd comes with
	// Without names one of words.Lists that is left empty, to measure what it is worth.
	Without string
}

// New returns a memory without reports.
func New(o Options) *Memory {
	set, sources := settled(o.Settings), o.Sources
	s := &Memory{
		set: set, sources: sources, origins: map[string]*origin{}, rd: words.NewReaderWithout(o.Without, outletNames(sources)), sc: NewScorer(o.Models), marks: o.Marks,
		reports: newTable(func(r *report) int64 { return r.id }, func(id int64) uint64 { return uint64(id) }),
		entries: newTable(func(e *entry) uint64 { return e.key }, func(key uint64) uint64 { return key }), renamed: map[uint64]*story{}, names: map[*story]uint64{},
		index: newIndex(), hosts: map[uint32]feed.Numbering{}, series: newSeriesSeen(), never: map[*report]uint64{},
		word: newEditorsWord(),
	}
	s.sc.meant = meanings{}
	s.sc.rare = rarity{documents: s.index.documents, all: func() int { return s.index.live }}
	s.certain = Certainties(set.Match)
	return s
}

// settled are the settings with what holds where nothing is set.
func settled(set feed.StorySettings) feed.StorySettings {
	if set.Window <= 0 {
		set.Window = 72 * time.Hour
	}
	return set
}

// Certainty is the thresholds on the probability that two reports tell one event: from which they are
// told as one entry, and from which they are linked as one story.
type Certainty struct {
	Fold, Relate float64
	// FoldTexts is Fold where both reports have summaries.
	FoldTexts float64
}

// Certainties are those of `stories.match`: strict, normal or loose.
func Certainties(match string) Certainty {
	switch match {
	case "strict":
		return Certainty{Fold: 0.93, Relate: 0.80, FoldTexts: 0.93}
	case "loose":
		return Certainty{Fold: 0.60, Relate: 0.35, FoldTexts: 0.65}
	}
	return Certainty{Fold: 0.75, Relate: 0.48, FoldTexts: 0.82}
}

// fold is the threshold of one entry for two reports.
func (c Certainty) fold(j *Comparison) float64 {
	if j.Told {
		return c.FoldTexts
	}
	return c.Fold
}

// Place decides the story of an unfiled item: it sets Story, Entry, Verdict and Why, and remembers
// the item. Placing an item again forgets what was decided before.
func (s *Memory) Place(it *feed.Item, now time.Time) {
	s.Forget(it.ID)
	r := s.readNow(it)
	s.mark(r, it)
	own := s.Own(it)
	it.Entry, it.Story, it.Verdict = own, own, feed.New
	it.Why = s.decide(it, r)

	if key, ok := s.word.one[own]; ok && it.Story == own {
		it.Story = key // the editor joined the story it opens to another
	}
	s.add(r, s.keys, feed.KeyNumber(it.Entry), feed.KeyNumber(it.Story))
}

// decide finds the story of r and sets it, its entry and the verdict.
func (s *Memory) decide(it *feed.Item, r *report) feed.Why {
	if o, reason := s.twin(r); o != nil {
		it.Story, it.Entry, it.Verdict = s.storyKey(o.entry.story), o.entry.keyText(), feed.Duplicate
		if !sameArticle(r, o) && s.reported(r, o.entry) {
			s.update(it)
		}
		return feed.Why{Score: 1, With: o.id, Said: []feed.Text{reason}}
	}
	s.compare(r)
	best, found := s.choose(r)
	if found {
		if b := &s.judged[best.best]; b.j.Apart == "" && b.j.Veto == "" && s.fillsAnew(r, b) {
			b.j.Apart = frame
		}
	}
	why := s.explain(best, found)
	if !found || best.score < s.certain.Relate {
		return why
	}
	b := &s.judged[best.best]
	e := b.r.entry
	it.Story, it.Entry, it.Verdict = s.storyKey(e.story), e.keyText(), feed.Same
	if (best.fold < s.certain.fold(&b.j) || b.j.Apart != "") && s.set.Related != "fold" {
		it.Entry, it.Verdict = s.Own(it), feed.Related
		return why
	}
	if best.fold >= s.certain.fold(&b.j) && b.j.Apart == "" {
		s.bridge(r, best)
		it.Story = s.storyKey(e.story)
	}
	switch {
	case s.develops(r, e, b):
		it.Verdict = feed.Update
	case b.j.interchangeable():
		it.Verdict = feed.Duplicate
	}
	if it.Verdict == feed.Update {
		s.update(it)
	}
	return why
}

// update makes the item a development of its story: an entry of its own behind the story's others,
// unless the editor wants it folded into the one it resembles.
func (s *Memory) update(it *feed.Item) {
	it.Verdict = feed.Update
	if s.set.Updates != "fold" && s.set.Updates != "bump" {
		it.Entry = s.Own(it)
	}
}

// develops says whether r tells something newer than the entry: a later report of an outlet that
// is in it already, another figure, or a next step.
func (s *Memory) develops(r *report, e *entry, b *verdictOn) bool {
	steps := uint64(0)
	for _, o := range e.reports.all() {
		if o.from.outlet == r.from.outlet {
			return true
		}
		steps |= o.doc.Steps()
	}
	later := r.at > b.r.at
	if later && (b.j.clash.Casualty || b.j.clash.Score) {
		return true
	}
	return r.at-b.r.at > 3600 && r.doc.Steps()&^steps != 0 && b.j.dup < duplicateFrom
}

func (s *Memory) near(a, b *report) bool {
	d := a.at - b.at
	return max(d, -d) <= int64(s.set.Window/time.Second)
}

// compare judges r against the likeliest reports of the window.
func (s *Memory) compare(r *report) {
	s.judged, s.passedBy = s.judged[:0], nearest{}
	s.candidates = s.candidates[:0]
	if s.exhaustive {
		for _, o := range s.index.reports {
			if o != nil && s.near(r, o) {
				s.candidates = append(s.candidates, o)
			}
		}
	} else {
		s.candidates = s.index.candidates(s.candidates, s.keys, r.at, int64(s.set.Window/time.Second))
	}
	s.sc.against(&r.doc)
	// The words of the candidates lie far apart. Touched one behind the other, without a decision
	// in between, they come from memory side by side: a tenth of the whole with 100,000 reports.
	touched := uint32(0)
	for _, o := range s.candidates {
		const line = 16 // words in a line of the cache
		for all := o.doc.All(); len(all) > 0; all = all[min(line, len(all)):] {
			touched |= all[0]
		}
	}
	s.touched = touched
	for _, o := range s.candidates {
		if r.doc.Marked == o.doc.Marked {
			if alike := cosine(s.sc.probe.meet(&o.doc), r.doc.Norm, o.doc.Norm); alike < Gate {
				if alike > s.passedBy.alike {
					s.passedBy = nearest{o, alike}
				}
				continue
			}
		}
		s.judged = append(s.judged, verdictOn{r: o})
		s.judge(r, o, hardly, &s.judged[len(s.judged)-1].j)
	}
}

// judge compares r, which the scorer was set against, with o; roughly where that is less probable than least.
func (s *Memory) judge(r, o *report, least float64, j *Comparison) {
	hours := float64(r.at-o.at) / 3600
	s.sc.judge(&o.doc, hours, r.from.outlet == o.from.outlet, least, j)
	switch {
	case !s.mayBeOne(r, o):
		j.Veto = "stories.never"
	case s.issues(r, o):
		j.Veto = "issues of one series"
	case s.split(r, o):
		j.Veto = "split by the editor"
	case j.equal && j.clash.Quantity && !j.clash.Casualty && r.host == o.host && r.article != o.article && s.hosts[r.host].Trusted():
		j.Veto = "figures in two articles" // an edited figure keeps the article's number
	case j.Veto == "" && otherNames(r, o, j):
		j.Veto = "names in two articles"
	case j.swap != 0 && s.word.swaps[j.swap] < 0:
		j.Veto = "an exchange of words the editor took apart"
	case j.swap != 0 && s.word.swaps[j.swap] > 0 && j.Veto == "" && !j.clash.Any():
		if j.rough { // what decided is told
			*j = Comparison{}
			s.sc.judge(&o.doc, hours, r.from.outlet == o.from.outlet, 0, j)
		}
		j.P, j.dup = max(j.P, 0.95), max(j.dup, duplicateFrom)
	}
	if j.Veto != "" {
		j.would, j.P, j.dup = max(j.would, j.P), min(j.P, vetoed), 0
	}
}

// otherNames says whether two headlines of one outlet are equal but for names, while their addresses
// show two articles: an edited headline keeps the article's. Of two outlets sc.vetoes says so.
func otherNames(r, o *report, j *Comparison) bool {
	return r.from.outlet == o.from.outlet && j.X[fEqualNames] == 1 && j.X[fNameSwap] > nameExchanged && (!j.Told || j.X[fText] < littleText) &&
		r.address != 0 && o.address != 0 && !sameArticle(r, o)
}

// Gate is how much of their words two reports have in common at least: below it no pair was ever
// one event.
const Gate = 0.15

const linkedReports = 8 // newest of a story, that a new report is compared with

// mostAsked bounds the reports beside the candidates that a new one is compared with to choose its
// story; those of the story that is begun with are asked to the end. Without it, each of a flood of
// headlines that are half alike would ask eight of twenty stories. Of 10,000 reports of a stream none
// asked more than 9, of the labelled days none more than 8.
const mostAsked = 16

// choose scores the stories of the judged reports: half the best pair, half the mean over the
// story's newest reports, so that one bridging report does not chain two stories together.
func (s *Memory) choose(r *report) (best link, found bool) {
	s.group()
	s.asked = 0
	for i := range s.linked {
		l := &s.linked[i]
		b := &s.judged[l.best]
		if b.j.P < hardly && found {
			continue
		}
		l.score = b.j.P / 2
		if b.j.P >= hardly && s.asked < mostAsked {
			s.members = l.story.newest(s.members[:0])
			l.score = s.certainty(r, b, s.members, (*Comparison).probable)
		}
		if !found || l.score > best.score {
			best, found = *l, true
		}
	}
	if found {
		s.besideRivals(&best)
	}
	if found && best.score >= min(nearMiss, s.certain.Relate) { // else nobody asks
		b := &s.judged[best.best]
		list := b.r.entry.reports.all()
		best.fold = s.certainty(r, b, list[max(0, len(list)-linkedReports):], (*Comparison).sure)
	}
	return best, found
}

// besideRivals lowers a story's score where others are likely, too: a report is of one story, so what speaks for the
// others, in odds, speaks against this one by half. It counts by half only, for one event may be told in several.
func (s *Memory) besideRivals(best *link) {
	odds := func(p float64) float64 { return p / (1 - min(p, surest)) }
	best.alone, best.rival = best.score, best.best
	rivals, most := 0.0, 0.0
	for _, l := range s.linked {
		if l.story == best.story || l.score < hardly/2 {
			continue
		}
		if rivals += odds(l.score); l.score > most {
			most, best.rival = l.score, l.best
		}
	}
	if rivals > 0 {
		own := odds(best.score)
		best.score = own / (1 + own + rivals/2)
	}
}

// surest is a probability beyond which nothing is concluded from how much it is.
const surest = 0.999

// hardly is a probability below which the other reports of a story are not asked, and what is less probable
// is compared roughly. nearMiss is the least that is said to be too little.
const (
	hardly   = 0.2
	nearMiss = 0.3
)

// group finds the best pair of each story among the judged.
func (s *Memory) group() {
	s.linked = s.linked[:0]
	for i := range s.judged {
		st := s.judged[i].r.entry.story
		at := slices.IndexFunc(s.linked, func(l link) bool { return l.story == st })
		switch {
		case at < 0:
			s.linked = append(s.linked, link{story: st, best: i})
		case s.judged[i].j.P > s.judged[s.linked[at].best].j.P:
			s.linked[at].best = i
		}
	}
}

// certainty is that r tells what some reports tell, of which b is the most like it, by what of each pair counts.
func (s *Memory) certainty(r *report, b *verdictOn, reports []*report, counts func(*Comparison) float64) float64 {
	most := counts(&b.j)
	sum, n := 0.0, 0
	for _, o := range reports {
		if !s.near(r, o) {
			continue
		}
		n++
		switch known := s.judgedOn(o); {
		case known == nil:
			s.asked++
			var j Comparison
			s.judge(r, o, 0, &j)
			sum += counts(&j)
		case known.rough:
			*known = Comparison{}
			s.judge(r, o, 0, known)
			fallthrough
		default:
			sum += counts(known)
		}
	}
	score := most / 2
	if n > 0 {
		score = (most + sum/float64(n)) / 2
	}
	// An outlet writes two pieces on one subject more readily than two outlets do by chance.
	const doubtful = 0.89
	if b.r.from.outlet == r.from.outlet && b.j.dup < duplicateFrom {
		score = min(score, doubtful)
	}
	return score
}

// judgedOn is what comparing with a known report gave, nil when nobody has.
func (s *Memory) judgedOn(o *report) *Comparison {
	for i := range s.judged {
		if s.judged[i].r == o {
			return &s.judged[i].j
		}
	}
	return nil
}

// add remembers a report under its entry, which it opens when it is the first.
func (s *Memory) add(r *report, words []words.Key, entryKey, storyKey uint64) {
	e := s.entries.get(entryKey)
	if e == nil {
		st := s.storyOf(storyKey)
		if st == nil {
			st = &story{}
			e = &st.first
			if storyKey != entryKey {
				s.renamed[storyKey], s.names[st] = st, storyKey
			}
		} else {
			e = &entry{}
		}
		e.key, e.story = entryKey, st
		entries := st.entries.all()
		at := len(entries)
		for at > 0 && entries[at-1].reports.all()[0].id > r.id { // it comes back to where it was
			at--
		}
		st.entries.insert(at, e)
		s.entries.put(e)
	}
	r.entry = e
	e.reports.add(r)
	s.reports.put(r)
	s.remember(r, words)
}

// storyOf finds a story by its key, nil where it is not remembered: a story has the key of its first entry.
func (s *Memory) storyOf(key uint64) *story {
	if e := s.entries.get(key); e != nil && s.keyOf(e.story) == key {
		return e.story
	}
	return s.renamed[key]
}

func (s *Memory) remember(r *report, words []words.Key) {
	s.index.add(r, words)
	s.sc.meant.saw(&r.doc, 1)
	s.sawAddress(r, 1)
	s.index.addTwin(r)
	s.sawSkeleton(r, 1)
}

func (s *Memory) unremember(r *report) {
	s.index.removeTwin(r)
	s.sawAddress(r, -1)
	s.sawSkeleton(r, -1)
	s.sc.meant.saw(&r.doc, -1)
	s.index.remove(r)
}

// Revise replaces what is remembered of an item that its source edited. Its entry stays.
func (s *Memory) Revise(it *feed.Item) {
	s.settle()
	r := s.reports.get(it.ID)
	if r == nil {
		return
	}
	s.unremember(r)
	delete(s.never, r)
	e := r.entry
	*r = *s.read(s.rd, s.originOf(it.Source), it)
	s.mark(r, it)
	r.entry = e
	s.remember(r, s.rd.Keys())
}

// Forget takes an item out: it was withdrawn, or is to be filed anew.
func (s *Memory) Forget(id int64) {
	s.settle()
	s.forgetOne(id)
}

func (s *Memory) forgetOne(id int64) {
	r := s.reports.get(id)
	if r == nil {
		return
	}
	s.reports.delete(id)
	s.unremember(r)
	delete(s.never, r)
	e := r.entry
	if e.reports.remove(r); len(e.reports.all()) > 0 {
		return
	}
	s.entries.delete(e.key)
	switch e.story.entries.remove(e); {
	case len(e.story.entries.all()) == 0:
		s.unname(e.story)
	case e.key == s.keyOf(e.story):
		s.renamed[e.key] = e.story
	}
}

// unname forgets what a story is called that is no more.
func (s *Memory) unname(st *story) {
	delete(s.renamed, s.keyOf(st))
	delete(s.names, st)
}

// Follows returns the key of the story's entry before the one given, "" for its first.
func (s *Memory) Follows(key string) string {
	s.settle()
	e := s.entries.get(feed.KeyNumber(key))
	if e == nil {
		return ""
	}
	entries := e.story.entries.all()
	if i := slices.Index(entries, e); i > 0 {
		return entries[i-1].keyText()
	}
	return ""
}

// Prune forgets the reports that no new one can join any more.
func (s *Memory) Prune(now time.Time) {
	s.settle()
	oldest := now.Add(-s.set.Window).Unix()
	s.old = s.old[:0]
	for number, at := range s.index.times { // in order of arrival; most are young, and the reports lie far apart
		if at >= oldest {
			continue
		}
		if r := s.index.reports[number]; r != nil && int64(r.seen) < oldest {
			s.old = append(s.old, r.id)
		}
	}
	for _, id := range s.old {
		s.forgetOne(id)
	}
}

// explain says in figures and words what decided.
func (s *Memory) explain(best link, found bool) feed.Why {
	var why feed.Why
	for i := range s.judged {
		v := &s.judged[i]
		if v.j.Veto == "" || len(why.Against) == maxVetoes {
			continue
		}
		against := []any{feed.Say(v.j.Veto), number(v.r.id), v.r.from.name}
		if would := v.j.unvetoed(s.certain); would != apart {
			why.Against = append(why.Against, feed.Say("%s: report %s (%s); but for that: %s", append(against, feed.Say(would))...))
		} else {
			why.Against = append(why.Against, feed.Say("%s: report %s (%s)", against...))
		}
	}
	if !found || best.score < nearMiss {
		const nearGate = 0.05
		if o := s.passedBy.r; !found && s.passedBy.alike >= nearGate {
			why.Said = []feed.Text{feed.Say("not compared: it shares most with report %s (%s), %.2f of their words of at least %.2f", number(o.id), o.from.name, twoDigits(s.passedBy.alike), Gate)}
		}
		return why
	}
	b := &s.judged[best.best]
	why.Score, why.With = math.Round(best.score*1000)/1000, b.r.id
	needed := s.certain.Relate
	to := []any{number(b.r.id), b.r.from.name, twoDigits(best.score)}
	switch {
	case best.fold >= s.certain.fold(&b.j) && b.j.Apart != "":
		why.Said = append(why.Said, feed.Say("is related to, and not told under one entry for %[5]s with report %[1]s (%[2]s): %.2[3]f of at least %.2[4]f", append(to, needed, feed.Say(b.j.Apart))...))
	case best.fold >= s.certain.fold(&b.j):
		why.Said = append(why.Said, feed.Say("tells the event of report %s (%s): %.2f of at least %.2f", append(to, s.certain.fold(&b.j))...))
	case best.score >= s.certain.Relate:
		why.Said = append(why.Said, feed.Say("is related to report %s (%s): %.2f of at least %.2f", append(to, needed)...))
	default:
		why.Said = append(why.Said, feed.Say("too little like report %s (%s): %.2f of at least %.2f", append(to, needed)...))
	}
	if best.score < s.certain.Relate && best.alone >= s.certain.Relate {
		rival := s.judged[best.rival].r
		why.Said = append(why.Said, feed.Say("is as likely to be of the story of report %s (%s); but for that: %.2f", number(rival.id), rival.from.name, twoDigits(best.alone)))
	}
	if point := b.j.turningPoint(s.certain); point.Key != "" {
		why.Said = append(why.Said, point)
	}
	why.Features = s.sc.decided(&b.j)
	if !s.readBefore {
		why.Words = s.rd.Shared(&b.r.doc)
	}
	return why
}

const maxVetoes = 3

// number is an item's number as sentences name it: what is stored of them knows no whole numbers.
func number(id int64) string { return strconv.FormatInt(id, 10) }

func twoDigits(x float64) float64 { return math.Round(x*100) / 100 }

// rank orders reports for the lead: digests and live pages last, then priority, then what the
// others resemble most, then the earliest, then the longest summary.
func (s *Memory) Lead(key string, present int64) int64 {
	s.settle()
	e := s.entries.get(feed.KeyNumber(key))
	if e == nil {
		return present
	}
	reports := e.reports.all()
	var lead *report
	for _, r := range reports {
		if r.id == present {
			lead = r
		}
	}
	if lead != nil {
		// A lead stays: readers know the entry by its headline. Only a digest gives way to a
		// report, and any source to one of higher priority.
		for _, r := range reports {
			if !r.doc.Digest && (lead.doc.Digest || r.from.priority > lead.from.priority) {
				lead = r
			}
		}
		return lead.id
	}
	like := map[*report]float64{}
	for _, r := range reports {
		s.sc.against(&r.doc)
		for _, o := range reports[max(0, len(reports)-linkedReports):] {
			if o != r {
				var j Comparison
				s.judge(r, o, 0, &j)
				like[r] += j.P
			}
		}
	}
	best := slices.MinFunc(reports, func(a, b *report) int {
		switch {
		case a.doc.Digest != b.doc.Digest:
			return order(b.doc.Digest, a.doc.Digest)
		case a.from.priority != b.from.priority:
			return b.from.priority - a.from.priority
		case math.Abs(like[a]-like[b]) > 0.05:
			return order(like[a] > like[b], like[b] > like[a])
		case a.at != b.at:
			return order(a.at < b.at, b.at < a.at)
		case a.length != b.length:
			return int(b.length) - int(a.length)
		}
		return order(a.id < b.id, b.id < a.id)
	})
	return best.id
}

func order(first, second bool) int {
	switch {
	case first == second:
		return 0
	case first:
		return -1
	}
	return 1
}
