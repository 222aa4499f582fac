package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Moved says what Move copied.
type Moved struct {
	Tables int
	Rows   int64
	Digest uint64 // of all rows, in whatever order; equal on both sides
}

// Errors of Move that are for whoever called it.
var (
	ErrNotEmpty = errors.New("is not empty")
	ErrWritten  = errors.New("was written to meanwhile")
)

// Move copies all that a store knows to another, of either engine, which must be empty: all or
// nothing. It reads one state of the first, holds few rows at a time, and compares what arrived with
// what left. A store that was written to meanwhile is not moved, for what is new would stay behind.
// It calls each, when given, with the rows copied so far and all there are.
func Move(ctx context.Context, from, to string, each func(done, total int64)) (Moved, error) {
	var m Moved
	if err := Find(ctx, from); err != nil {
		return m, err
	}
	src, err := Open(ctx, from)
	if err != nil {
		return m, err
	}
	dst, err := Open(ctx, to)
	if err != nil {
		return m, errors.Join(err, src.Close())
	}
	if each == nil {
		each = func(int64, int64) {}
	}
	m, err = src.moveTo(ctx, dst, each)
	if err == nil {
		err = dst.d.analyze(ctx, dst.write)
	}
	return m, errors.Join(err, src.Close(), dst.Close())
}

func (s *Store) moveTo(ctx context.Context, dst *Store, each func(done, total int64)) (m Moved, err error) {
	seen, err := s.read.BeginTx(ctx, s.d.snapshot())
	if err != nil {
		return m, s.explain(err)
	}
	defer func() { err = errors.Join(err, ignoreDone(seen.Rollback())) }()
	before, err := mark(ctx, seen)
	if err != nil {
		return m, s.explain(err)
	}
	tables, err := movedTables()
	if err != nil {
		return m, err
	}
	m.Tables = len(tables)
	var total int64
	for _, table := range tables {
		n, err := rowCount(ctx, seen, table)
		if err != nil {
			return m, s.explain(err)
		}
		total += n
	}
	err = dst.tx(ctx, func(tx *tx) error {
		for _, table := range tables {
			if n, err := rowCount(ctx, tx, table); err != nil {
				return err
			} else if n > 0 {
				return fmt.Errorf("%s %w: %d rows in %s; name a database that is", dst.name, ErrNotEmpty, n, table)
			}
		}
		for _, table := range tables {
			n, sum, err := copyTable(ctx, s, seen, tx, table, func(n int64) { each(m.Rows+n, total) })
			if err != nil {
				return fmt.Errorf("copy %s: %w", table, err)
			}
			arrived, there, err := digest(ctx, tx, table)
			if err != nil {
				return fmt.Errorf("compare %s: %w", table, err)
			}
			if arrived != n || there != sum {
				return fmt.Errorf("%s has %d rows of %s with the digest %016x, %s has %d with %016x; nothing was moved",
					s.name, n, table, sum, dst.name, arrived, there)
			}
			m.Rows += n
			m.Digest += sum
		}
		// Each engine has an index of its own, which Index makes.
		if err := tx.exec(`DELETE FROM meta WHERE name = $1`, indexReached); err != nil {
			return err
		}
		last, err := s.d.lastNumber(ctx, seen)
		if err != nil {
			return s.explain(err)
		}
		if err := dst.d.setLastNumber(tx, last); err != nil {
			return err
		}
		after, err := mark(ctx, s.read)
		if err != nil {
			return s.explain(err)
		}
		if after != before {
			return fmt.Errorf("%s %w; stop the feedd that uses it and move it again", s.name, ErrWritten)
		}
		return nil
	})
	return m, err
}

// querier is a transaction or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// mark is a value that changes whenever collecting, the desk, publishing or an editor writes.
func mark(ctx context.Context, q querier) (text string, err error) {
	err = q.QueryRowContext(ctx, `SELECT CAST((SELECT COALESCE(MAX(id), 0) FROM items) AS TEXT) || ' ' ||
		CAST((SELECT COALESCE(SUM(next_run), 0) FROM sources) AS TEXT) || ' ' ||
		CAST((SELECT COALESCE(SUM(version), 0) FROM sections) AS TEXT) || ' ' ||
		CAST((SELECT COALESCE(MAX(modified), 0) FROM renditions) AS TEXT) || ' ' ||
		CAST((SELECT COALESCE(SUM(until), 0) FROM subscriptions) AS TEXT) || ' ' ||
		COALESCE((SELECT value FROM meta WHERE name = $1), '')`, deskTurn).Scan(&text)
	return text, err
}

func rowCount(ctx context.Context, q querier, table string) (n int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table).Scan(&n)
	return n, err
}

// copyTable copies a table and returns its rows and their digest as they left.
func copyTable(ctx context.Context, src *Store, seen *sql.Tx, tx *tx, table string, each func(int64)) (n int64, sum uint64, err error) {
	columns, err := columnsOf(ctx, tx, table)
	if err != nil {
		return 0, 0, err
	}
	rows, err := seen.QueryContext(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+table+` ORDER BY 1`)
	if err != nil {
		return 0, 0, src.explain(err)
	}
	defer rows.Close()
	var failed error // to read
	err = tx.s.d.copyIn(tx, table, columns, func() []any {
		if failed != nil || !rows.Next() {
			return nil
		}
		var row []any
		if row, failed = values(rows, len(columns)); failed != nil {
			return nil
		}
		sum += hash(row)
		if n++; n%100 == 0 {
			each(n)
		}
		return row
	})
	each(n)
	if failed = errors.Join(failed, rows.Err()); failed != nil {
		return n, sum, src.explain(failed)
	}
	return n, sum, err
}

// digest reads a table for its number of rows and the sum of their hashes.
func digest(ctx context.Context, tx *tx, table string) (n int64, sum uint64, err error) {
	columns, err := columnsOf(ctx, tx, table)
	if err != nil {
		return 0, 0, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+table)
	if err != nil {
		return 0, 0, err
	}
	err = scan(rows, func(r *sql.Rows) error {
		row, err := values(r, len(columns))
		n++
		sum += hash(row)
		return err
	})
	return n, sum, err
}

// columnsOf names the columns that are moved, in the order of this engine: the other may have them in another.
func columnsOf(ctx context.Context, tx *tx, table string) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `SELECT * FROM `+table+` LIMIT 0`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if table == "items" { // where they are in the index stays behind, as the index does
		columns = slices.DeleteFunc(columns, func(c string) bool { return c == "found" })
	}
	return columns, errors.Join(err, rows.Err())
}

// values reads a row: whole numbers, texts that both engines can hold, and bytes.
func values(rows *sql.Rows, columns int) ([]any, error) {
	row, dest := make([]any, columns), make([]any, columns)
	for i := range row {
		dest[i] = &row[i]
	}
	if err := rows.Scan(dest...); err != nil {
		return nil, err
	}
	for i := range row {
		switch v := row[i].(type) {
		case int64:
		case []byte:
			if v == nil {
				row[i] = []byte{}
			}
		case string:
			row[i] = clean(v)
		default:
			return nil, fmt.Errorf("column %d holds a %T", i+1, v)
		}
	}
	return row, nil
}

func hash(row []any) uint64 {
	var d xxhash.Digest
	d.Reset()
	for _, v := range row {
		switch v := v.(type) {
		case []byte:
			fmt.Fprintf(&d, "b%d:", len(v))
			_, _ = d.Write(v) // never fails
		case string:
			fmt.Fprintf(&d, "t%d:", len(v))
			_, _ = d.WriteString(v)
		default:
			fmt.Fprintf(&d, "n%d:", v)
		}
	}
	return d.Sum64()
}

var tableWords = regexp.MustCompile(`(?m)^(CREATE|DROP) TABLE (\w+)|^ALTER TABLE (\w+) RENAME TO (\w+)`)

// movedTables are the tables whose rows outlive the processes that serve.
func movedTables() ([]string, error) {
	tables, err := schemaTables()
	return slices.DeleteFunc(tables, func(t string) bool { return t == "gates" || t == "nodes" || t == "beside" }), err
}

// schemaTables names the tables that the migrations make. A schema on PostgreSQL may hold others,
// that are not feedd's.
func schemaTables() ([]string, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql") // in order
	if err != nil {
		return nil, err
	}
	var tables []string
	for _, name := range files {
		text, err := migrations.ReadFile(path.Clean(name))
		if err != nil {
			return nil, err
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		for _, m := range tableWords.FindAllStringSubmatch(up, -1) {
			remove := m[3]
			switch m[1] {
			case "CREATE":
				tables = append(tables, m[2])
			case "DROP":
				remove = m[2]
			default:
				tables = append(tables, m[4])
			}
			tables = slices.DeleteFunc(tables, func(t string) bool { return t == remove })
		}
	}
	slices.Sort(tables)
	return tables, nil
}
