package feed

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// Revision returns a hash of everything of an item that its source may revise and a reader would
// see. Dates are not part of it: many sources date an item anew at every look.
func Revision(it *Item) uint64 {
	h := xxhash.New()
	var n [8]byte
	add := func(s string) {
		binary.LittleEndian.PutUint64(n[:], uint64(len(s))) // so that ("ab","c") is not ("a","bc")
		_, _ = h.Write(n[:])
		_, _ = h.WriteString(s)
	}
	add(it.URL)
	add(it.Title)
	add(it.Summary)
	add(it.Content)
	add(it.Image)
	for _, a := range it.Authors {
		add(a.Name)
	}
	add("")
	for _, c := range it.Categories {
		add(c)
	}
	add("")
	for _, e := range it.Enclosures {
		add(e.URL)
	}
	return h.Sum64()
}
