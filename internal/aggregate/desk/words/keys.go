package words

import "math"

// TellingFrom is the least weight of a word that reports are found by.
const TellingFrom = 2.2

// Telling says whether reports are found by a packed word.
func Telling(p uint32) bool { return p&0xFF >= uint32(TellingFrom*WeightUnit) }

// indexKey is a word of a report, in the upper half, and what it weighs.
type indexKey uint64

func newIndexKey(word uint32, weight float32) indexKey {
	return indexKey(word)<<32 | indexKey(math.Float32bits(weight))
}

// Word is the hash of the word without diacritics.
func (k indexKey) Word() uint32 { return uint32(k >> 32) }

// Weight is its inverse document frequency, natural logarithm.
func (k indexKey) Weight() float32 { return math.Float32frombits(uint32(k)) }

// Key is a key with the word as the report's doc holds it.
type Key struct {
	indexKey
	Packed uint32
}

// keySet collects the keys of a text, each word once: with the most that it weighs.
type keySet struct {
	list  []Key
	table []int32 // by hash: place in list + 1
}

func (s *keySet) begin(most int) {
	s.list = s.list[:0]
	size := 64
	for size < 4*most {
		size *= 2
	}
	if size > cap(s.table) {
		s.table = make([]int32, size)
		return
	}
	s.table = s.table[:size]
	clear(s.table)
}

func (s *keySet) add(k Key) {
	mask := uint32(len(s.table) - 1)
	for i := (k.Word() ^ k.Word()>>15) & mask; ; i = (i + 1) & mask {
		at := s.table[i]
		if at == 0 {
			s.list = append(s.list, k)
			s.table[i] = int32(len(s.list))
			return
		}
		if o := &s.list[at-1]; o.Word() == k.Word() {
			if k.Weight() > o.Weight() {
				*o = k
			}
			return
		}
	}
}
