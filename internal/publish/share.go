package publish

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// Where several nodes publish, each document is rendered by one of them: the one that first finds a section
// changed says so in the store, renders it and stores the bytes, and the others take these. What is
// rendered is named by a digest of all that it is rendered from, so that nodes that know of a later commit,
// have another configuration or are of another version never take each other's bytes.

// Renderings keep what nodes render for each other.
type Renderings interface {
	// Rendering returns the documents of a name as they were rendered from a state, if a node stored them. If
	// not, the node that asks first is to render them until then; when it did not by that time, the next.
	Rendering(ctx context.Context, name, state string, now, until time.Time) (feed.Rendering, error)
	// SaveRendering stores documents, all or none, and tells the other nodes. It stores nothing, and returns
	// false, when another state was claimed meanwhile. Bytes that are stored already keep their Modified.
	SaveRendering(ctx context.Context, name, state string, rs []feed.Rendition) (bool, error)
}

const (
	// shareFor is how long a node may take to render the documents of a section before another one does.
	shareFor = 3 * time.Second
	// shareLook is how often who waits for them looks by itself.
	shareLook = 100 * time.Millisecond
)

// sharing is how this node shares what it renders.
type sharing struct {
	keep    Renderings
	version string // of the program: another renders otherwise

	mu     sync.Mutex
	stored chan struct{} // closed when some node stored something
}

func newSharing(keep Renderings, version string) *sharing {
	return &sharing{keep: keep, version: version, stored: make(chan struct{})}
}

// Rendered says that some node stored what others may wait for.
func (p *Publisher) Rendered() {
	if p.sharing == nil {
		return
	}
	p.sharing.mu.Lock()
	defer p.sharing.mu.Unlock()
	close(p.sharing.stored)
	p.sharing.stored = make(chan struct{})
}

// batch is documents that are rendered together: from a view and its formats, by this node or another.
// A nil batch is rendered here and shared with nobody.
type batch struct {
	name, state string
	taken       bool                      // another node rendered it
	from        map[string]feed.Rendition // what that one stored
	overtaken   bool                      // what this node rendered is not stored, for another one claimed a later state
}

// batch returns the documents of a name that are made from what of says, claimed for this node or rendered
// by another one.
func (p *Publisher) batch(ctx context.Context, name string, of ...any) (*batch, error) {
	if p.sharing == nil {
		return nil, nil
	}
	raw, err := json.Marshal(append(of, p.sharing.version))
	if err != nil {
		return nil, err
	}
	b := &batch{name: name, state: sum(raw)}
	for {
		p.sharing.mu.Lock()
		stored := p.sharing.stored
		p.sharing.mu.Unlock()
		now := p.now()
		r, err := p.sharing.keep.Rendering(ctx, name, b.state, now, now.Add(shareFor))
		if err != nil || r.Mine {
			return b, err
		}
		if r.Stored {
			b.taken, b.from = true, make(map[string]feed.Rendition, len(r.Docs))
			for _, d := range r.Docs {
				b.from[d.Path] = d
			}
			return b, nil
		}
		look := time.NewTimer(shareLook)
		select {
		case <-stored:
		case <-look.C:
		case <-ctx.Done():
		}
		look.Stop()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// isTaken tells whether another node rendered the batch.
func (b *batch) isTaken() bool { return b != nil && b.taken }

// isOvertaken tells whether the next Refresh has to look at the batch again.
func (b *batch) isOvertaken() bool { return b != nil && b.overtaken }

// takenDocument is the document of a path that another node rendered; nil when it has none.
func (p *Publisher) takenDocument(b *batch, path string, e envelope) (*document, error) {
	r, ok := b.from[path]
	if !ok {
		return nil, nil
	}
	p.metrics.taken.Inc()
	cur := p.current(path)
	if cur != nil && cur.hash == r.Hash {
		return cur.redressed(r.Modified, e), nil
	}
	body, err := expand(r.Body)
	if err != nil {
		return nil, err
	}
	d := p.squeezers.document(path, body, r.Modified, e)
	if cur != nil {
		d.packAs(cur)
	}
	return d, nil
}

// share stores the documents of a batch that this node rendered, and dates them as the store says. It
// returns what needs no more saving. What a later state overtook is served, until the next Refresh finds that
// state, and not stored in its place.
func (p *Publisher) share(ctx context.Context, b *batch, slots []*slot) ([]feed.Rendition, error) {
	switch {
	case b == nil:
		return nil, nil
	case b.taken:
		return slices.Collect(maps.Values(b.from)), nil
	}
	docs := make([]*document, len(slots))
	rs := make([]feed.Rendition, len(slots))
	for i := range slots {
		d := slots[i].document()
		docs[i], rs[i] = d, feed.Rendition{Path: d.path, Hash: d.hash, Modified: d.modified, Body: d.packed(p.squeezers)}
	}
	saved, err := p.sharing.keep.SaveRendering(ctx, b.name, b.state, rs)
	if err != nil {
		return nil, err
	}
	b.overtaken = !saved
	for i, d := range docs {
		if !d.modified.Equal(rs[i].Modified) {
			*d = *d.dated(rs[i].Modified)
		}
	}
	return rs, nil
}

// keepShared notes what is stored.
func (p *Publisher) keepShared(rs []feed.Rendition) {
	for _, r := range rs {
		r.Body = nil // its document has them
		p.kept[r.Path] = r
	}
}

// sharedView is what of a view documents are rendered from, and the frame does not say.
func (ed *edition) sharedView(v *render.View) any {
	return struct {
		Frame      string
		Entries    []feed.Entry
		Related    map[string][]feed.Entry
		Tombstones []render.Tombstone
		Today      time.Time
		Prev       string
		Partner    *feed.Partner
		Content    string
		Section    int // how many it shows at most, which a partner may set
		Origins    []render.Origin
	}{ed.shape.frame, v.Entries, v.Related, v.Tombstones, v.Today, v.Prev, v.Partner, v.Content, v.Section.Limit, shownOrigins(v)}
}

// shownOrigins are what readers may know of the sources whose reports a view shows.
func shownOrigins(v *render.View) []render.Origin {
	seen := map[string]bool{}
	var all []render.Origin
	add := func(entries []feed.Entry) {
		for i := range entries {
			for j := range entries[i].Reports {
				id := entries[i].Reports[j].Source
				if o, known := v.Sources[id]; known && !seen[id] {
					all = append(all, o)
				}
				seen[id] = true
			}
		}
	}
	add(v.Entries)
	for _, entries := range v.Related {
		add(entries)
	}
	slices.SortFunc(all, func(a, b render.Origin) int { return strings.Compare(a.ID, b.ID) })
	return all
}
