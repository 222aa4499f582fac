package export_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"feedd/internal/publish/export"
)

// file is one with a text, and compressed siblings when it is long.
func file(name, text string) export.File {
	return export.File{Name: name, Make: func(context.Context) (*export.Document, error) {
		sum := sha256.Sum256([]byte(text))
		d := &export.Document{ContentType: "text/plain; charset=utf-8", Cache: "public, max-age=60", Hash: hex.EncodeToString(sum[:]), Body: []byte(text)}
		if len(text) > 20 {
			d.Gzip, d.Zstd = []byte("gzip of "+text), []byte("zstd of "+text)
		}
		return d, nil
	}}
}

func write(t *testing.T, dest string, files ...export.File) export.Result {
	t.Helper()
	to, err := export.Open(dest)
	if err != nil {
		t.Fatal(err)
	}
	done, err := to.Write(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// there lists the files below a folder, its own notes aside.
func there(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".feedd-") {
			return err
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

const long = "a text that is long enough to be compressed"

func TestAFolderHoldsWhatWasNamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	if done := write(t, dir, file("a.rss", long), file("b/index.html", "short")); !slices.Equal(done.Written, []string{"a.rss", "b/index.html"}) {
		t.Errorf("%+v", done)
	}
	if diff := cmp.Diff([]string{"a.rss", "a.rss.gz", "a.rss.zst", "b/index.html"}, there(t, dir)); diff != "" {
		t.Error(diff)
	}
	if err := os.WriteFile(filepath.Join(dir, "robots.txt"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}

	// What did not change is left alone, what became short loses its siblings, what is gone goes with
	// its folder, and what is nobody's stays.
	done := write(t, dir, file("a.rss", "short"), file("c", long))
	if !slices.Equal(done.Written, []string{"a.rss", "c"}) || done.Removed != 1 || done.Unchanged != 0 {
		t.Errorf("%+v", done)
	}
	if diff := cmp.Diff([]string{"a.rss", "c", "c.gz", "c.zst", "robots.txt"}, there(t, dir)); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "b")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the empty folder is still there")
	}
	if done := write(t, dir, file("a.rss", "short"), file("c", long)); len(done.Written) != 0 || done.Unchanged != 2 {
		t.Errorf("%+v", done)
	}
	if err := os.Remove(filepath.Join(dir, "c.zst")); err != nil {
		t.Fatal(err)
	}
	if done := write(t, dir, file("a.rss", "short"), file("c", long)); !slices.Equal(done.Written, []string{"c"}) {
		t.Errorf("a sibling that went missing: %+v", done)
	}
}

// Each file is made when its turn comes; one that is gone by then is left out; and what an export that
// failed half-way wrote is known to the next for its own.
func TestAnExportThatIsCutShort(t *testing.T) {
	dir := t.TempDir()
	to, err := export.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	made := func(name string, d *export.Document, err error) export.File {
		return export.File{Name: name, Make: func(context.Context) (*export.Document, error) {
			order = append(order, fmt.Sprint(name, len(there(t, dir))))
			return d, err
		}}
	}
	broken := errors.New("broken")
	_, err = to.Write(t.Context(), []export.File{file("first", "1"), made("gone", nil, nil), made("bad", nil, broken), file("last", "2")})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), dir) {
		t.Fatalf("%v", err)
	}
	if diff := cmp.Diff([]string{"gone1", "bad1"}, order); diff != "" {
		t.Error(diff)
	}
	write(t, dir, file("last", "2"))
	if diff := cmp.Diff([]string{"last"}, there(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestABucketHoldsTheSame(t *testing.T) {
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
	write(t, "s3://tin/site", file("a.rss", long), file("b", "short"))
	o, err := backend.GetObject("tin", "site/a.rss.gz", nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(o.Contents)
	if err != nil || string(body) != "gzip of "+long || o.Metadata["Content-Encoding"] != "gzip" || o.Metadata["Content-Type"] != "text/plain; charset=utf-8" {
		t.Errorf("%q %v %v", body, o.Metadata, err)
	}
	if done := write(t, "s3://tin/site", file("a.rss", long)); len(done.Written) != 0 || done.Removed != 1 {
		t.Errorf("%+v", done)
	}
	if _, err := backend.GetObject("tin", "site/b", nil); err == nil {
		t.Error("what is named no more is still there")
	}
}

func TestDestinations(t *testing.T) {
	for _, dest := range []string{"", "s3://"} {
		if _, err := export.Open(dest); err == nil {
			t.Errorf("%q is taken", dest)
		}
	}
}
