package desk

// wordTable is a set of packed words, with open addressing. An eighth of it is in use at most, so
// that most words that are not in it meet an empty slot at once.
type wordTable struct {
	slots []uint32 // 0 where free
	met   []uint32 // by slot: the turn in which dot last met its word
	turn  uint32
}

func (t *wordTable) fill(list []uint32) {
	t.clear(len(list))
	for _, p := range list {
		t.slots[t.slot(p)] = p
	}
}

// clear makes it empty, with room for so many words.
func (t *wordTable) clear(most int) {
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
func (t *wordTable) slot(p uint32) int {
	mask := uint32(len(t.slots) - 1)
	i := p >> 8 & mask
	for t.slots[i] != 0 && (t.slots[i]^p)>>8 != 0 {
		i = (i + 1) & mask
	}
	return int(i)
}

// find returns the slot of the word of p, whatever it weighs there, or -1.
func (t *wordTable) find(p uint32) int {
	if i := t.slot(p); t.slots[i] != 0 {
		return i
	}
	return -1
}

// dot is the product of two sets, in weight units squared.
func (t *wordTable) dot(list []uint32) (sum uint32) {
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

// meet is dot that remembers which words it met, until it is called again.
func (t *wordTable) meet(list []uint32) (sum uint32) {
	t.turn++
	for _, p := range list {
		if i := t.slot(p); t.slots[i] != 0 {
			sum += (p & 0xFF) * (t.slots[i] & 0xFF)
			t.met[i] = t.turn
		}
	}
	return sum
}

// Met says whether the word in a slot was met by the last call of meet.
func (t *wordTable) Met(slot int32) bool { return t.met[slot] == t.turn }

// shared is what the words in both sets weigh in the list, in weight units.
func (t *wordTable) shared(list []uint32) (sum uint32) {
	for _, p := range list {
		if t.find(p) >= 0 {
			sum += p & 0xFF
		}
	}
	return sum
}

func totalWeight(list []uint32) (sum uint32) {
	for _, p := range list {
		sum += p & 0xFF
	}
	return sum
}
