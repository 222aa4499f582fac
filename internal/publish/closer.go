package publish

import (
	"context"
	"slices"
	"sync"
	"time"

	"feedd/internal/feed"
)

// closer closes the pages of archives beside publishing, one section after another. What waits there
// is much: the first start over a store that was filled by `feedd collect`, or after months of standing
// still, would else keep every reader waiting until thousands of pages are written.
//
// Until a section's turn is over its archive is as it was before, and its feed as it will be. Where there is no closer
// (nil), no section waits.
type closer struct {
	wake chan struct{}

	mu      sync.Mutex
	waiting []string // sections, in the order in which they are closed; the one at work is first
}

// closeAtOnce is how many pages a rendering closes by itself beside a closer; allPages, however many.
const (
	closeAtOnce = 2
	allPages    = -1
)

// closeRetry is how long a section waits after its pages could not be closed.
const closeRetry = 10 * time.Second

// add lets a section wait for its turn.
func (c *closer) add(section string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.waiting, section) {
		c.waiting = append(c.waiting, section)
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// hurry gives a section the next turn: somebody asks for its archive.
func (c *closer) hurry(section string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.waiting, section); i > 1 {
		c.waiting = slices.Insert(slices.Delete(c.waiting, i, i+1), 1, section)
	}
}

// busy tells whether a section waits or is at work.
func (c *closer) busy(section string) bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.waiting, section)
}

// next returns the section whose turn it is, "" for none.
func (c *closer) next() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		return ""
	}
	return c.waiting[0]
}

func (c *closer) done(section string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = slices.DeleteFunc(c.waiting, func(s string) bool { return s == section })
}

// CloseBeside has archives with much to close closed beside publishing, from the next Refresh on, while
// the function that it returns runs: until its context ends. Without it Refresh closes all pages itself.
// It is called before the first Refresh.
func (p *Publisher) CloseBeside() func(context.Context) error {
	c := &closer{wake: make(chan struct{}, 1)}
	p.closer = c
	return func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-c.wake:
			}
			for section := c.next(); section != "" && ctx.Err() == nil; section = c.next() {
				if err := p.closeSection(ctx, section); err != nil && ctx.Err() == nil {
					p.log.Error("an archive could not be brought up to date; it is tried again", "section", section, "error", err, "after", closeRetry)
					pause(ctx, closeRetry)
				}
				c.done(section) // the next Refresh finds its pages, or lets it wait again
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// closeSection closes all pages of a published section that are to be closed.
func (p *Publisher) closeSection(ctx context.Context, section string) error {
	s := p.site.Load()
	if s == nil || s.plan.byID[section] == nil || s.editions[section] == nil {
		return nil
	}
	_, _, err := p.closePages(ctx, s.frame, s.plan.byID[section], s.editions[section].shown, p.now(), allPages)
	return err
}

// behind is the archive of a section whose pages wait to be closed: what it was before.
func behind(before *edition, closed []feed.ArchivePage, now time.Time) archive {
	if before != nil {
		a := before.archive
		a.closing = true
		return a
	}
	a := archive{closed: closed, page: feed.PageOf(now), closing: true}
	if n := len(closed); n > 0 {
		a.page = max(a.page, pageAfter(closed[n-1]))
	}
	return a
}
