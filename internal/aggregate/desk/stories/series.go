package stories

import "feedd/internal/feed"

// Columns that come back every day - bulletins, lottery results, prices, weather - are learned from
// repetition: a headline's words without its figures, seen from one outlet on several days of
// the window. Two issues of a series are never one story, however alike they are.

// seriesSeen is on which days each skeleton was used. Nearly all were used once.
type seriesSeen struct {
	once map[uint32]int8   // the day
	more map[uint32]series // once there were several
}

func newSeriesSeen() seriesSeen { return seriesSeen{map[uint32]int8{}, map[uint32]series{}} }

// series counts the reports of a skeleton on a day, by day modulo the length.
type series [8]int16

const seriesDays = 3 // on which a skeleton makes a series

// sawSkeleton counts a report that comes in (1) or goes (-1).
func (s *Memory) sawSkeleton(r *report, n int16) {
	if r.skel == 0 {
		return
	}
	seen, d := &s.series, int8(day(r)%int64(len(series{})))
	se, several := seen.more[r.skel]
	if !several {
		before, known := seen.once[r.skel]
		switch {
		case !known && n > 0:
			seen.once[r.skel] = d
			return
		case !known:
			return
		case n < 0:
			delete(seen.once, r.skel)
			return
		}
		delete(seen.once, r.skel)
		se[before]++
	}
	se[d] += n
	if seen.more[r.skel] = se; se == (series{}) {
		delete(seen.more, r.skel)
	}
}

func day(r *report) int64 { return max(0, (r.at+7*3600)/86400) }

// isSeries says whether the report's headline is an issue of a series.
func (s *Memory) isSeries(r *report) bool {
	if r.skel == 0 {
		return false
	}
	se, several := s.series.more[r.skel]
	if !several { // with today's that is two days at most
		return false
	}
	n := 0
	today := day(r) % int64(len(se))
	for d, reports := range se {
		if reports > 0 || int64(d) == today {
			n++
		}
	}
	return n >= seriesDays
}

// issues says whether two reports are different issues of one series.
func (s *Memory) issues(r, o *report) bool {
	return r.skel != 0 && r.skel == o.skel && day(r) != day(o) && s.isSeries(r)
}

// sawAddress keeps what the addresses of the report's host show about its numbers; n is 1 for a
// report that comes in and -1 for one that goes. It stands beside the twins of the report, without
// it: what is known depends on the reports remembered, not on the order they came in.
func (s *Memory) sawAddress(r *report, n int) {
	if r.address == 0 {
		return
	}
	number, address := r.article != 0, true
	for o := range s.index.twins(byAddress, r.twinKeys()[byAddress]) {
		number = number && o.article != r.article
		address = address && o.address != r.address
	}
	h := s.hosts[r.host]
	if r.article == 0 {
		h.Plain += count(address, n)
	} else {
		h.Numbers += count(number, n)
		h.Addresses += count(address, n)
	}
	if h == (feed.Numbering{}) {
		delete(s.hosts, r.host)
	} else {
		s.hosts[r.host] = h
	}
}

func count(is bool, n int) int {
	if is {
		return n
	}
	return 0
}
