package publish

import (
	"container/list"
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// cache keeps documents that are rendered when first asked for, archive pages and stories, up to a
// number of bytes; those not asked for longest go first.
type cache struct {
	max    int
	flight singleflight.Group

	mu    sync.Mutex
	size  int
	byKey map[string]*list.Element // of *cached
	used  *list.List               // last used in front
}

type cached struct {
	key   string
	state any // what it was rendered from; another state makes it stale
	doc   *document
}

func newCache(max int) *cache {
	return &cache{max: max, byKey: map[string]*list.Element{}, used: list.New()}
}

// get returns the document of a key made from this state, making it once for all who ask at the
// same time. make gets what there is from another state, or nil; it may return nil for what does not
// exist, which is not kept.
func (c *cache) get(ctx context.Context, key string, state any, make func(ctx context.Context, old *document) (*document, error)) (*document, error) {
	var old *document
	c.mu.Lock()
	if el := c.byKey[key]; el != nil {
		hit := el.Value.(*cached)
		if hit.state == state {
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

func (c *cache) put(key string, state any, d *document) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if el := c.byKey[key]; el != nil {
		c.remove(el)
	}
	c.byKey[key] = c.used.PushFront(&cached{key, state, d})
	c.size += d.size()
	for c.size > c.max && c.used.Len() > 1 {
		c.remove(c.used.Back())
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
