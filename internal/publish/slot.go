package publish

import (
	"sync"
	"sync/atomic"
	"time"

	"feedd/internal/publish/hub"
	"feedd/internal/publish/render"
)

// slot is where a document stands that is kept ready: the document, or how it is rendered once somebody
// asks. What nobody asks for between two changes is not rendered; who asks gets what would have been
// rendered at the change, with the time of it.
type slot struct {
	path  string
	asked atomic.Bool // somebody asked for it
	ready atomic.Pointer[document]

	last   *document // rendered last at the path; nil where the document was at once
	mu     sync.Mutex
	render func() *document // until it is ready
}

// filled is a slot with its document.
func filled(d *document) *slot {
	s := &slot{path: d.path}
	s.ready.Store(d)
	return s
}

// document returns the document, which it renders where that waited for somebody to ask.
func (s *slot) document() *document {
	if d := s.ready.Load(); d != nil {
		return d
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.ready.Load(); d != nil {
		return d
	}
	d := s.render()
	s.ready.Store(d)
	s.render = nil // and what it was to be rendered from is let go
	return d
}

// latest is what was rendered last at the path: the document, or the one before as long as nobody asked.
func (s *slot) latest() *document {
	if d := s.ready.Load(); d != nil {
		return d
	}
	return s.last
}

// ask is document for a reader: whatever comes in its place is rendered at once.
func (s *slot) ask() *document {
	if !s.asked.Load() { // readers side by side write nothing
		s.asked.Store(true)
	}
	return s.document()
}

// awaits tells whether what is to stand at a path has to be rendered at once: somebody asked for what stood
// there last, or is told of it when it changes, or nothing was ever rendered there. If not, it returns
// what was rendered last.
func (p *Publisher) awaits(path string, shared *batch) (last *document, at bool) {
	old := p.site.Load()
	if !p.lazy || shared != nil || old == nil || old.docs[path] == nil || old.docs[path].asked.Load() || p.hub.Tells(path) {
		return nil, true
	}
	return old.docs[path].latest(), false
}

// toldMeanwhile are the changed feeds that nobody was to be told of when it was decided to leave them, and
// somebody is by now.
func (p *Publisher) toldMeanwhile(old, next *site) (feeds []hub.Feed) {
	if !p.lazy || !p.hub.Awaited() {
		return nil
	}
	for _, ed := range next.editions {
		for _, s := range ed.feeds {
			if s.ready.Load() == nil && old.docs[s.path] != s && p.hub.Tells(s.path) {
				feeds = append(feeds, pushed(s.document()))
			}
		}
	}
	return feeds
}

// late is a slot whose document is rendered when somebody asks. It passes the gate then; where it does not,
// the last good one stays.
func (p *Publisher) late(last *document, section string, f render.Format, rendered func() ([]byte, error), e envelope, now time.Time, mark func(*document)) *slot {
	return &slot{path: last.path, last: last, render: func() *document {
		p.metrics.renders.Inc()
		body, failed := rendered()
		var d *document
		if good, _ := p.good(last.path, section, f, body, failed); good {
			d = p.successor(last, last.path, body, e, now)
			p.owed.Store(true)
		} else { // which said why
			d = last.redressed(last.modified, e)
		}
		if mark != nil {
			mark(d)
		}
		return d
	}}
}
