package docs

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// through asks for a section through a proxy, and again for news only.
func through(t *testing.T, base string) {
	t.Helper()
	resp, err := http.Get(base + "sections/kinh-te.rss")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Header.Get("ETag") == "" {
		t.Fatalf("%ssections/kinh-te.rss: %s, ETag %q", base, resp.Status, resp.Header.Get("ETag"))
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"sections/kinh-te.rss", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("If-None-Match", resp.Header.Get("ETag"))
	if resp, err = http.DefaultClient.Do(r); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotModified {
		t.Errorf("a conditional request is answered with %s", resp.Status)
	}
	if code, body := get(t, base); code != http.StatusOK || !strings.Contains(body, "Lãi suất huy động") {
		t.Errorf("the front page: %d, %s", code, body)
	}
}

// proxies lists the examples for a proxy in docs/operating.md.
func proxies(t *testing.T, lang string) []block {
	t.Helper()
	blocks, _ := split(t, "docs/operating.md")
	var found []block
	for _, b := range blocks {
		if b.lang == lang {
			found = append(found, b)
		}
	}
	if found == nil {
		t.Fatalf("docs/operating.md has no example for %s", lang)
	}
	return found
}

// siteBelow is the configuration that docs/operating.md gives a site below a path.
func siteBelow(t *testing.T) configuration {
	t.Helper()
	for _, b := range proxies(t, "yaml") {
		if c := parse(t, b.text); c["site"] != nil {
			return c
		}
	}
	t.Fatal("docs/operating.md has no site below a path")
	return nil
}

// TestNginx runs nginx with the examples for it.
func TestNginx(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		if nginx, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Skip("SKIPPED, NOT PASSED: no nginx")
		}
	}
	for _, b := range proxies(t, "nginx") {
		location := regexp.MustCompile(`location (/\S*)`).FindStringSubmatch(b.text)
		if location == nil {
			t.Fatalf("docs/operating.md:%d: no location", b.line)
		}
		t.Run(location[1], func(t *testing.T) {
			c := parse(t, readmeYAML(t))
			if location[1] != "/" {
				c = with(c, siteBelow(t))
			}
			feedd, listen, dir := serve(t, c), freeAddress(t), t.TempDir()
			conf := "daemon off; pid " + dir + "/pid; error_log stderr; events {}\nhttp {\n access_log off;\n"
			for _, what := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
				conf += " " + what + "_temp_path " + dir + "/" + what + ";\n"
			}
			conf += " server {\n listen " + listen + ";\n" + strings.ReplaceAll(b.text, "127.0.0.1:8080", feedd) + "}\n}\n"
			path := filepath.Join(dir, "nginx.conf")
			if err := os.WriteFile(path, []byte(conf), 0o644); err != nil {
				t.Fatal(err)
			}
			start(t, listen, exec.Command(nginx, "-c", path, "-p", dir, "-e", "stderr"))
			through(t, "http://"+listen+location[1])
		})
	}
}

// TestCaddy runs Caddy with the example for it, without its certificates.
func TestCaddy(t *testing.T) {
	caddy, err := exec.LookPath("caddy")
	if err != nil {
		t.Skip("SKIPPED, NOT PASSED: no caddy")
	}
	for _, b := range proxies(t, "caddy") {
		feedd, listen, dir := serve(t, parse(t, readmeYAML(t))), freeAddress(t), t.TempDir()
		text := strings.Replace(b.text, "news.example.org", "http://"+listen, 1)
		if text == b.text {
			t.Fatalf("docs/operating.md:%d: the example is not for news.example.org", b.line)
		}
		conf := "{\n admin off\n auto_https off\n}\n" + strings.ReplaceAll(text, "127.0.0.1:8080", feedd)
		path := filepath.Join(dir, "Caddyfile")
		if err := os.WriteFile(path, []byte(conf), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(caddy, "run", "--config", path, "--adapter", "caddyfile")
		cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
		start(t, listen, cmd)
		through(t, "http://"+listen+"/")
	}
}
