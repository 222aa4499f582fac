package docs

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"feedd/internal/publish/browsertest"
)

var update = flag.Bool("update", false, "write the pictures of the README anew")

// TestPictures takes the pictures of the README from the demo, as a browser shows it, and with -update
// puts them in place.
func TestPictures(t *testing.T) {
	ctx := browsertest.Open(t, 3*time.Minute, chromedp.Flag("hide-scrollbars", true))
	address := freeAddress(t)
	start(t, address, exec.Command(feedd(t), "demo", "--listen", address))
	site := "http://" + address

	_, front := get(t, site+"/")
	for _, p := range []struct {
		file, url     string
		width, height int64
	}{
		{"front.png", site + "/", 1000, 760},
		{"story.png", site + mostTold(t, site, front), 1000, 760},
	} {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(p.width, p.height), chromedp.Navigate(p.url)); err != nil {
			t.Fatal(err)
		}
		picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(root, "docs", p.file)
		if *update {
			if err := os.WriteFile(path, picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		shipped, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// The news differ from day to day, the kind of picture does not.
		for name, data := range map[string][]byte{"taken now": picture, "in docs": shipped} {
			img, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("%s %s: %v", p.file, name, err)
			}
			if b := img.Bounds(); int64(b.Dx()) != p.width || int64(b.Dy()) != p.height {
				t.Errorf("%s %s: %v", p.file, name, b)
			}
		}
		if n := len(shipped); n < 20_000 || n > 300_000 {
			t.Errorf("%s has %d bytes", p.file, n)
		}
	}
}

var (
	storyPath = regexp.MustCompile(`href="[^"]*(/stories/[0-9a-f]{16})"`)
	listed    = regexp.MustCompile(`<li><span class="outlet">[^<]*</span> <a `)
)

// mostTold finds the path of the story on the front page that most outlets tell in one entry.
func mostTold(t *testing.T, site, front string) string {
	t.Helper()
	best, most := "", 0
	for _, m := range storyPath.FindAllStringSubmatch(front, -1) {
		_, page := get(t, site+m[1])
		if n := len(listed.FindAllString(page, -1)); n > most && strings.Count(page, "<article") == 1 {
			best, most = m[1], n
		}
	}
	if most < 2 {
		t.Fatalf("no story of the demo is told by three outlets: %s", front)
	}
	return best
}
