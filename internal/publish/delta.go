package publish

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// instance is an earlier state of a section's feeds, to tell what is new since (RFC 3229 with the
// instance manipulation "feed").
type instance struct {
	tags  []string // of its documents, see bareTag
	shown map[string]time.Time
}

// instances is how many earlier states are remembered. A reader that polls within that many
// changes gets only what is new; any other gets the whole feed.
const instances = 100

// bareTag is what the ETags of a document's codings have in common.
func bareTag(tag string) string {
	tag = strings.Trim(tag, `"`)
	stem, _, _ := strings.Cut(tag, "-")
	return stem
}

// deltas makes the answers to "what is new since" for one edition, each once.
type deltas struct {
	p     *Publisher
	s     *frame
	view  *render.View
	older []instance

	mu   sync.Mutex
	made map[string]*document // by path and bare tag; nil for one that cannot be told
}

// told are the tags of those of its feeds that somebody can have, see bareTag.
func (ed *edition) told() (tags []string) {
	for _, s := range ed.feeds {
		if d := s.ready.Load(); d != nil {
			tags = append(tags, bareTag(d.forms[identity].tag))
		}
	}
	return tags
}

// remind puts what the section's feeds were before at the disposal of its new documents.
func (p *Publisher) remind(b *built, before *edition, last shown) {
	ed := b.edition
	var was []string
	if before != nil {
		is := ed.told()
		was = slices.DeleteFunc(before.told(), func(tag string) bool { return slices.Contains(is, tag) })
	}
	switch {
	case before != nil && len(was) == 0:
		ed.older = before.older
	case before != nil:
		ed.older = append([]instance{{was, before.shown}}, before.older[:min(len(before.older), instances-1)]...)
	case len(last.Keys) > 0:
		// What an earlier process published last, if it differs.
		was := instance{shown: map[string]time.Time{}}
		for i, key := range last.Keys {
			was.shown[key] = time.UnixMilli(last.Updated[i])
		}
		for _, s := range ed.feeds {
			if r, ok := p.kept[s.path]; ok && r.Hash != s.latest().hash {
				was.tags = append(was.tags, shortHash(r.Hash))
			}
		}
		ed.older = []instance{was}
	}
	b.deltas.older = ed.older
}

// since returns the document with what is new since the state with this tag, nil when that state
// is not remembered.
func (ds *deltas) since(d *document, f render.Format, tag string) *document {
	i := slices.IndexFunc(ds.older, func(in instance) bool { return slices.Contains(in.tags, tag) })
	if i < 0 {
		return nil
	}
	ds.mu.Lock()
	defer ds.mu.Unlock()
	key := d.path + " " + tag
	if made, ok := ds.made[key]; ok {
		return made
	}
	made, err := ds.render(d, f, ds.older[i].shown)
	if err != nil {
		made = nil // the whole feed is served
	}
	ds.made[key] = made
	return made
}

func (ds *deltas) render(d *document, f render.Format, had map[string]time.Time) (*document, error) {
	var fresh []feed.Entry
	for _, e := range ds.view.Entries {
		if updated, ok := had[e.Key]; !ok || e.Updated.UnixMilli() != updated.UnixMilli() {
			fresh = append(fresh, e)
		}
	}
	v := ds.s.view(&ds.view.Section, fresh)
	v.Hub, v.Prev, v.Tombstones, v.Updated = ds.view.Hub, ds.view.Prev, ds.view.Tombstones, lastChange(ds.view)
	body, err := render.Feed(v, f)
	if good, err := ds.p.good(d.path+" (what is new)", d.section, f, body, err); !good {
		return nil, err
	}
	e := ds.p.feedEnvelope(ds.s.plan, ds.view.Section.ID, f, ds.view.Hub)
	return ds.p.squeezers.document(d.path, body, d.modified, e), nil
}

// shownOf lists an edition's entries for the store.
func shownOf(ed *edition) shown {
	s := shown{Settings: ed.shape.settings, Keys: slices.Sorted(maps.Keys(ed.shown))}
	for _, k := range s.Keys {
		s.Updated = append(s.Updated, ed.shown[k].UnixMilli())
	}
	return s
}
