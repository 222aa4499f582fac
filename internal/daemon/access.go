package daemon

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/felixge/httpsnoop"

	"feedd/internal/publish/client"
)

// Formats of Options.AccessFormat.
const (
	AccessCombined = "combined" // as Apache and nginx write it
	AccessJSON     = "json"
)

// access writes a line for each answer.
type access struct {
	json bool
	now  func() time.Time
	from func(*http.Request) string

	mu sync.Mutex // one line after another
	w  io.Writer
}

// accessLine is a line of the access log.
type accessLine struct {
	Time     string  `json:"time"`
	Remote   string  `json:"remote"`
	Method   string  `json:"method"`
	Path     string  `json:"path"`
	Protocol string  `json:"protocol"`
	Status   int     `json:"status"`
	Bytes    int64   `json:"bytes"`
	Seconds  float64 `json:"seconds"`
	Referer  string  `json:"referer,omitempty"`
	Agent    string  `json:"user_agent,omitempty"`
}

// logging passes requests on and writes what came of them.
func (a *access) logging(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := a.now()
		came := *r.URL // handlers may change theirs
		m := httpsnoop.CaptureMetrics(next, w, r)
		a.write(at, accessLine{
			Remote: cmp.Or(a.from(r), hostOf(r.RemoteAddr), "-"), Method: r.Method, Path: harmless(&came), Protocol: r.Proto,
			Status: m.Code, Bytes: m.Written, Seconds: m.Duration.Seconds(), Referer: r.Referer(), Agent: r.UserAgent(),
		})
	})
}

func (a *access) write(at time.Time, x accessLine) {
	var line []byte
	if a.json {
		x.Time = at.Format(time.RFC3339Nano)
		var err error
		if line, err = json.Marshal(x); err != nil {
			return // unreachable: texts and numbers
		}
		line = append(line, '\n')
	} else {
		line = fmt.Appendf(nil, "%s - - [%s] %s %d %d %s %s\n", x.Remote, at.Format("02/Jan/2006:15:04:05 -0700"),
			quoted(x.Method+" "+x.Path+" "+x.Protocol), x.Status, x.Bytes, quoted(cmp.Or(x.Referer, "-")), quoted(cmp.Or(x.Agent, "-")))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = a.w.Write(line) // a log that cannot be written keeps no answer back
}

// quoted puts a text from outside between quotation marks in such a way that it stays one field of one line.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// harmless is what was asked for without what opens a door: a partner's token, the address that a hub
// delivers to.
func harmless(u *url.URL) string {
	path := u.EscapedPath()
	if strings.HasPrefix(path, "/push/") {
		path = "/push/***"
	}
	if u.RawQuery == "" {
		return path
	}
	var kept []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err != nil || plain == "token" || strings.HasPrefix(plain, "hub.") {
			part = name + "=***"
		}
		kept = append(kept, part)
	}
	return path + "?" + strings.Join(kept, "&")
}

// hostOf is the host of an address of a connection, "" on a socket in the file system.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	return host
}

// clientOf tells whom a request comes from, by the configuration in force.
func (d *Daemon) clientOf(r *http.Request) string {
	return client.Proxies(d.current().Publish.Proxies).Of(r)
}
