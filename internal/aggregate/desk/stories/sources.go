package stories

import (
	"maps"
	"reflect"
	"slices"

	"feedd/internal/aggregate/desk/words"
	"feedd/internal/feed"
)

// origin is what all reports of a source have in common.
type origin struct {
	source   string // id
	name     string // of the outlet, as people are told it
	outlet   uint32
	priority int
}

// Outlet takes the channel off an outlet's name: "Báo Ví dụ - Thể thao".
func Outlet(source string) string {
	for i := 0; i+3 <= len(source); i++ {
		if source[i:i+3] == " - " {
			return source[:i]
		}
	}
	return source
}

// newOrigin describes a source, which need not be one of those configured.
func newOrigin(id string, sources map[string]feed.Source) *origin {
	if src, ok := sources[id]; ok && src.ID != "" {
		id = src.ID
	}
	o := &origin{source: id, name: id}
	if src, ok := sources[id]; ok {
		o.name, o.priority = src.Outlet(), src.Priority
	}
	o.outlet = words.Hash(Outlet(o.name))
	return o
}

// originOf describes the source with an id.
func (s *Memory) originOf(id string) *origin {
	o := s.origins[id]
	if o == nil {
		o = newOrigin(id, s.sources)
		s.origins[id] = o
	}
	return o
}

// outletNames are the names that are taken off headlines, in order.
func outletNames(sources map[string]feed.Source) []string {
	names := make(map[string]bool, len(sources))
	for _, src := range sources {
		names[src.Outlet()] = true
		names[Outlet(src.Outlet())] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Reform puts other sources into force, as if the memory were built anew with these options. The editor's words are to be said
// again then, and of the items it names those read again, with Reread, of which reread says yes. It changes nothing and says so
// where other settings are to hold, too: what is remembered hangs on them.
func (s *Memory) Reform(o Options) (items []int64, reread func(*feed.Item) bool, ok bool) {
	if !reflect.DeepEqual(settled(o.Settings), s.set) {
		return nil, nil, false
	}
	s.settle()
	changed := map[string]bool{}
	for _, sources := range []map[string]feed.Source{s.sources, o.Sources} {
		for id := range sources {
			if newOrigin(id, s.sources).name != newOrigin(id, o.Sources).name || s.marks != nil && !reflect.DeepEqual(s.sources[id], o.Sources[id]) {
				changed[id] = true
			}
		}
	}
	otherNames := others(outletNames(s.sources), outletNames(o.Sources))
	for id, from := range s.origins {
		*from = *newOrigin(id, o.Sources)
	}
	s.sources, s.marks, s.word = o.Sources, o.Marks, newEditorsWord()
	if len(otherNames) > 0 {
		s.rd = words.NewReaderWithout(o.Without, outletNames(o.Sources))
	}
	for _, r := range s.index.reports { // in order of arrival
		if r != nil && (changed[r.from.source] || r.setsOff && len(otherNames) > 0) {
			items = append(items, r.id)
		}
	}
	naming := words.Naming(otherNames)
	return items, func(it *feed.Item) bool { return changed[it.Source] || naming(it.Title) }, true
}

// others are the names that only one of two sorted lists has.
func others(a, b []string) (names []string) {
	for _, lists := range [][2][]string{{a, b}, {b, a}} {
		for _, name := range lists[0] {
			if _, both := slices.BinarySearch(lists[1], name); !both {
				names = append(names, name)
			}
		}
	}
	return names
}

// Reread takes in a remembered item as it reads by the sources that are in force now. It stands where it stood.
func (s *Memory) Reread(it *feed.Item) {
	s.settle()
	r := s.reports.get(it.ID)
	if r == nil {
		return
	}
	s.index.removeTwin(r)
	s.sawAddress(r, -1)
	s.sawSkeleton(r, -1)
	s.sc.meant.saw(&r.doc, -1)
	s.index.unlist(r)
	delete(s.never, r)
	entry, number := r.entry, r.number
	*r = *s.read(s.rd, s.originOf(it.Source), it)
	r.entry, r.number = entry, number
	s.mark(r, it)
	s.index.list(r, s.rd.Keys())
	s.sc.meant.saw(&r.doc, 1)
	s.sawAddress(r, 1)
	s.index.addTwin(r)
	s.sawSkeleton(r, 1)
}
