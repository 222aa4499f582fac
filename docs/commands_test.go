package docs

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"feedd/internal/store/storetest"
)

// preamble is what the shell of a document has at hand besides the document's own commands: start runs
// a server until the next one starts, and sudo does in a folder what it would do to the machine.
const preamble = `
set -euo pipefail
server=
stop() {
	[ -n "$server" ] || return 0
	kill -TERM -- "-$server"
	local code=0
	wait "$server" || code=$?
	server=
	# Of go run itself nothing but the signal is to be seen.
	[ $code = 0 ] || [ $code = 143 ] || { cat server.log; echo "the server ended with $code"; return 1; } >&2
}
trap 'code=$?; trap - EXIT; stop || code=1; exit $code' EXIT
start() {
	stop
	set -m
	"$@" >server.log 2>&1 &
	server=$!
	set +m
	local i
	for i in $(seq 3000); do # go run may have to build everything
		if curl --silent --fail --output /dev/null "http://$LISTEN/readyz"; then return 0; fi
		kill -0 "$server" 2>/dev/null || { cat server.log >&2; return 1; }
		sleep 0.1
	done
	cat server.log >&2
	return 1
}
sudo() {
	local all=("$@")
	case "$*" in
	install\ *)
		local to=${all[-1]}
		unset 'all[-1]'
		mkdir -p "root$(dirname "$to")"
		"${all[@]}" "root$to"
		;;
	"systemctl daemon-reload") test -s root/etc/systemd/system/feedd.service ;;
	"systemctl enable --now feedd") grep -q '^WantedBy=' root/etc/systemd/system/feedd.service ;;
	"systemctl enable --now feedd.socket feedd") grep -q '^ListenStream=' root/etc/systemd/system/feedd.socket ;;
	"systemctl stop feedd") ;;
	*) echo "nobody says what sudo $* does" >&2; return 1 ;;
	esac
}
`

// server matches commands that end only when they are told to.
var server = regexp.MustCompile(`^((?:\w+=\S+ )*)(\./feedd serve|go run \./cmd/feedd demo)(.*)$`)

// fetches matches commands that go to the address they are given.
var fetches = regexp.MustCompile(`^\./feedd (preview|add|discover) `)

// TestCommands runs the commands of each document, in their order, in one shell, in a folder like a
// clean checkout. Sources, the public address of the site and the database are on this machine.
// Commands that take minutes are not run; what they name is looked up.
func TestCommands(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("SKIPPED, NOT PASSED: no curl")
	}
	feedd(t) // what it builds of other modules, go run need not build again
	// One folder for all, emptied in between: go builds a package anew in every other folder.
	dir := filepath.Join(t.TempDir(), "checkout")
	run := 0
	for _, file := range documents(t) {
		blocks, _ := split(t, file)
		if !slices.ContainsFunc(blocks, func(b block) bool { return b.lang == "sh" }) {
			continue
		}
		run++
		t.Run(filepath.Base(file), func(t *testing.T) { runDocument(t, dir, blocks) })
	}
	if run < 5 {
		t.Errorf("only %d documents have commands", run)
	}
}

func runDocument(t *testing.T, dir string, blocks []block) {
	listen, admin := freeAddress(t), freeAddress(t)
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cmd", "internal", "go.mod", "go.sum", "packaging"} {
		abs, err := filepath.Abs(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(abs, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	base := web(t).URL
	config := parse(t, readmeYAML(t))
	write(t, offline(config, base), filepath.Join(dir, "config", "feeds.yaml"))
	write(t, offline(config, base), filepath.Join(dir, "feeds.yaml"))

	database := ""
	if slices.ContainsFunc(blocks, func(b block) bool { return strings.Contains(b.text, "postgres://") }) {
		database = storetest.New(t).Dir
	}

	var script strings.Builder
	script.WriteString(preamble)
	if _, err := os.Stat(filepath.Join(dir, "feedd")); err != nil && !slices.ContainsFunc(blocks, func(b block) bool { return strings.Contains(b.text, "go build") }) {
		fmt.Fprintf(&script, "cp %s feedd\n", feedd(t))
	}
	for n, b := range blocks {
		switch b.lang {
		case "yaml": // what the reader writes before going on
			if part := parse(t, b.text); part["sources"] == nil {
				config = with(config, part)
				saved := fmt.Sprintf("step-%d.yaml", n)
				write(t, offline(config, base), filepath.Join(dir, saved))
				fmt.Fprintf(&script, "cp %s config/feeds.yaml\n", saved)
			}
		case "sh":
			text := strings.NewReplacer("127.0.0.1:8080", listen, "127.0.0.1:8081", admin).Replace(b.text)
			text = regexp.MustCompile(`postgres://feedd@db\.example\.org/(\w+)`).ReplaceAllString(text, "'postgres://feedd@/$1?host="+database+"'")
			for line := range strings.SplitSeq(strings.ReplaceAll(text, "\\\n", " "), "\n") {
				line = strings.TrimSpace(line)
				if fetches.MatchString(line) {
					line = strings.Replace(line, "https:/", base, 1)
				}
				switch m := server.FindStringSubmatch(line); {
				case line == "":
				case m != nil:
					flags, _, _ := strings.Cut(m[3], " #")
					fmt.Fprintf(&script, "echo '== %s:%d' >&2\n%sstart %s%s --listen %s\n", b.file, b.line, m[1], m[2], flags, listen)
				case tooLong(t, b, line):
				default:
					fmt.Fprintf(&script, "echo '== %s:%d' >&2\n%s\n", b.file, b.line, line)
				}
			}
		}
	}

	bash := exec.CommandContext(t.Context(), "bash", "-s")
	bash.Dir = dir
	bash.Stdin = strings.NewReader(script.String())
	bash.Env = append(os.Environ(), "LISTEN="+listen, "CURL_HOME="+dir, "HOME="+dir, "GOCACHE="+goEnv(t, "GOCACHE"), "GOMODCACHE="+goEnv(t, "GOMODCACHE"),
		"GOFLAGS=-buildvcs=false", "PGHOST="+database, "PGUSER=feedd", "FEEDD_DB=")
	bash.Env = slices.DeleteFunc(bash.Env, func(v string) bool { return v == "FEEDD_DB=" || v == "PGHOST=" })
	public(t, dir, listen)
	var out bytes.Buffer
	bash.Stdout, bash.Stderr = &out, &out
	if err := bash.Run(); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// public has curl find https://news.example.org, the site's public address, in front of listen.
func public(t *testing.T, dir, listen string) {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: listen})
	srv := httptest.NewUnstartedServer(http.HandlerFunc(proxy.ServeHTTP))
	srv.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	rc := "insecure\nconnect-to = \"news.example.org:443:" + srv.Listener.Addr().String() + "\"\n"
	if err := os.WriteFile(filepath.Join(dir, ".curlrc"), []byte(rc), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tooLong tells whether a command takes too long for a test, as the tests and benchmarks themselves do,
// and looks up what it names.
func tooLong(t *testing.T, b block, line string) bool {
	t.Helper()
	first, _, _ := strings.Cut(line, " ")
	switch {
	case first == "./test.sh" || first == ".ci/run":
		if out, err := exec.CommandContext(t.Context(), "bash", "-n", filepath.Join(root, first)).CombinedOutput(); err != nil {
			t.Errorf("%s:%d: %v\n%s", b.file, b.line, err, out)
		}
		if info, err := os.Stat(filepath.Join(root, first)); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s:%d: %s cannot be run: %v", b.file, b.line, first, err)
		}
	case strings.HasPrefix(line, "go test "):
		goTest(t, b, shellWords(t, line)[2:])
	case strings.HasPrefix(line, "go run ./internal/"), strings.HasPrefix(line, "go run ./bench/"):
		goRun(t, b, shellWords(t, line)[2:])
	default:
		return false
	}
	return true
}

// shellWords takes a command without substitutions and redirections apart as a shell does.
func shellWords(t *testing.T, line string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "bash", "-c", "printf '%s\\0' "+line).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
}

// goTest checks that the tests, benchmarks and flags of a go test command are there.
func goTest(t *testing.T, b block, words []string) {
	t.Helper()
	var dir string
	want := map[string]string{} // kind of function to its pattern
	for i := 0; i < len(words); i++ {
		switch word := words[i]; {
		case word == "-run", word == "-bench", word == "-benchtime":
			i++
			if i == len(words) {
				t.Fatalf("%s:%d: %s wants a value", b.file, b.line, word)
			}
			if kind := map[string]string{"-run": "Test", "-bench": "Benchmark"}[word]; kind != "" && words[i] != "^$" {
				want[kind] = words[i]
			}
		case word == "-update", word == "-v":
		case strings.HasPrefix(word, "./"):
			dir = filepath.Join(root, word)
		default:
			t.Errorf("%s:%d: %s is no flag that this test knows", b.file, b.line, word)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Errorf("%s:%d: %s has no tests: %v", b.file, b.line, dir, err)
	}
	var source strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(data)
	}
	if slices.Contains(words, "-update") && !strings.Contains(source.String(), `flag.Bool("update"`) {
		t.Errorf("%s:%d: the tests in %s know no -update", b.file, b.line, dir)
	}
	for kind, pattern := range want {
		for part := range strings.SplitSeq(pattern, "|") {
			re := regexp.MustCompile(part)
			if !slices.ContainsFunc(regexp.MustCompile(`(?m)^func (`+kind+`\w+)\(`).FindAllStringSubmatch(source.String(), -1), func(m []string) bool {
				return re.MatchString(m[1])
			}) {
				t.Errorf("%s:%d: %s has no %s that matches %s", b.file, b.line, dir, kind, part)
			}
		}
	}
}

// goRun checks that a command of the checkout and its flags are there.
func goRun(t *testing.T, b block, words []string) {
	t.Helper()
	help := exec.CommandContext(t.Context(), "go", "run", words[0], "-h")
	help.Dir = root
	out, _ := help.CombinedOutput() // -h itself is no success to package flag
	if !strings.Contains(string(out), "Usage of") {
		t.Errorf("%s:%d: %s: %s", b.file, b.line, words[0], out)
	}
	for _, word := range words[1:] {
		if strings.HasPrefix(word, "-") && !regexp.MustCompile(`(?m)^  `+regexp.QuoteMeta(word)+`\b`).Match(out) {
			t.Errorf("%s:%d: %s knows no %s: %s", b.file, b.line, words[0], word, out)
		}
	}
}

var inline = regexp.MustCompile("`feedd ([^`\n]+)`")

// TestInlineCommands: a command that a sentence names is there, with its flags.
func TestInlineCommands(t *testing.T) {
	named := 0
	for _, file := range documents(t) {
		_, prose := split(t, file)
		for _, m := range inline.FindAllStringSubmatch(prose, -1) {
			var command, flags []string
			for _, word := range strings.Fields(m[1]) {
				switch {
				case strings.HasPrefix(word, "--"):
					flags = append(flags, word)
				case regexp.MustCompile(`^[a-z]+$`).MatchString(word) && len(flags) == 0:
					command = append(command, word)
				}
			}
			if strings.HasPrefix(m[1], "COMMAND") {
				continue // stands for any
			}
			named++
			out, err := exec.CommandContext(t.Context(), feedd(t), append(command, "--help")...).CombinedOutput()
			if err != nil {
				t.Errorf("%s: feedd %s: %v\n%s", file, m[1], err, out)
			}
			for _, f := range flags {
				if !strings.Contains(string(out), f) {
					t.Errorf("%s: feedd %s: --help does not know %s", file, m[1], f)
				}
			}
		}
	}
	if named < 15 {
		t.Errorf("only %d commands", named)
	}
}

// TestEveryCommandIsDocumented: every command of the program stands in some document.
func TestEveryCommandIsDocumented(t *testing.T) {
	help, err := exec.CommandContext(t.Context(), feedd(t), "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range documents(t) {
		all.WriteString(read(t, file))
	}
	commands := regexp.MustCompile(`(?m)^  ([a-z]+(?: [a-z]+)?) {2,}[A-Z]`).FindAllSubmatch(help, -1)
	for _, m := range commands {
		if !strings.Contains(all.String(), "feedd "+string(m[1])) {
			t.Errorf("no document says what feedd %s does", m[1])
		}
	}
	if len(commands) < 20 {
		t.Errorf("only %d commands in %s", len(commands), help)
	}
}
