package docs

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// apart runs a test, beside others, in a process that has a network and file systems of its own, in which it may make machines.
// Whatever it leaves behind goes with that process.
func apart(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	if os.Getenv(apartIn) != "" {
		for _, args := range [][]string{
			{"mount", "--make-rprivate", "/"}, {"mount", "-t", "proc", "proc", "/proc"}, {"mount", "-t", "tmpfs", "tmpfs", "/mnt"},
			{"ip", "link", "set", "lo", "up"}, {"ip", "link", "add", "lan", "type", "bridge"}, {"ip", "address", "add", here + "/24", "dev", "lan"}, {"ip", "link", "set", "lan", "up"},
		} {
			must(t, exec.Command(args[0], args[1:]...))
		}
		test(t)
		return
	}
	t.Parallel() // beside what waits, too
	if testing.Short() {
		t.Skip("SKIPPED, NOT PASSED: it starts a dozen machines")
	}
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED, NOT PASSED: only root makes networks")
	}
	for _, tool := range []string{"ip", "mount", "nsenter", "chroot", "/usr/sbin/nginx", "/usr/sbin/pgbouncer", postgresBin() + "/postgres"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("SKIPPED, NOT PASSED: no ", tool)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout", "5m")
	cmd.Env = append(os.Environ(), apartIn+"="+feedd(t))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func postgresBin() string {
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well formed
	if len(bins) == 0 {
		return "/usr/lib/postgresql"
	}
	return bins[len(bins)-1]
}

// here is the address of the test itself among the machines.
const here = "10.89.0.1"

func must(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", cmd.Args, err, out)
	}
	return string(out)
}

// lan is machines that know each other by name.
type lan struct {
	t        *testing.T
	machines map[string]*machine
	hosts    strings.Builder
}

// machine has a network and files of its own; what this machine has installed it has, too.
type machine struct {
	t    *testing.T
	name string
	at   string // address
	root string // its file system
	pid  string // of the process that keeps its network and file systems

	mu    sync.Mutex
	off   bool // nothing is started again
	procs []*exec.Cmd
	said  bytes.Buffer
}

// newLAN makes machines: names are those of each, the first being its own.
func newLAN(t *testing.T, names ...[]string) *lan {
	l := &lan{t: t, machines: map[string]*machine{}}
	fmt.Fprintf(&l.hosts, "127.0.0.1 localhost\n%s test\n", here)
	for i, of := range names {
		at := fmt.Sprintf("10.89.0.%d", i+2)
		fmt.Fprintf(&l.hosts, "%s %s\n", at, strings.Join(of, " "))
	}
	for i, of := range names {
		l.machines[of[0]] = l.machine(of[0], i)
	}
	return l
}

func (l *lan) machine(name string, i int) *machine {
	t := l.t
	t.Helper()
	m := &machine{t: t, name: name, at: fmt.Sprintf("10.89.0.%d", i+2), root: "/mnt/" + name + "/root"}
	base := "/mnt/" + name
	for _, dir := range []string{"/root", "/own/etc", "/work"} {
		if err := os.MkdirAll(base+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(base+"/own/etc/hosts", []byte(l.hosts.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	keep := exec.Command("sh", "-c", `mount -t overlay overlay -o lowerdir=/,upperdir=$1/own,workdir=$1/work $1/root &&
		mount -t proc proc $1/root/proc && mount --rbind /dev $1/root/dev && mount -t tmpfs -o mode=1777 tmpfs $1/root/tmp && mount -t tmpfs -o mode=1777 tmpfs $1/root/run &&
		ip link set lo up && echo ready && exec sleep 10000`, "sh", base)
	keep.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	var said bytes.Buffer
	keep.Stderr = &said
	out, err := keep.StdoutPipe()
	if err == nil {
		err = keep.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("machine %s: %v\n%s", name, err, &said)
	}
	t.Cleanup(func() {
		_ = keep.Process.Kill()
		_ = keep.Wait()
	})
	m.pid = fmt.Sprint(keep.Process.Pid)
	wire := fmt.Sprint("wire", i)
	must(t, exec.Command("ip", "link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", m.pid))
	must(t, exec.Command("ip", "link", "set", wire, "master", "lan", "up"))
	for _, args := range [][]string{{"address", "add", m.at + "/24", "dev", "eth0"}, {"link", "set", "eth0", "up"}} {
		must(t, exec.Command("nsenter", append([]string{"-t", m.pid, "-n", "ip"}, args...)...))
	}
	t.Cleanup(func() {
		m.stop()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, &m.said)
		}
	})
	return m
}

// put writes a file, with its folder.
func (m *machine) put(path, text string, mode os.FileMode) {
	m.t.Helper()
	file := filepath.Join("/proc", m.pid, "root", m.root, path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), mode), os.Chmod(file, mode)); err != nil {
		m.t.Fatal(err)
	}
}

// does is what is run on a machine: by whom, where and with what.
type does struct {
	user, dir string // USER:GROUP; "" is root, and /
	env       []string
	args      []string
}

func (m *machine) command(d does) *exec.Cmd {
	user, dir := d.user, d.dir
	if user == "" {
		user = "0:0"
	}
	if dir == "" {
		dir = "/"
	}
	env := append([]string{"PATH=" + postgresBin() + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, d.env...)
	args := slices.Concat([]string{"-t", m.pid, "-n", "-m", "chroot", "--userspec=" + user, m.root, "env", "-i", "-C", dir}, env, d.args)
	return exec.Command("nsenter", args...)
}

// run runs something to its end and returns what it printed.
func (m *machine) run(d does) string {
	m.t.Helper()
	out, err := m.try(d)
	if err != nil {
		m.t.Fatalf("on %s: %v", m.name, err)
	}
	return out
}

func (m *machine) try(d does) (string, error) {
	cmd := m.command(d)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%q: %w\n%s%s", d.args, err, out, &said)
	}
	return string(out), err
}

// keep runs something, and again a second after it ended, until stop.
func (m *machine) keep(d does) {
	m.t.Helper()
	go func() {
		for {
			cmd := m.command(d)
			cmd.Stdout, cmd.Stderr = m, m
			m.mu.Lock()
			if m.off {
				m.mu.Unlock()
				return
			}
			err := cmd.Start()
			m.procs = append(m.procs, cmd)
			m.mu.Unlock()
			if err == nil {
				_ = cmd.Wait() // it says so itself
			}
			time.Sleep(time.Second)
		}
	}()
}

// Write keeps what the machine's programs say.
func (m *machine) Write(b []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.said.Len() > 100_000 {
		m.said.Reset()
	}
	return m.said.Write(b)
}

// stop ends what the machine does, as a power cut does.
func (m *machine) stop() {
	m.mu.Lock()
	m.off = true
	m.mu.Unlock()
	ours, err := os.Readlink("/proc/" + m.pid + "/ns/net")
	if err != nil {
		return // it is gone
	}
	all, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	for _, proc := range all {
		pid := filepath.Base(proc)
		if net, err := os.Readlink(proc + "/ns/net"); err != nil || net != ours || pid == m.pid {
			continue
		}
		var n int
		if _, err := fmt.Sscan(pid, &n); err == nil {
			_ = syscall.Kill(n, syscall.SIGKILL)
		}
	}
}

// serveHere lets a handler answer the machines at a port of the test's address.
func serveHere(t *testing.T, h http.Handler) (base string) {
	t.Helper()
	listen, err := net.Listen("tcp", here+":0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(listen) }()
	t.Cleanup(func() { _ = srv.Close() })
	return "http://" + listen.Addr().String()
}

// soon waits until something is as it should be.
func soon(t *testing.T, most time.Duration, what string, is func() error) {
	t.Helper()
	began := time.Now()
	for {
		err := is()
		if err == nil {
			t.Logf("%v: %s", time.Since(began).Round(100*time.Millisecond), what)
			return
		}
		if time.Since(began) > most {
			t.Fatalf("not within %v: %s: %v", most, what, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
