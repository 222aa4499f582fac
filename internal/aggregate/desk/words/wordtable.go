package words

// Set is a set of packed words, with open addressing. An eighth of it is in use at most, so
// that most words that are not in it meet an empty slot at once.
type Set struct {
	slots []uint32 // 0 where free
	met   []uint32 // by slot: the turn in which dot last met its word
	turn  uint32
}

// Fill makes it the set of the words in a list.
func (t *Set) Fill(list []uint32) {
	t.clear(len(list))
	for _, p := range list {
		t.slots[t.slot(p)] = p
	}
}

// clear makes it empty, with room for so many words.
func (t *Set) clear(most int) {
	size := 64
	for size < 8*most {
		size *= 2
	}
	if size > cap(t.slots) {
		t.slots, t.met, t.turn = make([]uint32, size), make([]uint32, size), 0
		return
	}
	t.slots, t.met = t.slots[:size], t.met[:size]
	clear(t.slots)
}

// slot returns where the word is, or the free slot where it would be.
func (t *Set) slot(p uint32) int {
	mask := uint32(len(t.slots) - 1)
	i := p >> 8 & mask
	for t.slots[i] != 0 && (t.slots[i]^p)>>8 != 0 {
		i = (i + 1) & mask
	}
	return int(i)
}

// Find returns the slot of the word of p, whatever it weighs there, or -1.
func (t *Set) Find(p uint32) int {
	if i := t.slot(p); t.slots[i] != 0 {
		return i
	}
	return -1
}

// Dot is the product of two sets, in weight units squared.
func (t *Set) Dot(list []uint32) (sum uint32) {
	mask := uint32(len(t.slots) - 1)
	for _, p := range list {
		for i := p >> 8 & mask; ; i = (i + 1) & mask {
			q := t.slots[i&uint32(len(t.slots)-1)]
			if q == 0 {
				break
			}
			if (p^q)>>8 == 0 {
				sum += (p & 0xFF) * (q & 0xFF)
				break
			}
		}
	}
	return sum
}

// Meet is dot that remembers which words it met, until it is called again.
func (t *Set) Meet(list []uint32) (sum uint32) {
	t.turn++
	for _, p := range list {
		if i := t.slot(p); t.slots[i] != 0 {
			sum += (p & 0xFF) * (t.slots[i] & 0xFF)
			t.met[i] = t.turn
		}
	}
	return sum
}

// Met says whether the word in a slot was met by the last call of Meet.
func (t *Set) Met(slot int32) bool { return t.met[slot] == t.turn }

// Shared is what the words in both sets weigh in the list, in weight units.
func (t *Set) Shared(list []uint32) (sum uint32) {
	for _, p := range list {
		if t.Find(p) >= 0 {
			sum += p & 0xFF
		}
	}
	return sum
}

// TotalWeight is what the words of a list weigh together, in weight units.
func TotalWeight(list []uint32) (sum uint32) {
	for _, p := range list {
		sum += p & 0xFF
	}
	return sum
}
