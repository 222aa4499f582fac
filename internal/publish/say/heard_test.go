package say

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"go.yaml.in/yaml/v4"

	"feedd/internal/feed"
)

// english is a word that no Vietnamese sentence has: what is left of an English one.
func english(text string) string {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ':' || r == '.' || r == ';' }) {
		switch strings.ToLower(w) {
		case "the", "is", "of", "not", "and", "for", "was", "has", "found", "expected", "unexpected", "error", "failed", "signed", "certificate",
			"connection", "refused", "timeout", "with", "report", "title", "summary", "by", "rule", "more", "too", "read", "no":
			return w
		}
	}
	return ""
}

// TestWhatOthersSay: what networks, systems and libraries really answer is said in Vietnamese, whole.
func TestWhatOthersSay(t *testing.T) {
	all := map[string]error{}
	note := func(name string, err error) {
		t.Helper()
		if err == nil {
			t.Fatalf("%s did not fail", name)
		}
		all[name] = err
	}
	ctx := t.Context()
	ask := func(name, address string, c *http.Client) {
		t.Helper()
		resp, err := c.Get(address)
		if err == nil {
			resp.Body.Close()
		}
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		note(name, err)
	}

	// Connections.
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_, err = net.Listen("tcp", address)
	note("a port that is taken", err)
	free.Close()
	ask("nobody listens", "http://"+address, http.DefaultClient)
	hangUp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		if r.URL.Path == "/reset" {
			_ = conn.(*net.TCPConn).SetLinger(0)
		}
		if r.URL.Path == "/other" {
			_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.2\r\n\r\n")
		}
		conn.Close()
	}))
	defer hangUp.Close()
	ask("it hangs up", hangUp.URL, http.DefaultClient)
	ask("it resets", hangUp.URL+"/reset", http.DefaultClient)
	ask("it speaks another protocol", hangUp.URL+"/other", http.DefaultClient)
	short, cancel := context.WithDeadline(ctx, time.Unix(1, 0))
	defer cancel()
	_, err = new(net.Dialer).DialContext(short, "tcp", address)
	note("its time is over", err)
	note("its time is over, too", short.Err())
	for _, code := range []syscall.Errno{syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.ETIMEDOUT, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EPIPE, syscall.ENOSPC,
		syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.EMFILE, syscall.EIO, syscall.EDQUOT, syscall.EISDIR, syscall.ENOTDIR, syscall.ELOOP, syscall.ENAMETOOLONG, syscall.EADDRINUSE, syscall.EADDRNOTAVAIL} {
		note(code.Error(), &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}, Err: os.NewSyscallError("connect", code)})
		note("file: "+code.Error(), &os.PathError{Op: "write", Path: "/srv/feedd/feeds.yaml", Err: code})
	}

	// Names.
	note("no such host", &net.DNSError{Err: "no such host", Name: "bao.invalid", IsNotFound: true})
	note("no such host, asked somewhere", &net.DNSError{Err: "no such host", Name: "bao.invalid", Server: "192.0.2.53:53", IsNotFound: true})
	note("names are not answered", &net.DNSError{Err: "server misbehaving", Name: "bao.invalid", IsTemporary: true})
	note("names are slow", &net.DNSError{Err: "i/o timeout", Name: "bao.invalid", IsTimeout: true})

	// Certificates, of a server that has its own.
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.TLS = &tls.Config{MaxVersion: tls.VersionTLS12}
	secure.Config.ErrorLog = nil
	secure.StartTLS()
	defer secure.Close()
	with := func(c *tls.Config) *http.Client { return &http.Client{Transport: &http.Transport{TLSClientConfig: c}} }
	pool := x509.NewCertPool()
	pool.AddCert(secure.Certificate())
	ask("an authority that nobody knows", secure.URL, http.DefaultClient)
	ask("another host's", secure.URL, with(&tls.Config{RootCAs: pool, ServerName: "bao.example"}))
	ask("out of its time", secure.URL, with(&tls.Config{RootCAs: pool, Time: func() time.Time { return time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC) }}))
	ask("before its time", secure.URL, with(&tls.Config{RootCAs: pool, Time: func() time.Time { return time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC) }}))
	ask("no version in common", secure.URL, with(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}))
	ask("no TLS at all", strings.Replace(hangUp.URL, "http:", "https:", 1), http.DefaultClient)
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	ask("plain HTTP on the port", strings.Replace(plain.URL, "http:", "https:", 1), http.DefaultClient)

	// Files.
	_, err = os.ReadFile(filepath.Join("no", "such", "feeds.yaml"))
	note("no file", err)
	_, err = os.ReadFile(t.TempDir())
	note("a folder", err)

	// Selectors, as a `page:` might have them.
	for _, css := range []string{"", "ul >", "a[href", "a[href=", `a[href="x`, "a[href!x]", "li:nth-child(x)", "li:nth-child(", "li:has(", "li:", "li:trangchu", "..tin", "#", ".1tin", "a::before", "li:contains(x", "a\\", "li:not(", "a ]", "{{tin}}", "a,", "a=b"} {
		if _, err := cascadia.ParseGroup(css); err != nil {
			note("selector "+css, err)
		}
	}
	// YAML, as an editor might break it.
	for _, text := range []string{"a: b: c", "a: [b", "a: {b", "a: 'b", "a:\n\t- b", "- a\nb: c", "a: *b", "a: @b", `a: "\q"`, "a: b\n c: d", "a:\n- b\n  c: d", "a: ]", "%YAML 3\n--- a", "a: !<b c", "a: b\n---\n... x", "? a\n- b", "a: |x\n b", "a: &\n", "k: v\nbare\nx: y"} {
		var n yaml.Node
		var le *yaml.LoadError
		if err := yaml.Unmarshal([]byte(text), &n); errors.As(err, &le) {
			note("YAML "+text, errors.New(le.Message))
		}
	}
	if len(all) < 80 {
		t.Fatalf("only %d failures", len(all))
	}
	for name, err := range all {
		text, ok := Detail("vi", err.Error())
		if bad := english(text); !ok || bad != "" {
			t.Errorf("%s: %q is told as %q, which is English at %q", name, err.Error(), text, bad)
		}
		if text, ok := Detail("en", err.Error()); !ok || text != err.Error() {
			t.Errorf("%s: in English %q, %v", name, text, ok)
		}
	}
}

// TestStoredSentences: what was stored as a sentence becomes data again, and so does what is stored of a rule.
func TestStoredSentences(t *testing.T) {
	for stored, want := range map[string]string{
		"lãi suất (title)": "lãi suất (tiêu đề)",
		"lãi suất (title), giảm, rồi tăng (title, summary) and 12 more": "lãi suất (tiêu đề), giảm, rồi tăng (tiêu đề, tóm tắt) và 12 từ khóa nữa",
		"f(x) (url, language)":                                                                                   "f(x) (địa chỉ, ngôn ngữ)",
		"none of the rule's excluded terms":                                                                      "không có từ khóa nào mà quy tắc loại trừ",
		"everything from vn-express":                                                                             "mọi tin từ vn-express",
		"dropped by the rule in line 12: mời thầu (title)":                                                       "bị loại bởi quy tắc ở dòng 12: mời thầu (tiêu đề)",
		"the same headline as Báo Mới (bản in)":                                                                  "cùng tiêu đề với Báo Mới (bản in)",
		"its outlet's own report, once more":                                                                     "bài của chính báo đó, đăng lại",
		"the editor joined the stories":                                                                          "biên tập viên gộp hai chuỗi tin",
		"figures: report 12 (Báo Mới)":                                                                           "số liệu: tin 12 (Báo Mới)",
		"tells the event of report 12 (Báo: Mới): 0.83 of at least 0.75":                                         "kể cùng sự kiện với tin 12 (Báo: Mới): 0,83, cần ít nhất 0,75",
		"too little like report 7 (A (B)): 0.10 of at least 0.40; without name-swap: linked":                     "chưa đủ giống tin 7 (A (B)): 0,10, cần ít nhất 0,40; nếu không có “thay tên”: được nối",
		"is related to, and not told under one entry for dates with report 7 (A): 0.90 of at least 0.40":         "liên quan tới tin 7 (A) nhưng không kể chung một mục vì ngày khác nhau: 0,90, cần ít nhất 0,40",
		"dates: report 1 (A); but for that: one entry; issues of one series: report 2 (B); but for that: linked": "ngày khác nhau: tin 1 (A); nếu không vì thế: chung một mục; các kỳ của một loạt bài: tin 2 (B); nếu không vì thế: được nối",
		"not compared: it shares most with report 9 (A; B), 0.21 of their words of at least 0.30":                "không so sánh: giống nhất là tin 9 (A; B), chung 0,21 số từ, cần ít nhất 0,30",
		"there is no host bao.invalid: lookup bao.invalid: no such host":                                         "không có máy chủ nào tên bao.invalid: tra cứu bao.invalid: không có tên máy này",
		"127.0.0.1:9 refuses connections: connect: connection refused":                                           "127.0.0.1:9 từ chối kết nối: máy chủ từ chối kết nối",
		"no answer within 20s (timeout)":                                                                         "máy chủ không trả lời trong 20s",
		"the server answered 404 Not Found":                                                                      "máy chủ trả lời 404 (không có trang này)",
		"the server answered 599":                                                                                "máy chủ trả lời 599",
		"page.item: selector \"ul >\": expected identifier, found EOF instead":                                   "page.item: bộ chọn \"ul >\": thiếu một tên ở cuối",
		"the answer broke off after 3 KiB: unexpected EOF; the document is empty":                                "trả lời dừng giữa chừng sau 3 KiB: dữ liệu dừng giữa chừng; tài liệu trống",
		"neither a feed nor a page that feedd can read: it starts with \"%PDF-1.7\"":                             "không phải nguồn cấp, cũng không phải trang mà feedd đọc được: nó bắt đầu bằng \"%PDF-1.7\"",
		"robots.txt of bao.example does not allow /tin/":                                                         "robots.txt của bao.example không cho phép thu /tin/",
		"bao: what it brought could not be saved and will be fetched again: database or disk is full (13)":       "bao: không lưu được những gì thu về, sẽ thu lại: đĩa hoặc cơ sở dữ liệu đã đầy (13)",
		"the certificate of bao.example is another host's: x509: certificate is valid for a.example, not b.":     "chứng chỉ của bao.example là của máy chủ khác: chứng chỉ dành cho a.example, không dành cho b.",
	} {
		if text, whole := In("vi", feed.Say(stored)); text != want || !whole {
			t.Errorf("%q is read back as %q, %v; want %q", stored, text, whole, want)
		}
		if text, whole := In("en", feed.Say(stored)); text != stored || !whole {
			t.Errorf("%q is told as %q, %v, in English", stored, text, whole)
		}
	}
	for _, unknown := range []string{"", "Bão số 5 đổ bộ", "giá vàng (SJC)", "100 % (title", "title", "something nobody says (title) here", strings.Repeat("a (title), ", 1000), strings.Repeat("x: y; ", 300), strings.Repeat("x: y; ", 400)} {
		if text, _ := In("vi", feed.Say(unknown)); text != unknown {
			t.Errorf("%.60q became %.60q", unknown, text)
		}
	}
	err := fmt.Errorf("read configuration: %w", feed.Errorf("%s is missing", "sources"))
	if text, whole := In("vi", feed.TextOf(err)); text != "đọc cấu hình: thiếu sources" || !whole {
		t.Errorf("a sentence within an error: %q, %v", text, whole)
	}
}

func FuzzHeard(f *testing.F) {
	for _, seed := range []string{"lãi suất (title), giảm (summary) and 2 more", "there is no host a: lookup a: no such host", "%s: %d", "a; b; c: d", "selector \"\\x00\": EOF"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		data, ok := heard(text)
		if !ok {
			return
		}
		// What was heard says in English what was heard, but for how numbers are written.
		if said := data.In(func(key string) string { return strings.ReplaceAll(strings.TrimPrefix(key, theField), "%w", "%s") }); len(said) == 0 {
			t.Errorf("%q is heard as nothing", text)
		}
	})
}
