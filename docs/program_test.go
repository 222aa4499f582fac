package docs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

// apartIn is the environment variable that says to a process that it was started by a test, with the program
// that this has built.
const apartIn = "FEEDD_DOCS_APART"

// program builds feedd as the documents say, once, and returns its path.
var program = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(apartIn); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "feedd-docs-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "feedd")
	build := exec.Command("go", "build", "-o", path, "./cmd/feedd")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil && os.Getenv(apartIn) == "" {
		_ = os.RemoveAll(filepath.Dir(path)) // the system clears its temporary folder, too
	}
	os.Exit(code)
}

func feedd(t *testing.T) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// web is the hosts that the documents' sources live on, all at one address of this machine: whatever is
// asked for is a feed with news of the last day, on thethao.example.org with news of sport alone.
func web(t *testing.T) *httptest.Server {
	t.Helper()
	headlines := []string{
		"Lãi suất huy động tiếp tục giảm ở nhiều ngân hàng", "Chứng khoán tăng phiên thứ ba liên tiếp", "Xuất khẩu thủy sản hồi phục trong quý",
		"Đội tuyển bơi giành bốn huy chương", "Mưa lớn làm ngập nhiều tuyến phố trung tâm", "Thư viện thành phố mở cửa buổi tối",
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>%s</title><link>https://example.org/</link><description>Tin mới</description>`, r.URL.Path)
		host, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		for i, headline := range headlines {
			if host == "thethao.example.org" && !strings.HasPrefix(headline, "Đội tuyển") {
				continue
			}
			at := time.Now().Add(-time.Duration(i) * 5 * time.Hour).Format(time.RFC1123Z)
			fmt.Fprintf(w, `<item><title>%s</title><link>https://%s/tin/%d.html</link><pubDate>%s</pubDate></item>`, headline, host, 1000+i, at)
		}
		fmt.Fprint(w, `</channel></rss>`)
	}))
	t.Cleanup(srv.Close)
	return srv
}

// configuration is a feeds.yaml as a document shows it, or as it stands after the document changed a part.
type configuration = map[string]any

// readmeYAML is the feeds.yaml that the README shows whole.
func readmeYAML(t *testing.T) string {
	t.Helper()
	blocks, _ := split(t, "README.md")
	i := slices.IndexFunc(blocks, func(b block) bool { return b.lang == "yaml" })
	if i < 0 {
		t.Fatal("the README shows no feeds.yaml")
	}
	return blocks[i].text
}

func parse(t *testing.T, text string) configuration {
	t.Helper()
	var c configuration
	if err := yaml.Load([]byte(text), &c); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return c
}

// with gives the configuration with the top-level keys of a fragment in place of its own.
func with(c, fragment configuration) configuration {
	whole := configuration{}
	for _, part := range []configuration{c, fragment} {
		for k, v := range part {
			whole[k] = v
		}
	}
	return whole
}

// offline gives the configuration with its sources at an address of this machine.
func offline(c configuration, base string) configuration {
	c = with(c, nil)
	var sources []any
	for _, s := range c["sources"].([]any) {
		source := configuration{"allow_private": true, "host_interval": "0s"}
		for k, v := range s.(map[string]any) {
			source[k] = v
		}
		source["url"] = strings.Replace(source["url"].(string), "https:/", base, 1)
		sources = append(sources, source)
	}
	c["sources"] = sources
	return c
}

func dump(t *testing.T, c configuration) string {
	t.Helper()
	out, err := yaml.Dump(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func write(t *testing.T, c configuration, path string) {
	t.Helper()
	out := dump(t, c)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(out), 0o644); err != nil {
		t.Fatal(err)
	}
}

// freeAddress is an address of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs a program until the test ends and waits until the address answers.
func start(t *testing.T, address string, cmd *exec.Cmd) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		<-ended
	})
	for range 600 {
		if resp, err := http.Get("http://" + address + "/"); err == nil {
			resp.Body.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%q ended: %v\n%s", cmd.Args, err, out.String())
		case <-time.After(50 * time.Millisecond): // another process has no other way to say that it is up
		}
	}
	t.Fatalf("%q does not answer\n%s", cmd.Args, out.String())
}

// serve collects what a configuration names, serves it, and returns the address.
func serve(t *testing.T, c configuration) string {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	config := filepath.Join(dir, "feeds.yaml")
	write(t, offline(c, web(t).URL), config)
	flags := []string{"--config", config, "--db", "sqlite:" + filepath.Join(dir, "feedd.db")}
	if out, err := exec.CommandContext(t.Context(), feedd(t), append([]string{"collect"}, flags...)...).CombinedOutput(); err != nil {
		t.Fatalf("collect: %v\n%s", err, out)
	}
	start(t, address, exec.Command(feedd(t), append([]string{"serve", "--listen", address}, flags...)...))
	return address
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
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

var envKey = regexp.MustCompile(`([a-z]+)_env: *(\w+)`)

// TestConfigurations: feedd check accepts every configuration in the documents, the whole ones as they
// stand, the parts in place of those of the README's.
func TestConfigurations(t *testing.T) {
	whole, parts := 0, 0
	for _, file := range documents(t) {
		blocks, _ := split(t, file)
		for _, b := range blocks {
			if b.lang != "yaml" {
				continue
			}
			path := filepath.Join(t.TempDir(), "feeds.yaml")
			if c := parse(t, b.text); c["sources"] != nil {
				whole++
				if err := os.WriteFile(path, []byte(b.text), 0o644); err != nil {
					t.Fatal(err)
				}
			} else {
				parts++
				write(t, with(parse(t, readmeYAML(t)), c), path)
			}
			check := exec.CommandContext(t.Context(), feedd(t), "check", "--config", path, "--db", "sqlite:"+filepath.Join(t.TempDir(), "none.db"))
			check.Env = os.Environ()
			for _, m := range envKey.FindAllStringSubmatch(b.text, -1) {
				value := "a-secret-of-enough-letters"
				if m[1] == "url" {
					value = "https://hook.example.org/feedd"
				}
				check.Env = append(check.Env, m[2]+"="+value)
			}
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s:%d: %v\n%s", file, b.line, err, out)
			}
		}
	}
	if whole < 2 || parts < 2 {
		t.Errorf("only %d whole configurations and %d parts", whole, parts)
	}
}

// TestReadmeConfiguration: the configuration that the README shows whole is short, and collects, files
// and publishes.
func TestReadmeConfiguration(t *testing.T) {
	text := readmeYAML(t)
	if n := strings.Count(text, "\n"); n > 30 {
		t.Errorf("it has %d lines", n)
	}
	address := serve(t, parse(t, text))
	for section, want := range map[string]string{"kinh-te": "Lãi suất huy động", "the-thao": "Đội tuyển bơi"} {
		if code, body := get(t, "http://"+address+"/sections/"+section+".rss"); code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("section %s: %d, and nothing of %q in %s", section, code, want, body)
		}
	}
}

// TestShippedConfiguration: the README counts the sources that come with feedd rightly.
func TestShippedConfiguration(t *testing.T) {
	c := parse(t, read(t, "config/feeds.yaml"))
	outlets := map[any]bool{}
	for _, s := range c["sources"].([]any) {
		outlets[s.(configuration)["title"]] = true
	}
	want := fmt.Sprintf("%d real sources of %d outlets under %d sections", len(c["sources"].([]any)), len(outlets), len(c["sections"].([]any)))
	if text := strings.Join(strings.Fields(read(t, "README.md")), " "); !strings.Contains(text, want) {
		t.Errorf("the README does not say %q", want)
	}
}

var (
	addressSpan = regexp.MustCompile("`(/[\\w/{}.-]*)`")
	storyLink   = regexp.MustCompile(`/stories/([0-9a-f]{16})`)
)

// TestAddresses: whoever asks for an address that a document names gets an answer.
func TestAddresses(t *testing.T) {
	c := parse(t, readmeYAML(t))
	for _, s := range c["sections"].([]any) {
		s.(map[string]any)["limit"] = 2 // so that something leaves the feeds for the archives
	}
	t.Setenv("FEEDD_DESK", strings.Repeat("d", 24))
	address := serve(t, with(c, parse(t, "desk: {token_env: FEEDD_DESK}\npartners: [{id: cong-doi-ngoai, sections: [kinh-te], token_sha256: "+strings.Repeat("a", 64)+"}]")))
	_, front := get(t, "http://"+address+"/")
	story := storyLink.FindStringSubmatch(front)
	if story == nil {
		t.Fatal("there is no story on the front page: ", front)
	}
	asked := 0
	for _, file := range documents(t) {
		_, prose := split(t, file)
		for _, m := range addressSpan.FindAllStringSubmatch(prose, -1) {
			if folder := strings.SplitAfterN(m[1], "/", 3)[1]; slices.Contains([]string{"etc/", "var/", "usr/", "run/", "data"}, folder) {
				continue // of the machine
			}
			id := "kinh-te"
			switch {
			case strings.HasPrefix(m[1], "/stories/"):
				id = story[1]
			case strings.HasPrefix(m[1], "/sources/"):
				id = c["sources"].([]any)[0].(map[string]any)["id"].(string)
			}
			path := strings.NewReplacer("{id}", id, "{section}", "kinh-te", "{partner}", "cong-doi-ngoai", "{YYYY-MM}", time.Now().UTC().Format("2006-01"),
				"{YYYY-MM-DD}", time.Now().UTC().Format("2006-01-02")).Replace(m[1])
			asked++
			code, body := get(t, "http://"+address+path)
			switch {
			case code == http.StatusUnauthorized && (strings.HasPrefix(path, "/partners/") || path == "/alerts.atom"):
			case path == "/demo": // of the demo alone
			case code == http.StatusMethodNotAllowed && path == "/hub":
			case code != http.StatusOK:
				t.Errorf("%s: %s answers %d: %s", file, path, code, body)
			}
		}
	}
	if asked < 15 {
		t.Errorf("only %d addresses", asked)
	}
}

// TestEmbed: what a page of another site loads is there.
func TestEmbed(t *testing.T) {
	address := serve(t, parse(t, readmeYAML(t)))
	loaded := 0
	for _, file := range documents(t) {
		blocks, _ := split(t, file)
		for _, b := range blocks {
			if b.lang != "html" {
				continue
			}
			for _, m := range regexp.MustCompile(`(?:src|data-section)="([^"]+)"`).FindAllStringSubmatch(b.text, -1) {
				path := strings.TrimPrefix(m[1], "https://news.example.org")
				if path == m[1] {
					path = "/sections/" + m[1] + ".json"
				}
				loaded++
				if code, _ := get(t, "http://"+address+path); code != http.StatusOK {
					t.Errorf("%s:%d: %s answers %d", file, b.line, path, code)
				}
			}
		}
	}
	if loaded < 2 {
		t.Error("no document shows how to embed a section")
	}
}

var metricName = regexp.MustCompile(`\bfeedd_[a-z_]+`)

// TestMetrics: the documents name all metrics that the program has, and no others.
func TestMetrics(t *testing.T) {
	has := map[string]bool{}
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`Name: *"(feedd_[a-z_]+)"`).FindAllStringSubmatch(string(data), -1) {
			has[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, name := range metricName.FindAllString(read(t, "docs/operating.md"), -1) {
		named[name] = true
		if !has[name] {
			t.Errorf("docs/operating.md names %s, which the program does not have", name)
		}
	}
	for name := range has {
		if !named[name] {
			t.Errorf("docs/operating.md does not name %s", name)
		}
	}
	if len(has) < 15 {
		t.Errorf("only %d metrics were found", len(has))
	}
	rules := read(t, "packaging/alerts.yaml")
	if err := yaml.Unmarshal([]byte(rules), new(map[string]any)); err != nil {
		t.Error("packaging/alerts.yaml: ", err)
	}
	for _, name := range metricName.FindAllString(rules, -1) {
		if !has[name] {
			t.Errorf("packaging/alerts.yaml names %s, which the program does not have", name)
		}
	}
}
