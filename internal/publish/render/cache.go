package render

import "sync"

// Cache remembers the HTML that was made safe, and what sources are written as, since cleaning is most of
// what a rendering costs and a section changes by an entry or two at a time. It holds nothing but what follows from its key, so
// that a rendering with it gives the same bytes as one without. It may be shared by any number of
// views and goroutines.
type Cache struct {
	mu         sync.Mutex
	limit      int // bytes in young before it becomes old
	size       int // bytes in young
	young, old map[fragmentKey]fragment
	origins    map[originKey]origin
}

type originKey struct {
	authority, id string
	of            Origin
}

// mostOrigins bounds how many are remembered; then it begins anew.
const mostOrigins = 20_000

type fragmentKey struct {
	markup, base string
	max          int
	pictures     bool
}

// NewCache returns a cache that holds about as many bytes as given, and up to twice as many.
func NewCache(bytes int) *Cache {
	return &Cache{limit: bytes, young: make(map[fragmentKey]fragment), origins: make(map[originKey]origin)}
}

// origin returns what newOrigin does. A nil cache remembers nothing.
func (c *Cache) origin(authority, id string, of Origin) origin {
	if c == nil {
		return newOrigin(authority, id, of)
	}
	key := originKey{authority, id, of}
	c.mu.Lock()
	defer c.mu.Unlock()
	o, ok := c.origins[key]
	if !ok {
		o = newOrigin(authority, id, of)
		if len(c.origins) >= mostOrigins {
			clear(c.origins)
		}
		c.origins[key] = o
	}
	return o
}

// fragment returns what safeFragment does. A nil cache remembers nothing.
func (c *Cache) fragment(markup, base string, max int, pictures bool) fragment {
	if c == nil || markup == "" {
		return safeFragment(markup, base, max, pictures)
	}
	key := fragmentKey{markup, base, max, pictures}
	c.mu.Lock()
	f, ok := c.young[key]
	if !ok {
		if f, ok = c.old[key]; ok {
			c.put(key, f)
		}
	}
	c.mu.Unlock()
	if ok {
		return f
	}
	f = safeFragment(markup, base, max, pictures)
	c.mu.Lock()
	c.put(key, f)
	c.mu.Unlock()
	return f
}

// put remembers one fragment; what was not asked for since the last turn is forgotten at the next.
// The caller holds mu.
func (c *Cache) put(key fragmentKey, f fragment) {
	c.young[key] = f
	c.size += len(key.markup) + len(key.base) + len(f.html) + len(f.text)
	if c.size > c.limit {
		c.old, c.young, c.size = c.young, make(map[fragmentKey]fragment), 0
	}
}
