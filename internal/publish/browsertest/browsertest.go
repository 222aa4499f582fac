// Package browsertest opens pages in a real Chromium for the tests, and checks their accessibility with
// axe-core. In come addresses; out go what the browser shows and what axe finds. It is for tests only, and
// skips them, loudly, where there is no browser or no axe-core.
package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Open starts a headless Chromium, with more options where a test needs them, that lives as long as the test
// and so much at most.
func Open(t *testing.T, most time.Duration, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("SKIPPED, NOT PASSED: no chromium")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	for _, flag := range []string{
		"disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync",
	} {
		opts = append(opts, chromedp.Flag(flag, true))
	}
	ctx, cancel := context.WithTimeout(t.Context(), most)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(opts, more...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// Eval evaluates a script on the page.
func Eval[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return v
}

// Scheme has the browser prefer "light" or "dark" colours.
func Scheme(t *testing.T, ctx context.Context, scheme string) {
	t.Helper()
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}); err != nil {
		t.Fatal(err)
	}
}

// Scripts lets the scripts of pages run, or not.
func Scripts(t *testing.T, ctx context.Context, run bool) {
	t.Helper()
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run}); err != nil {
		t.Fatal(err)
	}
}

// Axe is axe-core, or the test is skipped. FEEDD_NODE_MODULES names the folder it is in; test.sh puts it
// into the user's cache.
func Axe(t *testing.T) string {
	t.Helper()
	modules := os.Getenv("FEEDD_NODE_MODULES")
	if modules == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Skip("SKIPPED, NOT PASSED: no cache folder: ", err)
		}
		modules = filepath.Join(cache, "feedd-tests", "node_modules")
	}
	script, err := os.ReadFile(filepath.Join(modules, "axe-core", "axe.min.js"))
	if err != nil {
		t.Skip("SKIPPED, NOT PASSED: no axe-core; ./test.sh installs it: ", err)
	}
	return string(script)
}

// finding is what axe says of one kind of fault.
type finding struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Target  []any  `json:"target"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Findings opens an address in both colours, 390 and 1280 pixels wide, and returns what axe finds there,
// and where the page is wider than the screen.
func Findings(t *testing.T, ctx context.Context, axe, address string) (all []string) {
	t.Helper()
	// The pages' own policy would keep the script out.
	if _, err := chromedp.Call(ctx, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	for _, wide := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			Scheme(t, ctx, scheme)
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(wide, 900), chromedp.Navigate(address)); err != nil {
				t.Fatalf("%s: %v", address, err)
			}
			where := fmt.Sprintf("%s, %d px, %s", address, wide, scheme)
			Eval[bool](t, ctx, `window.stop(), true`) // what loads itself again must not do so under axe's hands
			if w := Eval[float64](t, ctx, `document.documentElement.scrollWidth`); w > float64(wide) {
				all = append(all, fmt.Sprintf("%s: %v px wide", where, w))
			}
			Eval[bool](t, ctx, axe+"\n;true")
			raw := Eval[string](t, ctx, `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations))`)
			var found []finding
			if err := json.Unmarshal([]byte(raw), &found); err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				for _, n := range f.Nodes {
					all = append(all, fmt.Sprintf("%s: %s: %s: %s %s", where, f.ID, f.Help, n.HTML, strings.ReplaceAll(n.Summary, "\n", " ")))
				}
			}
		}
	}
	return all
}
