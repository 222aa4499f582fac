package main

import (
	"bytes"
	"context"
	"html"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"feedd/internal/publish/browsertest"
)

// talk is what a command says, readable while it runs.
type talk struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *talk) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *talk) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// get returns what an address answers.
func get(t *testing.T, address string) (int, string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// until tries until it holds, for a minute at most.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s did not come within a minute", what)
		case <-tick.C:
		}
	}
}

// TestDemoKeeps edits the configuration that a demo keeps, while it runs: the edit is in force at once, and
// still there at the next start, with the sources where they were.
func TestDemoKeeps(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "feeds.yaml")
	front := regexp.MustCompile(`front page +(http://\S+)/\n`)
	start := func() (site string, stop func()) {
		t.Helper()
		var out, errs talk
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan int, 1)
		go func() { ended <- command(ctx, []string{"demo", "--keep", dir, "--listen", "127.0.0.1:0"}, &out, &errs) }()
		until(t, "the address of the front page", func() bool { return front.MatchString(out.String()) || len(ended) > 0 })
		m := front.FindStringSubmatch(out.String())
		if m == nil {
			t.Fatalf("the demo ended with %d: %s", <-ended, errs.String())
		}
		return m[1], func() {
			cancel()
			if code := <-ended; code != exitDone {
				t.Errorf("the demo ended with %d: %s", code, errs.String())
			}
		}
	}

	site, stop := start()
	if code, _ := get(t, site+"/sections/moi.rss"); code != http.StatusNotFound {
		t.Errorf("before the edit: %d", code)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(data), "sections:\n", "sections:\n  - {id: moi, title: Mới thêm, rules: [xuất khẩu, giá vàng, mưa lớn]} # mine\n", 1)
	if err := os.WriteFile(file, []byte(edited), 0o640); err != nil {
		t.Fatal(err)
	}
	until(t, "a new section with what was collected before", func() bool {
		code, body := get(t, site+"/sections/moi.rss")
		return code == http.StatusOK && strings.Contains(body, "<item>")
	})
	stop()

	site, stop = start()
	defer stop()
	if now, err := os.ReadFile(file); err != nil || string(now) != edited {
		t.Errorf("the next start changed the file (%v):\n%s", err, now)
	}
	if code, body := get(t, site+"/sections/moi.rss"); code != http.StatusOK || !strings.Contains(body, "<item>") {
		t.Errorf("after the next start the section answers %d", code)
	}
}

// guided starts a demo that keeps its file in a folder, waits for what it collects, and returns where its site and
// the path of its guide are.
func guided(t *testing.T, dir string) (site, guide string) {
	t.Helper()
	var out, errs talk
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- command(ctx, []string{"demo", "--keep", dir, "--listen", "127.0.0.1:0"}, &out, &errs) }()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != exitDone {
			t.Errorf("the demo ended with %d: %s", code, errs.String())
		}
	})
	address := regexp.MustCompile(`what to try +(http://\S+)(/\S+)\n`)
	until(t, "the address of the guide", func() bool { return address.MatchString(out.String()) || len(ended) > 0 })
	m := address.FindStringSubmatch(out.String())
	if m == nil {
		t.Fatal(errs.String())
	}
	if !strings.Contains(errs.String(), "collecting the 8 invented sources") {
		t.Errorf("nobody says what the demo waits for: %s", errs.String())
	}
	until(t, "what was collected", func() bool {
		code, body := get(t, m[1]+"/sections/all.rss")
		return code == http.StatusOK && strings.Contains(body, "<item>")
	})
	return m[1], m[2]
}

// TestDemoForEverybody: axe finds nothing on the guide, and on no page that it leads to, and none is wider than
// the screen.
func TestDemoForEverybody(t *testing.T) {
	axe := browsertest.Axe(t)
	ctx := browsertest.Open(t, 3*time.Minute)
	site, guide := guided(t, t.TempDir())
	_, page := get(t, site+guide)
	paths := map[string]bool{guide: true, "/search": true}
	for _, m := range regexp.MustCompile(`href="(/[^"]*)"`).FindAllStringSubmatch(page, -1) {
		path, _, _ := strings.Cut(html.UnescapeString(m[1]), "#")
		if resp, err := http.Head(site + path); err == nil && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			paths[path] = true
		}
	}
	if len(paths) < 5 {
		t.Fatalf("the guide leads to %v", paths)
	}
	for path := range paths {
		for _, f := range browsertest.Findings(t, ctx, axe, site+path) {
			t.Error(f)
		}
	}
}

// TestGuide follows the page that says what to look at and what to try: every link leads somewhere, every
// command does what it is for, and the edit it proposes has the effect it promises, in both languages.
func TestGuide(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "feeds.yaml")
	site, guide := guided(t, dir)

	follow := func(lang string) (page string) {
		t.Helper()
		code, page := get(t, site+guide)
		if code != http.StatusOK || !strings.Contains(page, `<html lang="`+lang+`">`) {
			t.Fatalf("the guide: %d\n%s", code, page)
		}
		links := regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1)
		for _, m := range links {
			if code, _ := get(t, site+m[1]); code != http.StatusOK {
				t.Errorf("%s, linked by the guide, answers %d", m[1], code)
			}
		}
		runs := regexp.MustCompile(`<code class="run">feedd ([^<]*)</code>`).FindAllStringSubmatch(page, -1)
		if len(links) < 15 || len(runs) != 5 {
			t.Errorf("the guide has %d links and %d commands:\n%s", len(links), len(runs), page)
		}
		for _, m := range runs {
			args := strings.Fields(html.UnescapeString(m[1]))
			if i := strings.Index(m[1], "&#34;"); i >= 0 {
				args = append(strings.Fields(m[1][:i]), strings.ReplaceAll(m[1][i:], "&#34;", ""))
			} else if strings.Contains(m[1], `"`) {
				before, words, _ := strings.Cut(m[1], `"`)
				args = append(strings.Fields(before), strings.Trim(words, `"`))
			}
			var said, talk bytes.Buffer
			if code := command(t.Context(), args, &said, &talk); code != exitDone || said.Len() == 0 {
				t.Errorf("feedd %q ends with %d: %s%s", args, code, said.String(), talk.String())
			}
		}
		return page
	}
	page := follow("vi")

	line := regexp.MustCompile(`dòng (\d+): <code>([^<]*)</code>. Viết thêm <code>([^<]*)</code>`).FindStringSubmatch(page)
	moved := regexp.MustCompile(`<a href="/stories/([0-9a-f]{16})">[^<]*</a> cũng nằm trong`).FindStringSubmatch(page)
	if line == nil || moved == nil {
		t.Fatalf("the guide proposes no edit:\n%s", page)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, body := get(t, site+"/sections/kinh-te"); strings.Contains(body, moved[1]) {
		t.Fatal("the story is under the section before the edit")
	}
	lines := strings.Split(string(data), "\n")
	n, err := strconv.Atoi(line[1])
	if err != nil || !strings.Contains(lines[n-1], line[2]) {
		t.Fatalf("line %s is %q (%v)", line[1], lines[n-1], err)
	}
	lines[n-1] = strings.Replace(lines[n-1], "[", "["+line[3]+" ", 1)
	edited := strings.Replace(strings.Join(lines, "\n"), "\n  language: vi\n", "\n  language: en\n", 1)
	if err := os.WriteFile(file, []byte(edited), 0o640); err != nil {
		t.Fatal(err)
	}
	until(t, "the story under the section", func() bool {
		_, body := get(t, site+"/sections/kinh-te")
		return strings.Contains(body, moved[1])
	})
	follow("en")
}

// Where the invented sources were is taken: the file learns where they are, and nothing else of it changes.
func TestDemoMoves(t *testing.T) {
	file := filepath.Join(t.TempDir(), "feeds.yaml")
	first, base, err := startPress(file)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	second, moved, err := startPress(file)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	after, err := os.ReadFile(file)
	if err != nil || moved == base || string(after) != strings.ReplaceAll(string(before), base+"/", moved+"/") {
		t.Errorf("from %s to %s, %v:\n%s", base, moved, err, after)
	}
}
