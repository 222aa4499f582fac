package sections

import (
	"math"
	"math/bits"
	"slices"
)

// table holds, for each feature, a count for each section. There are hundreds of thousands of
// features, and most stood in the examples of one section: the count of such a one is in its slot.
// Those of the others are in a row, which is no wider than they need.
type table struct {
	slots    []slot
	used     int
	sections int
	rows     [widths]rows
	counts   []int32 // of one feature, used again
}

// slot is free while its feature is 0.
type slot struct {
	feature Feature
	at      kept
}

// kept is where the counts of a feature are: 0 where there are none; with the highest bit, of one
// section, as an entry; else the width of a row, in three bits, and its number.
type kept uint32

const (
	alone     kept = 1 << 31
	widthBits      = 28
	rowOf          = 1<<widthBits - 1
)

// entry is a section with its count.
type entry = uint32

const (
	countBits   = 21
	mostInEntry = 1<<countBits - 1
	sectionBits = 31 - countBits
)

func newEntry(section int, count int32) entry { return uint32(section)<<countBits | uint32(count) }

func sectionOf(e entry) int { return int(e >> countBits & (1<<sectionBits - 1)) }

func countOf(e entry) int32 { return int32(e & mostInEntry) }

// fits tells whether an entry holds a count of a section.
func fits(section int, count int32) bool {
	return count >= 0 && count <= mostInEntry && section < 1<<sectionBits
}

// The widths of rows. From width 1 on a row has 2, 4, 8 and so on entries, in any order, those with
// the count 0 free; a narrow row has a count in 16 bits for each section; a wide row one in 32.
const (
	mostEntries = 5
	narrow      = 6
	wide        = 7
	widths      = 8
)

const mostNarrow = math.MaxUint16

// row returns the words of a row of entries, or a narrow or wide one.
func (t *table) row(at kept) []uint32 { return t.rows[at>>widthBits].at(int(at & rowOf)) }

// rows are rows of one width. They lie in blocks, so that a table that grows moves none.
type rows struct {
	words  int // of a row
	blocks [][]uint32
	used   int
	free   []uint32 // of the used ones
}

const blockRows = 1 << 10

func (r *rows) at(n int) []uint32 {
	from := n % blockRows * r.words
	return r.blocks[n/blockRows][from : from+r.words : from+r.words]
}

// new returns the number of a row, which may have anything in it.
func (r *rows) new() int {
	if last := len(r.free) - 1; last >= 0 {
		n := r.free[last]
		r.free = r.free[:last]
		return int(n)
	}
	if r.used == blockRows*len(r.blocks) {
		r.blocks = append(r.blocks, make([]uint32, blockRows*r.words))
	}
	r.used++
	return r.used - 1
}

// widen makes the rows so many words wide.
func (r *rows) widen(words int) {
	was := r.words
	r.words = words
	for i, old := range r.blocks {
		r.blocks[i] = make([]uint32, blockRows*words)
		for n := range blockRows {
			copy(r.blocks[i][n*words:], old[n*was:(n+1)*was])
		}
	}
}

// widen makes room for so many sections.
func (t *table) widen(sections int) {
	const step = 8
	t.sections = sections
	room := (sections + step - 1) / step * step
	if t.rows[wide].words == room {
		return
	}
	t.counts = make([]int32, room)
	for w := 1; w <= mostEntries; w++ {
		t.rows[w].words = 1 << w
	}
	t.rows[narrow].widen(room / 2)
	t.rows[wide].widen(room)
}

// begin is where the search for a feature begins, of so many slots. Features with one hash, as a word
// has in several kinds, begin apart.
func (t *table) begin(f Feature) int {
	at, _ := bits.Mul32(f.spread(), uint32(len(t.slots)))
	return int(at)
}

// spread is a number for each feature; they are spread evenly.
func (f Feature) spread() uint32 {
	const golden = 0x9E3779B1 // 2^32 by the golden ratio, odd
	return uint32(f) * golden
}

// find returns where the counts of a feature are.
func (t *table) find(f Feature) kept {
	if len(t.slots) == 0 {
		return 0
	}
	for i := t.begin(f); ; {
		switch s := &t.slots[i]; s.feature {
		case f:
			return s.at
		case 0:
			return 0
		}
		if i++; i == len(t.slots) {
			i = 0
		}
	}
}

// slotsOf adds the numbers of the features' slots to dst, and makes those that there are not. They hold
// until it is called again.
func (t *table) slotsOf(dst []int, set []seen) []int {
	t.reserve(len(set))
	for i := range set {
		dst = append(dst, t.slot(set[i].feature))
	}
	return dst
}

// slot returns the number of a feature's slot, which it makes where there is none and room for it.
func (t *table) slot(f Feature) int {
	for i := t.begin(f); ; {
		switch s := &t.slots[i]; s.feature {
		case f:
			return i
		case 0:
			s.feature = f
			t.used++
			return i
		}
		if i++; i == len(t.slots) {
			i = 0
		}
	}
}

// reserve makes room for so many features more. What has no counts any more goes when there is none.
func (t *table) reserve(n int) {
	const full, of = 3, 4 // more would make the search long
	if (t.used+n)*of <= len(t.slots)*full {
		return
	}
	old := t.slots
	counted := 0
	for i := range old {
		if old[i].at != 0 {
			counted++
		}
	}
	const smallest = 1 << 10
	t.slots = make([]slot, max(smallest, (counted+n)*of/full*5/4))
	t.used = 0
	for i := range old {
		if old[i].at != 0 {
			t.slots[t.slot(old[i].feature)].at = old[i].at
		}
	}
}

// at returns the counts by section, until it is called again, and their sum.
func (t *table) at(at kept) (counts []int32, sum int32) {
	counts = t.counts[:t.sections]
	switch {
	case at&alone != 0:
		clear(counts)
		n := countOf(uint32(at))
		counts[sectionOf(uint32(at))] = n
		return counts, n
	case at == 0:
		clear(counts)
		return counts, 0
	}
	row := t.row(at)
	switch at >> widthBits {
	case narrow:
		two := t.counts[:2*len(row)]
		for i, w := range row {
			a, b := int32(w&mostNarrow), int32(w>>16)
			two[2*i], two[2*i+1] = a, b
			sum += a + b
		}
	case wide:
		for s := range counts {
			counts[s] = int32(row[s])
			sum += counts[s]
		}
	default:
		clear(counts)
		for _, e := range row {
			if n := countOf(e); n != 0 {
				counts[sectionOf(e)] = n
				sum += n
			}
		}
	}
	return counts, sum
}

// add adds n to what the feature of a slot counts for a section. It returns by how much that changes how many
// features have counts, whose sum is not 0: 1, 0 or -1.
func (t *table) add(slot, section int, n int32) (counted int) {
	at := &t.slots[slot].at
	switch {
	case *at == 0 && n > 0 && fits(section, n): // the first example that it stands in
		*at = alone | kept(newEntry(section, n))
		return 1
	case n > 0 && *at>>widthBits != wide && t.change(at, section, n): // as most; it had a sum above 0, see change
		return 0
	}
	counts, before := t.at(*at)
	counts[section] += n
	if before == 0 {
		counted++
	}
	if before+n == 0 {
		counted--
	}
	none := before+n == 0 && !slices.ContainsFunc(counts, func(x int32) bool { return x != 0 })
	if !none && t.change(at, section, n) {
		return counted
	}
	if *at&alone == 0 && *at != 0 {
		r := &t.rows[*at>>widthBits]
		r.free = append(r.free, uint32(*at&rowOf))
	}
	*at = t.put(counts)
	return counted
}

// change adds n to the count of a section where that count has, or finds, room in the place that there is. Counts
// below 0 have none but in wide rows, and a feature whose counts are all 0 has no place: in all others the sum is above 0.
func (t *table) change(at *kept, section int, n int32) bool {
	if *at&alone != 0 {
		e := uint32(*at &^ alone)
		if sectionOf(e) != section || countOf(e)+n <= 0 || !fits(section, countOf(e)+n) {
			return false
		}
		*at = alone | kept(newEntry(section, countOf(e)+n))
		return true
	}
	if *at == 0 {
		return false
	}
	row := t.row(*at)
	switch *at >> widthBits {
	case narrow:
		shift := section % 2 * 16
		count := int32(row[section/2]>>shift&mostNarrow) + n
		if count < 0 || count > mostNarrow {
			return false
		}
		row[section/2] = row[section/2]&^(mostNarrow<<shift) | uint32(count)<<shift
		return true
	case wide:
		row[section] += uint32(n)
		return true
	}
	room := -1
	for i, e := range row {
		switch {
		case countOf(e) == 0:
			room = i
		case sectionOf(e) == section:
			if !fits(section, countOf(e)+n) {
				return false
			}
			row[i] = newEntry(section, countOf(e)+n)
			return true
		}
	}
	if room < 0 || !fits(section, n) {
		return false
	}
	row[room] = newEntry(section, n)
	return true
}

// put finds the least place for the counts of a feature.
func (t *table) put(counts []int32) kept {
	entries, first, short, packed := 0, 0, true, true
	for s, n := range counts {
		if n == 0 {
			continue
		}
		if entries == 0 {
			first = s
		}
		entries++
		packed = packed && fits(s, n)
		short = short && n > 0 && n <= mostNarrow
	}
	switch {
	case entries == 0:
		return 0
	case entries == 1 && packed:
		return alone | kept(newEntry(first, counts[first]))
	}
	width := kept(wide)
	if short {
		width = narrow
	}
	if w := kept(bits.Len(uint(max(entries, 2) - 1))); packed && w <= mostEntries && t.rows[w].words < t.rows[width].words {
		width = w
	}
	n := t.rows[width].new()
	at := width<<widthBits | kept(n)
	row := t.row(at)
	clear(row)
	for s, n := range counts {
		switch {
		case n == 0:
		case width == narrow:
			row[s/2] |= uint32(n) << (s % 2 * 16)
		case width == wide:
			row[s] = uint32(n)
		default:
			row[0] = newEntry(s, n)
			row = row[1:]
		}
	}
	return at
}
