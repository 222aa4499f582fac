package publish

import (
	"container/list"
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// cache keeps documents that are rendered when first asked for, archive pages and stories, while they
// are asked for and up to a number of bytes; those not asked for longest go first.
type cache struct {
	max    int
	now    func() time.Time
	flight singleflight.Group

	mu    sync.Mutex
	size  int
	byKey map[string]*list.Element // of *cached
	used  *list.List               // last used in front
}

type cached struct {
	key   string
	state any // names what it was rendered from; another makes it stale
	doc   *document
	asked time.Time
}

// How long a document that nobody asks for is kept.
const cachedFor = 5 * time.Minute

func newCache(max int, now func() time.Time) *cache {
	return &cache{max: max, now: now, byKey: map[string]*list.Element{}, used: list.New()}
}

// get returns the document of a key made from this state, making it once for all who ask at the
// same time. The state is kept with it: a name, not what it is the name of. make gets what there is from another state, or nil; it may return nil for what does not
// exist, which is not kept.
func (c *cache) get(ctx context.Context, key string, state any, make func(ctx context.Context, old *document) (*document, error)) (*document, error) {
	var old *document
	c.mu.Lock()
	if el := c.byKey[key]; el != nil {
		hit := el.Value.(*cached)
		if hit.state == state {
			hit.asked = c.now()
			c.used.MoveToFront(el)
			c.mu.Unlock()
			return hit.doc, nil
		}
		old = hit.doc
	}
	c.mu.Unlock()
	v, err, _ := c.flight.Do(key, func() (any, error) {
		// Others may wait for it when the first who asked has gone.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		d, err := make(ctx, old)
		if err == nil && d != nil {
			c.put(key, state, d)
		}
		return d, err
	})
	if err != nil {
		return nil, err
	}
	return v.(*document), nil
}

// has tells whether the document of a key made from this state is there.
func (c *cache) has(key string, state any) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	el := c.byKey[key]
	return el != nil && el.Value.(*cached).state == state
}

func (c *cache) put(key string, state any, d *document) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if el := c.byKey[key]; el != nil {
		c.remove(el)
	}
	c.byKey[key] = c.used.PushFront(&cached{key, state, d, c.now()})
	c.size += d.size()
	for c.used.Len() > 1 {
		last := c.used.Back()
		if c.size <= c.max && c.now().Sub(last.Value.(*cached).asked) < cachedFor {
			break
		}
		c.remove(last)
	}
}

func (c *cache) remove(el *list.Element) {
	old := c.used.Remove(el).(*cached)
	delete(c.byKey, old.key)
	c.size -= old.doc.size()
}

// size is the memory the document's bytes take.
func (d *document) size() int {
	n := len(d.plain())
	if d.forms[gzipCoding] != nil {
		n += n / 2 // what the packed forms may take once they are asked for
	}
	return n
}
