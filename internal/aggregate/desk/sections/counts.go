package sections

// numbering gives features numbers from 0 up, in the order they come. It is a hash table with open
// addressing and nothing in it but features and numbers: a text has hundreds of features, most of
// them never met, and to see that should cost one miss of the cache.
type numbering struct {
	slots []numbered // a power of two of them
	used  int
}

// numbered is a slot, free while its feature is 0.
type numbered struct {
	feature Feature
	number  int32
}

const smallestNumbering = 1 << 10

// begin is where the search for a feature begins: its hash, which is above the bits of its kind.
func (f Feature) begin() uint32 { return uint32(f)>>kindBits ^ uint32(f)<<27 }

// find returns the number of a feature, or -1.
func (x *numbering) find(f Feature) int {
	if len(x.slots) == 0 {
		return -1
	}
	mask := uint32(len(x.slots) - 1)
	for i := f.begin() & mask; ; i = (i + 1) & mask {
		switch s := &x.slots[i]; s.feature {
		case f:
			return int(s.number)
		case 0:
			return -1
		}
	}
}

// number is find that gives a new feature the next number.
func (x *numbering) number(f Feature) int {
	if 3*x.used >= 2*len(x.slots) {
		x.grow(max(2*len(x.slots), smallestNumbering))
	}
	mask := uint32(len(x.slots) - 1)
	for i := f.begin() & mask; ; i = (i + 1) & mask {
		switch s := &x.slots[i]; s.feature {
		case f:
			return int(s.number)
		case 0:
			*s = numbered{f, int32(x.used)}
			x.used++
			return x.used - 1
		}
	}
}

func (x *numbering) grow(size int) {
	old := x.slots
	x.slots = make([]numbered, size)
	mask := uint32(size - 1)
	for _, s := range old {
		if s.feature == 0 {
			continue
		}
		i := s.feature.begin() & mask
		for x.slots[i].feature != 0 {
			i = (i + 1) & mask
		}
		x.slots[i] = s
	}
}

// table holds, for each feature, a row of counts: their sum, then one a section. Rows lie in blocks,
// so that a table that grows moves none.
type table struct {
	index  numbering
	blocks [][]int32
	stride int
}

const (
	smallestStride = 1 + 8 // the sum and eight sections
	blockRows      = 1 << 10
)

// find returns the row of a feature, or nil.
func (t *table) find(f Feature) []int32 {
	n := t.index.find(f)
	if n < 0 {
		return nil
	}
	return t.at(n)
}

// at returns the row of the feature with number n.
func (t *table) at(n int) []int32 {
	from := n % blockRows * t.stride
	return t.blocks[n/blockRows][from : from+t.stride]
}

// number returns the number of a feature's row, which it makes where there is none.
func (t *table) number(f Feature) int {
	n := t.index.number(f)
	if n/blockRows == len(t.blocks) {
		t.blocks = append(t.blocks, make([]int32, blockRows*t.stride))
	}
	return n
}

// widen makes room in every row for so many sections.
func (t *table) widen(sections int) {
	stride := max(t.stride, smallestStride)
	for stride < 1+sections {
		stride *= 2
	}
	if stride == t.stride {
		return
	}
	for i, old := range t.blocks {
		t.blocks[i] = make([]int32, blockRows*stride)
		for n := range blockRows {
			copy(t.blocks[i][n*stride:], old[n*t.stride:(n+1)*t.stride])
		}
	}
	t.stride = stride
}
