package words

// Table finds the list of a word: a hash table with open addressing and nothing in it but
// words and numbers of lists.
type Table struct {
	slots []listSlot // a power of two of them
	used  int
}

type listSlot struct {
	word uint32
	list int32 // number + 1; 0 in a slot that is free
}

const smallestListTable = 1 << 10

// Full tells whether the next word makes the table grow.
func (t *Table) Full() bool { return 3*(t.used+1) >= 2*len(t.slots) }

func (t *Table) slot(word uint32) *listSlot {
	mask := uint32(len(t.slots) - 1)
	i := (word ^ word>>15) & mask
	for t.slots[i].list != 0 && t.slots[i].word != word {
		i = (i + 1) & mask
	}
	return &t.slots[i]
}

// Find returns the number of the word's list, or -1.
func (t *Table) Find(word uint32) int32 {
	if len(t.slots) == 0 {
		return -1
	}
	return t.slot(word).list - 1
}

// Put notes the number of a word.
func (t *Table) Put(word uint32, list int32) {
	if t.Full() {
		t.Rebuild(func(int32) bool { return false }, nil)
	}
	s := t.slot(word)
	if s.list == 0 {
		t.used++
	}
	*s = listSlot{word, list + 1}
}

// Rebuild makes room for more words and leaves out those whose lists are empty; gone hears of them.
func (t *Table) Rebuild(empty func(list int32) bool, gone func(list int32)) {
	old := t.slots
	kept := 0
	for _, s := range old {
		if s.list != 0 && !empty(s.list-1) {
			kept++
		}
	}
	size := smallestListTable
	for size < 3*kept {
		size *= 2
	}
	t.slots, t.used = make([]listSlot, size), 0
	for _, s := range old {
		switch {
		case s.list == 0:
		case empty(s.list - 1):
			if gone != nil {
				gone(s.list - 1)
			}
		default:
			*t.slot(s.word) = s
			t.used++
		}
	}
}
