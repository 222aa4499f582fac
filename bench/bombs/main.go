// Command bombs lets feedd collect hostile documents from eight hosts at once and reports how much memory
// and processor time each kind costs the process; it exits with 1 when one costs more than is promised.
//
//	go run ./bench/bombs
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() { os.Exit(run()) }

// What is promised in docs/operating.md.
const (
	mostMemory = 256 // MB of the process
	hosts      = 8
	size       = 7_900_000 // of a document; 8 MB are taken
)

// bomb is a kind of document. A page is read with selectors, anything else as a feed.
type bomb struct {
	name, contentType string
	page              bool
	body              func(io.Writer) error
}

const rss, html = "application/rss+xml", "text/html; charset=utf-8"

// fill repeats a part between a head and a tail up to the size.
func fill(head, part, tail string) func(io.Writer) error { return fillTo(size, head, part, tail) }

// fillTo puts the number of the part where it says №, and writes piece by piece: what this process holds when it starts another counts as that one's, too.
func fillTo(size int, head, part, tail string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, head)
		for n := (size - len(head) - len(tail)) / len(part); n > 0 && err == nil; n-- {
			_, err = io.WriteString(w, strings.ReplaceAll(part, "№", strconv.Itoa(n)))
		}
		if err == nil {
			_, err = io.WriteString(w, tail)
		}
		return err
	}
}

func nested(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<b lang=a%d>", i)
	}
	return b.String()
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d", i)
	}
	return b.String()
}

const (
	channel = `<rss version="2.0"><channel><title>t</title><link>https://e.example/</link><description>d</description>`
	item    = `<item><title>t</title><link>https://e.example/1</link><description>`
	itemEnd = `</description></item>`
	end     = `</channel></rss>`
	top     = `<!doctype html><ul><li><a href="/1">Mot tieu de du dai</a></li></ul>`
)

var bombs = []bomb{
	{"html: formatting elements", html, true, fill(top+"<p>"+nested(480)+"</p>", "<p>x", "")},
	{"html: attributes", html, true, fill(top, "<p"+attributes(900)+">x</p>", "")},
	{"html: attributes of one tag", html, true, fill(top+"<p", " a", ">")},
	{"html: elements", html, true, fill(top, "<i>", "")},
	{"html: list items", html, true, fill(top+"<ul>", `<li><a href="/2">Mot tieu de khac</a>`, "")},
	{"html: tables", html, true, fill(top, "<table><td>", "")},
	{"html: text", html, true, fill(top, "x<", "")},
	{"html: comments", html, true, fill(top, "<!-->", "")},
	{"summary: formatting elements", rss, false, fill(channel+item+"&lt;p>"+strings.ReplaceAll(nested(480), "<", "&lt;")+"&lt;/p>", "&lt;p>x", itemEnd+end)},
	{"summary: attributes", rss, false, fill(channel+item, strings.ReplaceAll("<p"+attributes(900)+">x</p>", "<", "&lt;"), itemEnd+end)},
	{"feed: items", rss, false, fill(channel, item+itemEnd, end)},
	{"feed: items without anything", rss, false, fill(channel, "<item/>", end)},
	{"feed: categories", rss, false, fill(channel+"<item><title>t</title>", "<category>c</category>", "</item>"+end)},
	{"feed: elements", rss, false, fill(channel, "<x/>", end)},
	{"feed: depth", rss, false, fill(channel, "<x>", "")},
	{"feed: attributes", rss, false, fill(channel+"<x", ` a="1"`, "/>"+end)},
	{"feed: references", rss, false, fill(channel+item, "&amp;", itemEnd+end)},
	{"feed: entities", rss, false, fill(`<!DOCTYPE rss [<!ENTITY a "`+strings.Repeat("x", 1000)+`"><!ENTITY b "`+strings.Repeat("&a;", 1000)+`">]>`+channel+item, "&b;", itemEnd+end)},
	{"json: items", "application/feed+json", false, fill(`{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[`, `{"id":"1"},`, `{"id":"2"}]}`)},
	{"json: depth", "application/feed+json", false, fill(`{"version":"https://jsonfeed.org/version/1.1","title":"t","items":`, "[", "")},
	{"json: values", "application/feed+json", false, fill(`{"version":"https://jsonfeed.org/version/1.1","title":"t","x":[`, "1,", `1],"items":[]}`)},
	// Nothing of these is refused.
	{"html: items up to the limit", html, true, fillTo(30_000*42, top+"<ul>", `<li><a href="/№">Mot tieu de khac №</a>`, "")},
	{"feed: full items", rss, false, fillTo(9_900*780, channel, "<item><title>Gia vang № trieu dong</title><link>https://e.example/№</link><description>"+strings.Repeat("lai suat 4,8% tang ", 38)+itemEnd, end)},
	{"packed: 200 MB of nothing", rss, false, fillTo(200_000_000, "", " ", "")},
}

func run() int {
	program := flag.String("feedd", "", "the program (default: built from this checkout)")
	only := flag.String("only", "", "kinds whose name holds this text")
	flag.Parse()
	dir, err := os.MkdirTemp("", "feedd-bombs-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	if *program == "" {
		*program = filepath.Join(dir, "feedd")
		if out, err := exec.Command("go", "build", "-o", *program, "feedd/cmd/feedd").CombinedOutput(); err != nil {
			return fail(fmt.Errorf("build: %w\n%s", err, out))
		}
	}
	var worst []string
	for _, b := range bombs {
		if !strings.Contains(b.name, *only) {
			continue
		}
		memory, used, said, err := burst(dir, *program, b)
		if err != nil {
			return fail(fmt.Errorf("%s: %w", b.name, err))
		}
		fmt.Printf("%-32s %5.0f MB %7.2f s   %.100s\n", b.name, memory, used.Seconds(), said)
		if memory > mostMemory {
			worst = append(worst, b.name)
		}
	}
	if len(worst) > 0 {
		fmt.Println("more than promised:", strings.Join(worst, ", "))
		return 1
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "bombs:", err)
	return 1
}

// burst has one feedd collect the document from all hosts, and returns what the process held at most, and
// its processor time in all, and what feedd says of the first.
func burst(dir, program string, b bomb) (memory float64, used time.Duration, said string, err error) {
	packed := filepath.Join(dir, "packed")
	f, err := os.Create(packed)
	if err != nil {
		return 0, 0, "", err
	}
	z := gzip.NewWriter(f)
	buffered := bufio.NewWriterSize(z, 64<<10)
	if err := errors.Join(b.body(buffered), buffered.Flush(), z.Close(), f.Close()); err != nil {
		return 0, 0, "", err
	}
	l, err := net.Listen("tcp", ":0") // every address of 127.0.0.0/8 is a host
	if err != nil {
		return 0, 0, "", err
	}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", b.contentType)
		w.Header().Set("Content-Encoding", "gzip")
		http.ServeFile(w, r, packed)
	})}
	go func() { _ = server.Serve(l) }() // ends with Close
	defer server.Close()

	var yaml strings.Builder
	yaml.WriteString("defaults: {allow_private: true, host_interval: 0s, timeout: 60s}\nsources:\n")
	for n := range hosts {
		fmt.Fprintf(&yaml, "  - {id: s%d, url: \"http://127.0.0.%d:%d/x\"", n, n+1, l.Addr().(*net.TCPAddr).Port)
		if b.page {
			yaml.WriteString(`, page: {item: li, title: a, link: a@href}`)
		}
		yaml.WriteString("}\n")
	}
	config, db := filepath.Join(dir, "feeds.yaml"), filepath.Join(dir, "feedd.db")
	if err := os.WriteFile(config, []byte(yaml.String()), 0o600); err != nil {
		return 0, 0, "", err
	}
	defer func() {
		left, _ := filepath.Glob(db + "*") // the pattern is well formed
		for _, path := range slices.Concat(left, []string{packed}) {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	cmd := exec.Command(program, "collect", "--json", "--config", config, "--db", "sqlite:"+db)
	out, ended := cmd.Output()
	var exit *exec.ExitError
	if ended != nil && !errors.As(ended, &exit) {
		return 0, 0, "", ended
	}
	var report struct {
		Sources []struct {
			Error string
			New   int
		}
	}
	if err := json.Unmarshal(out, &report); err != nil || len(report.Sources) != hosts {
		return 0, 0, "", fmt.Errorf("feedd collect ended with %v: %w\n%s", ended, err, out)
	}
	said = report.Sources[0].Error
	if said == "" {
		said = fmt.Sprint(report.Sources[0].New, " items")
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return float64(usage.Maxrss) / 1000, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), said, nil
}
