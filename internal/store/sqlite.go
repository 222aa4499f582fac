package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unicode"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"feedd/internal/feed"
)

// sqliteDialect is a file. One connection writes, others read beside it.
type sqliteDialect struct {
	path string
	// Prepared statements of the most frequent queries; closing the pool closes them.
	prepared map[string]*sql.Stmt
	reading  readings
	within   readings // the same for queries within transactions
	caches   int64    // see Caches
	begun    int      // transactions, guarded by the one connection that writes
}

// readings are the reading queries that come again and again: to parse one and plan it takes as long as to answer it.
type readings struct {
	mu       sync.Mutex
	prepared map[string]*sql.Stmt // nil until it was asked for often enough
	asked    map[string]int
	wanted   []string // to be prepared, see ready
}

func newReadings() readings {
	return readings{prepared: map[string]*sql.Stmt{}, asked: map[string]int{}}
}

// How many reading queries are kept prepared, and how often one was asked until it is.
const (
	mostReadings = 48
	readOften    = 3
)

func sqliteOf(path string) (dialect, string, error) {
	if path == "" || path == ":memory:" {
		return nil, "", fmt.Errorf("%w needs a file: write sqlite:PATH, for example sqlite:data/feedd.db", ErrAddress)
	}
	return &sqliteDialect{path: path, prepared: map[string]*sql.Stmt{}, reading: newReadings(), within: newReadings()}, path, nil
}

// exists only looks for the file. A file of another program is refused when it is opened.
func (d *sqliteDialect) exists(context.Context) (bool, error) {
	_, err := os.Stat(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// open puts the pragmas in the data source name, so that every connection of a pool has them.
// Writers take the lock when they begin (_txlock=immediate) and wait for it.
func (d *sqliteDialect) open() (write, read *sql.DB, err error) {
	if err := os.MkdirAll(filepath.Dir(d.path), 0o750); err != nil {
		return nil, nil, fmt.Errorf("cannot make the folder of the store: %w", err)
	}
	if err := ownersOnly(d.path); err != nil {
		return nil, nil, fmt.Errorf("cannot open the store: %w", err)
	}
	readers := max(4, runtime.NumCPU())
	writes, reads := d.cacheSizes(readers)
	q := url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)",
		writes, "temp_store(MEMORY)", "wal_autocheckpoint(" + strconv.Itoa(leastLog) + ")",
	}}
	base := sqliteURL(d.path)
	if write, err = sql.Open("sqlite", base+q.Encode()+"&_txlock=immediate"); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	q["_pragma"] = []string{"busy_timeout(10000)", "query_only(1)", reads, "temp_store(MEMORY)"}
	if read, err = sql.Open("sqlite", base+q.Encode()); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(idleReaders)
	return write, read, nil
}

// How many kB of pages the connection that writes keeps in memory, and each of those that read.
const writeCache, readCache = 10_000, 2_500

// cacheSizes are the pragmas of a connection that writes and of so many that read.
func (d *sqliteDialect) cacheSizes(readers int) (writes, reads string) {
	all := int64(writeCache + readers*readCache)
	may := all
	if d.caches > 0 {
		may = min(all, max(1, d.caches>>10))
	}
	size := func(likes int64) string { return fmt.Sprintf("cache_size(-%d)", max(1, likes*may/all)) }
	return size(writeCache), size(readCache)
}

// idleReaders is how many connections that read are kept open when they have nothing to do.
const idleReaders = 2

// ownersOnly makes the file, when there is none, and keeps everybody but its owner from it: subscriptions
// and their secrets stand in it. What SQLite puts beside it gets the same mode. A file that is there is
// not opened: to close it would give up the locks that another connection of this process has on it.
func ownersOnly(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case err == nil:
		return f.Close()
	case !errors.Is(err, fs.ErrExist):
		return nil // SQLite says what it may not
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if info, err := os.Stat(name); err == nil && info.Mode().Perm()&0o077 != 0 {
			_ = os.Chmod(name, 0o600) // the file of another owner stays as it is
		}
	}
	return nil
}

func (d *sqliteDialect) check(context.Context, *sql.DB) error { return nil }

func (d *sqliteDialect) schema() (database.Dialect, *strings.Replacer, []goose.ProviderOption, error) {
	return database.DialectSQLite3, strings.NewReplacer(
		// An item's number is never given again: labels and the editor's words outlive the item.
		"{{serial}}", "INTEGER PRIMARY KEY AUTOINCREMENT",
		"{{blob}}", "BLOB",
		"{{compact}}", " WITHOUT ROWID",
		// The words come folded and with a space between them: all that is not ASCII belongs to them.
		"{{create found}}", "CREATE VIRTUAL TABLE found USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii')",
		"{{create found_terms}}", "CREATE VIRTUAL TABLE found_terms USING fts5vocab (found, row)",
		"{{drop found_terms}}", "DROP TABLE found_terms",
		"{{merge found 8}}", "INSERT INTO found (found, rank) VALUES ('automerge', 8)",
		"{{merge found 4}}", "INSERT INTO found (found, rank) VALUES ('automerge', 4)",
		"{{pending found 1024}}", "SELECT 1",
		"{{pending found 256}}", "SELECT 1",
		"{{pending found 8192}}", "SELECT 1",
		"{{create inbox}}", `CREATE VIEW inbox AS SELECT id AS item, source FROM items WHERE filed = 0;
CREATE VIEW reports AS SELECT entry, id AS item FROM items;`,
		"{{drop inbox}}", `DROP VIEW reports;
DROP VIEW inbox;`,
		"{{hex story}}", "printf('%016x', story)"), nil, nil
}

// forGood has commits wait until the log is on the disk; otherwise a checkpoint does.
func (d *sqliteDialect) forGood(ctx context.Context, conn *sql.Conn, on bool) error {
	query := `PRAGMA synchronous = NORMAL`
	if on {
		query = `PRAGMA synchronous = FULL`
	}
	_, err := conn.ExecContext(ctx, query)
	return err
}

// How many pages the log may have before they are written back into the file: a quarter of the file's, within these
// bounds. Pages of indexes are written again and again, and written back once; a large file has more of them, and each
// time waits for the disk.
const leastLog, mostLog = 4000, 16000

// How often that is looked at, in transactions.
const logEvery = 16

// begin has the lock, see open. Now and then it fits the log to the file.
func (d *sqliteDialect) begin(t *sql.Tx, _ writing) error {
	d.begun++
	if d.begun%logEvery != 1 {
		return nil
	}
	var pages int
	if err := t.QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
		return err
	}
	_, err := t.Exec(`PRAGMA wal_autocheckpoint = ` + strconv.Itoa(min(max(pages/4, leastLog), mostLog)))
	return err
}

func (d *sqliteDialect) notice(*sql.Tx, string) error { return nil } // one process serves, see serve

// prepare has to be called before the first transaction: the one writing connection cannot prepare statements for the pool
// while it is in one.
func (d *sqliteDialect) prepare(ctx context.Context, db *sql.DB, queries ...string) error {
	for _, q := range queries {
		stmt, err := db.PrepareContext(ctx, unnumbered(q))
		if err != nil {
			return err
		}
		d.prepared[q] = stmt
	}
	return nil
}

// unnumbered writes ? in place of $1, $2, … where these stand in order: the driver binds ? without looking up a name. A query
// that numbers its parameters otherwise stays as it is.
func unnumbered(query string) string {
	parts := strings.Split(query, "$")
	for i, part := range parts[1:] {
		n := strconv.Itoa(i + 1)
		rest, ok := strings.CutPrefix(part, n)
		if !ok || rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			return query
		}
		parts[i+1] = rest
	}
	return strings.Join(parts, "?")
}

func (d *sqliteDialect) query(ctx context.Context, db *sql.DB, q string, args []any) (*sql.Rows, error) {
	stmt, err := d.reading.of(ctx, db, q)
	if err != nil || stmt == nil {
		return db.QueryContext(ctx, q, args...) // and says what is wrong
	}
	return stmt.QueryContext(ctx, args...)
}

// of returns the statement of a query that is asked often, nil for others, and while another goroutine prepares it.
func (r *readings) of(ctx context.Context, db *sql.DB, q string) (*sql.Stmt, error) {
	stmt, now := r.look(q)
	if !now {
		return stmt, nil
	}
	return r.prepare(ctx, db, q)
}

// prepare keeps the statement of a query for whoever asks next.
func (r *readings) prepare(ctx context.Context, db *sql.DB, q string) (*sql.Stmt, error) {
	stmt, err := db.PrepareContext(ctx, unnumbered(q)) // may wait for a connection, whose holder may ask here, too
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prepared[q] = stmt
	return stmt, nil
}

// look returns the prepared statement of a query, nil when there is none; now tells whether to prepare it now.
func (r *readings) look(q string) (stmt *sql.Stmt, now bool) {
	if strings.Contains(q, inList) { // no two of these are alike
		return nil, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if stmt = r.prepared[q]; stmt != nil || len(r.prepared) >= mostReadings || r.asked[q] == 0 && len(r.asked) >= 10*mostReadings {
		return stmt, false
	}
	r.asked[q]++
	return nil, r.asked[q] == readOften
}

// ready prepares the queries that transactions ran often. It does so before the next one begins, because a transaction holds
// the only connection that writes. A query that cannot be prepared goes on being run unprepared.
func (d *sqliteDialect) ready(ctx context.Context, db *sql.DB) {
	d.within.mu.Lock()
	wanted := d.within.wanted
	d.within.wanted = nil
	d.within.mu.Unlock()
	for _, q := range wanted {
		if _, err := d.within.prepare(ctx, db, q); err != nil {
			d.within.mu.Lock()
			d.within.asked[q] = 0 // as when ctx ended: another time
			d.within.mu.Unlock()
		}
	}
}

func (d *sqliteDialect) statement(q string) *sql.Stmt {
	stmt, now := d.within.look(q)
	if now {
		d.within.mu.Lock()
		d.within.wanted = append(d.within.wanted, q)
		d.within.mu.Unlock()
	}
	return stmt
}

func (d *sqliteDialect) many(t *tx, query string, rows [][]any, each func(scanner) error) error {
	stmt := d.prepared[query]
	if stmt != nil {
		stmt = t.Stmt(stmt)
	} else {
		var err error
		if stmt, err = t.Prepare(query); err != nil {
			return err
		}
		defer stmt.Close()
	}
	for _, args := range rows {
		if each == nil {
			if _, err := stmt.Exec(args...); err != nil {
				return err
			}
			continue
		}
		found, err := stmt.Query(args...)
		if err != nil {
			return err
		}
		if err := scan(found, func(r *sql.Rows) error { return each(r) }); err != nil {
			return err
		}
	}
	return nil
}

func (d *sqliteDialect) atOnce(t *tx, query string, rows [][]any) error {
	return d.many(t, query, rows, nil)
}

func (d *sqliteDialect) fresh(t *tx, query string, rows [][]any) error {
	return d.many(t, query, rows, nil)
}

// inList marks a list of numbers that in wrote into a query. No query has it otherwise.
const inList = "IN  ("

// mostBound is how long a list may be for its numbers to be bound. Binding a longer one takes longer than planning the query
// anew.
const mostBound = 64

// in binds the numbers of a short list, filled up with the last one to 1, 4, 16 or 64 of them, so that there are few different
// queries. The numbers of a long list it writes into the query.
func (d *sqliteDialect) in(ids []int64, args *[]any) string {
	if len(ids) == 0 || len(ids) > mostBound {
		b := make([]byte, 0, 5+21*len(ids))
		b = append(b, inList...)
		for i, id := range ids {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, id, 10)
		}
		return string(append(b, ')'))
	}
	n := 1
	for n < len(ids) {
		n *= 4
	}
	b := append(make([]byte, 0, 4+5*n), "IN ("...)
	for i := range n {
		*args = append(*args, ids[min(i, len(ids)-1)])
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, '$'), int64(len(*args)), 10)
	}
	return string(append(b, ')'))
}

func (d *sqliteDialect) snapshot() *sql.TxOptions { return nil } // as every transaction on a WAL

// Bytes that copyIn gathers, and rows.
const copyBytes, copyRows = 1 << 20, 16 * insertRows

func (d *sqliteDialect) copyIn(tx *tx, table string, columns []string, next func() []any) error {
	head := `INSERT INTO ` + table + ` (` + strings.Join(columns, ", ") + `) VALUES `
	var rows [][]any
	size := 0
	for {
		row := next()
		if row != nil {
			rows = append(rows, row)
			for _, v := range row {
				switch v := v.(type) {
				case string:
					size += len(v)
				case []byte:
					size += len(v)
				}
			}
		}
		if row == nil || size > copyBytes || len(rows) == copyRows {
			if err := tx.insertRows(head, "", rows, nil); err != nil || row == nil {
				return err
			}
			rows, size = rows[:0], 0
		}
	}
}

func (d *sqliteDialect) lastNumber(ctx context.Context, q querier) (n int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'items'`).Scan(&n)
	return n, err
}

func (d *sqliteDialect) setLastNumber(tx *tx, n int64) error {
	if err := tx.exec(`DELETE FROM sqlite_sequence WHERE name = 'items'`); err != nil {
		return err
	}
	return tx.exec(`INSERT INTO sqlite_sequence (name, seq) VALUES ('items', $1)`, n)
}

func (d *sqliteDialect) indexed(words []byte, source string) any {
	return source + " " + string(words)
}

const insertFound, removeFound = `INSERT INTO found (rowid, words) VALUES ($1, $2)`, `DELETE FROM found WHERE rowid = $1`

func (d *sqliteDialect) foundRows() (insert, remove string) { return insertFound, removeFound }

func (d *sqliteDialect) tidy(*Store, int) {} // it does all at once

// A word of which only the beginning is given costs as many reads as all words that begin so have places in the index,
// before the first row is found, and for each of these words as much as placesOfWord more.
const mostPlaces, placesOfWord = 25_000, 10

// commonRows is how many of the sampled rows have a word that is common.
const commonRows = sampleRows / 10

// fts5Lookup reads the lists of the words, which are in the order of the keys, side by side until it has enough.
//
// What meets nowhere is looked for to the end of the lists, whatever bound the rows have there; only where the look begins
// is there none to pass. Words that are common are therefore looked for in the newest rows from the oldest of these on, in
// few first, and in more when these are not enough.
type fts5Lookup struct {
	s      *Store
	match  string // in the language of FTS5; "" is for all rows
	common bool   // all of its words are

	next         int64 // where the last look for common words ended
	looked, rows int   // how many rows they were looked for in so far, and will be next
}

func (d *sqliteDialect) lookup(ctx context.Context, s *Store, q feed.TextQuery, below int64) (lookup, error) {
	if q.Match != nil {
		var err error
		if q.Phrases, err = without(q.Phrases, func(w feed.QueryWord) (bool, error) { return beginsMany(ctx, s, w) }); err != nil {
			return nil, err
		}
	}
	common, err := allCommon(ctx, s, &q, below)
	return &fts5Lookup{s: s, match: fts5(q), common: common}, err
}

// beginsMany tells whether too many words begin as this one does.
func beginsMany(ctx context.Context, s *Store, w feed.QueryWord) (bool, error) {
	if !w.Begun {
		return false, nil
	}
	enough := errors.New("enough")
	places := 0
	for _, fold := range w.Folds {
		err := s.query(ctx, `SELECT doc FROM found_terms WHERE term >= $1 AND term <= $2`, func(r *sql.Rows) error {
			var rows int
			if err := r.Scan(&rows); err != nil {
				return err
			}
			if places += rows + placesOfWord; places > mostPlaces {
				return enough
			}
			return nil
		}, fold, fold+string(unicode.MaxRune))
		if errors.Is(err, enough) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// allCommon tells whether each of several words is in many of the newest rows. Of a single word every place is a find.
func allCommon(ctx context.Context, s *Store, q *feed.TextQuery, below int64) (bool, error) {
	words := slices.Concat(q.Phrases...)
	if q.Source != "" || len(words) < 2 {
		return false, nil
	}
	floor, err := s.floor(ctx, "rowid", below, sampleRows)
	for i := 0; i < len(words) && err == nil; i++ {
		var rows int
		one := feed.TextQuery{Phrases: [][]feed.QueryWord{words[i : i+1]}}
		err = s.one(ctx, `SELECT COUNT(*) FROM found WHERE found MATCH $3 AND rowid < $1 AND rowid >= $2`, []any{below, floor, fts5(one)}, &rows)
		if rows < commonRows {
			return false, err
		}
	}
	return err == nil, err
}

func (l *fts5Lookup) find(ctx context.Context, below int64, n int) (foundKeys, error) {
	switch {
	case l.match == "":
		keys, err := l.s.ids(ctx, `SELECT rowid FROM found WHERE rowid < $1 ORDER BY rowid DESC LIMIT $2`, below, n)
		return foundOf(keys, n, 0), err
	case l.common:
		return l.findCommon(ctx, below)
	}
	keys, err := l.s.ids(ctx, `SELECT rowid FROM found WHERE found MATCH $3 AND rowid < $1 ORDER BY rowid DESC LIMIT $2`, below, n, l.match)
	return foundOf(keys, n, 0), err
}

// findCommon is find for words that are common; it gives all that it finds in the rows that it looks through.
func (l *fts5Lookup) findCommon(ctx context.Context, below int64) (got foundKeys, err error) {
	if below != l.next {
		l.looked, l.rows = 0, sampleRows
	}
	floor, err := l.s.floor(ctx, "rowid", below, l.rows)
	if err != nil {
		return got, err
	}
	got.keys, err = l.s.ids(ctx, `SELECT rowid FROM found WHERE found MATCH $1 AND rowid >= $2 AND rowid < $3 ORDER BY rowid`, l.match, floor, below)
	slices.Reverse(got.keys)
	l.looked += l.rows
	l.rows = min(4*l.rows, max(lookRows-l.looked, sampleRows))
	got.next, got.deep, l.next = floor, floor > 0 && l.looked >= lookRows, floor
	return got, err
}

// fts5 is a query in the language of FTS5, "" for one that asks for no word.
func fts5(q feed.TextQuery) string {
	var all []string
	if q.Source != "" {
		all = append(all, `"`+sourceWord(q.Source)+`"`)
	}
	for _, phrase := range q.Phrases {
		// Only the last word of a phrase may be begun there.
		for len(phrase) > 0 {
			end := slices.IndexFunc(phrase, func(w feed.QueryWord) bool { return w.Begun }) + 1
			if end == 0 {
				end = len(phrase)
			}
			all = append(all, fts5Phrase(phrase[:end])...)
			phrase = phrase[end:]
		}
	}
	for _, n := range q.Near {
		var ways []string
		for _, p := range nearPairs(n) {
			ways = append(ways, fmt.Sprintf(`NEAR("%s" "%s", %d)`, p[0], p[1], n.Gap))
		}
		if ways != nil {
			all = append(all, "("+strings.Join(ways, " OR ")+")")
		}
	}
	return strings.Join(all, " AND ")
}

// fts5Phrase are the conditions for one phrase.
func fts5Phrase(phrase []feed.QueryWord) []string {
	ways, ok := spellings(phrase)
	if !ok {
		var each []string
		for i := range phrase {
			each = append(each, fts5Phrase(phrase[i:i+1])...)
		}
		return each
	}
	star := ""
	if phrase[len(phrase)-1].Begun {
		star = " *"
	}
	for i := range ways {
		ways[i] = []string{`"` + bare(strings.Join(ways[i], " ")) + `"` + star}
	}
	return []string{"(" + strings.Join(slices.Concat(ways...), " OR ") + ")"}
}

// rest empties the cache of the connection that writes, and closes those that read and have nothing to do, with theirs.
func (d *sqliteDialect) rest(ctx context.Context, write, read *sql.DB) error {
	read.SetMaxIdleConns(0)
	read.SetMaxIdleConns(idleReaders)
	_, err := write.ExecContext(ctx, `PRAGMA shrink_memory`)
	return err
}

// analyze does nothing: the queries follow the indexes as they are written.
func (d *sqliteDialect) analyze(context.Context, *sql.DB) error { return nil }

// backup reads within one transaction, so that it sees one state; writers go on meanwhile. The copy
// is looked over before anybody relies on it.
func (d *sqliteDialect) backup(ctx context.Context, file string) (err error) {
	q := url.Values{"_pragma": {"busy_timeout(10000)", "temp_store(MEMORY)"}}
	from, err := sql.Open("sqlite", sqliteURL(d.path)+q.Encode())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if _, err := from.ExecContext(ctx, `VACUUM INTO $1`, file); err != nil {
		return err
	}
	to, err := sql.Open("sqlite", sqliteURL(file)+"mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	var found string
	if err := to.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&found); err != nil {
		return err
	} else if found != "ok" {
		return fmt.Errorf("the copy is not sound: %s", found)
	}
	return nil
}

// sqliteURL is a path as the driver wants it, ready for parameters.
func sqliteURL(path string) string {
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?"
}

func (d *sqliteDialect) lost(error) bool { return false }
func (d *sqliteDialect) gone(error) bool { return false }

func (d *sqliteDialect) explain(err error) error {
	var e *sqlite.Error
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("the disk that holds %s is full; free some space, nothing already stored is lost: %w", d.path, err)
	case !errors.As(err, &e):
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("the disk that holds %s is full; free some space, nothing already stored is lost: %w", d.path, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("another program holds %s locked; stop it (perhaps a second feedd, or an open sqlite3 shell) and try again: %w", d.path, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("cannot write %s; check that the folder exists and belongs to the user feedd runs as: %w", d.path, err)
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%s is not a sound SQLite database; restore it from a backup or move it away to start afresh: %w", d.path, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("reading or writing %s failed; check the disk: %w", d.path, err)
	}
	return err
}
