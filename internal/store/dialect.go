package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"feedd/internal/feed"
)

// dialect is all that differs between the engines. Every query is written once, for both; so is
// every migration, in which {{serial}}, {{blob}}, {{compact}} and the like stand for what the engines
// spell differently.
type dialect interface {
	// exists tells whether feedd has made its tables.
	exists(ctx context.Context) (bool, error)
	// open returns the pool that writes and the one that reads beside it.
	open() (write, read *sql.DB, err error)
	// check tells whether the database is one that feedd can live in.
	check(ctx context.Context, db *sql.DB) error
	// schema returns the engine's name for goose, its words for the migrations, and how several
	// processes that start at once migrate one after the other.
	schema() (database.Dialect, *strings.Replacer, []goose.ProviderOption, error)
	// migrating returns a pool to migrate through, which the caller closes; nil: the one that writes will do.
	migrating() *sql.DB
	// serve makes this process the only one that serves from the database, see Store.Serve.
	serve() (release func() error, err error)
	// prepare prepares the queries that many and atOnce run most.
	prepare(ctx context.Context, db *sql.DB, queries ...string) error
	// ready is called before each writing transaction. statement returns the prepared form of a reading query that these run
	// again and again, nil for a query that has none.
	ready(ctx context.Context, db *sql.DB)
	statement(q string) *sql.Stmt
	// query runs a reading query.
	query(ctx context.Context, db *sql.DB, q string, args []any) (*sql.Rows, error)
	// forGood turns on or off that a connection's commits wait until they are on the disk. Without it a power cut may undo
	// the last few.
	forGood(ctx context.Context, conn *sql.Conn, on bool) error
	// begin makes a transaction the only one that writes until it ends, unless how is beside; where how is forGood, no power
	// cut undoes it.
	begin(tx *sql.Tx, how writing) error
	// notice tells other processes on the database about the transaction once it is committed.
	notice(tx *sql.Tx, about string) error
	// many runs a query once for each row of arguments, in order, and calls each, when given, for
	// every row it returns.
	many(tx *tx, query string, rows [][]any, each func(scanner) error) error
	// atOnce is many where no two rows of arguments touch the same row of a table.
	atOnce(tx *tx, query string, rows [][]any) error
	// fresh is atOnce for an INSERT of rows that are not there yet.
	fresh(tx *tx, query string, rows [][]any) error
	// in writes the end of a condition that a column is one of ids, such as "IN (1,2)". What it
	// needs bound it adds to args.
	in(ids []int64, args *[]any) string
	// snapshot are the options of a transaction that reads one state of everything.
	snapshot() *sql.TxOptions
	// copyIn adds rows to a table until next returns nil.
	copyIn(tx *tx, table string, columns []string, next func() []any) error
	// lastNumber is the highest number that an item ever had; setLastNumber keeps it from being given again.
	lastNumber(ctx context.Context, q querier) (int64, error)
	setLastNumber(tx *tx, n int64) error
	// indexed turns the words of an item, each with a space behind it, and the word that stands for its source into the
	// value that the index stores.
	indexed(words []byte, source string) any
	// foundRows are the statements that insert a row into the index (its key, and what indexed returned), and that delete
	// the row with a key.
	foundRows() (insert, remove string)
	// tidy is called after rows were added to the index. Work that the engine put off, it may do then in the background:
	// as part of s.work, and until s.life ends.
	tidy(s *Store, rows int)
	// lookup asks the index how common the words of a query are among its newest rows below a key, and
	// returns the query so that looking for it is bounded.
	lookup(ctx context.Context, s *Store, q feed.TextQuery, below int64) (lookup, error)
	// rest empties the connections' caches.
	rest(ctx context.Context, write, read *sql.DB) error
	// analyze tells the engine to look at tables that were just filled.
	analyze(ctx context.Context, db *sql.DB) error
	// backup copies one state of everything into an empty file.
	backup(ctx context.Context, file string) error
	// lost tells whether an error is about the connection and not the statement; gone, whether it is about a connection
	// of the pool that was closed before, so that another may work.
	lost(err error) bool
	gone(err error) bool
	// explain adds to an error what the operator needs to know to mend its cause.
	explain(err error) error
}

// ErrAddress says that the address of a store cannot be understood.
var ErrAddress = errors.New("the address of the store")

// dialectOf reads an address. name is what messages call the database; no password is in it.
func dialectOf(address string) (d dialect, name string, err error) {
	scheme, rest, _ := strings.Cut(address, ":")
	switch scheme {
	case "sqlite":
		return sqliteOf(strings.TrimPrefix(rest, "//"))
	case "postgres", "postgresql":
		return postgresOf(address)
	}
	return nil, "", fmt.Errorf("%w names no kind of store that feedd knows: write sqlite:PATH, for example sqlite:data/feedd.db, or postgres://USER@HOST/DATABASE", ErrAddress)
}

// scanner is a row of either driver.
type scanner interface{ Scan(dest ...any) error }

// tx is a writing transaction: the only one, see dialect.begin.
type tx struct {
	*sql.Tx
	s    *Store
	conn *sql.Conn // that it runs on

	indexed int // rows that it put into the index of words
}

// QueryContext runs a query that reads.
func (t *tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := t.s.d.statement(query); stmt != nil {
		return t.StmtContext(ctx, stmt).QueryContext(ctx, args...)
	}
	return t.Tx.QueryContext(ctx, query, args...)
}

// QueryRowContext is QueryContext for one row.
func (t *tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if stmt := t.s.d.statement(query); stmt != nil {
		return t.StmtContext(ctx, stmt).QueryRowContext(ctx, args...)
	}
	return t.Tx.QueryRowContext(ctx, query, args...)
}

// exec runs a statement.
func (t *tx) exec(query string, args ...any) error {
	_, err := t.Exec(query, args...)
	return err
}

// affected runs a statement and returns how many rows it changed.
func (t *tx) affected(query string, args ...any) (int, error) {
	r, err := t.Exec(query, args...)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}

// many runs a query once for each row of arguments, in order. On PostgreSQL they travel together.
func (t *tx) many(query string, rows [][]any) error { return t.manyRows(query, rows, nil) }

// manyRows is many for a query that returns rows.
func (t *tx) manyRows(query string, rows [][]any, each func(scanner) error) error {
	if len(rows) == 0 {
		return nil
	}
	return t.s.d.many(t, query, rows, each)
}

// atOnce is many where no two rows of arguments touch the same row of a table: PostgreSQL gets one statement for all of
// them. The query is an INSERT of one row of VALUES, or an UPDATE or DELETE with one WHERE.
func (t *tx) atOnce(query string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	return t.s.d.atOnce(t, query, rows)
}

// fresh is atOnce for an INSERT of rows that are not there yet: PostgreSQL gets them by COPY, when there are many.
func (t *tx) fresh(query string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	return t.s.d.fresh(t, query, rows)
}

// tx runs f in one writing transaction. A crash of the process undoes none that was committed; a power cut may undo the last
// few, each as a whole. That is good enough for what sources will say again.
func (s *Store) tx(ctx context.Context, f func(*tx) error) error { return s.run(ctx, inTurn, f) }

// exec runs one statement in a writing transaction.
func (s *Store) exec(ctx context.Context, query string, args ...any) error {
	return s.tx(ctx, func(tx *tx) error { return tx.exec(query, args...) })
}

// txForGood is tx for what nobody will say again: it is on the disk when this returns.
func (s *Store) txForGood(ctx context.Context, f func(*tx) error) error {
	return s.run(ctx, forGood, f)
}

// txBeside is tx for rows that only their owner writes, such as what a node rendered: on PostgreSQL it does not wait for its
// turn among the writing transactions. Where another may write rows of the same table, f writes them in the order of their
// keys. With a claim it waits all the same, because only in its turn it is certain that the claim still stands.
func (s *Store) txBeside(ctx context.Context, f func(*tx) error) error {
	how := beside
	if _, holds := ctx.Value(claimIn{}).(Claim); holds {
		how = inTurn
	}
	return s.run(ctx, how, f)
}

// writing is how a transaction writes.
type writing int

const (
	inTurn  writing = iota // alone
	forGood                // alone, and no power cut undoes it
	beside                 // while others write
)

func (s *Store) run(ctx context.Context, how writing, f func(*tx) error) error {
	t, err := s.begin(ctx, how)
	if err != nil {
		return s.explain(err)
	}
	defer t.conn.Close() // gives it back to the pool
	if how == forGood {
		// Left as it is, it would make the others slow, no more.
		defer func() { _ = s.d.forGood(context.WithoutCancel(ctx), t.conn, false) }()
	}
	if err = claimed(ctx, t); err == nil {
		err = f(t)
	}
	if err != nil {
		undo := ignoreDone(t.Rollback())
		if s.d.lost(err) { // then the server has rolled it back
			undo = nil
		}
		return errors.Join(s.explain(err), undo)
	}
	if err = t.Commit(); err == nil && t.indexed > 0 {
		s.d.tidy(s, t.indexed)
	}
	return s.explain(err)
}

func (s *Store) begin(ctx context.Context, how writing) (*tx, error) {
	s.d.ready(ctx, s.write)
	return again(s.d, func() (*tx, error) {
		conn, err := s.write.Conn(ctx)
		if err != nil {
			return nil, err
		}
		if how == forGood {
			if err := s.d.forGood(ctx, conn, true); err != nil {
				return nil, errors.Join(err, conn.Close())
			}
		}
		t, err := conn.BeginTx(ctx, nil)
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		if err := s.d.begin(t, how); err != nil {
			return nil, errors.Join(err, ignoreDone(t.Rollback()), conn.Close())
		}
		return &tx{Tx: t, s: s, conn: conn}, nil
	})
}

// How many connections of a pool may turn out to be closed, one after the other, after a server restarted.
const goneAtMost = 16

// again repeats a reading query as long as its connection turns out to be closed.
func again[T any](d dialect, do func() (T, error)) (v T, err error) {
	for range goneAtMost {
		if v, err = do(); err == nil || !d.gone(err) {
			break
		}
	}
	return v, err
}

// ignoreDone drops the error of a rollback when the transaction is rolled back already, because its
// context ended or its connection was closed.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) || errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

// explain is dialect.explain for any error: nil stays nil, and what was explained stays as it is.
func (s *Store) explain(err error) error {
	var done explained
	if err == nil || errors.As(err, &done) {
		return err
	}
	return explained{s.d.explain(err)}
}

// explained is an error that dialect.explain has seen.
type explained struct{ error }

func (e explained) Unwrap() error { return e.error }

//go:embed migrations/*.sql
var migrations embed.FS

func (s *Store) migrations(db *sql.DB) (*goose.Provider, error) {
	engine, words, options, err := s.d.schema()
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(engine, db, schemaFS{migrationsDir(), words}, append(options, goose.WithVerbose(false))...)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	return p, nil
}

// migrate brings the tables to the form that this feedd knows. It refuses those of a newer one.
func (s *Store) migrate(ctx context.Context) error {
	db := s.d.migrating()
	if db == nil {
		db = s.write
	} else {
		defer db.Close()
	}
	p, err := s.migrations(db)
	if err != nil {
		return err
	}
	// Another process may migrate the same file of SQLite at the same moment. Then one of the two finds a migration done
	// already, and fails. So what is left is tried again as long as the version moves; if it does not, the error is the first.
	last, reason := int64(-2), error(nil)
	for {
		have, err := s.up(ctx, p)
		switch {
		case err == nil:
			return nil
		case have == last:
			return reason
		}
		last, reason = have, err
	}
}

// up applies the migrations that are missing. It returns the version before, -1 where none can be read.
func (s *Store) up(ctx context.Context, p *goose.Provider) (have int64, err error) {
	if have, err = p.GetDBVersion(ctx); err != nil {
		return -1, fmt.Errorf("open %s: %w", s.name, err)
	}
	all := p.ListSources()
	s.knows = all[len(all)-1].Version
	if have > s.knows {
		return have, s.Fits(ctx)
	}
	said := have >= besideBegan // older nodes look as soon as the tables are others: it is said before
	if said {
		if err := s.sayBeside(ctx, have); err != nil {
			return have, err
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return have, fmt.Errorf("migrate %s: %w", s.name, err)
	}
	if said {
		return have, nil
	}
	return have, s.sayBeside(ctx, have)
}

// schemaFS gives goose the migrations in the words of one engine.
type schemaFS struct {
	fs.FS
	words *strings.Replacer
}

func (s schemaFS) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	data, err := io.ReadAll(f)
	return schemaFile{f, strings.NewReader(s.words.Replace(string(data)))}, err
}

type schemaFile struct {
	fs.File
	text io.Reader
}

func (f schemaFile) Read(b []byte) (int, error) { return f.text.Read(b) }

// migrationsDir is the folder of the migrations.
func migrationsDir() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // unreachable: the folder is embedded
	}
	return sub
}
