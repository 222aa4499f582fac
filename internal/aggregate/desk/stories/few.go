package stories

import "slices"

// few is a list that mostly holds one: most stories are one entry, most entries one report. A slice of
// its own for each would take twice the memory.
type few[T any] struct {
	one  [1]*T
	more *[]*T // all of them, once there were several
}

// all returns what the list holds, until it is changed.
func (f *few[T]) all() []*T {
	switch {
	case f.more != nil:
		return *f.more
	case f.one[0] == nil:
		return nil
	}
	return f.one[:]
}

func (f *few[T]) insert(at int, x *T) {
	if f.more == nil && f.one[0] == nil {
		f.one[0] = x
		return
	}
	list := slices.Insert(f.all(), at, x)
	*f = few[T]{more: &list}
}

func (f *few[T]) add(x *T) { f.insert(len(f.all()), x) }

func (f *few[T]) remove(x *T) {
	list := f.all()
	i := slices.Index(list, x)
	if i < 0 {
		return
	}
	if list = slices.Delete(list, i, i+1); len(list) <= 1 {
		*f = few[T]{}
		if len(list) == 1 {
			f.one[0] = list[0]
		}
		return
	}
	*f.more = list
}
