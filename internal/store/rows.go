package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// reads runs queries within a transaction (tx) or outside of all.
type reads interface {
	// query runs one reading query and calls each for every row.
	query(q string, each func(*sql.Rows) error, args ...any) error
	// in is dialect.in.
	in(ids []int64, args *[]any) string
}

// outside reads what the transactions have committed.
type outside struct {
	ctx context.Context
	s   *Store
}

func (o outside) query(q string, each func(*sql.Rows) error, args ...any) error {
	rows, err := again(o.s.d, func() (*sql.Rows, error) { return o.s.d.query(o.ctx, o.s.read, q, args) })
	if err != nil {
		return o.s.explain(err)
	}
	return o.s.explain(scan(rows, each))
}

func (o outside) in(ids []int64, args *[]any) string { return o.s.d.in(ids, args) }

// query reads the rows to the end before the same is asked again.
func (t *tx) query(q string, each func(*sql.Rows) error, args ...any) error {
	rows, err := t.QueryContext(context.Background(), q, args...) // it ends with the transaction
	if err != nil {
		return err
	}
	return scan(rows, each)
}

func (t *tx) in(ids []int64, args *[]any) string { return t.s.d.in(ids, args) }

// query runs one reading query beside the transactions and calls each for every row.
func (s *Store) query(ctx context.Context, q string, each func(*sql.Rows) error, args ...any) error {
	return outside{ctx, s}.query(q, each, args...)
}

// one reads the only row of a query; sql.ErrNoRows when there is none.
func (s *Store) one(ctx context.Context, q string, args []any, dest ...any) error {
	found := false
	err := s.query(ctx, q, func(r *sql.Rows) error {
		found = true
		return r.Scan(dest...)
	}, args...)
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

// eachIn calls each for every row of which a column is one of ids, however many these are: head is the query up to the column,
// tail the rest of it, and args are bound before the ids.
func eachIn(from reads, head string, ids []int64, tail string, each func(*sql.Rows) error, args ...any) error {
	return inParts(from, head, ids, tail, args, func(q string, args []any) error { return from.query(q, each, args...) })
}

// affectedIn runs a statement for ids, as eachIn does, and returns how many rows it changed.
func (t *tx) affectedIn(head string, ids []int64, tail string, args ...any) (total int, err error) {
	err = inParts(t, head, ids, tail, args, func(q string, args []any) error {
		n, err := t.affected(q, args...)
		total += n
		return err
	})
	return total, err
}

// listed is how many numbers one dialect.in gets at most.
const listed = 500

// inParts calls run with the text and the arguments of a query, for as many of the ids at a time as one gets.
func inParts(from reads, head string, ids []int64, tail string, args []any, run func(q string, args []any) error) error {
	for part := range slices.Chunk(ids, listed) {
		bound := slices.Clone(args)
		in := from.in(part, &bound)
		if err := run(head+in+tail, bound); err != nil {
			return err
		}
	}
	return nil
}

func scan(rows *sql.Rows, each func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// into appends every row to a list; dest says where the columns of one are read to.
func into[T any](list *[]T, dest func(*T) []any) func(*sql.Rows) error {
	var one T
	to := dest(&one)
	return func(r *sql.Rows) error {
		var empty T
		one = empty
		if err := r.Scan(to...); err != nil {
			return err
		}
		*list = append(*list, one)
		return nil
	}
}

// column is into for rows of one column.
func column[T any](list *[]T) func(*sql.Rows) error {
	return into(list, func(v *T) []any { return []any{v} })
}

// intoMap adds rows of two columns to a map.
func intoMap[K comparable, V any](m map[K]V) func(*sql.Rows) error {
	return func(r *sql.Rows) error {
		var k K
		var v V
		if err := r.Scan(&k, &v); err != nil {
			return err
		}
		m[k] = v
		return nil
	}
}

// Destinations for Rows.Scan that turn what the tables hold into what the program uses: milliseconds into a time (see
// millis), a number into a key (see keyInt) or into its 64 bits, ids with commas between them into a list.
type (
	asTime struct{ to *time.Time }
	asKey  struct{ to *string }
	asBits struct{ to *uint64 }
	asList struct{ to *[]string }
)

func (a asTime) Scan(v any) error {
	ms, err := held[int64](v)
	*a.to = fromMillis(ms)
	return err
}

func (a asKey) Scan(v any) error {
	n, err := held[int64](v)
	*a.to = intKey(n)
	return err
}

func (a asBits) Scan(v any) error {
	n, err := held[int64](v)
	*a.to = uint64(n)
	return err
}

func (a asList) Scan(v any) error {
	text, err := held[string](v)
	*a.to = splitList(text)
	return err
}

func held[T int64 | string](v any) (T, error) {
	is, ok := v.(T)
	if !ok {
		return is, fmt.Errorf("a column holds a %T, not a %T", v, is)
	}
	return is, nil
}
