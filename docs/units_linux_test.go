package docs

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// unit is what systemd would run for a unit on a machine that has the environment files which it names, as the user
// of its own that DynamicUser makes.
func unit(t *testing.T, file, instance, environment string) does {
	t.Helper()
	text := strings.ReplaceAll(read(t, "packaging/cluster/"+file), "%i", instance)
	value := func(key string) []string {
		var values []string
		for _, m := range regexp.MustCompile(`(?m)^`+key+`=(.*)$`).FindAllStringSubmatch(text, -1) {
			values = append(values, m[1])
		}
		return values
	}
	d := does{user: "61184:61184", dir: value("WorkingDirectory")[0]}
	known := map[string]string{}
	for _, path := range value("EnvironmentFile") {
		lines := environment
		if path != "/etc/feedd/environment" {
			lines = read(t, "packaging/cluster/"+strings.TrimPrefix(path, "/etc/feedd/"))
		}
		for line := range strings.Lines(lines) {
			if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(k, "#") {
				known[k] = v
				d.env = append(d.env, k+"="+v)
			}
		}
	}
	command := os.Expand(value("ExecStart")[0], func(name string) string {
		v, ok := known[name]
		if !ok {
			t.Errorf("%s: nothing says what %s is", file, name)
		}
		return v
	})
	d.args = strings.Fields(command)
	return d
}

// TestUnitsRun has each machine of the reference set-up run what its units say: nodes of every role, of which those
// of one machine go through PgBouncer; nginx; an export. One machine of each role is lost.
func TestUnitsRun(t *testing.T) {
	apart(t, func(t *testing.T) {
		l := newLAN(t, []string{"db1", "db1.example.org"}, []string{"db2", "db2.example.org"}, []string{"pool", "pool.example.org"},
			[]string{"a1"}, []string{"a2"}, []string{"p1", "publish-1.feedd"}, []string{"p2", "publish-2.feedd"})
		s3, object := bucket(t, "news")
		const secret = "secret"
		db1 := l.machines["db1"]
		db1.put("/docker-entrypoint-initdb.d/primary.sh", read(t, "packaging/cluster/primary.sh"), 0o644)
		db1.run(does{args: []string{"install", "-d", "-o", "postgres", "-m", "700", "/var/lib/postgresql/data"}})
		postgres := does{user: idOf(t, "postgres"), dir: "/tmp", env: []string{"PGDATA=/var/lib/postgresql/data", "PGHOST=/tmp", "POSTGRES_PASSWORD=" + secret, "FEEDD_PASSWORD=" + secret},
			args: []string{"bash", "-c", officialPostgres, "bash", "postgres"}}
		db1.keep(postgres)
		soon(t, time.Minute, "the database is ready", func() error {
			d := postgres
			d.args = []string{"pg_isready", "-h", "localhost"}
			_, err := db1.try(d)
			return err
		})
		pool := l.machines["pool"]
		pool.put("/etc/pgbouncer/pgbouncer.ini", read(t, "packaging/cluster/pgbouncer.ini"), 0o644)
		pool.put("/etc/pgbouncer/userlist.txt", `"feedd" "`+secret+`"`+"\n", 0o644)
		pool.keep(does{user: idOf(t, "postgres"), args: []string{"pgbouncer", "/etc/pgbouncer/pgbouncer.ini"}})

		straight := "postgres://feedd@db1.example.org,db2.example.org/feedd?target_session_attrs=read-write"
		environment := func(db, direct string) string {
			return "FEEDD_DB=" + db + "\nFEEDD_DB_DIRECT=" + direct + "\nPGPASSWORD=" + secret +
				"\nEXPORT_TO=s3://news/site\nAWS_ACCESS_KEY_ID=x\nAWS_SECRET_ACCESS_KEY=y\nAWS_ENDPOINT_URL=" + s3 + "\n"
		}
		direct, pooled := environment(straight, ""), environment("postgres://feedd@pool.example.org:6432/feedd", straight)
		binary, err := os.ReadFile(feedd(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a1", "a2", "p1", "p2"} {
			l.machines[name].put("/usr/local/bin/feedd", string(binary), 0o755)
			l.machines[name].put("/etc/feedd/.keep", "", 0o644)
		}
		p1 := l.machines["p1"]
		admin := unit(t, "feedd-export.service", "", direct)
		admin.args = []string{"/usr/local/bin/feedd", "config", "push", "/etc/feedd/feeds.yaml"}
		p1.put("/etc/feedd/feeds.yaml", dump(t, offline(parse(t, readmeYAML(t)), serveHere(t, web(t).Config.Handler))), 0o644)
		p1.run(admin)

		for name, environment := range map[string]string{"a1": pooled, "a2": direct} {
			l.machines[name].keep(unit(t, "feedd@.service", "collect", environment))
			l.machines[name].keep(unit(t, "feedd@.service", "desk", environment))
		}
		for _, name := range []string{"p1", "p2"} {
			l.machines[name].keep(unit(t, "feedd@.service", "publish", direct))
		}
		p1.put("/etc/nginx/nginx.conf", read(t, "packaging/cluster/nginx.conf"), 0o644)
		p1.keep(does{args: []string{"nginx", "-g", "daemon off;"}})
		kinhTe := "http://" + p1.at + "/sections/kinh-te.rss"
		soon(t, time.Minute, "the news are behind nginx", func() error { return serves(kinhTe, "<item>") })

		nodes := func(alive int) func() error {
			return func() error {
				d := admin
				d.args = []string{"/usr/local/bin/feedd", "nodes", "--config", "postgres:", "--json"}
				out, err := p1.try(d)
				var s seen
				if err == nil {
					err = json.Unmarshal([]byte(out), &s)
				}
				n := 0
				for _, node := range s.Nodes {
					if node.Alive {
						n++
					}
				}
				if err == nil && (n != alive || s.holder() == "") {
					err = fmt.Errorf("nodes: %+v", s)
				}
				return err
			}
		}
		soon(t, 30*time.Second, "six nodes", nodes(6))
		p1.run(unit(t, "feedd-export.service", "", direct))
		_, published := get(t, kinhTe)
		if exported, err := object("site/sections/kinh-te.rss"); err != nil || exported != published {
			t.Errorf("the bucket has other bytes than nginx serves (%v), %d and %d", err, len(exported), len(published))
		}
		l.machines["a2"].stop()
		l.machines["p2"].stop()
		soon(t, 40*time.Second, "three nodes are left, those of a machine behind the pooler among them, and one holds the desk", nodes(3))
		p1.put("/etc/feedd/feeds.yaml", dump(t, with(parse(t, read(t, "config/feeds.yaml")), configuration{"site": configuration{"title": "Còn một nửa", "url": "https://news.example.org"}, "sources": []any{}})), 0o644)
		admin.args = []string{"/usr/local/bin/feedd", "config", "push", "/etc/feedd/feeds.yaml", "--accept"}
		p1.run(admin)
		soon(t, 30*time.Second, "what is pushed then is served", func() error { return serves("http://"+p1.at+"/", "Còn một nửa") })
	})
}
