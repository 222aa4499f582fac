//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// silent is a server that takes connections and says nothing, and tells of each.
func silent(t *testing.T) (address string, came chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	came = make(chan struct{}, 1000)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			came <- struct{}{}
		}
	}()
	return l.Addr().String(), came
}

// Every command ends within five seconds of SIGTERM or SIGINT, whatever it waits for: a source, a
// database or a bucket that does not answer, a file that does not come.
func TestEveryCommandStops(t *testing.T) {
	host, came := silent(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "feeds.yaml")
	yaml := fmt.Sprintf("defaults: {allow_private: true, host_interval: 0s, timeout: 1h}\nsections: [{id: kinh-te, learn: true}]\n"+
		"sources:\n  - {id: a, url: \"http://%s/a\"}\n  - {id: b, url: \"http://localhost:%s/b\"}\n", host, strings.Split(host, ":")[1])
	if err := os.WriteFile(config, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	sqlite, postgres := "sqlite:"+filepath.Join(dir, "feedd.db"), "postgres://feedd@"+host+"/feedd"
	with := func(db string, args ...string) []string {
		return append(args, "--config", config, "--db", db)
	}
	commands := [][]string{
		with(sqlite, "collect"), with(sqlite, "collect", "b"), with(sqlite, "serve", "--listen", "127.0.0.1:0"),
		{"preview", "http://" + host + "/"}, {"add", "http://" + host + "/", "--config", config},
		with(sqlite, "export", "s3://bucket/prefix"),
		with(postgres, "serve", "--listen", "127.0.0.1:0"), with(postgres, "collect"), with(postgres, "export", filepath.Join(dir, "out")),
		with(postgres, "check"), with(postgres, "sources"), with(postgres, "explain", "1"), with(postgres, "retract", "1"),
		with(postgres, "file", "1", "kinh-te"), with(postgres, "unfile", "1", "kinh-te"), with(postgres, "split", "a", "1"),
		with(postgres, "join", "a", "b"), with(postgres, "decisions"), with(postgres, "search", "lãi suất"), with(postgres, "learned", "a"), with(postgres, "replay"),
		{"move", "--db", postgres, "--to", sqlite + "2"}, with(postgres, "eval", "sections", pipe), {"eval", "stories", pipe, "--config", config},
		{"discover", "http://" + host + "/"}, {"healthcheck", host}, {"nodes", "--db", postgres}, {"demo", "--listen", "127.0.0.1:0"},
		{"opml", "import", pipe, "--config", config}, {"opml", "export", "--config", pipe}, {"init", filepath.Join(dir, "new.yaml")},
		{"config", "push", config, "--db", postgres}, {"config", "pull", "--db", postgres}, {"config", "diff", "--db", postgres}, {"config", "log", "--db", postgres},
	}
	everyCommand(t, commands)
	for i, args := range commands {
		sig := []os.Signal{syscall.SIGTERM, os.Interrupt}[i%2]
		t.Run(strings.Join(args[:2], " "), func(t *testing.T) {
			for len(came) > 0 {
				<-came
			}
			cmd := exec.Command(os.Args[0], args...)
			cmd.Env = append(os.Environ(), runAsFeedd+"=1", "AWS_ENDPOINT_URL=http://"+host, "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=us-east-1")
			said := &heard{first: make(chan struct{}, 1)}
			cmd.Stdout, cmd.Stderr = said, said
			if _, err := cmd.StdinPipe(); err != nil { // nobody types anything
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			exited := make(chan error, 1)
			go func() { exited <- cmd.Wait() }()
			waits := came
			switch {
			case slices.Contains(args, pipe):
				waits = opened(pipe)
			case args[0] == "demo" || args[0] == "init":
				waits = said.first // it asks whoever started it
			}
			select {
			case <-waits:
			case err := <-exited:
				t.Fatalf("it ended before it waited for anybody: %v\n%s", err, said.String())
			case <-time.After(30 * time.Second):
				_ = cmd.Process.Kill()
				t.Fatalf("it asked nobody\n%s", said.String())
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			select {
			case <-exited:
			case <-time.After(10 * time.Second): // five, and as much for a machine that is busy
				_ = cmd.Process.Kill()
				t.Errorf("it does not end after %v\n%s", sig, said.String())
			}
		})
	}
}

// waitForNobody are the commands that read nothing but this machine's disk, or nothing at all.
var waitForNobody = []string{"backup", "schema", "completion", "man", "version"}

// everyCommand checks that no command is left out.
func everyCommand(t *testing.T, tried [][]string) {
	t.Helper()
	parser, err := newParser(&cli{}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(true) {
		words := strings.Fields(leaf.Path())
		if !slices.Contains(waitForNobody, words[0]) && !slices.ContainsFunc(tried, func(args []string) bool { return slices.Equal(args[:len(words)], words) }) {
			t.Errorf("nobody tries whether %q stops", strings.Join(words, " "))
		}
	}
}

// heard keeps what a process says, and tells when it says the first.
type heard struct {
	first chan struct{}

	mu   sync.Mutex
	said bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) {
	select {
	case h.first <- struct{}{}:
	default:
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.said.Write(b)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.said.String()
}

// opened tells when somebody reads a pipe, and holds it open.
func opened(pipe string) chan struct{} {
	c := make(chan struct{}, 1)
	go func() {
		if f, err := os.OpenFile(pipe, os.O_WRONLY, 0); err == nil { // blocks until there is a reader
			c <- struct{}{}
			time.AfterFunc(time.Minute, func() { _ = f.Close() })
		}
	}()
	return c
}
