package stories

// table finds what is remembered by a key that it holds itself: a hash table with open addressing. A map, which holds the
// keys once more and is between seven and fourteen sixteenths full, took three times the memory.
type table[T any, K comparable] struct {
	key   func(*T) K
	hash  func(K) uint64
	slots []*T // nil where free
	used  int
}

const fewestSlots = 1 << 6

func newTable[T any, K comparable](key func(*T) K, hash func(K) uint64) *table[T, K] {
	return &table[T, K]{key: key, hash: hash, slots: make([]*T, fewestSlots)}
}

// at returns where what has a key stands, or would.
func (t *table[T, K]) at(key K) int {
	i := t.home(key)
	for t.slots[i] != nil && t.key(t.slots[i]) != key {
		i = (i + 1) & (len(t.slots) - 1)
	}
	return i
}

// home is where what has a key stands unless another one does.
func (t *table[T, K]) home(key K) int { return place(t.hash(key)) & (len(t.slots) - 1) }

// get returns what has a key, nil for nothing.
func (t *table[T, K]) get(key K) *T { return t.slots[t.at(key)] }

// put takes in x, in place of what has its key.
func (t *table[T, K]) put(x *T) {
	if 4*(t.used+1) > 3*len(t.slots) {
		old := t.slots
		t.slots = make([]*T, 2*len(old))
		for _, o := range old {
			if o != nil {
				t.slots[t.at(t.key(o))] = o
			}
		}
	}
	i := t.at(t.key(x))
	if t.slots[i] == nil {
		t.used++
	}
	t.slots[i] = x
}

// delete takes out what has a key, if there is anything. What it was in the way of moves up.
func (t *table[T, K]) delete(key K) {
	i, mask := t.at(key), len(t.slots)-1
	if t.slots[i] == nil {
		return
	}
	t.used--
	for k := (i + 1) & mask; t.slots[k] != nil; k = (k + 1) & mask {
		if home := t.home(t.key(t.slots[k])); (k-home)&mask >= (k-i)&mask {
			t.slots[i], i = t.slots[k], k
		}
	}
	t.slots[i] = nil
}
