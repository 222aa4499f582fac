package publish

import (
	"context"
	"slices"
	"sync"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// shelf keeps the entries that the sections were chosen from as they were read, until they change, and which stand
// in each section: what a commit costs goes by what it changed, and not by what the sections show. It is filled
// while sections are rendered, by several goroutines; follow and sweep are for in between.
type shelf struct {
	reader  Reader
	reading sync.Mutex // held while entries are read: what two sections lack is read once

	mu           sync.Mutex
	versions     map[string]int64       // up to which it is known what changed; nil before the first time
	whole, brief map[string]*feed.Entry // by key; none is written to
	windows      map[string]*window     // by section, each written to by follow and read by its section's rendering alone
	graves       map[string][]render.Tombstone
}

func newShelf(r Reader) *shelf {
	return &shelf{reader: r, whole: map[string]*feed.Entry{}, brief: map[string]*feed.Entry{}, windows: map[string]*window{}, graves: map[string][]render.Tombstone{}}
}

// follow takes away what changed up to these versions, or later, and returns it; all says that anything may
// have changed.
func (s *shelf) follow(ctx context.Context, versions map[string]int64) (changed []feed.Changed, all bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if all = s.versions == nil || versions[""] != s.versions[""] || versions["all"] < s.versions["all"]; all {
		clear(s.whole)
		clear(s.brief)
		clear(s.windows)
		clear(s.graves)
	} else if changed, err = s.reader.Changed(ctx, s.versions["all"]); err != nil {
		return nil, false, err
	}
	for i := range changed {
		delete(s.whole, changed[i].Key)
		delete(s.brief, changed[i].Key)
	}
	for section, w := range s.windows {
		if version := versions[section]; version != w.version { // else nothing came, went or moved in it
			w.follow(section, changed)
			w.version = version
		}
	}
	s.followGraves(changed)
	s.versions = versions
	return changed, all, nil
}

// list is Reader.Entries for entries that stand, of which only those are read whole that are not here.
func (s *shelf) list(ctx context.Context, q feed.EntryQuery) ([]feed.Entry, error) {
	s.mu.Lock()
	w := s.windows[q.Section]
	s.mu.Unlock()
	if w != nil && q.Open {
		return s.inOrder(ctx, w.newest(q.Since, q.Limit), q.Brief)
	}
	bare := q
	bare.Bare = true
	rows, err := s.reader.Entries(ctx, bare)
	if err != nil {
		return nil, err
	}
	var missing []string
	s.mu.Lock()
	for i := range rows {
		key := rows[i].Key
		if kept := s.kept(q.Brief)[key]; kept != nil && sameRow(kept, &rows[i]) {
			rows[i] = *kept
		} else {
			delete(s.kept(q.Brief), key)
			missing = append(missing, key)
		}
	}
	s.mu.Unlock()
	if len(missing) == 0 {
		return rows, nil
	}
	read, err := s.read(ctx, missing, q.Brief)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if e := read[rows[i].Key]; e != nil {
			rows[i] = *e
		}
	}
	return slices.DeleteFunc(rows, func(e feed.Entry) bool { // what was withdrawn between the two reads
		_, asked := slices.BinarySearch(missing, e.Key)
		return asked && read[e.Key] == nil
	}), nil
}

// inOrder returns the entries of these rows that stand still, in their order, with their reports.
func (s *shelf) inOrder(ctx context.Context, rows []feed.Listed, brief bool) ([]feed.Entry, error) {
	var missing []string
	found := make([]*feed.Entry, len(rows))
	s.mu.Lock()
	for i := range rows {
		if found[i] = s.kept(brief)[rows[i].Key]; found[i] == nil {
			missing = append(missing, rows[i].Key)
		}
	}
	s.mu.Unlock()
	read, err := s.read(ctx, missing, brief)
	if err != nil {
		return nil, err
	}
	entries := make([]feed.Entry, 0, len(rows))
	for i := range rows {
		if found[i] == nil {
			found[i] = read[rows[i].Key]
		}
		if found[i] != nil {
			entries = append(entries, *found[i])
		}
	}
	return entries, nil
}

// take returns the entries with these keys that stand, the newest first, with their reports.
func (s *shelf) take(ctx context.Context, keys []string, brief bool) ([]feed.Entry, error) {
	entries := make([]feed.Entry, 0, len(keys))
	var missing []string
	s.mu.Lock()
	for _, key := range keys {
		if kept := s.kept(brief)[key]; kept != nil {
			entries = append(entries, *kept)
		} else {
			missing = append(missing, key)
		}
	}
	s.mu.Unlock()
	read, err := s.read(ctx, missing, brief)
	for _, e := range read {
		entries = append(entries, *e)
	}
	slices.SortFunc(entries, newestFirst)
	return entries, err
}

// read reads entries, puts them here and returns them by their keys. It sorts the keys.
func (s *shelf) read(ctx context.Context, keys []string, brief bool) (map[string]*feed.Entry, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	slices.Sort(keys)
	read := make(map[string]*feed.Entry, len(keys))
	var missing []string
	s.mu.Lock()
	for _, key := range keys {
		if kept := s.kept(brief)[key]; kept != nil {
			read[key] = kept
		} else {
			missing = append(missing, key)
		}
	}
	s.mu.Unlock()
	for part := range slices.Chunk(missing, 500) {
		entries, err := s.reader.Entries(ctx, feed.EntryQuery{Keys: part, Brief: brief})
		if err != nil {
			return nil, err
		}
		for i := range entries {
			e := entries[i] // of its own: the others of this read may be over long before it
			read[e.Key] = &e
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, e := range read {
		s.kept(brief)[key] = e
	}
	return read, nil
}

func (s *shelf) kept(brief bool) map[string]*feed.Entry {
	if brief {
		return s.brief
	}
	return s.whole
}

// sweep keeps what these editions were chosen from, and nothing else.
func (s *shelf) sweep(editions map[string]*edition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	needed := make(map[string]bool, len(s.whole)+len(s.brief))
	for _, ed := range editions {
		for _, key := range ed.drawn {
			needed[key] = true
		}
	}
	for _, kept := range []map[string]*feed.Entry{s.whole, s.brief} {
		for key := range kept {
			if !needed[key] {
				delete(kept, key)
			}
		}
	}
}

// sameRow tells whether what is kept of an entry is what its row says. It may not be when a desk commits
// while sections are rendered: then the reports are another commit's, too.
func sameRow(kept, row *feed.Entry) bool {
	return kept.Lead == row.Lead && kept.Story == row.Story && kept.Follows == row.Follows && kept.Backlog == row.Backlog &&
		kept.Published.Equal(row.Published) && kept.Updated.Equal(row.Updated) && slices.Equal(kept.Sections, row.Sections)
}
