package storetest

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// OnPooler is the name of a test that runs others again on PostgreSQL behind a pooler, see Postgres.
const OnPooler = "TestOnPooler"

// pooled are the addresses that lead through poolers, and the same databases' past them.
var pooled sync.Map

// Direct returns the address past the pooler of one that Postgres or Pooler.Database returned, "" when that
// leads through none.
func Direct(address string) string {
	direct, _ := pooled.Load(address)
	past, _ := direct.(string)
	return past
}

// poolers is the pooler of this process, in transaction mode.
var poolers struct {
	once   sync.Once
	pooler *Pooler
	err    error
}

func pooledDatabase(t testing.TB) string {
	t.Helper()
	if os.Getenv(given) != "" {
		t.Skip("NOT TESTED behind a pooler: ", given, " names a server, and the tests put theirs before one of their own")
	}
	shared.once.Do(func() { shared.server, shared.err = start() })
	skipWithout(t, shared.err)
	poolers.once.Do(func() { poolers.pooler, poolers.err = shared.server.pool("transaction") })
	skipWithout(t, poolers.err)
	return poolers.pooler.Database(t)
}

// Pooler is PgBouncer before a server, on a Unix socket.
type Pooler struct {
	Server *Server
	Dir    string // the socket is in it

	life *os.File // as long as it is open, the pooler lives
	done chan struct{}
}

// Pool starts a pooler of one test before the server; mode is transaction or session.
func (s *Server) Pool(t testing.TB, mode string) *Pooler {
	t.Helper()
	p, err := s.pool(mode)
	skipWithout(t, err)
	t.Cleanup(p.Stop)
	return p
}

// pooling is PgBouncer's configuration. Three connections of the server serve everybody: what one leaves
// behind on a connection, another finds.
const pooling = `[databases]
* = host=%[1]s
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = %[2]s
pidfile = %[2]s/pid
auth_type = trust
auth_file = %[2]s/users
pool_mode = %[3]s
default_pool_size = 3
server_login_retry = 1
max_client_conn = 500
query_wait_timeout = 20
log_connections = 0
log_disconnections = 0
`

// superviseToo runs the pooler as supervise runs the server, and starts it again when it ends by itself, as its unit
// does: PgBouncer before 1.21 ends when a client goes in a bad moment
// (https://github.com/pgbouncer/pgbouncer/issues/801, 822 and 904).
const superviseToo = `watch() {
	trap 'ended=1; kill -INT $pooler' TERM
	while [ -z "$ended" ]; do
		"$1" "$2/pgbouncer.ini" >>"$2/log" 2>&1 </dev/null &
		pooler=$!
		wait $pooler
		[ -n "$ended" ] || { echo . >>"$2/restarts"; sleep 0.2; }
	done
	wait
}
watch "$1" "$2" &
read -r line
kill -TERM $!; wait $!
rm -rf "$2"`

func (s *Server) pool(mode string) (*Pooler, error) {
	bin, err := exec.LookPath("pgbouncer")
	if err != nil {
		if bin, err = exec.LookPath("/usr/sbin/pgbouncer"); err != nil {
			return nil, fmt.Errorf("%w: no pgbouncer (Debian: apt-get install pgbouncer)", errNotInstalled)
		}
	}
	dir, err := os.MkdirTemp("", "feedd-pool-")
	if err != nil {
		return nil, err
	}
	size := pooling
	if mode == "session" {
		size = strings.Replace(size, "default_pool_size = 3", "default_pool_size = 50", 1)
	}
	err = errors.Join(os.WriteFile(filepath.Join(dir, "pgbouncer.ini"), fmt.Appendf(nil, size, s.Dir, dir, mode), 0o644),
		os.WriteFile(filepath.Join(dir, "users"), []byte("\"feedd\" \"\"\n"), 0o644), os.Chmod(dir, 0o711))
	if err == nil && s.owner != nil {
		err = os.Chown(dir, int(s.owner.Uid), int(s.owner.Gid))
	}
	in, life, err2 := os.Pipe()
	if err = errors.Join(err, err2); err != nil {
		return nil, err
	}
	cmd := s.command("sh")
	cmd.Path, cmd.Args, cmd.Dir = "/bin/sh", []string{"sh", "-c", superviseToo, "sh", bin, dir}, dir
	cmd.Stdin = in
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, in.Close(), life.Close())
	}
	p := &Pooler{Server: s, Dir: dir, life: life, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(p.done)
	}()
	if err := in.Close(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		if err = exe(p.address("postgres")); err == nil {
			return p, nil
		}
		select {
		case <-p.done:
		case <-time.After(20 * time.Millisecond): // it has no other way to say that it is up
			if time.Now().Before(deadline) {
				continue
			}
		}
		log, _ := os.ReadFile(filepath.Join(dir, "log")) // the error is told anyway
		return nil, fmt.Errorf("PgBouncer did not start: %w\n%s", err, bytes.TrimSpace(log))
	}
}

// Restarts is how often the pooler was started again, for it had ended by itself.
func (p *Pooler) Restarts() int {
	marks, _ := os.ReadFile(filepath.Join(p.Dir, "restarts")) // none yet: never
	return bytes.Count(marks, []byte("\n"))
}

// Kill ends the pooler's process as a crash does. It is started again.
func (p *Pooler) Kill() error {
	text, err := os.ReadFile(filepath.Join(p.Dir, "pid"))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// Stop ends the pooler.
func (p *Pooler) Stop() {
	_ = p.life.Close() // it may have ended
	<-p.done
}

// address is that of a database through the pooler.
func (p *Pooler) address(database string) string {
	return (&url.URL{Scheme: "postgres", User: url.User("feedd"), Path: "/" + database,
		RawQuery: url.Values{"host": {p.Dir}, "port": {"6432"}}.Encode()}).String()
}

// Database returns the address through the pooler of an empty database; Direct knows the one past it. Like a
// schema, it goes with the server.
func (p *Pooler) Database(t testing.TB) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text()[:16])
	p.Server.Exec(t, `CREATE DATABASE `+name+` TEMPLATE template0`)
	address := p.address(name)
	pooled.Store(address, p.Server.Address(url.User("feedd"), name))
	return address
}
