package store

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"feedd/internal/store/storetest"
)

// Rows that are not there yet arrive as they are, few or many, and one that is there fails all.
func TestFresh(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		s := open(t, address)
		storetest.Exec(t, address, `CREATE TABLE trial (id BIGINT PRIMARY KEY, word TEXT NOT NULL, body `+map[bool]string{true: "BLOB", false: "BYTEA"}[strings.HasPrefix(address, "sqlite:")]+`, n BIGINT NOT NULL DEFAULT 7)`)
		const insert = `INSERT INTO trial (id, word, body) VALUES ($1, $2, $3)`
		const few, many = 3, 2*atOnceMost + 3
		rows := func(from, to int64) (rows [][]any) {
			for i := from; i < to; i++ {
				rows = append(rows, []any{i, fmt.Sprintf("%d\t, {'\"\\ ế\n", i), []byte{0, byte(i)}})
			}
			return rows
		}
		put := func(rows [][]any) error {
			return s.tx(t.Context(), func(tx *tx) error { return tx.fresh(insert, rows) })
		}
		for _, part := range [][][]any{nil, rows(0, few), rows(few, few+1), rows(few+1, many)} {
			if err := put(part); err != nil {
				t.Fatal(err)
			}
		}
		if put(rows(many-1, many+few)) == nil || put(rows(few, 2*many)) == nil {
			t.Error("a row that is there was put there again")
		}
		var n, sum int
		if err := s.one(t.Context(), `SELECT COUNT(*), SUM(n) FROM trial`, nil, &n, &sum); err != nil || n != many || sum != 7*many {
			t.Errorf("%d rows, %d, %v; want %d", n, sum, err, many)
		}
		for _, r := range rows(0, many) {
			var word string
			var body []byte
			if err := s.one(t.Context(), `SELECT word, body FROM trial WHERE id = $1`, r[:1], &word, &body); err != nil || word != r[1] || string(body) != string(r[2].([]byte)) {
				t.Fatalf("row %d is %q, %q, %v", r[0], word, body, err)
			}
		}
	})
}

// The words of an item stand in PostgreSQL's index as that would have read them from a text.
func TestIndexedAsTheServerReads(t *testing.T) {
	s := open(t, storetest.Postgres(t))
	for name, words := range map[string]string{
		"none":         ``,
		"some":         `lai suat giam lai suat tang c++ 東京 `,
		"order":        "b aa a ab \uE000 ế z abc ab ",
		"signs":        `' don't \ back\slash "quoted" '' `,
		"often":        strings.Repeat("tin va ", 400),
		"further":      strings.Repeat("x ", lastPlace-2) + "a b a c b a ",
		"many a place": strings.Repeat("x y z ", lastPlace/3) + "the end the end ",
	} {
		source := sourceWord("nguồn")
		text := `'` + source + `'`
		at := 0
		for word := range strings.FieldsSeq(words) {
			at++
			if word = bare(word); word != "" {
				text += fmt.Sprintf(` '%s':%d`, word, at)
			}
		}
		for _, rows := range []int{1, copyFrom} { // one INSERT, and COPY
			if err := s.tx(t.Context(), func(tx *tx) error {
				insert, _ := s.d.foundRows()
				put := make([][]any, rows)
				for i := range put {
					put[i] = []any{int64(i), s.d.indexed([]byte(words), source)}
				}
				if err := tx.fresh(insert, put); err != nil {
					return err
				}
				var same bool
				var is string
				if err := tx.QueryRow(`SELECT words = $1::tsvector, words FROM found WHERE id = 0`, text).Scan(&same, &is); err != nil || !same {
					return fmt.Errorf("%s is %.300q: %w", text[:min(len(text), 300)], is, err)
				}
				_, err := tx.Exec(`DELETE FROM found`)
				return err
			}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// Rows of the index that wait in a list are put where they belong once there are many, beside the commits.
func TestIndexIsTidied(t *testing.T) {
	s := open(t, storetest.Postgres(t))
	put := func(from, to int64) {
		t.Helper()
		var rows [][]any
		for i := from; i < to; i++ {
			rows = append(rows, []any{i, s.d.indexed([]byte("tin va "), sourceWord("b"))})
		}
		if err := s.tx(t.Context(), func(tx *tx) error { return s.writeIndex(tx, nil, rows) }); err != nil {
			t.Fatal(err)
		}
		s.work.Wait()
	}
	waiting := func() (pages int) { // and takes them out
		t.Helper()
		if err := s.one(context.Background(), `SELECT gin_clean_pending_list('found_words')`, nil, &pages); err != nil {
			t.Fatal(err)
		}
		return pages
	}
	put(0, tidyRows/2)
	put(tidyRows/2, tidyRows)
	if n := waiting(); n != 0 {
		t.Errorf("%d pages wait after %d rows", n, tidyRows)
	}
	put(tidyRows, 2*tidyRows-1)
	if n := waiting(); n == 0 {
		t.Error("none wait after a few rows")
	}
}
