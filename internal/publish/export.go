package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"feedd/internal/feed"
	"feedd/internal/publish/render"
)

// Exported says what an export did.
type Exported struct {
	Written, Unchanged, Removed int // files, compressed siblings not counted
}

// file is one document on its way to a folder or a bucket.
type file struct {
	contentType string
	cache       string
	coding      string // Content-Encoding of a compressed sibling
	body        []byte
}

// target is where an export goes: a folder, or a bucket.
type target interface {
	// list returns the names of the files that are there.
	list(ctx context.Context) (map[string]bool, error)
	// read returns a file, or nil when there is none.
	read(ctx context.Context, name string) ([]byte, error)
	// write puts a file in place of what was there; at no moment half of it can be seen.
	write(ctx context.Context, name string, f file) error
	// remove takes files away; those that are not there are no error.
	remove(ctx context.Context, names []string) error
	// settle returns when what was written outlives a loss of power.
	settle(ctx context.Context) error
}

// manifestName is the file in which an export keeps what it wrote: it takes away nothing else.
const manifestName = ".feedd-export.json"

type manifest struct {
	Files map[string]string `json:"files"` // name -> hex SHA-256 of the plain bytes
}

// siblings are the names of the compressed copies, which many servers pick up by themselves.
func siblings(name string) []string { return []string{name + ".gz", name + ".zst"} }

// Export writes every feed and page to dest, a folder or s3://bucket/prefix: the same bytes at the
// same paths as Handler serves, pages as index.html, with compressed siblings where these are worth
// their while. Files that hold the right bytes are not touched, those it wrote earlier and that are
// published no more are taken away. Partners' feeds are not exported: nothing would guard them.
//
// Credentials and endpoint of a bucket come from the environment, as every S3 client reads it.
func (p *Publisher) Export(ctx context.Context, dest string) (Exported, error) {
	var done Exported
	t, err := openTarget(dest)
	if err != nil {
		return done, err
	}
	// Telling subscribers is for the server that they came to: it may run beside us.
	p.mu.Lock()
	_, err = p.refresh(ctx)
	p.mu.Unlock()
	if err != nil {
		return done, err
	}
	x := &export{p: p, t: t, next: manifest{Files: map[string]string{}}, done: &done}
	if err := x.run(ctx); err != nil {
		return done, fmt.Errorf("export to %s: %w", dest, err)
	}
	if hub := p.plan.Load().Hub; hub != "" && len(x.feeds) > 0 {
		// A site that is only files has nobody else to say that they changed.
		if err := p.hub.Tell(ctx, x.feeds); err != nil {
			return done, fmt.Errorf("everything was exported, but the hub %s was not told: %w", hub, err)
		}
	}
	return done, nil
}

type export struct {
	p         *Publisher
	t         target
	was, next manifest
	there     map[string]bool // before
	feeds     []string        // addresses of the sections' feeds that were written
	done      *Exported
}

func (x *export) run(ctx context.Context) error {
	raw, err := x.t.read(ctx, manifestName)
	if err != nil {
		return err
	}
	if raw != nil {
		if err := json.Unmarshal(raw, &x.was); err != nil {
			return fmt.Errorf("%s is damaged; remove it to write everything anew: %w", manifestName, err)
		}
	}
	if x.there, err = x.t.list(ctx); err != nil {
		return err
	}

	jobs, err := x.jobs(ctx, x.p.site.Load())
	if err != nil {
		return err
	}
	if err := x.register(ctx, jobs); err != nil {
		return err
	}
	for _, j := range jobs {
		d, err := j.make(ctx)
		if err != nil {
			return err
		}
		if d == nil {
			continue // withdrawn while we were at it
		}
		if err := x.put(ctx, j.name, d); err != nil {
			return err
		}
	}
	return x.clear(ctx)
}

// job is one document to be written. It is rendered only when its turn comes, so that memory does
// not grow with the archive.
type job struct {
	name string
	make func(context.Context) (*document, error)
}

// jobs lists everything that is published.
func (x *export) jobs(ctx context.Context, s *site) ([]job, error) {
	var jobs []job
	for _, path := range slices.Sorted(maps.Keys(s.docs)) {
		d := s.docs[path]
		jobs = append(jobs, job{fileName(path, strings.HasPrefix(d.contentType, "text/html")),
			func(context.Context) (*document, error) { return d, nil }})
	}
	for i := range s.plan.sections {
		id := s.plan.sections[i].ID
		for _, n := range s.editions[id].archive.pages() {
			for _, f := range render.FeedFormats {
				jobs = append(jobs, job{fileName(archivePath(id, n)+"."+string(f), false),
					func(ctx context.Context) (*document, error) { return x.p.page(ctx, s, id, n, f, nil) }})
			}
		}
	}
	keys, err := x.stories(ctx)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		jobs = append(jobs, job{fileName("/stories/"+key, true), func(ctx context.Context) (*document, error) {
			d, _, err := x.p.story(ctx, s, key, nil)
			return d, err
		}})
	}
	for _, path := range []string{"/sources", "/sources.json"} {
		jobs = append(jobs, job{fileName(path, path == "/sources"), func(ctx context.Context) (*document, error) {
			return x.p.status(ctx, s, path, x.p.now())
		}})
	}
	return jobs, nil
}

// stories lists the stories that stand.
func (x *export) stories(ctx context.Context) ([]string, error) {
	keys := map[string]bool{}
	q := feed.EntryQuery{Section: "all", Limit: 1, Brief: true}
	for { // month by month
		last, err := x.p.reader.Entries(ctx, q)
		if err != nil {
			return nil, err
		}
		if len(last) == 0 {
			return slices.Sorted(maps.Keys(keys)), nil
		}
		month := feed.PageOf(last[0].Published).Month()
		entries, err := x.p.reader.Entries(ctx, feed.EntryQuery{Section: "all", Since: month, Before: month.AddDate(0, 1, 0), Brief: true})
		if err != nil {
			return nil, err
		}
		for i := range entries {
			keys[entries[i].Story] = true
		}
		q.Before = month
	}
}

// fileName is the name of a path's file: a page is the index.html of a folder.
func fileName(url string, page bool) string {
	name := strings.TrimPrefix(url, "/")
	if page {
		name = path.Join(name, "index.html")
	}
	return name
}

// register notes the new files before the first is written, so that an export that is cut short
// leaves none that a later one would not know for its own.
func (x *export) register(ctx context.Context, jobs []job) error {
	all := manifest{Files: maps.Clone(x.was.Files)}
	if all.Files == nil {
		all.Files = map[string]string{}
	}
	for _, j := range jobs {
		if all.Files[j.name] == "" {
			all.Files[j.name] = "under way"
		}
	}
	if len(all.Files) == len(x.was.Files) {
		return nil
	}
	x.was = all
	return x.save(ctx, all)
}

// put writes a document and its siblings, unless they are there.
func (x *export) put(ctx context.Context, name string, d *document) error {
	x.next.Files[name] = d.hash
	complete := x.there[name]
	for c, f := range d.forms {
		if f != nil && c != identity {
			complete = complete && x.there[siblingOf(name, c)]
		}
	}
	if complete && x.was.Files[name] == d.hash {
		x.done.Unchanged++
		return nil
	}
	// Siblings first: a server that prefers them never serves an older one beside a newer plain file
	// for longer than it takes to write three files.
	var stale []string
	for c, f := range d.forms {
		out := name
		if c != identity {
			out = siblingOf(name, c)
		}
		if f == nil {
			if x.there[out] {
				stale = append(stale, out) // it became too short to be compressed
			}
			continue
		}
		if err := x.t.write(ctx, out, file{contentType: d.contentType, cache: d.cache, coding: codingNames[c], body: f.body}); err != nil {
			return err
		}
	}
	x.done.Written++
	if d.section != "" {
		x.feeds = append(x.feeds, x.p.plan.Load().base+d.path)
	}
	return x.t.remove(ctx, stale)
}

func siblingOf(name string, coding int) string {
	if coding == gzipCoding {
		return name + ".gz"
	}
	return name + ".zst"
}

func (x *export) save(ctx context.Context, m manifest) error {
	raw, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return x.t.write(ctx, manifestName, file{contentType: "application/json", cache: "no-cache", body: append(raw, '\n')})
}

// clear takes away what an earlier export wrote and this one did not, and keeps what there is now.
func (x *export) clear(ctx context.Context) error {
	var gone []string
	for name := range x.was.Files {
		if x.next.Files[name] != "" {
			continue
		}
		if x.there[name] {
			x.done.Removed++
		}
		for _, n := range append(siblings(name), name) {
			if x.there[n] {
				gone = append(gone, n)
			}
		}
	}
	slices.Sort(gone)
	if err := x.t.remove(ctx, gone); err != nil {
		return err
	}
	if maps.Equal(x.was.Files, x.next.Files) {
		return nil
	}
	if err := x.t.settle(ctx); err != nil {
		return err
	}
	if err := x.save(ctx, x.next); err != nil {
		return err
	}
	return x.t.settle(ctx)
}

// openTarget finds what dest names.
func openTarget(dest string) (target, error) {
	if dest == "" {
		return nil, errors.New("export needs a folder or s3://bucket/prefix")
	}
	if strings.HasPrefix(dest, "s3://") {
		return openBucket(dest)
	}
	return &folder{dir: dest}, nil
}
