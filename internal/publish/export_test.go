package publish_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"feedd/internal/publish/export"
)

func (n *newsroom) export(dest string) export.Result {
	n.t.Helper()
	done, err := n.pub.Export(n.t.Context(), dest)
	if err != nil {
		n.t.Fatal(err)
	}
	return done
}

// stamps gives every file below dir a time long past, and tells later which were written since.
func stamps(t *testing.T, dir string) (changed func() []string) {
	t.Helper()
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	names := func(each func(path string, info fs.FileInfo)) {
		if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			info, err := e.Info()
			if err == nil {
				each(path, info)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	names(func(path string, _ fs.FileInfo) {
		if err := os.Chtimes(path, past, past); err != nil {
			t.Fatal(err)
		}
	})
	return func() []string {
		var out []string
		names(func(path string, info fs.FileInfo) {
			if !info.ModTime().Equal(past) {
				rel, err := filepath.Rel(dir, path)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, filepath.ToSlash(rel))
			}
		})
		return out
	}
}

func TestExportWritesWhatIsServed(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 8)
	n.refresh()
	dir := filepath.Join(t.TempDir(), "out")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "robots.txt"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	n.export(dir)
	story := keyOf(report("bao-a", 7, start))
	for name, path := range map[string]string{
		"index.html":                            "/",
		"feeds.opml":                            "/feeds.opml",
		"sections/kinh-te.rss":                  "/sections/kinh-te.rss",
		"sections/kinh-te/index.html":           "/sections/kinh-te",
		"sections/kinh-te/archive/2026-11.json": "/sections/kinh-te/archive/2026-11.json",
		"stories/" + story + "/index.html":      "/stories/" + story,
		"embed/all/index.html":                  "/embed/all",
		"embed.js":                              "/embed.js",
		"assets/style.css":                      "/assets/style.css",
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if want := n.page(path); string(got) != want {
			t.Errorf("%s is not what %s serves", name, path)
		}
	}
	zipped, err := os.ReadFile(filepath.Join(dir, "sections/kinh-te.rss.gz"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(r); err != nil || string(plain) != n.page("/sections/kinh-te.rss") {
		t.Error("the compressed sibling holds something else", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "sections/kinh-te.rss.zst")); err != nil {
		t.Error(err)
	}

	changed := stamps(t, dir)
	if done := n.export(dir); len(done.Written) != 0 || done.Removed != 0 || done.Unchanged == 0 {
		t.Errorf("nothing changed, yet %+v", done)
	}
	if c := changed(); len(c) > 0 {
		t.Errorf("written although nothing changed: %v", c)
	}

	// A withdrawal takes the story's page away, and touches no other section.
	if _, err := n.store.Withdraw(t.Context(), []string{story}, n.clock()); err != nil {
		t.Fatal(err)
	}
	n.export(dir)
	if _, err := os.Stat(filepath.Join(dir, "stories", story)); !os.IsNotExist(err) {
		t.Errorf("the withdrawn story's page is still there: %v", err)
	}
	for _, name := range changed() {
		if strings.HasPrefix(name, "sections/the-gioi") || strings.HasPrefix(name, "assets/") {
			t.Errorf("%s was written although it did not change", name)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "robots.txt")); err != nil || string(b) != "mine" {
		t.Error("a file that is not ours was touched", err)
	}
}

// A file that went missing, or an export that was cut short, is made good by the next.
func TestExportMendsWhatIsMissing(t *testing.T) {
	n := newNewsroom(t)
	n.fill("kinh-te", 2)
	n.refresh()
	dir := t.TempDir()
	n.export(dir)
	for _, name := range []string{"sections/kinh-te.rss", "feeds.opml.gz"} {
		os.Remove(filepath.Join(dir, name))
	}
	left := filepath.Join(dir, "sections", ".feedd-part-123")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if done := n.export(dir); len(done.Written) == 0 {
		t.Error("nothing was written")
	}
	if b, err := os.ReadFile(filepath.Join(dir, "sections/kinh-te.rss")); err != nil || string(b) != n.page("/sections/kinh-te.rss") {
		t.Error("the missing file was not written again", err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Error("half a file is still there")
	}
}

func TestExportToABucket(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket("tin"); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(gofakes3.New(backend).Server())
	defer srv.Close()
	t.Setenv("AWS_ENDPOINT_URL", srv.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_REGION", "us-east-1")

	n := newNewsroom(t)
	n.fill("kinh-te", 3)
	n.refresh()
	n.export("s3://tin/site")
	o, err := backend.GetObject("tin", "site/sections/kinh-te.atom", nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(o.Contents)
	if err != nil || string(body) != n.page("/sections/kinh-te.atom") {
		t.Error("the bucket holds something else", err)
	}
	if got := o.Metadata["Content-Type"]; got != "application/atom+xml; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if o, err = backend.GetObject("tin", "site/sections/kinh-te.atom.gz", nil); err != nil || o.Metadata["Content-Encoding"] != "gzip" {
		t.Errorf("the compressed sibling: %v %v", o.Metadata, err)
	}
	if done := n.export("s3://tin/site"); len(done.Written) != 0 || done.Removed != 0 {
		t.Errorf("nothing changed, yet %+v", done)
	}
	story := keyOf(report("bao-a", 1, start))
	if _, err := n.store.Withdraw(t.Context(), []string{story}, n.clock()); err != nil {
		t.Fatal(err)
	}
	n.export("s3://tin/site")
	if _, err := backend.GetObject("tin", "site/stories/"+story+"/index.html", nil); err == nil {
		t.Error("the withdrawn story's page is still in the bucket")
	}
	if _, err := n.pub.Export(t.Context(), "s3://none/site"); err == nil {
		t.Error("a bucket that does not exist gave no error")
	}
}
