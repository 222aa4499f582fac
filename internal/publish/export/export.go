// Package export writes what is published as static files, into a folder or a bucket of an S3 server.
//
// In comes a list of files, each of which is made when it is to be written; out go the files, their
// compressed copies, and a list of what changed. Files that an earlier export wrote and this one no longer
// names are removed; other files are never touched. It knows no section and no story, and renders nothing.
package export

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Document is the content of one file.
type Document struct {
	ContentType, Cache string // headers, where the target keeps such
	Hash               string // hex SHA-256 of Body
	Body               []byte
	Gzip, Zstd         []byte // nil where compressing is not worth its while
}

// File is one file to be written. Make is called when its turn comes, so that memory does not grow with
// what is published; it returns nil when the document is gone by then.
type File struct {
	Name string // slash-separated, relative to the target
	Make func(context.Context) (*Document, error)
}

// Result says what an export did. Compressed siblings are not counted.
type Result struct {
	Written            []string // names, in the order of writing
	Unchanged, Removed int
}

// Target is a folder or a bucket.
type Target struct {
	dest string
	place
}

// piece is one file on its way to a place.
type piece struct {
	contentType string
	cache       string
	coding      string // Content-Encoding of a compressed sibling
	body        []byte
}

// place is where files are kept.
type place interface {
	// list returns the names of the files that are there.
	list(ctx context.Context) (map[string]bool, error)
	// read returns a file, or nil when there is none.
	read(ctx context.Context, name string) ([]byte, error)
	// write puts a file in place of what was there; at no moment half of it can be seen.
	write(ctx context.Context, name string, f piece) error
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

// Open finds what dest names: a folder, which is made when the first file is written, or
// s3://bucket/prefix. Credentials and endpoint of a bucket come from the environment, as every S3
// client reads it.
func Open(dest string) (*Target, error) {
	if dest == "" {
		return nil, errors.New("export needs a folder or s3://bucket/prefix")
	}
	if strings.HasPrefix(dest, "s3://") {
		b, err := openBucket(dest)
		return &Target{dest, b}, err
	}
	return &Target{dest, &folder{dir: dest}}, nil
}

// Write makes the target hold these files, with compressed siblings. Those that hold the right bytes
// are not touched.
func (t *Target) Write(ctx context.Context, files []File) (Result, error) {
	x := &export{t: t, next: manifest{Files: map[string]string{}}}
	if err := x.run(ctx, files); err != nil {
		return x.done, fmt.Errorf("export to %s: %w", t.dest, err)
	}
	return x.done, nil
}

type export struct {
	t         place
	was, next manifest
	there     map[string]bool // before
	done      Result
}

func (x *export) run(ctx context.Context, files []File) error {
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

	if err := x.register(ctx, files); err != nil {
		return err
	}
	for _, f := range files {
		d, err := f.Make(ctx)
		if err != nil {
			return err
		}
		if d == nil {
			continue // withdrawn while we were at it
		}
		if err := x.put(ctx, f.Name, d); err != nil {
			return err
		}
	}
	return x.clear(ctx)
}

// register notes the new files before the first is written, so that an export that is cut short
// leaves none that a later one would not know for its own.
func (x *export) register(ctx context.Context, files []File) error {
	all := manifest{Files: maps.Clone(x.was.Files)}
	if all.Files == nil {
		all.Files = map[string]string{}
	}
	for _, f := range files {
		all.Files[f.Name] = cmp.Or(all.Files[f.Name], "under way")
	}
	if len(all.Files) == len(x.was.Files) {
		return nil
	}
	x.was = all
	return x.save(ctx, all)
}

// put writes a document and its siblings, unless they are there.
func (x *export) put(ctx context.Context, name string, d *Document) error {
	x.next.Files[name] = d.Hash
	// Siblings first: a server that prefers them never serves an older one beside a newer plain file
	// for longer than it takes to write three files.
	forms := []form{{name + ".zst", "zstd", d.Zstd}, {name + ".gz", "gzip", d.Gzip}, {name, "", d.Body}}
	complete := true
	for _, f := range forms {
		complete = complete && (f.body == nil || x.there[f.name])
	}
	if complete && x.was.Files[name] == d.Hash {
		x.done.Unchanged++
		return nil
	}
	var stale []string
	for _, f := range forms {
		if f.body == nil {
			if x.there[f.name] {
				stale = append(stale, f.name) // it became too short to be compressed
			}
			continue
		}
		if err := x.t.write(ctx, f.name, piece{contentType: d.ContentType, cache: d.Cache, coding: f.coding, body: f.body}); err != nil {
			return err
		}
	}
	x.done.Written = append(x.done.Written, name)
	return x.t.remove(ctx, stale)
}

// form is a document in one coding, under the name of its file.
type form struct {
	name, coding string
	body         []byte
}

func (x *export) save(ctx context.Context, m manifest) error {
	raw, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return x.t.write(ctx, manifestName, piece{contentType: "application/json", cache: "no-cache", body: append(raw, '\n')})
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
