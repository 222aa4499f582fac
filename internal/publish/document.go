package publish

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	kgzip "github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// worthCompressing is the length in bytes from which a document is kept compressed: below it one
// packet carries it anyway.
const worthCompressing = 1000

// header is one header line ready to be set: the slice is shared by all responses, so that
// answering allocates nothing for it. Its capacity is its length; whoever adds to it gets a copy.
type header struct {
	key   string
	value []string
}

func line(key, value string) header {
	return header{http.CanonicalHeaderKey(key), []string{value}}
}

// representation is a document in one coding. Its bytes are made when somebody first asks for them:
// most documents change again before every coding of them was wanted.
type representation struct {
	tag      string // the strong ETag with its quotes
	etag     []string
	encoding []string // Content-Encoding; nil for identity
	asked    atomic.Bool

	once   sync.Once
	pack   func() []byte // makes body
	body   []byte
	length []string
}

// bytes returns the representation's bytes; length is set then.
func (r *representation) bytes() []byte {
	r.once.Do(func() {
		r.body = r.pack()
		r.length, r.pack = []string{strconv.Itoa(len(r.body))}, nil
	})
	return r.body
}

// ask notes that a reader wants the representation, or has it.
func (r *representation) ask() {
	if !r.asked.Load() { // readers side by side write nothing
		r.asked.Store(true)
	}
}

// document is the content of one URL, rendered once and then only written out.
type document struct {
	path         string
	section      string // whose feed it is; "" for other documents
	contentType  string
	cache        string // Cache-Control
	hash         string // hex SHA-256 of the plain bytes
	modified     time.Time
	lastModified string
	headers      []header // of every answer, and what a 304 has to say besides its ETag (RFC 9110, section 15.4.5)
	content      []header // of answers with content, besides
	forms        [codings]*representation
	route        *route
	delta        func(tag string) *document // the new entries since an older ETag; nil when it has none
}

// envelope says how a document travels: what is the same for all documents of a kind.
type envelope struct {
	contentType string
	cache       string // Cache-Control
	cors        bool
	feed        bool     // of a section, a partner or an archive
	links       []string // Link header values
	policy      string   // Content-Security-Policy; pages
	embeddable  bool     // may stand in a frame of another site
	vary        string   // besides Accept-Encoding
	route       *route
}

// sum returns the hash that names these bytes.
func sum(body []byte) string {
	h := sha256.Sum256(body)
	return hex.EncodeToString(h[:])
}

// squeezers compress; they are used by many goroutines.
type squeezers struct{ free sync.Pool } // of *squeezer

// squeezer compresses; one is used by one goroutine at a time.
type squeezer struct {
	gz  *kgzip.Writer
	zs  *zstd.Encoder
	out bytes.Buffer
}

// newSqueezers fails when a compressor's settings are refused.
func newSqueezers() (*squeezers, error) {
	s, err := newSqueezer()
	if err != nil {
		return nil, err
	}
	all := &squeezers{}
	all.free.New = func() any {
		s, err := newSqueezer()
		if err != nil {
			panic(err) // unreachable: the same settings were taken before
		}
		return s
	}
	all.free.Put(s)
	return all, nil
}

func newSqueezer() (*squeezer, error) {
	// The levels above take five to ten times as long for 2 to 4 % less: more than rendering the document does.
	gz, err := kgzip.NewWriterLevel(nil, 6)
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	// One goroutine, and a window that holds a whole document: twice as much stays in memory for good from
	// the first use on. RFC 9659 lets HTTP clients expect up to 8 MB.
	zs, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression),
		zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return &squeezer{gz: gz, zs: zs}, nil
}

func (all *squeezers) gzip(body []byte) []byte {
	s := all.free.Get().(*squeezer)
	defer all.free.Put(s)
	s.out.Reset()
	s.gz.Reset(&s.out)
	_, _ = s.gz.Write(body) // a buffer in memory takes everything
	_ = s.gz.Close()
	return bytes.Clone(s.out.Bytes())
}

func (all *squeezers) zstd(body []byte) []byte {
	s := all.free.Get().(*squeezer)
	defer all.free.Put(s)
	return bytes.Clone(s.zs.EncodeAll(body, nil))
}

// document makes the document of a path ready to be served.
func (all *squeezers) document(path string, body []byte, modified time.Time, e envelope) *document {
	d := &document{path: path, hash: sum(body), route: e.route}
	d.forms[identity] = form(d.hash, identity, func() []byte { return body })
	if len(body) >= worthCompressing {
		d.forms[gzipCoding] = form(d.hash, gzipCoding, func() []byte { return all.gzip(body) })
		d.forms[zstdCoding] = form(d.hash, zstdCoding, func() []byte { return all.zstd(body) })
	}
	d.dress(modified, e)
	return d
}

// packAs makes the codings of the document that readers asked for of the last one, so that none of them
// waits for it: to pack a long feed takes longer than all else about an answer.
func (d *document) packAs(last *document) {
	for c, f := range last.forms {
		if f != nil && f.asked.Load() && d.forms[c] != nil {
			d.forms[c].bytes()
		}
	}
}

// dress sets what the envelope and the time of change say, on a document whose bytes stand.
func (d *document) dress(modified time.Time, e envelope) {
	d.modified, d.route = modified, e.route
	d.contentType, d.cache = e.contentType, e.cache
	d.lastModified = modified.UTC().Format(http.TimeFormat)
	vary := "Accept-Encoding"
	if e.vary != "" {
		vary += ", " + e.vary
	}
	d.headers = []header{
		line("Last-Modified", d.lastModified),
		line("Cache-Control", e.cache),
		line("Vary", vary),
	}
	if e.cors {
		d.headers = append(d.headers, line("Access-Control-Allow-Origin", "*"))
	}
	d.content = []header{line("Content-Type", e.contentType)}
	// A feed goes without: no browser guesses about its types, and a ninth header line costs net/http
	// as much as the other eight, for its map of them then moves to a larger form, twice.
	if !e.feed {
		d.content = append(d.content, line("X-Content-Type-Options", "nosniff"))
	}
	if len(e.links) > 0 {
		d.content = append(d.content, line("Link", strings.Join(e.links, ", ")))
	}
	if e.policy != "" {
		d.content = append(d.content,
			line("Content-Security-Policy", e.policy),
			line("Referrer-Policy", "strict-origin-when-cross-origin"))
		if !e.embeddable {
			d.content = append(d.content, line("X-Frame-Options", "DENY"))
		}
	}
}

// shortHash is what of a hash stands in the ETag: 128 bits are enough to tell the versions of one
// URL apart, and shorten every request.
func shortHash(hash string) string { return hash[:32] }

func form(hash string, coding int, pack func() []byte) *representation {
	tag := `"` + shortHash(hash)
	name := codingNames[coding]
	if name != "" {
		tag += "-" + name
	}
	tag += `"`
	rep := &representation{tag: tag, etag: []string{tag}, pack: pack}
	if name != "" {
		rep.encoding = []string{name}
	}
	return rep
}

// plain returns the bytes as rendered.
func (d *document) plain() []byte { return d.forms[identity].bytes() }

// choose returns the representation the client likes best.
func (d *document) choose(accept []string) *representation {
	best := d.forms[identity]
	if len(accept) == 0 {
		return best
	}
	q := acceptable(accept)
	most := q[identity]
	// From the least preferred on, so that equal weights end with the most preferred.
	for c := gzipCoding; c >= zstdCoding; c-- {
		if f := d.forms[c]; f != nil && q[c] > 0 && q[c] >= most {
			best, most = f, q[c]
		}
	}
	return best
}

// holds returns the representation that has this tag, or nil.
func (d *document) holds(tag string) *representation {
	for _, f := range d.forms {
		if f != nil && f.tag == tag {
			return f
		}
	}
	return nil
}

// serve answers GET and HEAD.
func (d *document) serve(w http.ResponseWriter, r *http.Request) {
	rep := d.choose(r.Header["Accept-Encoding"])
	h := w.Header()
	for i := range d.headers {
		h[d.headers[i].key] = d.headers[i].value
	}

	unchanged := false
	if tags := r.Header["If-None-Match"]; len(tags) > 0 {
		unchanged = matchTag(tags, func(tag string) bool {
			if tag == "*" {
				return true
			}
			f := d.holds(tag)
			if f != nil {
				// All codings hold the same content: name the one the client has, so that it
				// knows which of its copies is still good.
				rep = f
			}
			return f != nil
		})
		if !unchanged && d.delta != nil && asksFor(r.Header["A-Im"], "feed") {
			var since *document
			matchTag(tags, func(tag string) bool {
				since = d.delta(tag)
				return since != nil
			})
			if since != nil {
				d.serveDelta(w, r, since)
				return
			}
		}
	} else if since := r.Header["If-Modified-Since"]; len(since) == 1 {
		unchanged = notModifiedSince(since[0], d.lastModified, d.modified)
	}

	h["Etag"] = rep.etag
	rep.ask()
	if unchanged {
		w.WriteHeader(http.StatusNotModified)
		d.route.count(w, http.StatusNotModified, 0)
		return
	}
	d.send(w, r, rep, http.StatusOK)
}

// send writes one representation with the headers of content.
func (d *document) send(w http.ResponseWriter, r *http.Request, rep *representation, status int) {
	h := w.Header()
	for i := range d.content {
		h[d.content[i].key] = d.content[i].value
	}
	body := rep.bytes()
	h["Content-Length"] = rep.length
	if rep.encoding != nil {
		h["Content-Encoding"] = rep.encoding
	}
	if status != http.StatusOK {
		w.WriteHeader(status)
	}
	if r.Method == http.MethodHead {
		d.route.count(w, status, 0)
		return
	}
	n, _ := w.Write(body) // a client that went away is not our error
	d.route.count(w, status, n)
}

// imFeed and its neighbours mark a partial answer (RFC 3229, section 10.5.3): it is for this client
// alone, yet its ETag is that of the whole new feed, which the client now has.
var (
	imFeed       = []string{"feed"}
	imCache      = []string{"no-store, im"}
	imVary       = []string{"Accept-Encoding, A-IM, If-None-Match"}
	imCacheState = "Cache-Control"
)

// serveDelta answers 226 with the entries that are new to the client.
func (d *document) serveDelta(w http.ResponseWriter, r *http.Request, since *document) {
	coding := since.choose(r.Header["Accept-Encoding"])
	h := w.Header()
	h["Im"] = imFeed
	h[imCacheState] = imCache
	h["Vary"] = imVary
	whole := d.forms[identity]
	if coding.encoding != nil {
		for c, f := range d.forms {
			if f != nil && codingNames[c] == coding.encoding[0] {
				whole = f
			}
		}
	}
	h["Etag"] = whole.etag
	d.send(w, r, coding, http.StatusIMUsed)
}

// redressed returns the document with what the envelope says now, without touching its bytes.
func (d *document) redressed(modified time.Time, e envelope) *document {
	c := &document{path: d.path, section: d.section, hash: d.hash, forms: d.forms}
	c.dress(modified, e)
	return c
}

// dated returns the document as it is with these bytes since another time.
func (d *document) dated(modified time.Time) *document {
	c := *d
	c.modified, c.lastModified = modified, modified.UTC().Format(http.TimeFormat)
	c.headers = slices.Clone(d.headers)
	c.headers[0] = line("Last-Modified", c.lastModified)
	return &c
}

// packed returns the bytes as the store keeps them.
func (d *document) packed(s *squeezers) []byte {
	if z := d.forms[zstdCoding]; z != nil {
		return z.bytes()
	}
	return s.zstd(d.plain())
}

// maxDocument bounds what a kept rendition may expand to.
const maxDocument = 256 << 20

// expand undoes packed.
func expand(packed []byte) ([]byte, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDocument))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.DecodeAll(packed, nil)
}
