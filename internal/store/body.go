package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/klauspost/compress/s2"

	"feedd/internal/feed"
)

// The body of a text is the part of an item that nothing searches. It begins with bodyApart, the length of its
// head and the head: language, authors, categories, as they are, which the desk reads of every item. What is shown
// alone follows: how it is compressed (asIs, withS2, withZstd), then content, base, image, enclosures and, where there
// is a picture of which its source says something, or a place, width, height, caption, credit; whether there is a place,
// its latitude and longitude in millionths of a degree. Where all of that is empty, nothing follows the head.
//
// A text is its length and its bytes, a list its length and its fields; numbers are varints, as package
// encoding/binary writes them. JSON took four times as long.
//
// Older bodies are one frame of zstd. In it are bodyForm, content, base, language, image, authors, categories and
// enclosures; or bodyNoted, the same and what was noted; or JSON.
const (
	bodyForm  = 1
	bodyNoted = 2
	bodyApart = 3
)

// How what follows the head is compressed. What is short is packed with S2, which takes a third of the time of zstd
// for it, most of which is the table of its codes, and makes it at most a fifth longer.
const (
	asIs byte = iota
	withS2
	withZstd
)

// mostS2 is what is packed with S2 at most, bytes.
const mostS2 = 4 << 10

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
	w := bodyWriter((*buf)[:0])
	w.head(it)
	dst = binary.AppendUvarint(append(dst, bodyApart), uint64(len(w)))
	dst = append(dst, w...)
	w = w[:0]
	if w.rest(it); len(w) > 0 {
		dst = s.appendRest(dst, w)
	}
	giveBack(buf, w)
	return dst
}

// appendRest appends what follows the head, compressed where that makes it shorter.
func (s *Store) appendRest(dst, rest []byte) []byte {
	at := len(dst)
	how := withZstd
	if len(rest) > mostS2 {
		dst = s.enc.EncodeAll(rest, append(dst, how))
	} else {
		how = withS2
		dst = slices.Grow(dst, 1+s2.MaxEncodedLen(len(rest)))
		packed := s2.EncodeBetter(dst[at+1:cap(dst)], rest)
		dst = append(dst, how)[:at+1+len(packed)]
	}
	if len(dst)-at-1 >= len(rest) {
		dst = append(append(dst[:at], asIs), rest...)
	}
	return dst
}

// head writes what the desk reads.
func (w *bodyWriter) head(it *feed.Item) {
	w.text(it.Language)
	w.number(int64(len(it.Authors)))
	for _, p := range it.Authors {
		w.text(p.Name, p.Email, p.URL)
	}
	w.number(int64(len(it.Categories)))
	w.text(it.Categories...)
}

// rest writes what else there is, nothing when all of it is empty.
func (w *bodyWriter) rest(it *feed.Item) {
	noted := it.Shown != (feed.PictureNote{}) || it.Place != nil
	if !noted && it.Content == "" && it.Base == "" && it.Image == "" && len(it.Enclosures) == 0 {
		return
	}
	w.text(it.Content, it.Base, it.Image)
	w.number(int64(len(it.Enclosures)))
	for _, e := range it.Enclosures {
		w.text(e.URL, e.Type)
		w.number(e.Length)
	}
	if noted {
		w.noted(it)
	}
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

// unpack reads all that is in a body, unpackHead only its head; of an older body, all.
func (s *Store) unpack(blob []byte, it *feed.Item) error { return s.unpackOf(blob, it, true) }

func (s *Store) unpackHead(blob []byte, it *feed.Item) error { return s.unpackOf(blob, it, false) }

func (s *Store) unpackOf(blob []byte, it *feed.Item, all bool) error {
	buf := scratch.Get().(*[]byte)
	var raw []byte
	var err error
	if len(blob) > 0 && blob[0] == bodyApart {
		raw, err = s.readApart(blob[1:], *buf, it, all)
	} else if raw, err = s.dec.DecodeAll(blob, *buf); err == nil {
		err = readBody(raw, it)
	}
	giveBack(buf, raw)
	if err != nil {
		return fmt.Errorf("read the text of item %d: %w", it.ID, err)
	}
	return nil
}

// readApart reads a body behind its first byte; with all, what follows its head, too, which it unpacks into buf
// and returns.
func (s *Store) readApart(blob, buf []byte, it *feed.Item, all bool) (raw []byte, err error) {
	n, size := binary.Uvarint(blob)
	if size <= 0 || n > uint64(len(blob)-size) {
		return buf, errBody
	}
	head, rest := blob[size:size+int(n)], blob[size+int(n):]
	forget(it)
	r := bodyReader{left: string(head)} // the texts are parts of it: one allocation for all
	it.Language = r.text()
	r.people(it)
	r.categories(it)
	if r.broken || r.left != "" {
		return buf, errBody
	}
	if !all || len(rest) == 0 {
		return buf, nil
	}
	if buf, err = s.unpackRest(rest, buf); err != nil {
		return buf, err
	}
	r = bodyReader{left: string(buf)}
	it.Content, it.Base, it.Image = r.text(), r.text(), r.text()
	r.enclosures(it)
	if r.left != "" {
		r.noted(it)
	}
	if r.broken || r.left != "" {
		return buf, errBody
	}
	return buf, nil
}

// unpackRest returns what follows a head as it was before it was compressed.
func (s *Store) unpackRest(rest, buf []byte) ([]byte, error) {
	switch how, packed := rest[0], rest[1:]; how {
	case asIs:
		return append(buf, packed...), nil
	case withS2:
		n, err := s2.DecodedLen(packed)
		if err != nil || n > mostS2 {
			return buf, errBody
		}
		return s2.Decode(slices.Grow(buf, n)[:n], packed)
	case withZstd:
		return s.dec.DecodeAll(packed, buf)
	}
	return buf, errBody
}

// forget empties what a body holds.
func forget(it *feed.Item) {
	it.Content, it.Base, it.Language, it.Image = "", "", "", ""
	it.Authors, it.Categories, it.Enclosures = nil, nil, nil
	it.Shown, it.Place = feed.PictureNote{}, nil
}

// readBody reads an older body.
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
	forget(it)
	r := bodyReader{left: string(raw[1:])}
	it.Content, it.Base, it.Language, it.Image = r.text(), r.text(), r.text(), r.text()
	r.people(it)
	r.categories(it)
	r.enclosures(it)
	if raw[0] == bodyNoted {
		r.noted(it)
	}
	if r.broken || r.left != "" {
		return errBody
	}
	return nil
}

func (r *bodyReader) people(it *feed.Item) {
	if n := r.length(); n > 0 {
		it.Authors = make([]feed.Person, n)
		for i := range it.Authors {
			it.Authors[i] = feed.Person{Name: r.text(), Email: r.text(), URL: r.text()}
		}
	}
}

func (r *bodyReader) categories(it *feed.Item) {
	if n := r.length(); n > 0 {
		it.Categories = make([]string, n)
		for i := range it.Categories {
			it.Categories[i] = r.text()
		}
	}
}

func (r *bodyReader) enclosures(it *feed.Item) {
	if n := r.length(); n > 0 {
		it.Enclosures = make([]feed.Enclosure, n)
		for i := range it.Enclosures {
			it.Enclosures[i] = feed.Enclosure{URL: r.text(), Type: r.text(), Length: r.number()}
		}
	}
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
