package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"feedd/internal/feed"
)

// tally counts what is asked of a database: statements that are run and rows that are read.
type tally struct{ statements, rows atomic.Int64 }

func (n *tally) String() string {
	return fmt.Sprintf("%d statements, %d rows", n.statements.Swap(0), n.rows.Swap(0))
}

// countedDialect is SQLite, whose connections count.
type countedDialect struct {
	*sqliteDialect
	n *tally
}

func (d countedDialect) open() (write, read *sql.DB, err error) {
	if write, read, err = d.sqliteDialect.open(); err != nil {
		return nil, nil, err
	}
	counted := func(db *sql.DB, dsn string) *sql.DB {
		c := sql.OpenDB(countedConnector{db.Driver(), dsn, d.n})
		c.SetMaxOpenConns(1)
		return c
	}
	w := counted(write, sqliteURL(d.path)+"_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_txlock=immediate")
	r := counted(read, sqliteURL(d.path)+"_pragma=busy_timeout(10000)&_pragma=query_only(1)")
	return w, r, errors.Join(write.Close(), read.Close())
}

// begin leaves out what is asked once in many transactions.
func (d countedDialect) begin(*sql.Tx, writing) error { return nil }

type countedConnector struct {
	driver driver.Driver
	dsn    string
	n      *tally
}

func (c countedConnector) Driver() driver.Driver { return c.driver }

func (c countedConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	return countedConn{conn, c.n}, err
}

// countedConn hides that the driver runs what is not prepared: so all goes through statements.
type countedConn struct {
	driver.Conn
	n *tally
}

func (c countedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	return countedStmt{s, c.n}, err
}

func (c countedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

type countedStmt struct {
	driver.Stmt
	n *tally
}

func (s countedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.n.statements.Add(1)
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s countedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.n.statements.Add(1)
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	return countedRows{rows, s.n}, err
}

type countedRows struct {
	driver.Rows
	n *tally
}

func (r countedRows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	if err == nil {
		r.n.rows.Add(1)
	}
	return err
}

// What the store is asked to save one new item, to file it and to find out what changed by that does not
// grow with what is stored: as many statements, which return as many rows.
func TestStatementsForOneItem(t *testing.T) {
	cost := func(stored int) (n [3]string) {
		d, name, err := sqliteOf(t.TempDir() + "/feedd.db")
		if err != nil {
			t.Fatal(err)
		}
		count := &tally{}
		s, err := openOn(t.Context(), countedDialect{d.(*sqliteDialect), count}, name)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		at := t0
		add := func(id int) {
			at = at.Add(time.Minute)
			put(t, s, at, fmt.Sprint("source-", id%10), item(fmt.Sprint("source-", id%10), fmt.Sprint(id), fmt.Sprintf("Tin số %d trong ngày", id)))
		}
		for id := range stored {
			add(id)
		}
		for len(file(t, s, "x")) > 0 {
		}
		versions, err := s.Versions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_ = count.String()
		add(stored)
		n[0] = count.String()
		file(t, s, "x")
		n[1] = count.String()
		if changed, err := s.Changed(t.Context(), versions["all"]); err != nil || len(changed) != 1 {
			t.Fatalf("%d entries changed: %v", len(changed), err)
		}
		if _, err := s.Entries(t.Context(), feed.EntryQuery{Section: "x", Open: true, Limit: 20, Bare: true}); err != nil {
			t.Fatal(err)
		}
		n[2] = count.String()
		return n
	}
	few, many := cost(60), cost(600)
	for i, step := range []string{"to save it", "to file it", "to find what changed"} {
		if few[i] != many[i] {
			t.Errorf("%s: %s among 60 items, %s among 600", step, few[i], many[i])
		}
		t.Log(step+":", few[i])
	}
}
