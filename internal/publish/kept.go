package publish

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"feedd/internal/feed"
)

// What outlives the process: the last good bytes of every document that is kept ready, and what
// each section showed.

// lastGood returns what was last accepted at a path, by this process or an earlier one; nil when
// nothing was.
func (p *Publisher) lastGood(sq *squeezer, path string, e envelope) (*document, error) {
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
	return sq.document(path, body, kept.Modified, e)
}

// recall reads what an earlier process published.
func (p *Publisher) recall(ctx context.Context) error {
	rs, err := p.renditions.Renditions(ctx)
	if err != nil {
		return err
	}
	p.kept = make(map[string]feed.Rendition, len(rs))
	for _, r := range rs {
		p.kept[r.Path] = r
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

func (p *Publisher) lastShown(ctx context.Context, section string) (shown, error) {
	var last shown
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
	sq := <-p.squeezers
	defer func() { p.squeezers <- sq }()
	var save []feed.Rendition
	for _, d := range next.all() {
		if r, ok := p.kept[d.path]; ok && r.Hash == d.hash && r.Modified.Equal(d.modified) {
			continue
		}
		save = append(save, feed.Rendition{Path: d.path, Hash: d.hash, Modified: d.modified, Body: d.packed(sq)})
	}
	if len(save) > 0 {
		if err := p.renditions.SaveRenditions(ctx, save); err != nil {
			return err
		}
	}
	for _, r := range save {
		p.kept[r.Path] = r
	}
	live := map[string]bool{}
	for _, d := range next.all() {
		live[d.path] = true
	}
	var gone []string
	for path := range p.kept {
		if !live[path] {
			gone = append(gone, path)
		}
	}
	if len(gone) > 0 {
		if err := p.renditions.DeleteRenditions(ctx, gone); err != nil {
			return err
		}
		for _, path := range gone {
			delete(p.kept, path)
		}
	}
	for path, r := range p.kept {
		r.Body = nil // its document has them
		p.kept[path] = r
	}

	for id, ed := range next.editions {
		if old != nil && old.editions[id] == ed {
			continue
		}
		if old != nil {
			if before := old.editions[id]; before != nil && before.settings == ed.settings && maps.Equal(before.shown, ed.shown) {
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
