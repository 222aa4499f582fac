// Package storetest gives tests the databases they run on: SQLite, and a real PostgreSQL server.
package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // for database/sql
)

// Environment variable with the address of a PostgreSQL database to use instead of a server of the
// tests' own. Each test makes a schema in it and drops that again.
const given = "FEEDD_TEST_POSTGRES"

// OnPostgres is the name of a test that runs other tests again on PostgreSQL, see Address.
const OnPostgres = "TestOnPostgres"

// Each runs a test on every engine, as its subtests sqlite and postgres, with the address of an
// empty database. In the subtests of TestOnPooler, that is PostgreSQL behind a pooler alone.
func Each(t *testing.T, run func(t *testing.T, address string)) {
	t.Helper()
	if strings.HasPrefix(t.Name(), OnPooler+"/") {
		run(t, Postgres(t))
		return
	}
	t.Run("sqlite", func(t *testing.T) { run(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { run(t, Postgres(t)) })
}

// Address returns the address of an empty database: PostgreSQL for the subtests of TestOnPostgres,
// else SQLite.
func Address(t testing.TB) string {
	t.Helper()
	if strings.HasPrefix(t.Name(), OnPostgres+"/") || strings.HasPrefix(t.Name(), OnPooler+"/") {
		return Postgres(t)
	}
	return SQLite(t)
}

// SQLite returns the address of a file that does not exist yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "feedd.db")
}

// shared is the server of this process.
var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Postgres returns the address of an empty schema, which goes away with the tests. Where PostgreSQL is
// not installed it skips the test. In the subtests of TestOnPooler the address leads through PgBouncer in
// transaction mode, which needs Direct besides.
func Postgres(t testing.TB) string {
	t.Helper()
	if strings.HasPrefix(t.Name(), OnPooler+"/") {
		return pooledDatabase(t)
	}
	base := os.Getenv(given)
	if base == "" {
		shared.once.Do(func() { shared.server, shared.err = start() })
		skipWithout(t, shared.err)
		base = shared.server.URL
	}
	return schema(t, base)
}

func skipWithout(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errNotInstalled) {
		t.Skip("NOT TESTED on PostgreSQL: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// schema makes an empty schema for a test and returns base with it.
func schema(t testing.TB, base string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text()[:16])
	if err := exe(base, `CREATE SCHEMA `+name); err != nil {
		t.Fatal(err)
	}
	if os.Getenv(given) != "" { // else it goes with the server
		t.Cleanup(func() {
			if err := exe(base, `DROP SCHEMA IF EXISTS `+name+` CASCADE`); err != nil {
				t.Error("drop the schema:", err)
			}
		})
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(given, "is no URL")
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// exe runs statements beside feedd.
func exe(address string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := c.Exec(ctx, s); err != nil {
			return errors.Join(err, c.Close(ctx))
		}
	}
	return c.Close(ctx)
}

// Exec runs statements on a database beside feedd.
func Exec(t testing.TB, address string, statements ...string) {
	t.Helper()
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, s := range statements {
			if _, err := db.ExecContext(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	if direct := Direct(address); direct != "" {
		address = direct
	}
	if err := exe(address, statements...); err != nil {
		t.Fatal(err)
	}
}

// Refuse makes a database refuse new rows of a table with "no room", as a full disk does; with a
// condition on NEW, only those that meet it. The function it returns makes room.
func Refuse(t testing.TB, address, table, when string) func() {
	t.Helper()
	if strings.HasPrefix(address, "sqlite:") {
		if when != "" {
			when = " WHEN " + when
		}
		Exec(t, address, `CREATE TRIGGER full_`+table+` BEFORE INSERT ON `+table+when+` BEGIN SELECT RAISE(ABORT, 'no room'); END`)
		return func() { Exec(t, address, `DROP TRIGGER full_`+table) }
	}
	if when != "" {
		when = " WHEN (" + when + ")"
	}
	Exec(t, address,
		`CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$`,
		`CREATE TRIGGER full_`+table+` BEFORE INSERT ON `+table+` FOR EACH ROW`+when+` EXECUTE FUNCTION no_room()`)
	return func() { Exec(t, address, `DROP TRIGGER full_`+table+` ON `+table) }
}

// errNotInstalled says that there is no PostgreSQL to start.
var errNotInstalled = errors.New("install it (Debian: apt-get install postgresql) or name a database in " + given)

// Server is a PostgreSQL server of a test's own, without durability, on a Unix socket.
type Server struct {
	URL string // of its superuser and the database postgres
	Dir string // its folder; the socket is in it

	bin   string // folder of its programs
	port  string // of its socket, and where it listens besides; "" is the usual one
	set   []string
	owner *syscall.Credential
	life  *os.File // as long as it is open, the server lives
	done  chan struct{}
}

// Guarded is the name of a user whom a server asks for a password; a test has to make it.
const Guarded = "guarded"

// New starts a server that belongs to one test, to be stopped and killed at will.
func New(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	skipWithout(t, err)
	t.Cleanup(s.Stop)
	return s
}

// Schema returns the address of an empty schema of the server.
func (s *Server) Schema(t testing.TB) string {
	t.Helper()
	return schema(t, s.URL)
}

// Copy makes a database that is a copy of another, to which nobody may be connected, for as long as the
// test takes, and returns its address.
func (s *Server) Copy(t testing.TB, of string) string {
	t.Helper()
	name := "copy_" + strings.ToLower(rand.Text()[:16])
	s.Exec(t, `CREATE DATABASE `+name+` TEMPLATE `+of)
	t.Cleanup(func() { s.Exec(t, `DROP DATABASE `+name+` WITH (FORCE)`) })
	return s.Address(url.User("feedd"), name)
}

// Address returns the address of a database for a user.
func (s *Server) Address(user *url.Userinfo, database string) string {
	at := url.Values{"host": {s.Dir}}
	if s.port != "" {
		at.Set("port", s.port)
	}
	return (&url.URL{Scheme: "postgres", User: user, Path: "/" + database, RawQuery: at.Encode()}).String()
}

// Exec runs statements as its superuser.
func (s *Server) Exec(t testing.TB, statements ...string) {
	t.Helper()
	if err := exe(s.URL, statements...); err != nil {
		t.Fatal(err)
	}
}

// start makes a server and waits until it answers.
func start() (*Server, error) { return startAs(func(*Server) error { return nil }) }

// startAs is start with what changes the server's files and settings before it starts for the first time.
func startAs(change func(*Server) error) (*Server, error) {
	return begin(func(s *Server) error {
		if err := s.initialise(); err != nil {
			return err
		}
		return change(s)
	})
}

// begin makes a server whose files make makes, and waits until it answers.
func begin(make func(*Server) error) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "feedd-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, bin: bin}
	if err = s.own(); err == nil {
		err = make(s)
	}
	if err == nil {
		s.URL = s.Address(url.User("feedd"), "postgres")
		err = s.Start()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// Standby makes a server that follows this one by streaming replication. From then on this one
// acknowledges what the standby has, too.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	standby, err := begin(func(b *Server) error {
		cmd := b.command("pg_basebackup", "-h", s.Dir, "-U", "feedd", "-D", filepath.Join(b.Dir, "data"), "-R", "-c", "fast", "--no-sync")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("pg_basebackup: %w\n%s", err, out)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(standby.Stop)
	s.Exec(t, `ALTER SYSTEM SET synchronous_standby_names = '*'`, `SELECT pg_reload_conf()`)
	for deadline := time.Now().Add(30 * time.Second); exe(s.URL, `SELECT 1 / count(*) FROM pg_stat_replication WHERE sync_state = 'sync'`) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the standby does not follow")
		}
		time.Sleep(50 * time.Millisecond)
	}
	return standby
}

// Promote makes a standby a server that can be written to.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	s.Exec(t, `SELECT pg_promote()`)
}

// programs finds the folder with initdb and postgres: what pg_config names, Debian's, or PATH.
func programs() (string, error) {
	var dirs []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	if found, err := filepath.Glob("/usr/lib/postgresql/*/bin"); err == nil {
		slices.SortFunc(found, func(a, b string) int { return number(b) - number(a) })
		dirs = append(dirs, found...)
	}
	dirs = append(dirs, filepath.SplitList(os.Getenv("PATH"))...)
	for _, dir := range dirs {
		if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
			continue
		}
		if _, err := exec.LookPath(filepath.Join(dir, "postgres")); err == nil {
			return dir, nil
		}
	}
	return "", errNotInstalled
}

// number is the version in /usr/lib/postgresql/15/bin.
func number(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin))) // 0 for what is no number
	return n
}

// own gives the folder to whoever runs the server: root may not own one, so another does.
func (s *Server) own() error {
	if os.Geteuid() != 0 {
		return nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		if who, err = user.Lookup("nobody"); err != nil {
			return fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres or nobody: %w", err)
		}
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(s.Dir, int(uid), int(gid)); err != nil {
		return err
	}
	return os.Chmod(s.Dir, 0o711) // the test that connects is not the owner
}

// initialise makes the files.
func (s *Server) initialise() error {
	cmd := s.command("initdb", "-D", filepath.Join(s.Dir, "data"), "-U", "feedd", "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync", "--no-instructions")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return os.WriteFile(filepath.Join(s.Dir, "data", "pg_hba.conf"), []byte("local all "+Guarded+" scram-sha-256\nlocal all,replication all trust\n"), 0o600)
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.Dir
	// A session of its own: Ctrl-C stops the tests, and these the server.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner, Setsid: true}
	return cmd
}

// supervise runs the server until its own standard input ends, as it does when the tests end in
// whatever way, and removes its folder then. A line on it kills the server at once.
const supervise = `bin=$1 dir=$2
shift 2
"$bin" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=200 \
	-c wal_init_zero=off -c shared_buffers=32MB -c log_min_messages=warning "$@" >>"$dir/log" 2>&1 </dev/null &
server=$!
if read -r line; then kill -QUIT $server; wait $server; exit; fi
kill -INT $server; wait $server
rm -rf "$dir"`

// Start starts the server, again after Kill or Stop, and waits until it answers.
func (s *Server) Start() error {
	in, life, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := s.command("postgres")
	cmd.Path = "/bin/sh"
	cmd.Args = append([]string{"sh", "-c", supervise, "sh", filepath.Join(s.bin, "postgres"), s.Dir}, s.set...)
	cmd.Stdin = in
	if err := cmd.Start(); err != nil {
		return errors.Join(err, in.Close(), life.Close())
	}
	s.life, s.done = life, make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(s.done)
	}()
	if err := in.Close(); err != nil {
		return err
	}
	for deadline := time.Now().Add(time.Minute); ; {
		if err = exe(s.URL); err == nil {
			return nil
		}
		select {
		case <-s.done:
		case <-time.After(20 * time.Millisecond): // it has no other way to say that it is up
			if time.Now().Before(deadline) {
				continue
			}
		}
		log, _ := os.ReadFile(filepath.Join(s.Dir, "log")) // the error is told anyway
		return fmt.Errorf("PostgreSQL did not start: %w\n%s", err, bytes.TrimSpace(log))
	}
}

// Kill ends the server at once, as a crash does; Start brings it back.
func (s *Server) Kill() error {
	if _, err := s.life.WriteString("kill\n"); err != nil {
		return err
	}
	<-s.done
	return s.life.Close()
}

// Stop ends the server, for good.
func (s *Server) Stop() {
	_ = s.life.Close() // it may be killed already
	<-s.done
	_ = os.RemoveAll(s.Dir)
}
