package words

import (
	"cmp"
	"slices"
	"strings"
)

// Shared returns the rarest words that the text read last shares with d, as it was written.
func (rd *Reader) Shared(d *Text) []string {
	rd.table.Fill(d.All())
	list := rd.common[:0]
	for _, part := range [][]spelled{rd.title, rd.rest} {
		for i := range part {
			t := &part[i]
			if t.weight > 2 && t.Flags&IsNumber == 0 && rd.table.Find(Pack(t.Norm, 1)) >= 0 &&
				!slices.ContainsFunc(list, func(o *spelled) bool { return o.shown == t.shown }) {
				list = append(list, t)
			}
		}
	}
	rd.common = list
	slices.SortStableFunc(list, func(a, b *spelled) int { return cmp.Compare(b.weight, a.weight) })
	const most = 6
	words := make([]string, 0, most)
	for _, t := range list[:min(len(list), most)] {
		words = append(words, strings.Clone(t.shown)) // the text itself is not kept
	}
	return words
}
