package stories

// Frames are learned from the stream. Two headlines of one outlet that are one frame with other contents, and stand
// as articles of their own, show that what the frame is filled with tells its articles apart: "What to know about
// measles" and "What to know about the eclipse". A report of another outlet in that frame, filled with something
// else again, is linked at most. It is learned of the reports that are remembered, each time it is asked, so that
// nothing else need be kept.

// frame is why such reports are not told under one entry.
const frame = "a frame that an outlet fills anew"

// fillsAnew says whether some outlet has two articles in the frame of r and the judged report b, or r and another.
func (s *Memory) fillsAnew(r *report, b *verdictOn) bool {
	if b.j.frame == 0 || b.r.from.outlet == r.from.outlet {
		return false
	}
	for i := range s.judged {
		p := &s.judged[i]
		if p.j.frame != b.j.frame {
			continue
		}
		if p.r.from.outlet == r.from.outlet && ownArticles(r, p.r) {
			return true
		}
		for k := range s.judged {
			q := &s.judged[k]
			inFrame := q.j.exact || k > i && q.j.frame == b.j.frame
			if inFrame && p.r.from.outlet == q.r.from.outlet && p.r.entry != q.r.entry && ownArticles(p.r, q.r) {
				return true
			}
		}
	}
	return false
}

// ownArticles says whether two reports of an outlet stand as articles of their own, under headlines that differ.
func ownArticles(a, b *report) bool {
	return a.doc.Exact != b.doc.Exact && a.address != 0 && b.address != 0 && !sameArticle(a, b)
}
