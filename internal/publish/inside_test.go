package publish

import "weak"

// What tests from outside see of the inside.

const CachedFor = cachedFor

// AllEdition is the present edition of all sections.
func (p *Publisher) AllEdition() weak.Pointer[edition] {
	return weak.Make(p.site.Load().editions["all"])
}

// NewestStory is the key of the story that leads the feed of all sections.
func (p *Publisher) NewestStory() string {
	return p.site.Load().editions["all"].view.Entries[0].Story
}

// Cached is how many documents are kept because they were asked for.
func (p *Publisher) Cached() int {
	p.cache.mu.Lock()
	defer p.cache.mu.Unlock()
	return p.cache.used.Len()
}
