package publish

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What readers ask for of a document is there of the next one before they ask, and no other coding.
func TestCodingsThatReadersAskForAreMadeAhead(t *testing.T) {
	all, err := newSqueezers()
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	document := func(text string) *document {
		return all.document("/x", bytes.Repeat([]byte(text), 1000), time.Now(), envelope{route: m.route("section")})
	}
	was := document("was ")
	was.packed(all) // for the store: no reader asked
	ask := httptest.NewRequest(http.MethodGet, "/x", nil)
	ask.Header.Set("Accept-Encoding", "gzip")
	was.serve(httptest.NewRecorder(), ask)

	is := document("is ")
	is.packAs(was)
	if is.forms[gzipCoding].body == nil {
		t.Error("who asks again has to wait until it is packed")
	}
	if is.forms[zstdCoding].body != nil {
		t.Error("packed in a way that nobody asked for")
	}
	next := document("next ")
	if next.packAs(is); next.forms[gzipCoding].body != nil {
		t.Error("packed although nobody asked for the document before")
	}
}
