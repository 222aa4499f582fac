package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"feedd/internal/feed"
)

// opposite is the word that a word takes back.
var opposite = map[feed.EditorsKind]feed.EditorsKind{feed.WordFile: feed.WordUnfile, feed.WordUnfile: feed.WordFile}

// changed is what a word changed, kept beside it so that taking it back restores it.
type changed struct {
	Words  []replaced   `json:"words,omitempty"`
	Places []feed.Place `json:"places,omitempty"` // of the reports that it moved
}

// replaced is an earlier word that a word replaced, with what that one changed.
type replaced struct {
	feed.EditorsWord
	Changed changed
}

// Most words that are kept one behind the other, for an editor who says and unsays the same for ever.
const mostReplaced = 20

// cut forgets what was replaced longer ago than depth words.
func (c changed) cut(depth int) changed {
	if depth == 0 {
		c.Words = nil
	}
	for i := range c.Words {
		c.Words[i].Changed = c.Words[i].Changed.cut(depth - 1)
	}
	return c
}

// SaveWords remembers the editor's words for good, a power cut included, sets the number that they share as one decision,
// and puts the items they are about back into the inbox. It is the first of several that moves
// the items, and another those of its own places. A word takes back its opposite. Every desk that works meanwhile is overtaken, for it has not
// heard them.
func (s *Store) SaveWords(ctx context.Context, words []feed.EditorsWord, items []int64) error {
	return s.txForGood(ctx, func(tx *tx) error {
		if len(words) > 0 {
			n, err := nextDecision(tx)
			if err != nil {
				return err
			}
			for i := range words {
				words[i].N = n
				moved := items
				if i > 0 {
					moved = nil
					for _, p := range words[i].Places {
						moved = append(moved, p.Item)
					}
				}
				if err := saveWord(tx, &words[i], moved); err != nil {
					return err
				}
			}
		}
		beside, err := chains(tx, words)
		if err != nil {
			return err
		}
		return reopen(tx, slices.Concat(items, beside))
	})
}

// chains are the reports that speak for the developments of the stories that words split: the one before
// each may be another now.
func chains(tx *tx, words []feed.EditorsWord) (leads []int64, err error) {
	for i := range words {
		if w := &words[i]; w.Kind == feed.WordSplit && len(leads) == 0 { // words said at once are about one story
			if leads, err = idsIn(tx, `SELECT lead FROM entries WHERE story = $1 AND follows <> 0 AND withdrawn = 0 AND lead <> 0`, keyInt(w.B)); err != nil {
				return nil, err
			}
		}
	}
	return leads, nil
}

// reopen puts items back into the inbox and overtakes every desk.
func reopen(tx *tx, items []int64) error {
	if len(items) > 0 {
		var args []any
		if err := tx.exec(`UPDATE items SET filed = 0 WHERE id `+tx.s.d.in(items, &args), args...); err != nil {
			return err
		}
	}
	return overtake(tx)
}

// decisionCount is the name under which meta counts the editor's decisions.
const decisionCount = "decisions"

func nextDecision(tx *tx) (n int64, err error) {
	err = tx.QueryRow(`INSERT INTO meta (name, value) VALUES ($1, '1')
		ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT)
		RETURNING CAST(value AS BIGINT)`, decisionCount).Scan(&n)
	return n, err
}

// saveWord writes one word, with what it changes.
func saveWord(tx *tx, w *feed.EditorsWord, items []int64) error {
	var c changed
	replace := func(kind feed.EditorsKind, a, b string) error {
		if err := tx.query(selectWords+` WHERE kind = $1 AND a = $2 AND b = $3`, func(r *sql.Rows) error {
			old, was, err := scanWord(r)
			c.Words = append(c.Words, replaced{old, was})
			return err
		}, string(kind), a, b); err != nil {
			return err
		}
		return tx.exec(`DELETE FROM words WHERE kind = $1 AND a = $2 AND b = $3`, string(kind), a, b)
	}
	if err := replace(w.Kind, w.A, w.B); err != nil {
		return err
	}
	switch w.Kind {
	case feed.WordFile, feed.WordUnfile:
		if err := replace(opposite[w.Kind], w.A, w.B); err != nil {
			return err
		}
	case feed.WordSplit: // it parts what was joined
		if err := replace(feed.WordJoin, w.B, w.A); err != nil {
			return err
		}
	case feed.WordJoin: // it unites what was split off
		keys, err := parted(tx, items, w.A)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if err := replace(feed.WordSplit, k, w.A); err != nil {
				return err
			}
		}
	}
	if w.Kind == feed.WordSplit || w.Kind == feed.WordJoin {
		var err error
		if c.Places, err = places(tx, items); err != nil {
			return err
		}
	}
	return putWord(tx, w, c)
}

func putWord(tx *tx, w *feed.EditorsWord, c changed) error {
	titles, err := json.Marshal(w.Titles)
	if err != nil {
		return err
	}
	undo, err := json.Marshal(c.cut(mostReplaced))
	if err != nil {
		return err
	}
	return tx.exec(`INSERT INTO words (kind, a, b, at, titles, n, who, undo) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (kind, a, b) DO UPDATE SET at = excluded.at, titles = excluded.titles, n = excluded.n, who = excluded.who, undo = excluded.undo`,
		string(w.Kind), w.A, w.B, millis(w.At), string(titles), w.N, clean(w.By), clean(string(undo)))
}

// parted are the keys under which an editor took any of these items out of a story.
func parted(tx *tx, items []int64, story string) (keys []string, err error) {
	var identities []string
	if err := eachIn(tx, `SELECT uid FROM items WHERE id `, items, ``, into(&identities, func(uid *string) []any { return []any{asKey{uid}} })); err != nil {
		return nil, err
	}
	err = tx.query(selectWords+` WHERE kind = $1 AND b = $2 ORDER BY a`, func(r *sql.Rows) error {
		w, c, err := scanWord(r)
		if slices.Contains(identities, w.A) || slices.ContainsFunc(c.Places, func(p feed.Place) bool { return slices.Contains(items, p.Item) }) {
			keys = append(keys, w.A)
		}
		return err
	}, string(feed.WordSplit), story)
	return keys, err
}

// places are where these items are told now. What the desk has not filed yet has none.
func places(tx *tx, items []int64) (all []feed.Place, err error) {
	err = eachIn(tx, `SELECT i.id, i.story, i.entry, i.verdict, i.why, e.lead
		FROM items i JOIN entries e ON e.id = i.entry WHERE i.id `, items, ` ORDER BY i.id`, func(r *sql.Rows) error {
		var p feed.Place
		var lead int64
		var why string
		if err := r.Scan(&p.Item, asKey{&p.Story}, asKey{&p.Entry}, &p.Verdict, &why, &lead); err != nil {
			return err
		}
		p.Led = lead == p.Item
		if why != "" {
			if err := json.Unmarshal([]byte(why), &p.Why); err != nil {
				return err
			}
		}
		all = append(all, p)
		return nil
	})
	return all, err
}

const selectWords = `SELECT kind, a, b, at, titles, n, who, undo FROM words`

func scanWord(r *sql.Rows) (w feed.EditorsWord, c changed, err error) {
	var titles, undo string
	if err := r.Scan(&w.Kind, &w.A, &w.B, asTime{&w.At}, &titles, &w.N, &w.By, &undo); err != nil {
		return w, c, err
	}
	if err := json.Unmarshal([]byte(titles), &w.Titles); err != nil {
		return w, c, err
	}
	if undo != "" {
		err = json.Unmarshal([]byte(undo), &c)
	}
	return w, c, err
}

// Words returns the editor's words in the order they were given.
func (s *Store) Words(ctx context.Context) ([]feed.EditorsWord, error) {
	var words []feed.EditorsWord
	err := s.query(ctx, selectWords+` ORDER BY at, n, kind, a, b`, func(r *sql.Rows) error {
		w, c, err := scanWord(r)
		w.Places = c.Places
		words = append(words, w)
		return err
	})
	return words, err
}

// Errors of TakeBack that are for whoever called it.
var (
	ErrNoDecision = feed.Unknownf("there is no such decision")
	ErrLater      = feed.Errorf("a later decision moved the same reports")
)

// TakeBack takes the decision with this number back: the words it replaced hold again, and the
// reports it moved are in the inbox with word of where they return to. A retraction is taken back by
// Withdraw. Every desk that works meanwhile is overtaken.
func (s *Store) TakeBack(ctx context.Context, n int64) ([]feed.EditorsWord, error) {
	var gone []feed.EditorsWord
	err := s.txForGood(ctx, func(tx *tx) error {
		gone = nil
		what := map[int]changed{} // of gone
		var later []feed.EditorsWord
		if err := tx.query(selectWords+` ORDER BY n, kind, a, b`, func(r *sql.Rows) error {
			w, c, err := scanWord(r)
			w.Places = c.Places
			switch {
			case w.N == n && n > 0:
				what[len(gone)] = c
				gone = append(gone, w)
			case w.N > n && len(c.Places) > 0:
				later = append(later, w)
			}
			return err
		}); err != nil {
			return err
		}
		if len(gone) == 0 {
			return feed.Errorf("%s: %d", ErrNoDecision, n)
		}
		var items []int64
		for i := range gone {
			moved, err := takeBack(tx, &gone[i], what[i], later)
			if err != nil {
				return err
			}
			items = append(items, moved...)
		}
		beside, err := chains(tx, gone)
		if err != nil {
			return err
		}
		return reopen(tx, slices.Concat(items, beside))
	})
	return gone, err
}

// takeBack deletes one word, restores what it changed and returns the items to look at again.
func takeBack(tx *tx, w *feed.EditorsWord, c changed, later []feed.EditorsWord) (items []int64, err error) {
	for _, p := range c.Places {
		for _, l := range later {
			if slices.ContainsFunc(l.Places, func(q feed.Place) bool { return q.Item == p.Item }) {
				return nil, feed.Errorf("%s; take back %d first", ErrLater, l.N)
			}
		}
	}
	if err := tx.exec(`DELETE FROM words WHERE kind = $1 AND a = $2 AND b = $3`, string(w.Kind), w.A, w.B); err != nil {
		return nil, err
	}
	for i := range c.Words {
		if err := putWord(tx, &c.Words[i].EditorsWord, c.Words[i].Changed); err != nil {
			return nil, err
		}
	}
	for _, p := range c.Places {
		back := feed.EditorsWord{Kind: feed.WordReturn, A: strconv.FormatInt(p.Item, 10), At: w.At}
		if err := putWord(tx, &back, changed{Places: []feed.Place{p}}); err != nil {
			return nil, err
		}
		items = append(items, p.Item)
	}
	if _, ok := opposite[w.Kind]; ok {
		id, err := strconv.ParseInt(w.A, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the editor's word on item %q: %w", w.A, err)
		}
		items = append(items, id)
	}
	return items, nil
}

// saveRetractions writes, or with undo deletes, the word on each story that is withdrawn or comes back.
// It returns the decision's number, 0 with undo.
func saveRetractions(tx *tx, entries []feed.Entry, at time.Time, by string) (n int64, err error) {
	done := map[string]bool{}
	for i := range entries {
		story := entries[i].Story
		if done[story] {
			continue
		}
		done[story] = true
		if at.IsZero() {
			if err := tx.exec(`DELETE FROM words WHERE kind = $1 AND a = $2`, string(feed.WordRetract), story); err != nil {
				return 0, err
			}
			continue
		}
		if n == 0 {
			if n, err = nextDecision(tx); err != nil {
				return 0, err
			}
		}
		w := feed.EditorsWord{Kind: feed.WordRetract, A: story, At: at, By: by, N: n}
		if lead := entries[i].LeadItem(); lead != nil {
			w.Titles[0] = lead.Title
		}
		if err := putWord(tx, &w, changed{}); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// forgetReturns deletes the words by which reports returned, once they did.
func forgetReturns(tx *tx, items []int64) error {
	for _, id := range items {
		if err := tx.exec(`DELETE FROM words WHERE kind = $1 AND a = $2`, string(feed.WordReturn), strconv.FormatInt(id, 10)); err != nil {
			return err
		}
	}
	return nil
}
