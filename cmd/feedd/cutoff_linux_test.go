package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"feedd/internal/demo"
	"feedd/internal/store/storetest"
)

// cutOff is a process of feedd in a network of its own in which there is nothing, not even loopback. What it reaches
// are the Unix sockets in the files that it shares with the test.
func cutOff(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), runAsFeedd+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if id := os.Getuid(); id != 0 { // an ordinary user may, within a namespace of users
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: id, HostID: id, Size: 1}}
	}
	return cmd
}

// TestPublisherCutOff has a node that only publishes reach the database and nothing else in the world: it serves
// what others collected and filed, before it started and since, and complains of nothing.
func TestPublisherCutOff(t *testing.T) {
	var ahead atomic.Int64 // how far the outlets are
	start := time.Now().Add(-time.Hour)
	press := httptest.NewServer(demo.New(func() time.Time { return start.Add(time.Duration(ahead.Load())) }))
	t.Cleanup(press.Close)
	dir := t.TempDir()
	config, socket, db := filepath.Join(dir, "feeds.yaml"), filepath.Join(dir, "public"), storetest.New(t).Schema(t)
	yaml := strings.NewReplacer("title: Điểm tin (trình diễn)", "title: Điểm tin\n  url: https://news.example.org", "host_interval: 100ms", "host_interval: 0s").Replace(demo.Config(press.URL))
	if err := os.WriteFile(config, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if got := command(t.Context(), args, &out, &errs); got != exitDone {
			t.Fatalf("feedd %s: exit code %d\n%s%s", strings.Join(args, " "), got, &out, &errs)
		}
		return out.String()
	}
	look := cutOff("preview", press.URL+"/")
	said, err := look.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		t.Skip("this system gives a process of this user no network of its own: ", err)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(said), "unreachable") {
		t.Fatalf("the way out is not cut: %v\n%s", err, said)
	}

	run("collect", "--config", config, "--db", db)
	node := cutOff("serve", "--roles", "publish", "--listen", "unix:"+socket, "--config", config, "--db", db)
	var log talk
	node.Stderr = &log
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := node.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := node.Wait(); err != nil {
			t.Errorf("it ended with %v", err)
		}
		if told := log.String(); strings.Contains(told, "level=WARN") || strings.Contains(told, "level=ERROR") {
			t.Errorf("it complains:\n%s", told)
		}
	}()
	served := func() string {
		code, body, err := over("unix", socket, "/sections/all.rss")
		if err != nil || code != http.StatusOK {
			return ""
		}
		return body
	}
	items := func() int { return strings.Count(served(), "<item>") }
	until(t, "what was filed before the node started", func() bool { return items() > 0 })
	before := items()
	answers(t, "unix", socket, "/readyz")

	ahead.Store(int64(30 * time.Minute)) // the outlets have told more
	run("collect", "--config", config, "--db", db)
	until(t, "what was filed since", func() bool { return items() > before })

	var list struct {
		Nodes []struct {
			Roles []string `json:"roles"`
			Alive bool     `json:"alive"`
		} `json:"nodes"`
	}
	if err := json.Unmarshal([]byte(run("nodes", "--json", "--db", db)), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Nodes) != 1 || !list.Nodes[0].Alive || !slices.Equal(list.Nodes[0].Roles, []string{"publish"}) {
		t.Errorf("feedd nodes, told of the database alone, lists %+v", list.Nodes)
	}
}
