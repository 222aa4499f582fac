package words

import (
	"slices"
	"strconv"
	"strings"

	"feedd/internal/feed"
)

// Circumstances are what tells one report of a kind of event from the next, where no list knows the
// names: where it happened, on which days of the week, and how old those are whom it happened to. "Boy, 15, shot in
// Gresham" and "15-year-old boy shot in Washington Heights" share all other words.
type Circumstances struct {
	places   [4]uint32 // the most telling word of each, as it stands among the text's words; 0 behind the last
	ages     [4]uint8  // likewise
	weekdays uint8     // by bit
}

// weekdays are the days of the week in English, whose reports tell the day of an event by them. Vietnamese ones tell its
// date.
var weekdays = map[uint32]uint8{
	Hash("monday"): 1 << 0, Hash("tuesday"): 1 << 1, Hash("wednesday"): 1 << 2, Hash("thursday"): 1 << 3,
	Hash("friday"): 1 << 4, Hash("saturday"): 1 << 5, Hash("sunday"): 1 << 6,
}

// beforePlaces are the words that a place follows, if what follows has a capital.
var beforePlaces = [2]map[uint32]bool{
	{Hash("in"): true, Hash("near"): true, Hash("outside"): true},
	{Hash(feed.Normal("tại")): true, Hash(feed.Normal("ở")): true},
}

// partsOfPlaces begin the names of many places.
var partsOfPlaces = words("north south east west new los san santa st saint fort lake port mount el la")

// circumstances notes them, of the headline or of the summary; caps says that capitals mean nothing.
func (rd *Reader) circumstances(c *Circumstances, words []wordform, text string, marked, caps, summary bool) {
	before := beforePlaces[one(marked)]
	if summary && !marked && !caps {
		rd.dateline(c, words, text)
	}
	for i := range words {
		w := &words[i]
		if !w.Upper && before[w.normal] {
			rd.place(c, words[i+1:], text, marked, caps)
			continue
		}
		if d := w.Fold[0]; d >= '1' && d <= '9' && len(w.Fold) <= 3 {
			if age := ageAt(words, i, text); age > 0 {
				note(c.ages[:], age)
			}
		} else if w.Upper && strings.HasSuffix(w.Fold, "day") {
			c.weekdays |= weekdays[w.fold]
		}
	}
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// place notes the name that the words begin with.
func (rd *Reader) place(c *Circumstances, words []wordform, text string, marked, caps bool) {
	const longest = 4
	best, most := uint32(0), float32(TellingFrom)
	for i := range words[:min(len(words), longest)] {
		w := &words[i]
		if !w.Upper || i > 0 && strings.Trim(text[words[i-1].End:w.Start], " .") != "" {
			break
		}
		normal, fold := rd.wordOf(w, marked)
		if weight := rd.weights.word(normal, fold, marked); weight > most {
			best, most = normal, weight
		}
		if caps && !partsOfPlaces[w.Fold] { // what follows may be anything
			break
		}
	}
	note(c.places[:], best)
}

// dateline notes the place in capitals at the head of a report: "BAKERSFIELD, Calif. (KGET) -".
func (rd *Reader) dateline(c *Circumstances, words []wordform, text string) {
	const head, least = 12, 5
	for i := range words[:min(len(words), head)] {
		w := &words[i]
		if w.End-w.Start >= least && w.Fold[0] > '9' && isUpper(text[w.Start:w.End]) {
			normal, _ := rd.wordOf(w, false)
			note(c.places[:], normal)
			return
		}
	}
}

// ageAt returns the age of somebody that the number at words[i] is, 0 when it is none: 15-year-old,
// "girl, 8, shot", 15 tuổi.
func ageAt(words []wordform, i int, text string) uint8 {
	v, err := strconv.ParseUint(words[i].Fold, 10, 8)
	if err != nil || v > 110 {
		return 0
	}
	next := func(k int) string {
		if i+k < len(words) {
			return words[i+k].Fold
		}
		return ""
	}
	switch {
	case next(1) == "tuoi", (next(1) == "year" || next(1) == "years" || next(1) == "yr") && next(2) == "old":
		return uint8(v)
	case i > 0 && i+1 < len(words) && between(text, words[i-1], words[i]) == ", " && strings.HasPrefix(text[words[i].End:], ", ") &&
		words[i-1].Fold[0] > '9' && words[i+1].Fold[0] > '9':
		return uint8(v)
	}
	return 0
}

// note puts v behind what a list holds, unless it stands there or the list is full; 0 is no value.
func note[T uint8 | uint32](list []T, v T) {
	for i := range list {
		switch list[i] {
		case 0:
			list[i] = v
			return
		case v:
			return
		}
	}
}

// Aged says whether the text names somebody's age.
func (c *Circumstances) Aged() bool { return c.ages[0] != 0 }

// Ages says whether two texts name ages, and some age in both, or none.
func (c *Circumstances) Ages(o *Circumstances) (same, other bool) {
	if c.ages[0] == 0 || o.ages[0] == 0 {
		return false, false
	}
	for _, a := range c.ages {
		for _, b := range o.ages {
			if a != 0 && a == b {
				return true, false
			}
		}
	}
	return false, true
}

// Weekdays says whether two texts name days of the week, and some day in both, or none.
func (c *Circumstances) Weekdays(o *Circumstances) (same, other bool) {
	if c.weekdays == 0 || o.weekdays == 0 {
		return false, false
	}
	same = c.weekdays&o.weekdays != 0
	return same, !same
}

// Places is what comparing the places of two texts gave, where both name some.
type Places struct {
	First     float64 // how many of the two that are named first stand in the other text: none, 0.5 or 1
	Elsewhere bool    // none of those
	Apart     bool    // no place of either stands in the other text
}

// Places compares the places that two texts name. in and in2 say whether the text of c, and of o, has a
// word.
func (c *Circumstances) Places(o *Circumstances, in, in2 func(word uint32) bool) (p Places) {
	if c.places[0] == 0 || o.places[0] == 0 {
		return p
	}
	p.First = float64(one(in2(c.places[0]))+one(in(o.places[0]))) / 2
	p.Elsewhere = p.First == 0
	p.Apart = p.Elsewhere && !anyPlace(c.places[1:], in2) && !anyPlace(o.places[1:], in)
	return p
}

func anyPlace(places []uint32, in func(word uint32) bool) bool {
	return slices.ContainsFunc(places, func(p uint32) bool { return p != 0 && in(p) })
}
