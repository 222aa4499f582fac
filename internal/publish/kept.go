package publish

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"feedd/internal/feed"
)

// What outlives the process: the last good bytes of every document that is kept ready, and what
// each section showed.

// lastGood returns what was last accepted at a path, by this process or an earlier one; nil when
// nothing was.
func (p *Publisher) lastGood(path string, e envelope) (*document, error) {
	if cur := p.current(path); cur != nil {
		return cur.redressed(cur.modified, e), nil
	}
	kept, ok := p.kept[path]
	if !ok {
		return nil, nil
	}
	body, err := expand(kept.Body)
	if err != nil {
		return nil, fmt.Errorf("the last good bytes of %s: %w", path, err)
	}
	return p.squeezers.document(path, body, kept.Modified, e), nil
}

// recall reads what an earlier process published.
func (p *Publisher) recall(ctx context.Context) error {
	rs, err := p.renditions.Renditions(ctx)
	if err != nil {
		return err
	}
	p.kept = make(map[string]feed.Rendition, len(rs))
	for _, r := range rs {
		if isArchive(r.Path) {
			p.stamps.known(r)
		} else {
			p.kept[r.Path] = r
		}
	}
	return nil
}

// shown is what the store keeps of an edition: enough to tell, after a restart, whether a section
// fell to nothing and what is new since the feeds its readers have.
type shown struct {
	Settings string   `json:"settings"`
	Keys     []string `json:"keys"`
	Updated  []int64  `json:"updated"` // Unix milliseconds, by key
}

func shownKey(section string) string { return "shown " + section }

// lastShown is what an earlier process showed last of a section that this one has not shown yet.
func (p *Publisher) lastShown(ctx context.Context, section string, before *edition) (shown, error) {
	var last shown
	if before != nil {
		return last, nil
	}
	raw, err := p.meta.Meta(ctx, shownKey(section))
	if err != nil || raw == "" {
		return last, err
	}
	if json.Unmarshal([]byte(raw), &last) != nil || len(last.Keys) != len(last.Updated) {
		return shown{}, nil // of another version: as if nothing was kept
	}
	return last, nil
}

// keepPace is how long, at most, what is published waits to be saved where it is rendered after each commit: what changes
// again meanwhile is saved once. A crash before that takes from readers who ask with the time alone one answer that they
// have, and from those who ask what is new the few states since: they get all of it.
const keepPace = 30 * time.Second

// owe notes that something is published and not saved.
func (p *Publisher) owe(now time.Time) {
	if p.owedSince.IsZero() {
		p.owedSince = now
	}
}

// saveOwed saves what is published and not saved yet, when that has waited long enough, or at once. The caller holds mu.
func (p *Publisher) saveOwed(ctx context.Context, s *site, now time.Time, atOnce bool) error {
	if p.owed.Swap(false) {
		p.owe(now)
	}
	if wait := now.Sub(p.owedSince); p.owedSince.IsZero() || wait >= 0 && wait < keepPace && !atOnce {
		return nil
	}
	if err := p.remember(ctx, s, nil); err != nil {
		return err
	}
	p.owedSince = time.Time{}
	return nil
}

// remember saves what of a site differs from what is saved. dated, when given, is called for each document of which the store
// says that it has its bytes since another time: another process was faster.
func (p *Publisher) remember(ctx context.Context, s *site, dated func(path string, modified time.Time)) error {
	save, changed := p.unkept(s)
	notes, shows, err := p.unnoted(s)
	if err != nil {
		return err
	}
	if len(save)+len(notes) > 0 {
		if err := p.renditions.SaveRenditions(ctx, save, notes); err != nil {
			return err
		}
	}
	for i, r := range save {
		if !r.Modified.Equal(changed[i].modified) {
			if dated != nil {
				dated(r.Path, r.Modified)
			} else { // it is served already, with its time
				r.Modified = changed[i].modified
			}
		}
		p.kept[r.Path] = r
	}
	for path, r := range p.kept {
		r.Body = nil // its document has them
		p.kept[path] = r
	}
	maps.Copy(p.noted, shows)
	return p.deleteGone(ctx, s)
}

// unkept are the documents of a site that are not saved yet, as they are to be saved.
func (p *Publisher) unkept(s *site) (save []feed.Rendition, docs []*document) {
	for _, d := range s.all() {
		if r, ok := p.kept[d.path]; ok && r.Hash == d.hash && r.Modified.Equal(d.modified) {
			continue
		}
		save = append(save, feed.Rendition{Path: d.path, Hash: d.hash, Modified: d.modified, Body: d.packed(p.squeezers)})
		docs = append(docs, d)
	}
	return save, docs
}

// noted is what is saved of what a section shows, as far as it tells whether that has changed.
type noted struct {
	settings string
	shown    map[string]time.Time // never written to
}

// unnoted is what is to be noted of what sections show, where that is not noted already.
func (p *Publisher) unnoted(s *site) (notes map[string]string, shows map[string]noted, err error) {
	notes, shows = map[string]string{}, map[string]noted{}
	for id, ed := range s.editions {
		before, known := p.noted[id]
		if known && (ed.taken || before.settings == ed.shape.settings && maps.Equal(before.shown, ed.shown)) {
			continue
		}
		raw, err := json.Marshal(shownOf(ed))
		if err != nil {
			return nil, nil, fmt.Errorf("section %s: %w", id, err)
		}
		notes[shownKey(id)], shows[id] = string(raw), noted{ed.shape.settings, ed.shown}
	}
	return notes, shows, nil
}

// since says since when a document has the bytes it has, as another node that was faster told readers.
func (s *site) since(path string, modified time.Time) {
	if rest, ok := strings.CutPrefix(path, "/partners/"); ok {
		partner, name, _ := strings.Cut(rest, "/")
		if d := s.partners[partner][name]; d != nil && !d.modified.Equal(modified) {
			s.partners[partner][name] = d.dated(modified)
		}
		return
	}
	if at := s.docs[path]; at != nil {
		if d := at.ready.Load(); d != nil && !d.modified.Equal(modified) {
			s.docs[path] = filled(d.dated(modified))
		}
	}
}

// deleteGone forgets the bytes of what is published no more.
func (p *Publisher) deleteGone(ctx context.Context, next *site) error {
	live := map[string]bool{}
	for _, d := range next.all() {
		live[d.path] = true
	}
	gone := p.stamps.forget(next)
	for path := range p.kept {
		if !live[path] {
			gone = append(gone, path)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := p.renditions.DeleteRenditions(ctx, gone); err != nil {
		return err
	}
	for _, path := range gone {
		delete(p.kept, path)
	}
	return nil
}

// stamps remember of each page of an archive, which is rendered when it is asked for, since when it
// has the bytes it has.
type stamps struct {
	keep Renditions
	now  func() time.Time

	mu sync.Mutex
	by map[string]feed.Rendition // without their bodies
}

func newStamps(keep Renditions, now func() time.Time) *stamps {
	return &stamps{keep: keep, now: now, by: map[string]feed.Rendition{}}
}

func isArchive(path string) bool {
	return strings.HasPrefix(path, "/sections/") && strings.Contains(path, "/archive/")
}

func (t *stamps) known(r feed.Rendition) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.by[r.Path] = r
}

// of returns since when a path has the bytes with this hash.
func (t *stamps) of(ctx context.Context, path, hash string) (time.Time, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	was, ok := t.by[path]
	if ok && was.Hash == hash {
		return was.Modified, nil
	}
	r := feed.Rendition{Path: path, Hash: hash, Modified: t.now().UTC().Truncate(time.Second), Body: []byte{}}
	if ok && !r.Modified.After(was.Modified) { // twice within a second: readers tell the two apart
		r.Modified = was.Modified.Add(time.Second)
	}
	saved := []feed.Rendition{r}
	if err := t.keep.SaveRenditions(ctx, saved, nil); err != nil {
		return time.Time{}, err
	}
	r = saved[0]
	t.by[path] = r
	return r.Modified, nil
}

// forget returns the paths that are no page of a published archive, and forgets them.
func (t *stamps) forget(s *site) (gone []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for path := range t.by {
		section, name, _ := strings.Cut(strings.TrimPrefix(path, "/sections/"), "/archive/")
		n, _, ok := parseArchive(name)
		if ed := s.editions[section]; ok && ed != nil {
			_, ok = ed.archive.find(n)
		} else {
			ok = false
		}
		if !ok {
			gone = append(gone, path)
			delete(t.by, path)
		}
	}
	return gone
}
