package desk

// table holds, for each feature, a row of counts: their sum, then one a section. It is a hash
// table with open addressing whose rows lie in the slots themselves, since a text has hundreds of
// features and to look up each should cost one miss of the cache.
type table struct {
	slots  []int32 // by slot: the feature, 0 when the slot is free; then its row
	stride int
	mask   uint32 // number of slots - 1
	used   int
}

const (
	smallestTable  = 1 << 10
	smallestStride = 2 + 8 // the feature, the sum, eight sections
)

// find returns the row of a feature, or nil.
func (t *table) find(f feature) []int32 {
	if t.used == 0 {
		return nil
	}
	for i := t.slot(f); ; i++ {
		at := int(i&t.mask) * t.stride
		switch feature(t.slots[at]) {
		case f:
			return t.slots[at+1 : at+t.stride]
		case 0:
			return nil
		}
	}
}

// row is find that makes the row where there is none. It is good until the next call of row.
func (t *table) row(f feature) []int32 {
	if 3*t.used >= 2*int(t.mask) {
		t.rebuild(t.stride, max(2*(int(t.mask)+1), smallestTable))
	}
	for i := t.slot(f); ; i++ {
		at := int(i&t.mask) * t.stride
		switch feature(t.slots[at]) {
		case f:
			return t.slots[at+1 : at+t.stride]
		case 0:
			t.slots[at] = int32(f)
			t.used++
			return t.slots[at+1 : at+t.stride]
		}
	}
}

// slot is where the search for a feature begins. Its low bits are its kind, the others a hash.
func (t *table) slot(f feature) uint32 { return uint32(f)>>kindBits ^ uint32(f)<<27 }

// widen makes room in every row for so many sections.
func (t *table) widen(sections int) {
	stride := max(t.stride, smallestStride)
	for stride < 2+sections {
		stride *= 2
	}
	if stride != t.stride {
		t.rebuild(stride, max(int(t.mask)+1, smallestTable))
	}
}

// rebuild moves the rows to a table of other measures and leaves out those with nothing in them.
func (t *table) rebuild(stride, slots int) {
	old := *t
	*t = table{slots: make([]int32, stride*slots), stride: stride, mask: uint32(slots - 1)}
	for at := 0; at < len(old.slots); at += old.stride {
		if f := feature(old.slots[at]); f != 0 && old.slots[at+1] != 0 {
			copy(t.row(f), old.slots[at+1:at+old.stride])
		}
	}
}
