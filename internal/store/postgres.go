package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"feedd/internal/feed"
)

// postgresDialect is a database on a server, or the schema of one that search_path names.
//
// As on SQLite, one transaction writes at a time: each takes an advisory lock of the schema first,
// of whatever process it is. So what holds for one writer holds for many nodes, none waits in a
// circle, and a batch of saves costs the same few round trips.
//
// A pooler that gives each transaction another connection (PgBouncer in transaction mode) keeps nothing of
// a session. Behind one, direct is the way past it, for what needs a session: migrating here, locks and
// notices elsewhere. Nothing else here does.
type postgresDialect struct {
	config *pgx.ConnConfig
	direct *pgx.ConnConfig // nil: config is
	name   string
	inside string // the schema, once check has asked

	readers int // connections

	pending atomic.Int64 // rows that were put into the index of words since it was last tidied, or a few less
	tidying atomic.Bool
}

// How long dialling a server may take, unless the address says otherwise.
const dialTimeout = 10 * time.Second

// A server that disappears without closing its connections is noticed after about half a minute.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

func postgresOf(address string) (dialect, string, error) {
	c, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, "", unreadable(err)
	}
	if strings.Contains(c.Database, "@") { // the rest of a password with an unescaped / or ?
		return nil, "", errPostgresURL
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = dialTimeout
	}
	dialer := &net.Dialer{Timeout: c.ConnectTimeout, KeepAliveConfig: keepAlive, Control: ackTimeout}
	c.DialFunc = dialer.DialContext
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "feedd"
	}
	name := url.URL{Scheme: "postgres", User: url.User(c.User), Host: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), Path: "/" + c.Database}
	if strings.HasPrefix(c.Host, "/") { // a socket's folder
		name.Host, name.RawQuery = "", "host="+c.Host
	}
	return &postgresDialect{config: c, name: name.String(), readers: min(max(4, runtime.NumCPU()), readersMost)}, name.String(), nil
}

// pooled makes config the way through a pooler, and address the way past it.
func (d *postgresDialect) pooled(address string) error {
	direct, _, err := postgresOf(address)
	if err != nil {
		return fmt.Errorf("%w (the one past the pooler)", err)
	}
	d.direct = direct.(*postgresDialect).config
	// Statements that the server is to know again have names in a session. These have none: what the server
	// said of their parameters and columns is remembered here instead.
	d.config.DefaultQueryExecMode, d.config.StatementCacheCapacity = pgx.QueryExecModeCacheDescribe, 0
	return nil
}

// session is the configuration of a connection that keeps its session.
func (d *postgresDialect) session() *pgx.ConnConfig {
	if d.direct != nil {
		return d.direct.Copy()
	}
	return d.config.Copy()
}

var errPostgresURL = fmt.Errorf("%w is no proper URL: write postgres://USER:PASSWORD@HOST:PORT/DATABASE; "+
	"in a password, write %%40 for @, %%3A for :, %%2F for /, %%3F for ?, %%23 for # and %%25 for %%", ErrAddress)

// unreadable says why an address cannot be read, without a word of it: any part of a wrong one may
// be the password.
func unreadable(err error) error {
	var bad *pgconn.ParseConfigError
	var syntax *url.Error
	if !errors.As(err, &bad) || errors.As(err, &syntax) {
		return errPostgresURL
	}
	why := strings.TrimPrefix(err.Error(), pgconn.NewParseConfigError(bad.ConnString, "", nil).Error())
	if why == err.Error() || strings.HasPrefix(why, "failed to parse as") || why == "invalid port" { // a / in a password makes one
		return errPostgresURL
	}
	return fmt.Errorf("%w: %s", ErrAddress, why)
}

func (d *postgresDialect) exists(ctx context.Context) (found bool, err error) {
	config := d.config.Copy()
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // there may be a pooler
	db := stdlib.OpenDB(*config)
	err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'items')`).Scan(&found)
	return found, errors.Join(err, db.Close())
}

func (d *postgresDialect) open() (write, read *sql.DB, err error) {
	var options []stdlib.OptionOpenDB
	if d.direct == nil {
		options = append(options, stdlib.OptionAfterConnect(byIndex))
	}
	pool := func(connections int) *sql.DB {
		db := stdlib.OpenDB(*d.config, options...)
		db.SetMaxOpenConns(connections)
		db.SetMaxIdleConns(connections)
		db.SetConnMaxIdleTime(5 * time.Minute)
		db.SetConnMaxLifetime(time.Hour)
		return db
	}
	return pool(WritersMost), pool(d.readers), nil
}

// WritersMost is how many connections a process writes with at most. One transaction writes at a time, of whatever
// process, so one of its own at most need wait beside it; a hundred processes share one server.
const WritersMost = 2

// readersMost is how many it reads with at most, unless Readers says otherwise.
const readersMost = 8

// byIndex makes the server follow indexes, as SQLite does. Otherwise it plans a query for the tables as
// they are when it first sees the query. In a new store they are empty, so it reads them whole, and
// goes on to do so until autovacuum analyzes them some minutes later. Just-in-time compilation is off
// as well: the server estimates the cost of a plan without an index as enormous and would compile it. Behind
// a pooler, transactions that write say so each (begin), and for the others it is the pooler's or the user's to say.
func byIndex(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `SELECT set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false)`)
	return err
}

// The oldest version of PostgreSQL that still gets security fixes.
const oldestPostgres = 14

func (d *postgresDialect) check(ctx context.Context, db *sql.DB) error {
	if err := d.checkPooler(ctx); err != nil {
		return err
	}
	var version int
	var encoding, readOnly string
	var schema sql.NullString
	if err := db.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
		current_setting('transaction_read_only'), current_schema()`).Scan(&version, &encoding, &readOnly, &schema); err != nil {
		return err
	}
	d.inside = schema.String
	return d.fit(version, encoding, readOnly == "on", schema.String)
}

// fit tells whether feedd can live in such a database; version is PostgreSQL's server_version_num.
func (d *postgresDialect) fit(version int, encoding string, readOnly bool, schema string) error {
	switch {
	case version < oldestPostgres*10000:
		return fmt.Errorf("%s runs PostgreSQL %d; feedd needs %d or newer", d.name, version/10000, oldestPostgres)
	case encoding != "UTF8":
		return fmt.Errorf("%s is encoded in %s, which does not hold every headline; create one in UTF-8: createdb -T template0 -E UTF8 NAME", d.name, encoding)
	case readOnly:
		return d.readOnly()
	case schema == "":
		return fmt.Errorf("%s has no schema for the tables: create the one that search_path names (CREATE SCHEMA), and let %s use it", d.name, d.config.User)
	}
	return nil
}

// schema lets text sort by its bytes, as it does on SQLite, whatever the language of the database.
func (d *postgresDialect) schema() (database.Dialect, *strings.Replacer, []goose.ProviderOption, error) {
	locker, err := lock.NewPostgresSessionLocker(
		lock.WithLockID(d.schemaLock()),
		lock.WithLockTimeout(1, 120), lock.WithUnlockTimeout(1, 10))
	if err != nil {
		return "", nil, nil, err
	}
	return database.DialectPostgres, strings.NewReplacer(
		"{{serial}}", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
		"{{blob}}", "BYTEA",
		"{{compact}}", "",
		"{{create found}}", "CREATE TABLE found (id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL); CREATE INDEX found_words ON found USING gin (words) WITH (gin_pending_list_limit = 256)",
		"{{create found_terms}}", "SELECT 1", // this engine does not tell
		"{{drop found_terms}}", "SELECT 1",
		"{{merge found 8}}", "SELECT 1",
		"{{merge found 4}}", "SELECT 1",
		"{{pending found 1024}}", "ALTER INDEX found_words SET (gin_pending_list_limit = 1024)",
		"{{pending found 256}}", "ALTER INDEX found_words SET (gin_pending_list_limit = 256)",
		"{{pending found 8192}}", "ALTER INDEX found_words SET (gin_pending_list_limit = 8192)",
		"{{create inbox}}", createInbox,
		"{{drop inbox}}", dropInbox,
		"{{hex story}}", "lpad(to_hex(story), 16, '0')",
		" TEXT NOT NULL", ` TEXT COLLATE "C" NOT NULL`,
		" TEXT PRIMARY KEY", ` TEXT COLLATE "C" PRIMARY KEY`,
	), []goose.ProviderOption{goose.WithSessionLocker(locker)}, nil
}

// The tables inbox and reports, which say of items what its indexes items_unfiled and items_entry said. While they are made nobody
// may save, or what he saved would be in neither. What keeps them up finds their rows by index alone: the server plans
// that once, and would hold on to what was best while there were few.
const (
	createInbox = `-- +goose StatementBegin
SELECT pg_advisory_xact_lock(1717922148, hashtext(current_schema()));
LOCK TABLE items IN SHARE ROW EXCLUSIVE MODE;
CREATE TABLE inbox (item BIGINT PRIMARY KEY, source TEXT COLLATE "C" NOT NULL);
CREATE TABLE reports (entry BIGINT NOT NULL, item BIGINT NOT NULL, PRIMARY KEY (entry, item));
INSERT INTO inbox SELECT id, source FROM items WHERE filed = 0 ORDER BY id;
INSERT INTO reports SELECT entry, id FROM items WHERE entry <> 0 OR filed <> 0 ORDER BY entry, id;

CREATE FUNCTION items_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	INSERT INTO inbox SELECT id, source FROM added WHERE filed = 0;
	INSERT INTO reports SELECT entry, id FROM added WHERE entry <> 0 OR filed <> 0;
	RETURN NULL;
END $$;
CREATE TRIGGER items_added AFTER INSERT ON items REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION items_added();

CREATE FUNCTION items_changed() RETURNS trigger LANGUAGE plpgsql
	SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$ BEGIN
	DELETE FROM inbox USING changed c WHERE inbox.item = c.id AND c.filed <> 0;
	INSERT INTO inbox SELECT id, source FROM changed WHERE filed = 0 ON CONFLICT DO NOTHING;
	IF EXISTS (SELECT FROM original WHERE entry <> 0 OR filed <> 0) THEN
		DELETE FROM reports USING (SELECT entry, id FROM original EXCEPT SELECT entry, id FROM changed WHERE entry <> 0 OR filed <> 0) o
			WHERE reports.entry = o.entry AND reports.item = o.id;
	END IF;
	INSERT INTO reports SELECT entry, id FROM changed WHERE entry <> 0 OR filed <> 0
		EXCEPT SELECT entry, id FROM original WHERE entry <> 0 OR filed <> 0;
	RETURN NULL;
END $$;
CREATE TRIGGER items_changed AFTER UPDATE ON items REFERENCING OLD TABLE AS original NEW TABLE AS changed
	FOR EACH STATEMENT EXECUTE FUNCTION items_changed();

CREATE FUNCTION items_removed() RETURNS trigger LANGUAGE plpgsql
	SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$ BEGIN
	DELETE FROM inbox USING removed r WHERE inbox.item = r.id;
	DELETE FROM reports USING removed r WHERE reports.entry = r.entry AND reports.item = r.id;
	RETURN NULL;
END $$;
CREATE TRIGGER items_removed AFTER DELETE ON items REFERENCING OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION items_removed();

DROP INDEX items_unfiled;
DROP INDEX items_entry;
ALTER TABLE items SET (fillfactor = 30);
-- +goose StatementEnd`
	dropInbox = `-- +goose StatementBegin
ALTER TABLE items RESET (fillfactor);
CREATE INDEX items_unfiled ON items (id) WHERE filed = 0;
CREATE INDEX items_entry ON items (entry);
DROP TRIGGER items_added ON items;
DROP TRIGGER items_changed ON items;
DROP TRIGGER items_removed ON items;
DROP FUNCTION items_added;
DROP FUNCTION items_changed;
DROP FUNCTION items_removed;
DROP TABLE reports;
DROP TABLE inbox;
-- +goose StatementEnd`
)

// schemaLock is the number of the lock under which the tables of a schema are made and migrated.
func (d *postgresDialect) schemaLock() int64 {
	return int64(crc32.ChecksumIEEE([]byte("feedd schema " + d.inside)))
}

// The lock of all writers to one schema, and how long they wait for it: as long as on SQLite. The
// server ends the transaction of a process that stands still, so that the others can go on: as soon as that two of
// them, which is all that a process may have waiting (WritersMost), hold up the others for less than those wait.
const (
	writersWait = `SELECT set_config('lock_timeout', '10s', true), set_config('idle_in_transaction_session_timeout', '4s', true)`
	writersLock = `, pg_advisory_xact_lock(1717922148, hashtext(current_schema()))` // the number spells feed
	// onDisk overrides a server that commits before its log is on the disk.
	onDisk = `, set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)`
	// byIndexHere is byIndex for one transaction.
	byIndexHere = `, set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`
)

func (d *postgresDialect) forGood(context.Context, *sql.Conn, bool) error {
	return nil // each transaction says so for itself
}

func (d *postgresDialect) begin(tx *sql.Tx, how writing) error {
	query := writersWait
	if how != beside {
		query += writersLock
	}
	if how == forGood {
		query += onDisk
	}
	if d.direct != nil {
		query += byIndexHere
	}
	_, err := tx.Exec(query)
	return err
}

func (d *postgresDialect) notice(tx *sql.Tx, about string) error {
	_, err := tx.Exec(`SELECT pg_notify(`+NoticeChannel+`, $1)`, about)
	return err
}

func (d *postgresDialect) prepare(context.Context, *sql.DB, ...string) error {
	return nil // each connection prepares for itself
}

// Statements that travel together.
const together = 64

func (d *postgresDialect) query(ctx context.Context, db *sql.DB, q string, args []any) (*sql.Rows, error) {
	return db.QueryContext(ctx, q, args...) // the driver keeps what it has prepared
}

func (d *postgresDialect) many(t *tx, query string, rows [][]any, each func(scanner) error) error {
	for part := range slices.Chunk(rows, together) {
		var batch pgx.Batch
		for _, args := range part {
			batch.Queue(query, args...)
		}
		var failed error
		// An error that Raw returns may close the connection, and that would wait for the end of
		// the transaction.
		if err := t.conn.Raw(func(c any) error {
			failed = send(c.(*stdlib.Conn).Conn(), &batch, each)
			return nil
		}); err != nil {
			return err
		}
		if failed != nil {
			return failed
		}
	}
	return nil
}

// Rows that one statement of atOnce gets.
const atOnceMost = 1000

// atOnce turns the rows into columns, each an array, and the query into one that joins them: so the server
// begins and ends one statement, where it would take longer for that than for the rows themselves.
func (d *postgresDialect) atOnce(t *tx, query string, rows [][]any) error {
	text, err := joined(query, rows[0])
	if err != nil {
		return err
	}
	for part := range slices.Chunk(rows, atOnceMost) {
		if _, err := t.Exec(text, arraysOf(part)...); err != nil {
			return err
		}
	}
	return nil
}

// joined is a query of one row as one of arrays: its parameters become columns of the rows given.
func joined(query string, row []any) (string, error) {
	var arrays, names []string
	for i, v := range row {
		var of string
		switch v.(type) {
		case int64:
			of = "bigint"
		case string:
			of = "text"
		case []byte:
			of = "bytea"
		case pgtype.TSVector:
			of = "tsvector"
		default:
			return "", fmt.Errorf("no array is made of %T", v)
		}
		n := strconv.Itoa(i + 1)
		arrays, names = append(arrays, "$"+n+"::"+of+"[]"), append(names, "p"+n)
	}
	given := `unnest(` + strings.Join(arrays, ", ") + `) given (` + strings.Join(names, ", ") + `)`
	text := parameter.ReplaceAllString(query, "given.p$1")
	if m := oneRow.FindStringSubmatch(text); m != nil {
		return m[1] + `SELECT ` + m[2] + ` FROM ` + given + m[3], nil
	}
	head, tail, _ := strings.Cut(text, "WHERE ")
	switch {
	case strings.HasPrefix(text, "INSERT ") || tail == "" || strings.Contains(tail, "WHERE "):
		return "", fmt.Errorf("no rows can be joined to %q", query)
	case strings.HasPrefix(text, "DELETE "):
		return head + `USING ` + given + ` WHERE ` + tail, nil
	}
	return head + `FROM ` + given + ` WHERE ` + tail, nil
}

var (
	parameter = regexp.MustCompile(`\$(\d+)`)
	// oneRow is an INSERT: what is before its one row, the row without brackets in it, and what is behind.
	oneRow = regexp.MustCompile(`(?s)^(INSERT .*)VALUES \(([^()]*)\)(.*)$`)
)

// arraysOf are the columns of rows, each of the type that its first value has.
func arraysOf(rows [][]any) []any {
	columns := make([]any, len(rows[0]))
	for i, v := range rows[0] {
		switch v.(type) {
		case int64:
			columns[i] = array[int64](rows, i)
		case string:
			columns[i] = array[string](rows, i)
		case []byte:
			columns[i] = array[[]byte](rows, i)
		case pgtype.TSVector:
			columns[i] = array[pgtype.TSVector](rows, i)
		}
	}
	return columns
}

func array[T any](rows [][]any, i int) []T {
	values := make([]T, len(rows))
	for n, row := range rows {
		values[n] = row[i].(T)
	}
	return values
}

// Rows from which on COPY, which begins and ends with words of its own, is cheaper than one INSERT.
const copyFrom = 50

func (d *postgresDialect) fresh(t *tx, query string, rows [][]any) error {
	m := plainRow.FindStringSubmatch(query)
	if m == nil {
		return fmt.Errorf("no rows can be copied by %q", query)
	}
	if len(rows) < copyFrom {
		return d.atOnce(t, query, rows)
	}
	next := 0
	return d.copyIn(t, m[1], strings.Split(m[2], ", "), func() []any {
		if next++; next > len(rows) {
			return nil
		}
		return rows[next-1]
	})
}

// plainRow is an INSERT of one row: its table and its columns. That the values are the parameters, in order, is the caller's.
var plainRow = regexp.MustCompile(`^INSERT INTO (\w+) \(([\w, ]+)\) VALUES \([$\d, ]+\)$`)

func send(conn *pgx.Conn, batch *pgx.Batch, each func(scanner) error) (err error) {
	results := conn.SendBatch(context.Background(), batch)
	defer func() { err = cmp.Or(err, results.Close()) }()
	for range batch.Len() {
		if each == nil {
			if _, err := results.Exec(); err != nil {
				return err
			}
			continue
		}
		rows, err := results.Query()
		if err != nil {
			return err
		}
		for rows.Next() {
			if err := each(rows); err != nil {
				rows.Close()
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
	}
	return nil
}

func (d *postgresDialect) ready(context.Context, *sql.DB) {}

func (d *postgresDialect) statement(string) *sql.Stmt { return nil } // pgx describes each once a connection

// in binds the numbers as one array, so that the server knows the query again.
func (d *postgresDialect) in(ids []int64, args *[]any) string {
	*args = append(*args, ids)
	return "= ANY($" + strconv.Itoa(len(*args)) + ")"
}

func (d *postgresDialect) snapshot() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

func (d *postgresDialect) copyIn(t *tx, table string, columns []string, next func() []any) error {
	rows := pgx.CopyFromFunc(func() ([]any, error) { return next(), nil })
	var failed error
	err := t.conn.Raw(func(c any) error { // see many
		_, failed = c.(*stdlib.Conn).Conn().CopyFrom(context.Background(), pgx.Identifier{table}, columns, rows)
		return nil
	})
	return cmp.Or(err, failed)
}

// What a tsvector holds at most: places up to that one, and of one word so many (the server's manual, 12.11).
const lastPlace, mostOfWord = 1<<14 - 1, 256

// indexed makes a tsvector as the server keeps it, its words in order, each with its places: the server then
// neither reads text nor sorts.
func (d *postgresDialect) indexed(words []byte, source string) any {
	type place struct {
		word string
		at   uint16
	}
	all := make([]place, 0, bytes.Count(words, []byte{' '})+1)
	for word := range strings.FieldsSeq(string(words)) {
		all = append(all, place{bare(word), uint16(min(len(all)+1, lastPlace))})
	}
	slices.SortStableFunc(all, func(a, b place) int { return strings.Compare(a.word, b.word) }) // the places stay in order
	places := make([]pgtype.TSVectorPosition, 0, len(all))
	lexemes := make([]pgtype.TSVectorLexeme, 0, len(all)+1)
	for i := 0; i < len(all); {
		word, from := all[i].word, len(places)
		for ; i < len(all) && all[i].word == word; i++ {
			if n := len(places); n == from || places[n-1].Position != all[i].at && n-from < mostOfWord {
				places = append(places, pgtype.TSVectorPosition{Position: all[i].at})
			}
		}
		if word != "" {
			lexemes = append(lexemes, pgtype.TSVectorLexeme{Word: word, Positions: places[from:]})
		}
	}
	at, _ := slices.BinarySearchFunc(lexemes, source, func(l pgtype.TSVectorLexeme, word string) int { return strings.Compare(l.Word, word) })
	return pgtype.TSVector{Lexemes: slices.Insert(lexemes, at, pgtype.TSVectorLexeme{Word: source}), Valid: true}
}

func (d *postgresDialect) foundRows() (insert, remove string) {
	return `INSERT INTO found (id, words) VALUES ($1, $2)`, `DELETE FROM found WHERE id = $1`
}

// New rows of the index wait in a list, which every search reads, until they are put where they belong, each word once for all
// of them. So many are worth that; when the list is full (gin_pending_list_limit, of some 8,000), a commit has to do it.
const tidyRows = 1000

// tidy has the rows that wait put where they belong, so that no commit has to.
func (d *postgresDialect) tidy(s *Store, rows int) {
	if d.pending.Add(int64(rows)) < tidyRows || !d.tidying.CompareAndSwap(false, true) {
		return
	}
	if s.life.Err() != nil {
		return
	}
	s.work.Go(func() {
		defer d.tidying.Store(false)
		d.pending.Store(0)
		// Where it fails, commits do it, as they did.
		_ = s.query(s.life, `SELECT gin_clean_pending_list('found_words')`, func(*sql.Rows) error { return nil })
	})
}

// How many of the sampled rows have all words that are common together, and a word that too many begin as.
const togetherRows, begunRows = sampleRows / 50, sampleRows / 5

// tsLookup asks the index for all that match, which it gives in no order, and reads the rows to see whether they do
// where a phrase is asked for. So what common words are in is looked for row by row.
type tsLookup struct {
	s      *Store
	match  string // in PostgreSQL's language; "" is for all rows
	index  string // what the index is asked for, which may be less
	common bool
}

func (d *postgresDialect) lookup(ctx context.Context, s *Store, q feed.TextQuery, below int64) (lookup, error) {
	l := &tsLookup{s: s, match: tsquery(q)}
	l.index = l.match
	if l.match == "" {
		return l, nil
	}
	rows := func(q feed.TextQuery) (n int, err error) { // of the sampled, those that have it
		err = s.one(ctx, `SELECT COUNT(*) FROM (SELECT words FROM found WHERE id < $1 ORDER BY id DESC LIMIT $2) w WHERE words @@ $3::tsquery`,
			[]any{below, sampleRows, tsquery(q)}, &n)
		return n, err
	}
	together := feed.TextQuery{Source: q.Source}
	for _, w := range slices.Concat(q.Phrases...) {
		together.Phrases = append(together.Phrases, []feed.QueryWord{w})
	}
	n, err := rows(together)
	if l.common = n >= togetherRows; err != nil || l.common || q.Match == nil {
		return l, err
	}
	q.Phrases, err = without(q.Phrases, func(w feed.QueryWord) (bool, error) {
		if !w.Begun {
			return false, nil
		}
		n, err := rows(feed.TextQuery{Phrases: [][]feed.QueryWord{{w}}})
		return n >= begunRows, err
	})
	l.index = tsquery(q)
	l.common = l.index == ""
	return l, err
}

func (l *tsLookup) find(ctx context.Context, below int64, n int) (foundKeys, error) {
	var keys []int64
	var floor int64
	var err error
	switch {
	case l.match == "":
		keys, err = l.s.ids(ctx, `SELECT id FROM found WHERE id < $1 ORDER BY id DESC LIMIT $2`, below, n)
	case l.common:
		keys, err = l.s.ids(ctx, `SELECT id FROM (SELECT id, words FROM found WHERE id < $1 ORDER BY id DESC LIMIT $2) w
			WHERE words @@ $3::tsquery ORDER BY id DESC LIMIT $4`, below, lookRows, l.match, n)
		if err == nil && len(keys) < n {
			floor, err = l.s.floor(ctx, "id", below, lookRows)
		}
	default:
		keys, err = l.s.ids(ctx, `WITH m AS MATERIALIZED (SELECT id FROM found WHERE words @@ $1::tsquery)
			SELECT id FROM m WHERE id < $2 ORDER BY id DESC LIMIT $3`, l.index, below, n)
	}
	return foundOf(keys, n, floor), err
}

// tsquery is a query in PostgreSQL's language, "" for one that asks for no word.
func tsquery(q feed.TextQuery) string {
	var all []string
	if q.Source != "" {
		all = append(all, `'`+sourceWord(q.Source)+`'`)
	}
	for _, phrase := range q.Phrases {
		var words []string
		for _, w := range phrase {
			ways := slices.Clone(w.Folds)
			for i := range ways {
				ways[i] = `'` + bare(ways[i]) + `'`
				if w.Begun {
					ways[i] += ":*"
				}
			}
			words = append(words, "("+strings.Join(ways, " | ")+")")
		}
		all = append(all, "("+strings.Join(words, " <-> ")+")")
	}
	for _, n := range q.Near {
		var ways []string
		for _, p := range nearPairs(n) {
			for at := 1; at <= n.Gap+1; at++ {
				ways = append(ways, fmt.Sprintf(`'%s' <%d> '%s' | '%[3]s' <%[2]d> '%[1]s'`, p[0], at, p[1]))
			}
		}
		if ways != nil {
			all = append(all, "("+strings.Join(ways, " | ")+")")
		}
	}
	return strings.Join(all, " & ")
}

// itemNumbers names the sequence; a server that nobody asked for a number yet says NULL.
const itemNumbers = `pg_get_serial_sequence('items', 'id')`

func (d *postgresDialect) lastNumber(ctx context.Context, q querier) (n int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT COALESCE(pg_sequence_last_value(`+itemNumbers+`::regclass), 0)`).Scan(&n)
	return n, err
}

func (d *postgresDialect) setLastNumber(t *tx, n int64) error {
	_, err := t.Exec(`SELECT setval(`+itemNumbers+`, $1, $2)`, max(n, 1), n > 0)
	return err
}

// rest does nothing: the server has the caches, and connections that have nothing to do are closed after a while.
func (d *postgresDialect) rest(context.Context, *sql.DB, *sql.DB) error { return nil }

func (d *postgresDialect) analyze(ctx context.Context, db *sql.DB) error {
	tables, err := schemaTables()
	if err == nil {
		_, err = db.ExecContext(ctx, `ANALYZE `+strings.Join(tables, ", "))
	}
	return err
}

// backup is left to the server's own tool, pg_dump.
func (d *postgresDialect) backup(context.Context, string) error {
	return fmt.Errorf("%w: feedd copies SQLite stores; a database on PostgreSQL is copied by pg_dump, or by feedd move --to sqlite:FILE", ErrBackup)
}

func (d *postgresDialect) lost(err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Severity == "FATAL" || server.Severity == "PANIC" || strings.HasPrefix(server.Code, "08") || server.Code == lockTimeout
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func (d *postgresDialect) gone(err error) bool {
	var connect *pgconn.ConnectError
	var server *pgconn.PgError
	return d.lost(err) && !errors.As(err, &connect) && !errors.Is(err, context.DeadlineExceeded) && !(errors.As(err, &server) && server.Code == lockTimeout)
}

// lockTimeout is what a server says to who waited too long for a lock (its manual, appendix A).
const lockTimeout = "55P03"

// explain goes by PostgreSQL's error codes (its manual, appendix A).
func (d *postgresDialect) explain(err error) error {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		err = oneLine{err}
	}
	if text := untrusted(err); text != "" {
		return fmt.Errorf("%s %s: %w", d.name, text, err)
	}
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		switch {
		case connect != nil:
			return fmt.Errorf("cannot reach %s; check that the PostgreSQL server runs and lets this machine in: %w", d.name, err)
		case d.lost(err):
			return fmt.Errorf("the connection to %s was lost, and what was under way is undone; feedd connects anew by itself: %w", d.name, err)
		}
		return err
	}
	switch server.Code {
	case "28P01":
		return fmt.Errorf("%s refuses the password; put the right one into the address, PGPASSWORD or ~/.pgpass: %w", d.name, err)
	case "28000":
		return fmt.Errorf("%s does not let this user in; create the user, or allow it in pg_hba.conf: %w", d.name, err)
	case "3D000":
		return fmt.Errorf("there is no database %s; create it: createdb -T template0 -E UTF8 %s: %w", d.name, d.config.Database, err)
	case "25006":
		return fmt.Errorf("%w: %w", d.readOnly(), err)
	case "42501":
		return fmt.Errorf("the user of %s may not do that; let it own the database: ALTER DATABASE %s OWNER TO %s: %w", d.name, d.config.Database, d.config.User, err)
	case "53100", "58030":
		return fmt.Errorf("the disk of the server of %s is full or broken; free some space, nothing already stored is lost: %w", d.name, err)
	case "26000", "42P05": // a prepared statement is gone, or is there already
		return fmt.Errorf("%w: %w", d.pooling(), err)
	case "53300":
		return fmt.Errorf("%s has no connection to spare; raise max_connections, or stop who holds them: %w", d.name, err)
	case lockTimeout:
		return fmt.Errorf("another program holds %s locked; stop it (perhaps a feedd that hangs, or an open psql) and try again: %w", d.name, err)
	case "57P03":
		return fmt.Errorf("%s is starting or stopping; try again in a moment: %w", d.name, err)
	case "XX001", "XX002":
		return fmt.Errorf("%s is damaged; restore it from a backup: %w", d.name, err)
	}
	if strings.Contains(server.Message, "unsupported startup parameter") {
		return fmt.Errorf("the pooler at %s takes no settings in the address; leave them out there, and set them for the user (ALTER ROLE … SET search_path = …): %w", d.name, err)
	}
	switch { // what PgBouncer says for a while after it could not get through, and to who waited in vain
	case strings.Contains(server.Message, "server_login_retry"):
		return fmt.Errorf("the pooler at %s cannot reach the server behind it, or could not a moment ago; try again in a moment: %w", d.name, err)
	case strings.Contains(server.Message, "query_wait_timeout"):
		return fmt.Errorf("the pooler at %s had no connection to spare; see that its server answers, or raise default_pool_size: %w", d.name, err)
	}
	if d.lost(err) {
		return fmt.Errorf("%s ended the connection, and what was under way is undone; feedd connects anew by itself: %w", d.name, err)
	}
	return err
}

// untrusted says what is wrong with a server's TLS, "" when nothing is.
func untrusted(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return "has a certificate that no authority signed which is known here; name the file of its authority: sslrootcert=FILE"
	case errors.As(err, &name):
		return "has a certificate for another host; name the host that it is for, or give the server one for this"
	case errors.As(err, &invalid):
		return "has a certificate that does not hold, perhaps it has expired"
	case strings.Contains(err.Error(), "server refused TLS connection"):
		return "does not speak TLS, which sslmode asks for; turn it on there (ssl = on)"
	}
	return ""
}

func (d *postgresDialect) readOnly() error {
	return fmt.Errorf("%s cannot be written to, perhaps it is a standby; name the primary (with several hosts, target_session_attrs=read-write finds it)", d.name)
}

// oneLine is an error whose text has no line breaks. pgx tries a server with and without TLS, and
// mostly has the same to say of both.
type oneLine struct{ error }

func (e oneLine) Error() string {
	var lines []string
	for line := range strings.Lines(e.error.Error()) {
		if line = strings.TrimSpace(line); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}
func (e oneLine) Unwrap() error { return e.error }
