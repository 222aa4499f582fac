package docs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// service is one of a compose file, as the loader of the Compose Specification reads it.
type service struct {
	Image       string            `json:"image"`
	User        string            `json:"user"`
	Command     []string          `json:"command"`
	Entrypoint  []string          `json:"entrypoint"`
	Environment map[string]string `json:"environment"`
	Profiles    []string          `json:"profiles"`
	Healthcheck struct {
		Test []string `json:"test"`
	} `json:"healthcheck"`
	Networks map[string]*struct {
		Aliases []string `json:"aliases"`
	} `json:"networks"`
	Volumes []volume `json:"volumes"`
}

type volume struct{ Type, Source, Target string }

// composed is the compose file of the reference set-up, with values for what it asks the environment for.
func composed(t *testing.T, env ...string) map[string]service {
	t.Helper()
	load := exec.CommandContext(t.Context(), "go", "run", "./compose", "../packaging/cluster/compose.yaml")
	load.Dir = filepath.Join(root, "tools")
	load.Env = append(os.Environ(), env...)
	out, err := load.Output()
	var said *exec.ExitError
	if errors.As(err, &said) {
		t.Fatalf("%v\n%s", err, said.Stderr)
	}
	var project struct{ Services map[string]service }
	if err == nil {
		err = json.Unmarshal(out, &project)
	}
	if err != nil {
		t.Fatal(err)
	}
	return project.Services
}

// TestCompose: the compose file keeps to its specification, has two of each role, names what is there, and gives feedd
// flags that it knows.
func TestCompose(t *testing.T) {
	roles := map[string]int{}
	services := composed(t, "FEEDD_PASSWORD=x")
	for name, s := range services {
		for _, v := range s.Volumes {
			if v.Type != "bind" {
				continue
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s.Image != "feedd" {
			continue
		}
		knownFlags(t, s.Command)
		if i := slices.Index(s.Command, "--roles"); i > 0 {
			roles[s.Command[i+1]]++
		}
	}
	if roles["collect"] != 2 || roles["desk"] != 2 || roles["publish"] != 2 || len(roles) != 3 {
		t.Errorf("nodes by role: %v", roles)
	}
	pushed := services["configure"].Command[2] // config push FILE
	if !slices.ContainsFunc(services["configure"].Volumes, func(v volume) bool {
		file, inside := strings.CutPrefix(pushed, v.Target)
		_, err := os.Stat(v.Source + file)
		return v.Type == "bind" && inside && err == nil
	}) {
		t.Errorf("configure pushes %s as it was when the image was made: that file is not mounted", pushed)
	}
}

// officialPostgres is what the entrypoint of PostgreSQL's image does at a first start.
const officialPostgres = `set -e
printf %s "$POSTGRES_PASSWORD" >/tmp/password
initdb -D "$PGDATA" -U postgres --auth-host=scram-sha-256 --auth-local=trust --pwfile=/tmp/password --no-sync >/dev/null
echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
echo "listen_addresses = '*'
unix_socket_directories = '/tmp,/run'" >>"$PGDATA/postgresql.conf"
pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start >/dev/null
for f in /docker-entrypoint-initdb.d/*; do bash "$f"; done
pg_ctl -D "$PGDATA" -w stop >/dev/null
exec "$@"`

// inImage is what a service's container runs: as the Dockerfile says, or the image's own.
func (s service) inImage(t *testing.T) does {
	t.Helper()
	var d does
	for k, v := range s.Environment {
		d.env = append(d.env, k+"="+v)
	}
	d.args = slices.Concat(s.Entrypoint, s.Command)
	switch {
	case s.Image == "feedd":
		file := read(t, "Dockerfile")
		d.user = regexp.MustCompile(`(?m)^USER (\S+)$`).FindStringSubmatch(file)[1]
		d.dir = regexp.MustCompile(`(?m)^WORKDIR (\S+)\n(?:.*\n)*?ENTRYPOINT`).FindStringSubmatch(file[strings.Index(file, "FROM scratch"):])[1]
		d.args = append([]string{regexp.MustCompile(`(?m)^ENTRYPOINT \["(.*)"\]$`).FindStringSubmatch(file)[1]}, d.args...)
	case strings.HasPrefix(s.Image, "postgres:"):
		d.user, d.dir = idOf(t, "postgres"), "/tmp"
		d.env = append(d.env, "PGDATA=/var/lib/postgresql/data", "PGHOST=/tmp")
		if s.Entrypoint == nil {
			d.args = append([]string{"bash", "-c", officialPostgres, "bash"}, d.args...)
		}
	case strings.HasPrefix(s.Image, "nginx:"):
		d.args = []string{"nginx", "-g", "daemon off;"}
	default:
		t.Fatalf("what does the image %s run?", s.Image)
	}
	return d
}

func idOf(t *testing.T, user string) string {
	t.Helper()
	return strings.TrimSpace(must(t, exec.Command("sh", "-c", `echo "$(id -u "$1"):$(id -g "$1")"`, "sh", user)))
}

// bucket is a service like S3 with an empty bucket, and what is in it.
func bucket(t *testing.T, name string) (base string, object func(path string) (string, error)) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(name); err != nil {
		t.Fatal(err)
	}
	base = serveHere(t, gofakes3.New(backend).Server())
	return base, func(path string) (string, error) {
		o, err := backend.GetObject(name, path, nil)
		if err != nil {
			return "", err
		}
		b, err := io.ReadAll(o.Contents)
		return string(b), errors.Join(err, o.Contents.Close())
	}
}

// seen is nodes as `feedd nodes --json` lists them.
type seen struct {
	Nodes []struct {
		Name  string   `json:"name"`
		Roles []string `json:"roles"`
		Holds []string `json:"holds"`
		Alive bool     `json:"alive"`
	} `json:"nodes"`
}

func (s seen) holder() string {
	for _, n := range s.Nodes {
		if n.Alive && slices.Contains(n.Holds, "desk") {
			return n.Name
		}
	}
	return ""
}

// TestComposeRuns starts everything that the compose file does, each service on a machine of its own that has the
// name, the files and the command which the file gives it, with Debian's PostgreSQL and nginx for what is in the
// images. Then machines are lost, one after another.
func TestComposeRuns(t *testing.T) {
	apart(t, func(t *testing.T) {
		s3, object := bucket(t, "news")
		services := composed(t, "FEEDD_PASSWORD=it's a secret", "EXPORT_TO=s3://news/site", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y", "AWS_ENDPOINT_URL="+s3)
		news := serveHere(t, web(t).Config.Handler)
		l := containers(t, services, offline(parse(t, readmeYAML(t)), news))
		up := func(name string) { l.machines[name].keep(services[name].inImage(t)) }
		up("primary")
		healthy(t, l, services, "primary")
		for name, s := range services {
			if name != "primary" && s.Profiles == nil {
				up(name)
			}
		}
		healthy(t, l, services, "standby")
		configure := l.machines["configure"]
		configure.run(services["configure"].inImage(t))

		front := "http://" + l.machines["proxy"].at
		kinhTe := front + "/sections/kinh-te.rss"
		served := func() error { return serves(kinhTe, "<item>") }
		soon(t, time.Minute, "the news are behind the proxy", served)
		var nodes seen
		list := func() seen {
			d := services["export"].inImage(t)
			d.args = []string{d.args[0], "nodes", "--config", "postgres:", "--json"}
			out, err := configure.try(d)
			var s seen
			if err == nil {
				err = json.Unmarshal([]byte(out), &s)
			}
			if err != nil {
				t.Log(err)
			}
			return s
		}
		soon(t, 30*time.Second, "two nodes of each role", func() error {
			nodes = list()
			roles := map[string]int{}
			for _, n := range nodes.Nodes {
				if n.Alive {
					roles[strings.Join(n.Roles, "+")]++
				}
			}
			if roles["collect"] != 2 || roles["desk"] != 2 || roles["publish"] != 2 || nodes.holder() == "" {
				return fmt.Errorf("nodes: %+v", nodes)
			}
			return nil
		})

		l.machines["publish-1"].stop()
		for range 20 {
			if err := served(); err != nil {
				t.Fatalf("after a publisher was lost: %v", err)
			}
		}
		// Every machine has this one's host name, so that a node is known by its process alone.
		old := nodes.holder()
		must(t, exec.Command("kill", "-STOP", strings.Split(old, "/")[1]))
		soon(t, 20*time.Second, "the other desk holds it", func() error {
			if now := list().holder(); now == "" || now == old {
				return fmt.Errorf("the desk is held by %q", now)
			}
			return nil
		})
		must(t, exec.Command("kill", "-CONT", strings.Split(old, "/")[1]))

		l.machines["export"].run(services["export"].inImage(t))
		_, published := get(t, kinhTe)
		if exported, err := object("site/sections/kinh-te.rss"); err != nil || exported != published {
			t.Errorf("the bucket has other bytes than the proxy serves (%v), %d and %d", err, len(exported), len(published))
		}

		l.machines["primary"].stop()
		if err := served(); err != nil {
			t.Errorf("while the primary is away: %v", err)
		}
		promote := services["standby"].inImage(t)
		promote.args = []string{"pg_ctl", "-D", "/var/lib/postgresql/data", "-w", "promote"}
		l.machines["standby"].run(promote)
		configure.put("/etc/feedd/feeds.yaml", dump(t, with(offline(parse(t, readmeYAML(t)), news), configuration{"site": configuration{"title": "Sau sự cố", "url": "https://news.example.org"}})), 0o644)
		configure.run(services["configure"].inImage(t))
		soon(t, time.Minute, "what is said to the standby is behind the proxy", func() error { return serves(front+"/", "Sau sự cố") })
	})
}

// containers are machines for services, with what is in their images and what is mounted into them.
func containers(t *testing.T, services map[string]service, c configuration) *lan {
	t.Helper()
	var names [][]string
	for name, s := range services {
		all := []string{name}
		for _, n := range s.Networks {
			if n != nil {
				all = append(all, n.Aliases...)
			}
		}
		names = append(names, all)
	}
	l := newLAN(t, names...)
	binary, err := os.ReadFile(feedd(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range services {
		m := l.machines[name]
		if s.Image == "feedd" {
			m.put(s.inImage(t).args[0], string(binary), 0o755)
			m.put("/etc/feedd/feeds.yaml", dump(t, c), 0o644)
			m.put("/data/.keep", "", 0o644)
		}
		for _, v := range s.Volumes {
			if about, err := os.Stat(v.Source); err == nil && about.IsDir() {
				continue // the folder of the configuration, which is another here
			}
			if v.Type == "bind" {
				text, err := os.ReadFile(v.Source)
				if err != nil {
					t.Fatal(err)
				}
				m.put(v.Target, string(text), 0o644)
				continue
			}
			m.run(does{args: []string{"install", "-d", "-o", "postgres", "-g", "postgres", "-m", "1777", v.Target}})
		}
	}
	return l
}

// healthy waits until a service says that it is well.
func healthy(t *testing.T, l *lan, services map[string]service, name string) {
	t.Helper()
	d := services[name].inImage(t)
	d.args = services[name].Healthcheck.Test[1:]
	soon(t, time.Minute, name+" is healthy", func() error {
		_, err := l.machines[name].try(d)
		return err
	})
}

// serves asks for a page and fails unless it has a text in it.
func serves(url, text string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || !strings.Contains(string(body), text)) {
		err = fmt.Errorf("%s: %s, without %q", url, resp.Status, text)
	}
	return err
}
