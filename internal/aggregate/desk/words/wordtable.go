package words

// Set is a set of packed words, with open addressing. An eighth of it is in use at most, so
// that most words that are not in it meet an empty slot at once.
type Set struct {
	slots []uint32 // 0 where free
	met   []uint32 // by slot: the turn in which Meet last came to it
	turn  uint32
	hits  []Hit // of the last turn
	room  []Hit
}

// Hit is a word that a list and a set have in common.
type Hit struct {
	At   int32 // in the list
	Slot int32 // in the set
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
	slots := t.slots
	for _, p := range list {
		i := p >> 8
		q := slots[i&uint32(len(slots)-1)]
		for another(p, q) {
			i++
			q = slots[i&uint32(len(slots)-1)]
		}
		sum += (p & 0xFF) * (q & 0xFF)
	}
	return sum
}

// another says whether a word other than p stands in a slot that holds q. Whether p is there or nothing nobody can
// foresee, and so it is not asked: only this is, which is seldom true.
func another(p, q uint32) bool { return uint64((p^q)>>8)*uint64(q) != 0 }

// Meet is Dot that remembers which words it met, until it is called again.
func (t *Set) Meet(list []uint32) (sum uint32) {
	t.turn++
	if len(t.room) < len(list) {
		t.room = make([]Hit, 2*len(list))
	}
	slots, met, hits, n := t.slots, t.met[:len(t.slots)], t.room[:len(list)], 0
	for at, p := range list {
		i := p >> 8 & uint32(len(slots)-1)
		q := slots[i]
		for another(p, q) {
			i = (i + 1) & uint32(len(slots)-1)
			q = slots[i]
		}
		sum += (p & 0xFF) * (q & 0xFF)
		met[i] = t.turn // nobody asks about a free slot
		hits[n] = Hit{int32(at), int32(i)}
		if q != 0 {
			n++
		}
	}
	t.hits = hits[:n]
	return sum
}

// Hits are the words that the last call of Meet met, in the order of its list.
func (t *Set) Hits() []Hit { return t.hits }

// Met says whether the word in a slot was met by the last call of Meet.
func (t *Set) Met(slot int32) bool { return t.met[slot] == t.turn }

// Size is more than the number of any of its slots.
func (t *Set) Size() int { return len(t.slots) }

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
