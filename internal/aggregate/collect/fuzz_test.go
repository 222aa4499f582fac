package collect

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"feedd/internal/feed"
)

// FuzzPush: a delivery is opened when its hub signed it and never else, whatever headers and body are,
// and no question of a hub changes a subscription to another address.
func FuzzPush(f *testing.F) {
	f.Add("sha256=00", []byte("<rss version=\"2.0\"/>"), "hub.mode=subscribe&hub.topic=https://e.org/rss&hub.challenge=x&hub.lease_seconds=864000")
	f.Add("sha1=", []byte(nil), "hub.mode=denied&hub.topic=https://e.org/rss&hub.reason=no")
	f.Add("SHA512==", []byte("\x00"), "hub.lease_seconds=-9223372036854775808&hub.mode=subscribe&hub.topic=https://e.org/rss")
	f.Add("sha256", []byte("<rss/>"), "%zz")
	testNow := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, signature string, body []byte, question string) {
		p := &feed.Push{Hub: "https://hub.example/", Topic: "https://e.org/rss", Secret: "geheim", Callback: "c", State: feed.PushAsked, Asked: testNow}
		mac := hmac.New(sha256.New, []byte(p.Secret))
		mac.Write(body)
		own := "sha256=" + hex.EncodeToString(mac.Sum(nil))
		b, err := Open(p, http.Header{"X-Hub-Signature": {signature}}, body)
		if err == nil && !bytes.Equal(b.Bytes, body) || err != nil && !errors.Is(err, ErrSignature) {
			t.Errorf("%q opens %q: %v", signature, b, err)
		}
		if b, err := Open(p, http.Header{"X-Hub-Signature": {own}, "Content-Type": {signature}}, body); err != nil || !bytes.Equal(b.Bytes, body) {
			t.Errorf("signed by the hub: %v", err)
		}
		query, _ := url.ParseQuery(question) // what could be read of it
		_, next, err := Verify(feed.SourceState{Push: p}, query, testNow)
		if err == nil && query.Get("hub.topic") != p.Topic {
			t.Errorf("%q is a question of the hub's", question)
		}
		if n := next.Push; n.Topic != p.Topic || n.Secret != p.Secret || n.Callback != p.Callback || n.Until.After(testNow.AddDate(1, 0, 1)) {
			t.Errorf("%q leaves the subscription %+v", question, n)
		}
	})
}

// FuzzRobots: no file makes the reader panic or wait for longer than it may, and the answer about a
// path is the same when it is asked again.
func FuzzRobots(f *testing.F) {
	f.Add([]byte("User-agent: *\nDisallow: /tin\nCrawl-delay: 10\nAllow: /tin/*.html$\n"), "/tin/a.html")
	f.Add([]byte("\xef\xbb\xbfUSER-AGENT:feedd\rdisallow:/*/*/*$\r\ncrawl-delay: 1e309\nSitemap: x"), "/")
	f.Add([]byte("Disallow: /\n<html>"), "")
	f.Fuzz(func(t *testing.T, file []byte, path string) {
		rules := rulesOf(file)
		if rules == nil {
			return
		}
		if rules.Test(path) != rulesOf(file).Test(path) {
			t.Errorf("%q is allowed, and not", path)
		}
		if d := min(rules.CrawlDelay, robotsMaxDelay); d > robotsMaxDelay {
			t.Errorf("the delay is %s", d)
		}
	})
}

// FuzzUnpack: whatever a body says of its compression, no more comes of it than is allowed.
func FuzzUnpack(f *testing.F) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(bytes.Repeat([]byte("a"), 1<<20))
	_ = w.Close()
	f.Add(z.Bytes(), "gzip")
	f.Add(z.Bytes()[:z.Len()/2], "GZIP, identity")
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x58"), "zstd")
	f.Add([]byte("\x78\x9c"), "deflate, br, gzip, gzip")
	f.Add([]byte("<rss/>"), "x-gzip;q=1")
	f.Fuzz(func(t *testing.T, body []byte, encoding string) {
		const most = 64 << 10
		a := &answer{Header: http.Header{"Content-Encoding": {encoding}}, most: most}
		a.Bytes = body
		if err := a.unpack(); err == nil && len(a.Bytes) > max(most, len(body)) {
			t.Errorf("%d bytes in %q became %d", len(body), encoding, len(a.Bytes))
		}
	})
}
