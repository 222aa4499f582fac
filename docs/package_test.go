//go:build linux

package docs

import (
	"bytes"
	"compress/gzip"
	"context"
	"debug/elf"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestPackages makes the Debian package and the archive, and looks into both as Debian's own tools do.
func TestPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED, NOT PASSED: it builds the program once more")
	}
	for _, tool := range []string{"dpkg-deb", "bash", "tar"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("SKIPPED, NOT PASSED: no " + tool)
		}
	}
	dist, tree := t.TempDir(), t.TempDir()
	build := exec.CommandContext(t.Context(), filepath.Join(root, "packaging", "build.sh"), dist)
	build.Env = append(os.Environ(), "VERSION=1.2.3", "GOARCH=", "SOURCE_DATE_EPOCH=1800000000")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("packaging/build.sh: %v\n%s", err, out)
	}
	debs, _ := filepath.Glob(filepath.Join(dist, "feedd_1.2.3_*.deb")) // the pattern is well formed
	archives, _ := filepath.Glob(filepath.Join(dist, "feedd-1.2.3-linux-*.tar.gz"))
	if len(debs) != 1 || len(archives) != 1 {
		t.Fatalf("packages %v, archives %v", debs, archives)
	}
	output := func(name string, args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}

	if info := output("dpkg-deb", "--info", debs[0]); !strings.Contains(info, "Package: feedd\n") || !strings.Contains(info, "Version: 1.2.3\n") {
		t.Errorf("the package says of itself:\n%s", info)
	}
	if conf := output("dpkg-deb", "--info", debs[0], "conffiles"); conf != "/etc/feedd/environment\n/etc/feedd/feeds.yaml\n" {
		t.Errorf("an upgrade keeps:\n%s", conf)
	}
	output("dpkg-deb", "--extract", debs[0], tree)
	output("dpkg-deb", "--control", debs[0], filepath.Join(tree, "control"))
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		output("sh", "-n", filepath.Join(tree, "control", script))
	}
	for path, mode := range map[string]fs.FileMode{
		"usr/bin/feedd": 0o755, "etc/feedd/feeds.yaml": 0o644, "etc/feedd/environment": 0o600, "etc/feedd/feeds.schema.json": 0o644,
		"usr/lib/systemd/system/feedd.service": 0o644, "usr/lib/systemd/system/feedd.socket": 0o644, "usr/share/man/man1/feedd.1.gz": 0o644,
		"usr/share/bash-completion/completions/feedd": 0o644, "usr/share/fish/vendor_completions.d/feedd.fish": 0o644,
		"usr/share/zsh/vendor-completions/_feedd": 0o644, "usr/share/doc/feedd/copyright": 0o644, "usr/share/doc/feedd/docs/operating.md": 0o644,
		"usr/share/doc/feedd/packaging/alerts.yaml": 0o644, "usr/share/doc/feedd/packaging/cluster/feedd@.service": 0o644,
		"usr/share/doc/feedd/packaging/cluster/primary.sh": 0o755,
	} {
		info, err := os.Stat(filepath.Join(tree, path))
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != mode {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
	}

	program := filepath.Join(tree, "usr/bin/feedd")
	if said := output(program, "--version"); said != "feedd 1.2.3\n" {
		t.Errorf("the packaged program says %q", said)
	}
	output(program, "check", "--config", filepath.Join(tree, "etc/feedd/feeds.yaml"), "--db", "sqlite:"+filepath.Join(tree, "x.db"))
	if libraries := linked(t, program); len(libraries) > 0 {
		t.Errorf("the program needs %v", libraries)
	}
	for _, name := range []string{"usr/lib/systemd/system/feedd.service", "usr/share/doc/feedd/packaging/cluster/feedd@.service"} {
		unit, err := os.ReadFile(filepath.Join(tree, name))
		if err != nil || !bytes.Contains(unit, []byte("\nExecStart=/usr/bin/feedd serve ")) {
			t.Errorf("the packaged unit starts another program (%v):\n%s", err, unit)
		}
	}
	cluster, err := os.ReadDir(filepath.Join(root, "packaging/cluster"))
	if err != nil {
		t.Fatal(err)
	}
	if page := unzipped(t, filepath.Join(tree, "usr/share/man/man1/feedd.1.gz")); !strings.Contains(page, ".SS feedd serve") || !strings.Contains(page, "feedd 1.2.3") {
		t.Errorf("the manual page:\n%.300s", page)
	}
	complete := exec.CommandContext(t.Context(), "bash", "-c", `. usr/share/bash-completion/completions/feedd && complete -p feedd && COMP_LINE="feedd expl" usr/bin/feedd`)
	complete.Dir = tree
	if out, err := complete.CombinedOutput(); err != nil || !strings.Contains(string(out), "complete -o default -C") || !strings.Contains(string(out), "explain") {
		t.Errorf("bash completes %q, %v", out, err)
	}

	output("tar", "-C", tree, "-xzf", archives[0])
	inside := filepath.Join(tree, strings.TrimSuffix(filepath.Base(archives[0]), ".tar.gz"))
	if said := output(filepath.Join(inside, "feedd"), "--version"); said != "feedd 1.2.3\n" {
		t.Errorf("the program of the archive says %q", said)
	}
	for _, name := range []string{"LICENSE", "README.md", "feedd.1", "feedd.service", "feedd.socket", "feeds.yaml", "completions/feedd.zsh", "docs/partners.md", "packaging/alerts.yaml"} {
		if _, err := os.Stat(filepath.Join(inside, name)); err != nil {
			t.Error(err)
		}
	}
	for _, e := range cluster { // the whole of the reference set-up is in both
		for _, folder := range []string{filepath.Join(tree, "usr/share/doc/feedd"), inside} {
			if _, err := os.Stat(filepath.Join(folder, "packaging/cluster", e.Name())); err != nil {
				t.Error(err)
			}
		}
	}
}

// linked are the libraries that a program is linked with, and the loader that would load them.
func linked(t *testing.T, program string) []string {
	t.Helper()
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	libraries, err := f.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			libraries = append(libraries, "a loader")
		}
	}
	return libraries
}

func unzipped(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDockerfile does what the Dockerfile says in a folder and runs what it starts there, as the user it
// names, with nothing of this machine in reach.
func TestDockerfile(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED, NOT PASSED: it builds the program once more")
	}
	file := read(t, "Dockerfile")
	stages := strings.SplitN(file, "\nFROM scratch\n", 2)
	if len(stages) != 2 {
		t.Fatalf("the last stage is not empty to begin with:\n%s", file)
	}
	one := func(pattern string) string {
		t.Helper()
		m := regexp.MustCompile(`(?m)` + pattern).FindStringSubmatch(file)
		if m == nil {
			t.Fatalf("the Dockerfile has no %s", pattern)
		}
		return m[1]
	}
	words := func(pattern string) (list []string) {
		t.Helper()
		if err := json.Unmarshal([]byte(one(pattern)), &list); err != nil {
			t.Fatal(err)
		}
		return list
	}

	built, image := t.TempDir(), t.TempDir()
	if err := os.Chmod(image, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, run := range regexp.MustCompile(`(?m)^RUN (.*)$`).FindAllStringSubmatch(stages[0], -1) {
		if strings.HasPrefix(run[1], "go mod download") {
			continue
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(run[1], "/out/", built+"/"))
		cmd.Dir, cmd.Env = root, append(os.Environ(), "VERSION=1.2.3")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", run[1], err, out)
		}
	}
	for _, c := range regexp.MustCompile(`(?m)^COPY (?:--from=build )?(?:--chown=\S+ )?(\S+) (\S+)$`).FindAllStringSubmatch(stages[1], -1) {
		from, to := c[1], filepath.Join(image, c[2])
		if made, ok := strings.CutPrefix(from, "/out/"); ok {
			from = filepath.Join(built, made)
		} else if !filepath.IsAbs(from) {
			from = filepath.Join(root, from)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(c[1], "/") { // what is in the folder
			from += "/."
		}
		if out, err := exec.CommandContext(t.Context(), "cp", "-a", from, to).CombinedOutput(); err != nil && !strings.Contains(from, "ca-certificates") {
			t.Fatalf("%v: %s", err, out) // a machine for tests may trust nobody
		}
	}
	user := one(`^USER (\d+):\d+$`)
	if user == "0" || !strings.Contains(file, "--chown="+user+":"+user+" /out/data /data\n") {
		t.Errorf("the container runs as %s, which must own /data and not be root", user)
	}
	entry, health := words(`^ENTRYPOINT (.*)$`), words(`^HEALTHCHECK .*CMD (.*)$`)
	if libraries := linked(t, filepath.Join(image, entry[0])); len(libraries) > 0 {
		t.Fatalf("the program needs %v, which are not in the image", libraries)
	}
	if os.Getuid() != 0 {
		t.Skip("SKIPPED, NOT PASSED: only root can run what is in the image apart from the machine")
	}

	if err := os.Chown(filepath.Join(image, "data"), 65532, 65532); err != nil {
		t.Fatal(err)
	}
	// No source is asked: there is no network in a test.
	empty := "site: {url: \"https://news.example.org\"}\nsources: []\n"
	if err := os.WriteFile(filepath.Join(image, "etc/feedd/feeds.yaml"), []byte(empty), 0o644); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	port := ":" + address[strings.LastIndex(address, ":")+1:]
	inside := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), filepath.Join("/", args[0]), args[1:]...)
		cmd.Dir, cmd.Env = one(`^WORKDIR (/\w+)\n(?:ENV|VOLUME)`), []string{one(`^ENV (\S+)$`)}
		enclose(cmd, image, 65532)
		return cmd
	}
	args := append(entry, words(`^CMD (.*)$`)...)
	for i := range args {
		if args[i] == ":8080" {
			args[i] = port
		}
	}
	var log bytes.Buffer
	daemon := inside(args...)
	daemon.Stderr = &log
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			_ = daemon.Process.Signal(os.Interrupt)
			if err := daemon.Wait(); err != nil {
				t.Errorf("the daemon ended with %v:\n%s", err, log.String())
			}
		}
	}
	defer stop()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		out, err := inside(append(health, "127.0.0.1"+port)...).CombinedOutput()
		if err == nil && string(out) == "ok\n" {
			break
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the health check says %q, %v", out, err)
		case <-tick.C:
		}
	}
	if resp, err := http.Get("http://" + address + "/feeds.opml"); err != nil {
		t.Error(err)
	} else {
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("/feeds.opml: %s", resp.Status)
		}
	}
	if _, err := os.Stat(filepath.Join(image, "data", "feedd.db")); err != nil {
		t.Error(err)
	}
	stop()
	if out, err := inside(append(health, "127.0.0.1"+port)...).CombinedOutput(); err == nil {
		t.Errorf("nothing runs, and the health check says %s", out)
	}
}
