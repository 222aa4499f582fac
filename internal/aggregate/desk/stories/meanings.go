package stories

import "feedd/internal/aggregate/desk/words"

// meanings are what acronyms stand for, as the reports of the window say: "Bộ Y tế (BYT)". One report is enough, since
// the letters agree; that another of the same letters is meant, two headlines that are compared show seldom.
type meanings map[uint32][]meant

// meant is one meaning of an acronym.
type meant struct {
	long    words.Phrase
	reports int32 // that say so
}

// saw takes what a text says of an acronym by so many reports more, or fewer.
func (ms meanings) saw(t *words.Text, reports int32) {
	m := t.Meaning()
	if m.Acronym == 0 {
		return
	}
	list := ms[m.Acronym]
	at := 0
	for at < len(list) && list[at].long != m.Long {
		at++
	}
	if at == len(list) {
		list = append(list, meant{long: m.Long})
	}
	if list[at].reports += reports; list[at].reports <= 0 {
		list = append(list[:at], list[at+1:]...)
	}
	if ms[m.Acronym] = list; len(list) == 0 {
		delete(ms, m.Acronym)
	}
}

// spelled returns how many words at the head of the list an acronym is known to stand for, 0 where it is not.
func (ms meanings) spelled(list []words.Token, hit []int8, acronym uint32) int {
	for _, m := range ms[words.Hashed(acronym)] {
		n := int(m.long.Words)
		if n > len(list) {
			continue
		}
		var phrase words.Phrase
		for i := range list[:n] {
			if hit[i] >= 0 && list[i].Flags&words.IsJoining == 0 {
				break
			}
			phrase = phrase.With(list[i].Fold)
		}
		if phrase == m.long {
			return n
		}
	}
	return 0
}
