package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const pollers = 200

// waits are how long answers took, the shortest first.
type waits struct{ Feedd, Bare []time.Duration }

func milliseconds(sorted []time.Duration, percent int) float64 {
	return float64(sorted[len(sorted)*percent/100].Microseconds()) / 1000
}

// poll has readers ask both servers while something is done.
func poll(b *testing.B, feedd, bare string, while func()) (w waits) {
	cmd := another(beReaders, feedd, bare)
	stop, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	while()
	_ = stop.Close()
	if err := json.NewDecoder(out).Decode(&w); err != nil {
		b.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	return w
}

// another is the test binary as another process of a benchmark, which ends with this one.
func another(what string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env, cmd.Stderr = append(os.Environ(), what+"=1"), os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// readers is 200 readers of either server, who ask once a second each, one after the other, until stdin ends. It writes
// how long they waited to stdout.
func readers(feedd, bare string) error {
	// Where that is allowed, they are not kept waiting by who is measured.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, -10)
	done := make(chan struct{})
	var asking sync.WaitGroup
	ask := func(server string, after time.Duration) *[]time.Duration {
		var mu sync.Mutex
		var took []time.Duration
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: pollers}}
		for i := range pollers {
			asking.Go(func() {
				url := fmt.Sprintf("http://%s/sections/m%d.rss", server, i%livingSections)
				mine := askEverySecond(client, url, after+time.Duration(i)*time.Second/pollers, done)
				mu.Lock()
				defer mu.Unlock()
				took = append(took, mine...)
			})
		}
		return &took
	}
	f, l := ask(feedd, 0), ask(bare, time.Second/pollers/2)
	_, _ = io.Copy(io.Discard, os.Stdin)
	close(done)
	asking.Wait()
	slices.Sort(*f)
	slices.Sort(*l)
	return json.NewEncoder(os.Stdout).Encode(waits{*f, *l})
}

// askEverySecond is one reader, from a moment of the second on, and returns how long each answer took.
func askEverySecond(client *http.Client, url string, after time.Duration, done <-chan struct{}) (took []time.Duration) {
	tag, next := "", time.NewTimer(after)
	defer next.Stop()
	for at := time.Now().Add(after); ; {
		select {
		case <-next.C:
		case <-done:
			return took
		}
		began := time.Now()
		tag = ask(client, url, tag)
		took = append(took, time.Since(began))
		for !at.After(time.Now()) {
			at = at.Add(time.Second)
		}
		next.Reset(time.Until(at))
	}
}

// ask reads an answer to the end, and returns its ETag.
func ask(client *http.Client, url, tag string) string {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return tag
	}
	r.Header.Set("If-None-Match", tag)
	r.Header.Set("Accept-Encoding", "gzip") // said by hand: it is not unpacked
	resp, err := client.Do(r)
	if err != nil {
		return tag
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.Header.Get("ETag")
}

// bareHandler starts a process that answers like a feed that changes every few seconds, and returns its address.
func bareHandler(b *testing.B) string {
	cmd := another(beBare)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	at, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(at)
}

// answerBare writes its address to stdout, and serves.
func answerBare() error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	body := make([]byte, 15_000) // as gzip leaves of a section's feed
	length := strconv.Itoa(len(body))
	srv := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tag := fmt.Sprintf(`"%d"`, time.Now().Unix()/3)
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
		w.Header().Set("Content-Length", length)
		_, _ = w.Write(body)
	})}
	return srv.Serve(ln)
}
