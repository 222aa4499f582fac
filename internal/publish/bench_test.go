package publish_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"feedd/internal/feed"
	"feedd/internal/publish"
)

// fifty is a newsroom with one full section of 50 entries as outlets write them.
func fifty(b *testing.B) *newsroom {
	n := newNewsroom(b, func(s *publish.Settings) { s.Sections[0].Limit = 50 })
	var items []feed.Item
	for i := range 60 {
		it := report("bao-a", i, n.clock().Add(-time.Duration(60-i)*time.Minute))
		it.Summary = strings.Repeat("Ngân hàng Nhà nước cho biết lãi suất huy động tiếp tục giảm trong tháng này. ", 4)
		items = append(items, it)
	}
	n.file([]string{"kinh-te"}, items...)
	n.refresh()
	return n
}

// BenchmarkServe measures serving a 50-item section over loopback, with and without If-None-Match,
// plain and compressed, beside two bare net/http handlers: one that writes the same answer, headers
// and all, and one that writes the same content with the three headers it cannot do without.
// of-bare and of-least are what of their throughput is reached.
func BenchmarkServe(b *testing.B) {
	n := fifty(b)
	const path = "/sections/kinh-te.rss"
	for _, c := range []struct{ name, headers string }{
		{"200", ""},
		{"200-gzip", "Accept-Encoding: gzip\r\n"},
		{"304", "If-None-Match: " + n.get(path).Header.Get("ETag") + "\r\n"},
		{"304-gzip", "Accept-Encoding: gzip\r\nIf-None-Match: " + n.get(path, "Accept-Encoding", "gzip").Header.Get("ETag") + "\r\n"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var headers []string
			for line := range strings.SplitSeq(strings.TrimSpace(c.headers), "\r\n") {
				if k, v, ok := strings.Cut(line, ": "); ok {
					headers = append(headers, k, v)
				}
			}
			res := n.get(path, headers...)
			body := []byte(n.body(res))
			least := http.Header{"Etag": res.Header["Etag"]}
			if res.StatusCode == http.StatusOK {
				least["Content-Type"], least["Content-Length"] = res.Header["Content-Type"], res.Header["Content-Length"]
			}
			bare := func(header http.Header) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					h := w.Header()
					for k, v := range header {
						h[k] = v
					}
					if res.StatusCode == http.StatusNotModified {
						w.WriteHeader(http.StatusNotModified)
						return
					}
					w.Write(body)
				})
			}
			request := []byte("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + c.headers + "\r\n")
			conns := []*client{dial(b, n.pub.Handler()), dial(b, bare(res.Header)), dial(b, bare(least))}
			took := make([][]time.Duration, len(conns))
			for b.Loop() {
				// By turns, so that whatever else the machine does slows all alike.
				for i, conn := range conns {
					began := time.Now()
					conn.ask(b, request)
					took[i] = append(took[i], time.Since(began))
				}
			}
			// The fastest tenth is what it takes when nothing else runs.
			fastest := make([]float64, len(conns))
			for i := range took {
				slices.Sort(took[i])
				for _, d := range took[i][:len(took[i])/10+1] {
					fastest[i] += d.Seconds() / float64(len(took[i])/10+1)
				}
			}
			b.ReportMetric(fastest[0]/50*1e9, "ns/request")
			b.ReportMetric(fastest[1]/fastest[0], "of-bare")
			b.ReportMetric(fastest[2]/fastest[0], "of-least")
		})
	}
}

// client is a client that costs as little as it can: what is measured is the server.
type client struct {
	net.Conn
	r *bufio.Reader
}

func dial(b *testing.B, h http.Handler) *client {
	srv := httptest.NewServer(h)
	b.Cleanup(srv.Close)
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return &client{conn, bufio.NewReaderSize(conn, 64<<10)}
}

// ask sends the request 50 times and reads the answers.
func (c *client) ask(b *testing.B, request []byte) {
	for range 50 {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		if err := skipResponse(c.r); err != nil {
			b.Fatal(err)
		}
	}
}

// skipResponse reads one HTTP/1.1 response with a Content-Length or without content.
func skipResponse(r *bufio.Reader) error {
	length := 0
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && string(line[9:12]) != "200" && string(line[9:12]) != "304" {
			return fmt.Errorf("answer %q", line)
		}
		if len(line) == 2 {
			_, err = r.Discard(length)
			return err
		}
		if len(line) > 16 && string(line[:16]) == "Content-Length: " {
			for _, c := range line[16 : len(line)-2] {
				length = length*10 + int(c-'0')
			}
		}
	}
}

// BenchmarkRefresh measures rendering everything that one new entry changes: its section and all,
// in every format, compressed, and saved.
func BenchmarkRefresh(b *testing.B) {
	n := fifty(b)
	i := 1000
	for b.Loop() {
		b.StopTimer()
		i++
		n.pass(time.Second)
		n.file([]string{"kinh-te"}, report("bao-b", i, n.clock()))
		b.StartTimer()
		n.refresh()
	}
}

// BenchmarkRefreshUnchanged measures looking when nothing changed.
func BenchmarkRefreshUnchanged(b *testing.B) {
	n := fifty(b)
	for b.Loop() {
		n.refresh()
	}
}
