package words

import "strings"

// From names the host or the outlet that the texts read next are from, as "wave3.com": it signs its
// headlines with its own name and whatever it says of itself, "- wave3.com-Louisville News, Weather".
func (rd *Reader) From(host string) {
	own, known := rd.hosts[host]
	if !known {
		own = namesIn(host)
		if rd.hosts == nil || len(rd.hosts) == mostHosts {
			rd.hosts = map[string][]string{}
		}
		rd.hosts[strings.Clone(host)] = own
	}
	rd.own = own
}

const mostHosts = 4096 // remembered

// namesIn are the names that a host is made of but for its top level, or an outlet's name.
func namesIn(host string) (names []string) {
	const least = 3
	host = strings.TrimPrefix(host, "www.")
	for rest := host; rest != ""; {
		label, more, found := strings.Cut(rest, ".")
		if found && len(label) >= least || !found && rest == host {
			names = append(names, squeezed(label))
		}
		rest = more
	}
	return names
}

// squeezed is a name in small letters and digits alone.
func squeezed(name string) string {
	var b strings.Builder
	for _, w := range wordsOf(name) {
		b.WriteString(w.Fold)
	}
	return b.String()
}

// ownSignature returns how many words the outlet's own name and what stands behind it have at the end
// of a headline.
func (rd *Reader) ownSignature(words []wordform, text string) (int, bool) {
	const least = 3
	if len(rd.own) == 0 {
		return 0, false
	}
	for at := least; at < len(words); at++ {
		gap := text[words[at-1].End:words[at].Start]
		if len(gap) < 3 || gap[0] != ' ' || !strings.ContainsAny(gap, "-–—|") {
			continue
		}
		for _, name := range rd.own {
			if signs(words[at:], text, name) {
				return len(words) - at, true
			}
		}
	}
	return 0, false
}

// signs says whether the words begin with a name written in some way, "Wave 3", or with what it begins
// with, in capitals: WSMV, of wsmv4.com.
func signs(words []wordform, text, name string) bool {
	const acronym = 3
	first := words[0]
	if len(first.Fold) >= acronym && first.Fold[0] > '9' && strings.HasPrefix(name, first.Fold) && isUpper(text[first.Start:first.End]) {
		return true
	}
	for i := range words {
		var whole bool
		if name, whole = strings.CutPrefix(name, words[i].Fold); !whole {
			return false
		}
		if name == "" {
			return true
		}
	}
	return false
}
