package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"feedd/internal/publish"
	"feedd/internal/store"
)

// The roles that a process may have.
const (
	RoleCollect = "collect" // asks sources, and takes what hubs push
	RoleDesk    = "desk"    // files what was collected, when no other node does
	RolePublish = "publish" // renders and serves what was filed
)

// roles are those of this process.
type roles struct{ collect, desk, publish bool }

func rolesOf(names []string, db string) (r roles, err error) {
	if len(names) == 0 {
		return roles{true, true, true}, nil
	}
	for _, name := range names {
		switch strings.TrimSpace(name) {
		case RoleCollect:
			r.collect = true
		case RoleDesk:
			r.desk = true
		case RolePublish:
			r.publish = true
		default:
			return r, fmt.Errorf("%w: --roles %s: there are %s, %s and %s", ErrFlag, name, RoleCollect, RoleDesk, RolePublish)
		}
	}
	if all := (roles{true, true, true}); r != all && strings.HasPrefix(db, "sqlite:") {
		return r, fmt.Errorf("%w: --roles leaves work to other nodes, and a store on SQLite has none; share one on PostgreSQL (--db postgres://…)", ErrFlag)
	}
	return r, nil
}

// startRoles starts what this process does, in goroutines of Run.
func (d *Daemon) startRoles(ctx context.Context, start func(what string, run func(context.Context) error)) {
	if d.roles.publish {
		closing := d.pub.CloseBeside()
		// What was published before is served from the first request on.
		if err := d.pub.Refresh(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("publishing failed", "error", err)
		}
		start("publishing", d.publishLoop)
		start("closing archives", closing)
	}
	if d.roles.desk {
		start("indexing", d.index)
	}
	if d.cluster == nil {
		start("messages", d.notify.Run)
		start("collecting", d.agg.Run)
		return
	}
	if err := d.cluster.Join(ctx, d.node()); err != nil && ctx.Err() == nil {
		d.log.Warn("the other nodes do not know of this one yet", "error", err)
	}
	start("watching the nodes", d.gather)
	start("telling of this node", func(ctx context.Context) error { return d.cluster.Tell(ctx, d.node) })
	if d.roles.publish {
		start("delivering", func(ctx context.Context) error { return d.cluster.Hold(ctx, "hub", d.pub.Deliver) })
		// The outbox leases each message to one sender; that one node sends spares the others from looking.
		start("messages", func(ctx context.Context) error { return d.cluster.Hold(ctx, "messages", d.notify.Run) })
	}
	start("listening", func(ctx context.Context) error { return d.cluster.Listen(ctx, d.heard) })
	if d.roles.collect {
		start("collecting", d.agg.RunCollecting)
	}
	if d.roles.desk {
		start("filing", func(ctx context.Context) error { return d.cluster.Hold(ctx, RoleDesk, d.agg.RunDesk) })
	}
}

// delivering is what the hub asks before each delivery where other nodes have hubs of the same site.
func (d *Daemon) delivering() func(context.Context) error {
	if d.cluster == nil {
		return nil
	}
	return d.store.Stands
}

// renderings is where what was rendered is shared by several nodes that publish.
func (d *Daemon) renderings() publish.Renderings {
	if d.cluster == nil || d.o.Listen == "" {
		return nil
	}
	return d.store
}

// sharing lists the nodes where there may be several.
func (d *Daemon) sharing() func(context.Context) ([]publish.NodeStatus, error) {
	if d.cluster == nil {
		return nil
	}
	return d.Nodes
}

// heard wakes what waits for what this or another node committed.
func (d *Daemon) heard(notice string) {
	switch notice {
	case store.NoticeSaved:
		d.agg.Look()
	case store.NoticeFiled:
		d.filed()
	case store.NoticeRendered:
		d.pub.Rendered()
	case store.NoticeConfigured:
		select {
		case d.pushed <- struct{}{}:
		default: // one that it has not heard yet serves for this one, too
		}
	}
}

// profiles are those of Go's profiles that are served to who runs the daemon. They hold the names of
// functions, and nothing of the configuration or of what is stored.
var profiles = []string{"heap", "goroutine"}

func (d *Daemon) adminHandler() http.Handler {
	mux := http.NewServeMux()
	if d.roles.publish {
		mux.Handle("/", d.pub.AdminHandler())
	} else {
		d.withoutPages(mux)
		mux.Handle("/metrics", d.pub.AdminHandler())
	}
	for _, name := range profiles {
		mux.Handle("GET /debug/pprof/"+name, pprof.Handler(name))
	}
	return mux
}

// withoutPages serves what is asked of a node that publishes nothing.
func (d *Daemon) withoutPages(mux *http.ServeMux) {
	say := func(w http.ResponseWriter, status int, text string) {
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		w.WriteHeader(status)
		_, _ = fmt.Fprintln(w, text)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if d.agg.Saving() != nil { // why is for the log
			say(w, http.StatusServiceUnavailable, "nothing can be saved at present")
			return
		}
		say(w, http.StatusOK, "ready")
	})
	if len(d.admins) == 0 {
		mux.Handle("GET /metrics", d.pub.AdminHandler())
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusNotFound, "This node publishes nothing; ask one that does.")
	})
}

// How long a command waits for the desk of another node to file anything, and how often it looks.
const (
	deskWithin = 15 * time.Second
	deskLook   = 100 * time.Millisecond
)

// file has everything filed that waits: by the node that holds the desk, whose configuration counts, or
// by this process when none does.
func (d *Daemon) file(ctx context.Context) error {
	held, err := d.deskElsewhere(ctx)
	if err != nil {
		return err
	}
	if held {
		return d.filedElsewhere(ctx)
	}
	_, err = d.agg.File(ctx)
	return err
}

// deskElsewhere tells whether a node that serves has the desk.
func (d *Daemon) deskElsewhere(ctx context.Context) (bool, error) {
	if d.cluster == nil {
		return false, nil
	}
	return d.cluster.Held(ctx, RoleDesk)
}

// filedElsewhere waits until nothing waits for the desk, as long as that gets on.
func (d *Daemon) filedElsewhere(ctx context.Context) error {
	look := time.NewTicker(deskLook)
	defer look.Stop()
	for last, since := -1, time.Now(); ; {
		waiting, _, err := d.store.Lag(ctx)
		if err != nil || waiting == 0 {
			return err
		}
		if waiting != last {
			last, since = waiting, time.Now()
		}
		if time.Since(since) > deskWithin {
			return errors.New("it is stored, but the node that holds the desk has not filed it yet")
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
