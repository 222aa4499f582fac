package publish

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish/export"
	"feedd/internal/publish/render"
)

// Export writes every feed and page to dest, a folder or s3://bucket/prefix: the same bytes at the
// same paths as Handler serves, pages as index.html. Partners' feeds are not exported: nothing would
// guard them. Nor is the health of the sources: it is for those who run feedd.
func (p *Publisher) Export(ctx context.Context, dest string) (export.Result, error) {
	to, err := export.Open(dest)
	if err != nil {
		return export.Result{}, err
	}
	// Telling subscribers is for the server that they came to: it may run beside us.
	p.mu.Lock()
	_, err = p.refresh(ctx)
	p.mu.Unlock()
	if err != nil {
		return export.Result{}, err
	}
	s := p.site.Load()
	files, err := p.files(ctx, s)
	if err != nil {
		return export.Result{}, err
	}
	done, err := to.Write(ctx, files)
	if err != nil {
		return done, err
	}
	return done, p.tellExported(ctx, s, done.Written)
}

// tellExported tells the public hub which feeds were written: a site that is only files has nobody
// else to do so.
func (p *Publisher) tellExported(ctx context.Context, s *site, written []string) error {
	if s.plan.Hub == "" {
		return nil
	}
	var topics []string
	for _, name := range written {
		if d := s.docs["/"+name]; d != nil && d.latest().section != "" {
			topics = append(topics, s.plan.base+d.path)
		}
	}
	if len(topics) == 0 {
		return nil
	}
	if err := p.hub.Tell(ctx, topics); err != nil {
		return fmt.Errorf("everything was exported, but the hub %s was not told: %w", s.plan.Hub, err)
	}
	return nil
}

// files lists everything that is published.
func (p *Publisher) files(ctx context.Context, s *site) ([]export.File, error) {
	var files []export.File
	add := func(name string, render func(context.Context) (*document, error)) {
		files = append(files, export.File{Name: name, Make: func(ctx context.Context) (*export.Document, error) {
			d, err := render(ctx)
			if err != nil || d == nil {
				return nil, err
			}
			return exported(d), nil
		}})
	}
	for _, path := range slices.Sorted(maps.Keys(s.docs)) {
		d := s.docs[path]
		page := strings.HasPrefix(d.latest().contentType, "text/html") && path != lostPage
		add(fileName(path, page), func(context.Context) (*document, error) { return d.document(), nil })
	}
	for i := range s.plan.sections {
		id := s.plan.sections[i].ID
		for _, n := range s.editions[id].archive.pages() {
			for _, f := range render.FeedFormats {
				add(fileName(archivePath(id, n)+"."+string(f), false),
					func(ctx context.Context) (*document, error) { return p.page(ctx, s, id, n, f, nil) })
			}
		}
	}
	for _, path := range sitemaps {
		add(fileName(path, false), func(ctx context.Context) (*document, error) { return p.sitemap(ctx, s, path, p.now(), nil) })
	}
	stories, days, err := p.standingPages(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, place := range days {
		add(fileName(dayPath(place.section, place.date), true), func(ctx context.Context) (*document, error) {
			return p.day(ctx, s, place.section, place.date, nil)
		})
	}
	for _, key := range stories {
		add(fileName("/stories/"+key, true), func(ctx context.Context) (*document, error) {
			d, _, err := p.story(ctx, s, key, nil)
			return d, err
		})
		for _, f := range render.FeedFormats {
			add(fileName("/stories/"+key+"."+string(f), false), func(ctx context.Context) (*document, error) {
				d, _, err := p.storyFeed(ctx, s, key, f, nil)
				return d, err
			})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.plan.Sources)) {
		for _, f := range render.FeedFormats {
			add(fileName("/sources/"+id+"."+string(f), false), func(ctx context.Context) (*document, error) { return p.source(ctx, s, id, f, nil) })
		}
	}
	return files, nil
}

// exported is a document as an export writes it.
func exported(d *document) *export.Document {
	x := &export.Document{ContentType: d.contentType, Cache: d.cache, Hash: d.hash, Body: d.plain()}
	if f := d.forms[gzipCoding]; f != nil {
		x.Gzip = f.bytes()
	}
	if f := d.forms[zstdCoding]; f != nil {
		x.Zstd = f.bytes()
	}
	return x
}

// sectionDay is a day on which a section told something.
type sectionDay struct{ section, date string }

// standingPages lists the stories that stand, and the days on which the sections told something.
func (p *Publisher) standingPages(ctx context.Context, s *site) (stories []string, days []sectionDay, err error) {
	keys, on := map[string]bool{}, map[sectionDay]bool{}
	q := feed.EntryQuery{Section: "all", Limit: 1, Bare: true}
	for { // month by month
		last, err := p.reader.Entries(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		if len(last) == 0 {
			break
		}
		month := feed.PageOf(last[0].Published).Month()
		entries, err := p.reader.Entries(ctx, feed.EntryQuery{Section: "all", Since: month, Before: month.AddDate(0, 1, 0), Bare: true})
		if err != nil {
			return nil, nil, err
		}
		for i := range entries {
			e := &entries[i]
			keys[e.Story] = true
			date := e.Published.In(s.plan.zone()).Format(time.DateOnly)
			on[sectionDay{"all", date}] = true
			for _, section := range e.Sections {
				if s.plan.byID[section] != nil {
					on[sectionDay{section, date}] = true
				}
			}
		}
		q.Before = month
	}
	days = slices.SortedFunc(maps.Keys(on), func(a, b sectionDay) int {
		return cmp.Or(cmp.Compare(a.section, b.section), cmp.Compare(a.date, b.date))
	})
	return slices.Sorted(maps.Keys(keys)), days, nil
}

// fileName is the name of a path's file: a page is the index.html of a folder.
func fileName(url string, page bool) string {
	name := strings.TrimPrefix(url, "/")
	if page {
		name = path.Join(name, "index.html")
	}
	return name
}
