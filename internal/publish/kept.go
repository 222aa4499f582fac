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

// remember saves what differs from what is saved.
func (p *Publisher) remember(ctx context.Context, old, next *site) error {
	if err := p.saveChanged(ctx, next); err != nil {
		return err
	}
	if err := p.deleteGone(ctx, next); err != nil {
		return err
	}
	for path, r := range p.kept {
		r.Body = nil // its document has them
		p.kept[path] = r
	}
	return p.saveShown(ctx, old, next)
}

// saveOwed saves what was rendered since the last Refresh because somebody asked for it.
func (p *Publisher) saveOwed(ctx context.Context, s *site) error {
	if !p.owed.Swap(false) {
		return nil
	}
	err := p.saveChanged(ctx, s)
	if err != nil {
		p.owed.Store(true)
	}
	return err
}

// saveChanged saves the bytes of documents that are not saved yet.
func (p *Publisher) saveChanged(ctx context.Context, next *site) error {
	var save []feed.Rendition
	for _, d := range next.all() {
		if r, ok := p.kept[d.path]; ok && r.Hash == d.hash && r.Modified.Equal(d.modified) {
			continue
		}
		save = append(save, feed.Rendition{Path: d.path, Hash: d.hash, Modified: d.modified, Body: d.packed(p.squeezers)})
	}
	if len(save) > 0 {
		if err := p.renditions.SaveRenditions(ctx, save); err != nil {
			return err
		}
	}
	for _, r := range save {
		p.kept[r.Path] = r
		next.since(r.Path, r.Modified)
	}
	return nil
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

// saveShown saves what each section shows, where that is not what it showed before.
func (p *Publisher) saveShown(ctx context.Context, old, next *site) error {
	for id, ed := range next.editions {
		if old != nil {
			before := old.editions[id]
			if before == ed || ed.taken || before != nil && before.shape.settings == ed.shape.settings && maps.Equal(before.shown, ed.shown) {
				continue
			}
		}
		raw, err := json.Marshal(shownOf(ed))
		if err != nil {
			return fmt.Errorf("section %s: %w", id, err)
		}
		if err := p.meta.SetMeta(ctx, shownKey(id), string(raw)); err != nil {
			return err
		}
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
	if err := t.keep.SaveRenditions(ctx, saved); err != nil {
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
