//go:build unix

package docs

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"feedd/internal/store/storetest"
)

// knownFlags checks that feedd serve or another command has the flags that a line gives it.
func knownFlags(t *testing.T, words []string) {
	t.Helper()
	command := []string{}
	for _, w := range words {
		if !regexp.MustCompile(`^[a-z]+$`).MatchString(w) || len(command) == 2 || len(command) == 1 && command[0] != "config" {
			break
		}
		command = append(command, w)
	}
	help, err := exec.CommandContext(t.Context(), feedd(t), append(command, "--help")...).Output()
	if err != nil {
		t.Fatalf("feedd %q: %v", words, err)
	}
	for _, w := range words {
		if strings.HasPrefix(w, "--") && !strings.Contains(string(help), w) {
			t.Errorf("feedd %s knows no %s", strings.Join(command, " "), w)
		}
	}
}

// TestClusterUnits: systemd finds nothing wrong with the units of a node and of the export, and lets a node do no
// more than feedd.service.
func TestClusterUnits(t *testing.T) {
	node, alone := read(t, "packaging/cluster/feedd@.service"), read(t, "packaging/feedd.service")
	if rest := alone[strings.Index(alone, "NoNewPrivileges="):]; !strings.HasSuffix(node, rest) {
		t.Error("packaging/cluster/feedd@.service does not end as packaging/feedd.service does, from NoNewPrivileges on")
	}
	commands := regexp.MustCompile(`(?m)^ExecStart=\S+/feedd (.*)$`)
	dir := t.TempDir()
	var units []string
	for file, as := range map[string][]string{
		"feedd@.service": {"feedd@collect.service", "feedd@desk.service", "feedd@publish.service"}, "feedd-export.service": nil, "feedd-export.timer": nil,
	} {
		text := read(t, "packaging/cluster/"+file)
		if m := commands.FindStringSubmatch(text); m != nil {
			knownFlags(t, strings.Fields(m[1]))
		}
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "/usr/local/bin/feedd", feedd(t))), 0o644); err != nil {
			t.Fatal(err)
		}
		if as == nil {
			units = append(units, path)
		}
		for _, instance := range as {
			units = append(units, filepath.Join(dir, instance))
			role := strings.TrimSuffix(strings.TrimPrefix(instance, "feedd@"), ".service")
			environment := read(t, "packaging/cluster/"+role+".environment")
			if !regexp.MustCompile(`(?m)^LISTEN=\S+:\d+\nADMIN=\S+:\d+$`).MatchString(environment) {
				t.Errorf("%s.environment does not say where it listens: %s", role, environment)
			}
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("SKIPPED, NOT PASSED: no systemd-analyze")
	}
	if out, err := exec.CommandContext(t.Context(), analyze, append([]string{"verify", "--man=no"}, units...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// TestClusterProxy runs nginx in front of two nodes that publish, as the reference set-up does. One of them dies:
// nobody notices.
func TestClusterProxy(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		if nginx, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Skip("SKIPPED, NOT PASSED: no nginx")
		}
	}
	db, dir := storetest.New(t).URL, t.TempDir()
	config := filepath.Join(dir, "feeds.yaml")
	write(t, offline(parse(t, readmeYAML(t)), web(t).URL), config)
	for _, args := range [][]string{{"config", "push", config}, {"collect", "--config", "postgres:"}} {
		if out, err := exec.CommandContext(t.Context(), feedd(t), append(args, "--db", db)...).CombinedOutput(); err != nil {
			t.Fatalf("feedd %q: %v\n%s", args, err, out)
		}
	}
	text := read(t, "packaging/cluster/nginx.conf")
	var nodes []*exec.Cmd
	for n := range 2 {
		address := freeAddress(t)
		cmd := exec.Command(feedd(t), "serve", "--config", "postgres:", "--db", db, "--roles", "publish", "--listen", address)
		start(t, address, cmd)
		nodes = append(nodes, cmd)
		text = strings.Replace(text, fmt.Sprintf("publish-%d.feedd:8080", n+1), address, 1)
	}
	listen := freeAddress(t)
	text = strings.Replace(text, "listen 80;", "listen "+listen+";", 1)
	head := "daemon off; pid " + dir + "/pid; error_log stderr;\n"
	paths := "http {\n access_log off;\n"
	for _, what := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		paths += " " + what + "_temp_path " + dir + "/" + what + ";\n"
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, []byte(head+strings.Replace(text, "http {\n", paths, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), nginx, "-t", "-c", conf, "-p", dir, "-e", "stderr").CombinedOutput(); err != nil {
		t.Fatalf("nginx -t: %v\n%s", err, out)
	}
	start(t, listen, exec.Command(nginx, "-c", conf, "-p", dir, "-e", "stderr"))
	through(t, "http://"+listen+"/")
	if err := nodes[0].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if code, body := get(t, "http://"+listen+"/sections/kinh-te.rss"); code != http.StatusOK || !strings.Contains(body, "<item>") {
			t.Fatalf("after one node died: %d, %s", code, body)
		}
	}
	resp, err := http.PostForm("http://"+listen+"/hub", url.Values{"hub.mode": {"nonsense"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("the hub behind the proxy answers nonsense with %s", resp.Status)
	}
}

// TestStandby prepares a primary and a standby with the scripts of the reference set-up, and promotes the standby.
func TestStandby(t *testing.T) {
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well formed
	if len(bins) == 0 {
		t.Skip("SKIPPED, NOT PASSED: no PostgreSQL (Debian: apt-get install postgresql)")
	}
	dir, err := os.MkdirTemp("", "feedd-standby-") // its user must be able to get there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for _, name := range []string{"primary.sh", "standby.sh"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(read(t, "packaging/cluster/"+name)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	port := func() string { _, p, _ := strings.Cut(freeAddress(t), ":"); return p }
	script := exec.CommandContext(t.Context(), "bash", "-c", standbyScript)
	script.Dir = dir
	script.Env = append(os.Environ(), "PATH="+bins[len(bins)-1]+":"+os.Getenv("PATH"), "PGHOST=127.0.0.1", "PGUSER=postgres", "PGPORT="+port(), "OTHER="+port())
	if err := ownedBy(script, "postgres", dir); err != nil {
		t.Fatal(err)
	}
	script.WaitDelay = 10 * time.Second
	var out bytes.Buffer
	script.Stdout, script.Stderr = &out, &out
	if err := script.Run(); err != nil || !strings.HasSuffix(out.String(), "follows 7\nleads f 8\n") {
		t.Errorf("%v\n%s", err, &out)
	}
}

const standbyScript = `set -euo pipefail
initdb -D a -U postgres -A trust --no-sync >/dev/null
sed -i 's/^\(host.*replication.*\)trust/\1scram-sha-256/' a/pg_hba.conf
pg_ctl -D a -o "-p $PGPORT -k $PWD -c wal_level=replica -c max_connections=200" -l a.log -w start >/dev/null
trap 'pg_ctl -D a -m immediate stop >/dev/null 2>&1; pg_ctl -D b -m immediate stop >/dev/null 2>&1; cat b.log >&2' EXIT
export FEEDD_PASSWORD="it's a secret"
PGDATA=$PWD/a bash primary.sh
PGPASSWORD=$FEEDD_PASSWORD PGDATA=$PWD/b PRIMARY=127.0.0.1 PRIMARY_PORT=$PGPORT bash standby.sh -c port=$OTHER -c unix_socket_directories=$PWD >b.log 2>&1 &
psql -d feedd -qc 'CREATE TABLE x (a int); INSERT INTO x VALUES (7)'
for i in $(seq 300); do
	got=$(psql -p $OTHER -d feedd -Atqc 'SELECT a FROM x' 2>/dev/null) && [ "$got" = 7 ] && break
	sleep 0.1
done
echo "follows $got"
pg_ctl -D a -m immediate stop >/dev/null
pg_ctl -D b -w promote >/dev/null
psql -p $OTHER -d feedd -qc 'INSERT INTO x VALUES (8)'
echo "leads $(psql -p $OTHER -d feedd -Atqc 'SELECT pg_is_in_recovery()') $(psql -p $OTHER -d feedd -Atqc 'SELECT max(a) FROM x')"
trap - EXIT
pg_ctl -D b -m immediate stop >/dev/null
`

// ownedBy gives a folder to a user and runs a command as that, where root runs the tests: PostgreSQL refuses to
// run as root.
func ownedBy(cmd *exec.Cmd, name, folder string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return os.Chown(folder, int(uid), int(gid))
}
