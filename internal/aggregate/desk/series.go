package desk

// Columns that come back every day - bulletins, lottery results, prices, weather - are learned from
// repetition: a headline's words without its figures, seen from one outlet on several days of
// the window. Two issues of a series are never one story, however alike they are.

// series counts on which days a skeleton was used.
type series struct {
	days [8]int16 // reports on a day, by day modulo the length
}

const seriesDays = 3 // on which a skeleton makes a series

// skeleton is the last headline read without its figures, for one outlet; 0 when that leaves too
// little. Of a headline like "Giá vàng hôm nay 12/8: Tăng mạnh" only the head counts.
func (rd *reader) skeleton(outlet uint32) uint64 {
	h := uint64(outlet) * 1099511628211
	words, numbers := 0, 0
	for i, t := range rd.title {
		if i > 0 && t.start && numbers > 0 && words >= 2 {
			break
		}
		if t.flags&isNumber != 0 {
			numbers++
			continue
		}
		words++
		h = (h ^ uint64(t.fold)) * 1099511628211
	}
	if words < 2 || h == 0 {
		return 0
	}
	return h
}

func (s *stories) sawSkeleton(r *report, n int16) {
	if r.skel == 0 {
		return
	}
	se := s.series[r.skel]
	se.days[day(r)%int64(len(se.days))] += n
	if s.series[r.skel] = se; se == (series{}) {
		delete(s.series, r.skel)
	}
}

func day(r *report) int64 { return max(0, (r.at+7*3600)/86400) }

// isSeries says whether the report's headline is an issue of a series.
func (s *stories) isSeries(r *report) bool {
	if r.skel == 0 {
		return false
	}
	se := s.series[r.skel]
	n := 0
	today := day(r) % int64(len(se.days))
	for d, reports := range se.days {
		if reports > 0 || int64(d) == today {
			n++
		}
	}
	return n >= seriesDays
}

// issues says whether two reports are different issues of one series.
func (s *stories) issues(r, o *report) bool {
	return r.skel != 0 && r.skel == o.skel && day(r) != day(o) && s.isSeries(r)
}

// host is what is known of the addresses of one host.
type host struct{ withNumber, plain int32 }

// numbered says whether the host puts an article's number in its addresses: learned from at least
// twenty of them.
func (h *host) numbered() bool {
	const enough = 20
	return h != nil && h.withNumber >= enough && h.withNumber > 3*h.plain
}

func (s *stories) sawAddress(r *report, n int32) {
	if r.host == 0 {
		return
	}
	h := s.hosts[r.host]
	if h == nil {
		h = &host{}
		s.hosts[r.host] = h
	}
	if r.article != 0 {
		h.withNumber += n
	} else {
		h.plain += n
	}
	if *h == (host{}) {
		delete(s.hosts, r.host)
	}
}
