package render

import (
	"bytes"
	"crypto/sha256"
	"regexp"
	"sync"
	"unicode/utf8"
)

// Checker is the gate for who publishes again and again what is mostly the same: it remembers which
// entries it found to keep the rules, so that checking a feed costs what is new in it, and passes and
// refuses what Check does. It may be used from several goroutines.
type Checker struct {
	mu         sync.Mutex
	young, old map[entrySum]passed
}

// entrySum is the SHA-256 of an entry as it is written, with all that its meaning depends on.
type entrySum [sha256.Size]byte

// passed is what the rest of a document must know of an entry that keeps the rules.
type passed struct {
	id    string
	stamp string // when it was updated, in Atom
}

// mostPassed is how many entries are remembered at least, and half of how many at most.
const mostPassed = 8000

// NewChecker returns a Checker that remembers nothing yet.
func NewChecker() *Checker { return &Checker{young: map[entrySum]passed{}} }

// Check is the function Check.
func (k *Checker) Check(f Format, doc []byte) []Problem {
	switch f {
	case FormatRSS, FormatAtom:
		if k.passes(f, doc) {
			return nil
		}
	case FormatJSON:
		if utf8.Valid(doc) {
			c := newChecker()
			c.known = k
			c.json(doc)
			return c.problems
		}
	}
	return Check(f, doc)
}

func (k *Checker) find(s entrySum) (passed, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, ok := k.young[s]
	if !ok {
		if p, ok = k.old[s]; ok {
			k.put(s, p)
		}
	}
	return p, ok
}

func (k *Checker) note(s entrySum, p passed) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.put(s, p)
}

// put remembers an entry; what was not met since the last turn is forgotten at the next. The caller holds mu.
func (k *Checker) put(s entrySum, p passed) {
	if len(k.young) >= mostPassed {
		k.old, k.young = k.young, map[entrySum]passed{}
	}
	k.young[s] = p
}

// passes tells that an XML feed keeps the rules, as far as it can be told by checking it without the
// entries that are known to: the caller is to look at all of it where it says no.
//
// What is left out is whole entries, each of which stood by itself in a document that passed, with the same
// root: the elements around it and those beside it have their meaning with or without it. What no entry
// decides alone is that ids and times stand once, and that nothing is both present and deleted.
func (k *Checker) passes(f Format, doc []byte) bool {
	d, ok := dissect(f, doc)
	if !ok || !utf8.Valid(doc) {
		return false
	}
	c := newChecker()
	var unknown []entrySum
	rest := append(make([]byte, 0, len(doc)), d.head...)
	for _, e := range d.entries {
		s := sumEntry(d.root, e)
		p, known := k.find(s)
		if !known {
			unknown = append(unknown, s)
			rest = append(rest, e...)
			continue
		}
		if c.ids[p.id] || p.stamp != "" && c.stamps[p.stamp] {
			return false
		}
		c.ids[p.id] = true
		if p.stamp != "" {
			c.stamps[p.stamp] = true
		}
	}
	rest = append(rest, d.tail...)
	met := make([]passed, 0, len(unknown))
	c.met = func(p passed) { met = append(met, p) }
	if f == FormatRSS {
		c.xml(rest, (*checker).rss)
	} else {
		c.xml(rest, (*checker).atom)
	}
	// An element that is none of those taken for entries would be a document taken apart in the wrong places.
	if len(c.problems) > 0 || len(met) != len(unknown) {
		return false
	}
	for i, s := range unknown {
		k.note(s, met[i])
	}
	return true
}

func sumEntry(root, entry []byte) entrySum {
	h := sha256.New()
	h.Write(root)
	h.Write([]byte{0})
	h.Write(entry)
	return entrySum(h.Sum(nil))
}

// dissected is a feed in XML: what stands before its entries, they, and what stands behind.
type dissected struct {
	root       []byte // the start tag of the root element, which declares the namespaces, and what is before it
	head, tail []byte
	entries    [][]byte
}

// tails are what may stand behind the entries: the ends of what is around them.
var tails = map[Format]*regexp.Regexp{
	FormatRSS:  regexp.MustCompile(`^\s*</channel>\s*</rss>\s*$`),
	FormatAtom: regexp.MustCompile(`^\s*</feed>\s*$`),
}

// dissect takes a feed apart, as ours are written: its entries one behind the other, at its end.
func dissect(f Format, doc []byte) (d dissected, ok bool) {
	root, tag := []byte("<feed"), "entry"
	if f == FormatRSS {
		root, tag = []byte("<rss"), "item"
	}
	from := bytes.Index(doc, root)
	if from < 0 {
		return d, false
	}
	end := bytes.IndexByte(doc[from:], '>')
	if end < 0 || bytes.Count(doc[from:from+end], []byte{'"'})%2 != 0 { // that one stood in a value
		return d, false
	}
	d.root = doc[:from+end+1]
	at := nextEntry(doc, tag)
	if at < len(d.root) {
		return d, false
	}
	d.head = doc[:at]
	closing := []byte("</" + tag + ">")
	for rest := doc[at:]; ; {
		end := bytes.Index(rest, closing)
		if end < 0 {
			return d, false
		}
		end += len(closing)
		d.entries = append(d.entries, rest[:end])
		rest = rest[end:]
		next := nextEntry(rest, tag)
		if next < 0 {
			d.tail = rest
			return d, tails[f].Match(rest)
		}
		if len(bytes.TrimSpace(rest[:next])) > 0 {
			return d, false
		}
		rest = rest[next:]
	}
}

// nextEntry finds where the start tag of the next entry begins; -1 for none.
func nextEntry(doc []byte, tag string) int {
	for from := 0; ; {
		i := bytes.Index(doc[from:], []byte("<"+tag))
		if i < 0 {
			return -1
		}
		at := from + i
		if end := at + 1 + len(tag); end < len(doc) && (doc[end] == '>' || doc[end] == ' ') {
			return at
		}
		from = at + 1
	}
}
