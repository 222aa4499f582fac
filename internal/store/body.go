package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"feedd/internal/feed"
)

// The body of a text is the part of an item that nothing searches: content, base, language, image,
// authors, categories, enclosures, in this order, compressed with zstd. It begins with bodyForm. A
// text is its length and its bytes, a list its length and its fields; numbers are varints, as package
// encoding/binary writes them. JSON took four times as long, for every item twice: once to save it,
// once to read it for the desk.
//
// A body of an item with a picture of which its source says something, or with a place, begins with
// bodyNoted, and ends in these: width, height, caption, credit; whether there is a place, its latitude and
// longitude in millionths of a degree.
const (
	bodyForm  = 1
	bodyNoted = 2
)

// jsonBody is how feedd wrote bodies before there was bodyForm; it begins with a brace.
type jsonBody struct {
	Content    string           `json:"c"`
	Base       string           `json:"b"`
	Language   string           `json:"l"`
	Image      string           `json:"i"`
	Authors    []feed.Person    `json:"a"`
	Categories []string         `json:"g"`
	Enclosures []feed.Enclosure `json:"e"`
}

// scratch are buffers for bodies that are not compressed.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// mostScratch is how much of a buffer is kept for the next body, bytes.
const mostScratch = 64 << 10

func giveBack(buf *[]byte, used []byte) {
	if cap(used) > mostScratch {
		used = nil
	}
	*buf = used[:0]
	scratch.Put(buf)
}

func (s *Store) pack(it *feed.Item) []byte { return s.appendPacked(nil, it) }

// appendPacked appends the packed body to dst.
func (s *Store) appendPacked(dst []byte, it *feed.Item) []byte {
	buf := scratch.Get().(*[]byte)
	noted := it.Shown != (feed.PictureNote{}) || it.Place != nil
	form := byte(bodyForm)
	if noted {
		form = bodyNoted
	}
	w := bodyWriter(append(*buf, form))
	w.text(it.Content, it.Base, it.Language, it.Image)
	w.number(int64(len(it.Authors)))
	for _, p := range it.Authors {
		w.text(p.Name, p.Email, p.URL)
	}
	w.number(int64(len(it.Categories)))
	w.text(it.Categories...)
	w.number(int64(len(it.Enclosures)))
	for _, e := range it.Enclosures {
		w.text(e.URL, e.Type)
		w.number(e.Length)
	}
	if noted {
		w.noted(it)
	}
	packed := s.enc.EncodeAll(w, dst)
	giveBack(buf, w)
	return packed
}

func (w *bodyWriter) noted(it *feed.Item) {
	n := it.Shown
	w.number(int64(n.Width))
	w.number(int64(n.Height))
	w.text(n.Caption, n.Credit)
	if it.Place == nil {
		w.number(0)
		return
	}
	lat, long := it.Place.Micro()
	w.number(1)
	w.number(lat)
	w.number(long)
}

func (r *bodyReader) noted(it *feed.Item) {
	it.Shown = feed.PictureNote{Width: int(r.number()), Height: int(r.number()), Caption: r.text(), Credit: r.text()}
	if r.number() != 0 {
		p := feed.PointOfMicro(r.number(), r.number())
		it.Place = &p
	}
}

func (s *Store) unpack(blob []byte, it *feed.Item) error {
	buf := scratch.Get().(*[]byte)
	raw, err := s.dec.DecodeAll(blob, *buf)
	if err == nil {
		err = readBody(raw, it)
	}
	giveBack(buf, raw)
	if err != nil {
		return fmt.Errorf("read the text of item %d: %w", it.ID, err)
	}
	return nil
}

func readBody(raw []byte, it *feed.Item) error {
	switch {
	case len(raw) > 0 && raw[0] == '{':
		var b jsonBody
		if err := json.Unmarshal(raw, &b); err != nil {
			return err
		}
		it.Content, it.Base, it.Language = b.Content, b.Base, b.Language
		it.Image, it.Authors, it.Categories, it.Enclosures = b.Image, b.Authors, b.Categories, b.Enclosures
		return nil
	case len(raw) == 0 || raw[0] != bodyForm && raw[0] != bodyNoted:
		return errBody
	}
	r := bodyReader{left: string(raw[1:])} // the texts are parts of it: one allocation for all
	it.Content, it.Base, it.Language, it.Image = r.text(), r.text(), r.text(), r.text()
	it.Authors, it.Categories, it.Enclosures = nil, nil, nil
	it.Shown, it.Place = feed.PictureNote{}, nil
	if n := r.length(); n > 0 {
		it.Authors = make([]feed.Person, n)
		for i := range it.Authors {
			it.Authors[i] = feed.Person{Name: r.text(), Email: r.text(), URL: r.text()}
		}
	}
	if n := r.length(); n > 0 {
		it.Categories = make([]string, n)
		for i := range it.Categories {
			it.Categories[i] = r.text()
		}
	}
	if n := r.length(); n > 0 {
		it.Enclosures = make([]feed.Enclosure, n)
		for i := range it.Enclosures {
			it.Enclosures[i] = feed.Enclosure{URL: r.text(), Type: r.text(), Length: r.number()}
		}
	}
	if raw[0] == bodyNoted {
		r.noted(it)
	}
	if r.broken || r.left != "" {
		return errBody
	}
	return nil
}

// errBody says that a body is not as it was written.
var errBody = errors.New("the text is damaged, or was written by a newer feedd")

type bodyWriter []byte

func (w *bodyWriter) number(n int64) { *w = binary.AppendVarint(*w, n) }

func (w *bodyWriter) text(list ...string) {
	for _, s := range list {
		if !utf8.ValidString(s) {
			s = string([]rune(s)) // what is no character becomes U+FFFD
		}
		w.number(int64(len(s)))
		*w = append(*w, s...)
	}
}

// bodyReader takes a body apart from its front. What follows damage is empty.
type bodyReader struct {
	left   string
	broken bool
}

func (r *bodyReader) number() int64 {
	var x uint64
	for i := range min(len(r.left), binary.MaxVarintLen64) {
		b := r.left[i]
		x |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			r.left = r.left[i+1:]
			return int64(x>>1) ^ -int64(x&1) // as binary.Varint undoes its zigzag
		}
	}
	r.left, r.broken = "", true
	return 0
}

// length reads how much follows, of which each takes a byte at least.
func (r *bodyReader) length() int {
	n := r.number()
	if n < 0 || n > int64(len(r.left)) {
		r.left, r.broken = "", true
		return 0
	}
	return int(n)
}

func (r *bodyReader) text() string {
	n := r.length()
	s := r.left[:n]
	r.left = r.left[n:]
	return s
}
