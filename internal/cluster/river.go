package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// The queue of hosts is River's: one job a host, unique while it waits or runs, so that one node at a time
// is at a host. A job that is lost costs time and nothing else, for what is due stands in the table of
// sources: River's tables may be dropped at any moment.

// hostJob is a host with sources that were due at a time.
type hostJob struct {
	Host string    `json:"host" river:"unique"`
	At   time.Time `json:"at"`
}

// Kind implements river.JobArgs.
func (hostJob) Kind() string { return "collect_host" }

// InsertOpts implements river.JobArgsWithInsertOpts. A job that failed is not tried again: its host is
// queued again when it has something due.
func (hostJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled, rivertype.JobStateRetryable,
	}}}
}

// Times of jobs. A node that is gone is told from its jobs by the table of nodes; River's own rescue is for
// what that does not see.
const (
	jobTime    = 10 * time.Minute
	jobRescue  = 15 * time.Minute
	jobKept    = time.Minute
	freeEvery  = 5 * time.Second
	stopWithin = 3 * time.Second
	// beginWithin is how long after a node got a job it has taken the run.
	beginWithin = 10 * time.Second
)

type hostWorker struct {
	river.WorkerDefaults[hostJob]
	runs *gate
	work func(ctx context.Context, host string, at time.Time)
}

// Work implements river.Worker. A host that another node is at is left to it: that its job is gone, with
// the queue's tables, does not end its work.
func (w *hostWorker) Work(ctx context.Context, job *river.Job[hostJob]) error {
	r := run{"run " + job.Args.Host, rand.Text()}
	wait, err := w.runs.try(ctx, r.name, r.turn, 0)
	if err != nil { // it may have it, and not have heard
		w.runs.leave(r.name, r.turn, 0)
		return err
	}
	if wait > 0 {
		return nil
	}
	defer w.runs.leave(r.name, r.turn, 0)
	w.work(r.with(ctx), job.Args.Host, job.Args.At)
	return nil
}

// Put queues hosts, but for those that are queued or under way, whose sources were due at a time.
func (c *Cluster) Put(ctx context.Context, hosts []string, at time.Time) error {
	if err := c.ready(ctx); err != nil {
		return err
	}
	if err := c.free(ctx); err != nil && !unmade(err) {
		return err
	}
	params := make([]river.InsertManyParams, len(hosts))
	for i, host := range hosts {
		params[i].Args = hostJob{host, at}
	}
	client, err := river.NewClient(riverpgxv5.New(c.jobs), &river.Config{Logger: c.quiet})
	if err != nil {
		return fmt.Errorf("the queue: %w", err)
	}
	_, err = client.InsertMany(ctx, params)
	for try := 0; unmade(err) && try < 2; try++ {
		c.log.Warn("the queue's tables are missing or incomplete; they are created again, and nothing is lost", "error", err)
		if err = c.remake(ctx, try > 0); err == nil {
			_, err = client.InsertMany(ctx, params)
		}
	}
	if err != nil {
		return fmt.Errorf("queue what is due: %w", err)
	}
	return nil
}

// free takes the hosts of nodes that are gone back from them, and those that nobody is at: a node that was cut off from
// the server as it ended its work says so late.
func (c *Cluster) free(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.freed) < freeEvery {
		return nil
	}
	c.freed = time.Now()
	tag, err := c.jobs.Exec(ctx, `DELETE FROM river_job WHERE kind = $1 AND state = 'running'
		AND NOT EXISTS (SELECT 1 FROM nodes WHERE name = attempted_by[array_upper(attempted_by, 1)] AND `+alive+`)`, hostJob{}.Kind())
	if err == nil && tag.RowsAffected() > 0 {
		c.log.Warn("nodes that are gone had hosts in progress; other nodes take them over", "hosts", tag.RowsAffected())
	}
	if err == nil {
		_, err = c.jobs.Exec(ctx, `DELETE FROM river_job WHERE kind = $1 AND state = 'running' AND attempted_at < clock_timestamp() - $2::interval
			AND NOT EXISTS (SELECT 1 FROM gates WHERE host = 'run ' || (args->>'host') AND taken <> '')`, hostJob{}.Kind(), beginWithin.String())
	}
	return err
}

// Take calls work for each host that this node gets, at most so many at once, until ctx ends.
func (c *Cluster) Take(ctx context.Context, atOnce int, work func(ctx context.Context, host string, at time.Time)) error {
	return c.keep(ctx, "this node gets nothing to collect; it tries again", tryEvery, func() error { return c.take(ctx, atOnce, work) })
}

func (c *Cluster) take(ctx context.Context, atOnce int, work func(context.Context, string, time.Time)) error {
	if err := c.ready(ctx); err != nil {
		return err
	}
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &hostWorker{runs: &gate{c: c, now: time.Now}, work: work}); err != nil {
		return fmt.Errorf("the queue: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(c.jobs), &river.Config{
		ID: c.name, Logger: c.quiet, Workers: workers, PollOnly: c.store.Pooled(), // a session would hear of a job at once
		Queues:     map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: atOnce}},
		JobTimeout: jobTime, RescueStuckJobsAfter: jobRescue,
		CompletedJobRetentionPeriod: jobKept, CancelledJobRetentionPeriod: jobKept, DiscardedJobRetentionPeriod: jobKept,
	})
	if err != nil {
		return fmt.Errorf("the queue: %w", err)
	}
	// Jobs end with ctx, by StopAndCancel: the client does not stop well by its own context.
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start with the queue: %w", err)
	}
	<-ctx.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := client.StopAndCancel(stop); err != nil {
		c.log.Debug("the queue did not stop in time", "error", err)
	}
	return nil
}

// ready makes or migrates the queue's tables, once in the life of a node, one node after another.
func (c *Cluster) ready(ctx context.Context) error {
	c.mu.Lock()
	made := c.made
	c.mu.Unlock()
	if made {
		return nil
	}
	if err := c.alone(ctx, c.migrate); err != nil {
		return err
	}
	c.mu.Lock()
	c.made = true
	c.mu.Unlock()
	return nil
}

func (c *Cluster) migrate(ctx context.Context) error {
	m, err := rivermigrate.New(riverpgxv5.New(c.jobs), &rivermigrate.Config{Logger: c.quiet})
	if err == nil {
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err != nil {
		return fmt.Errorf("make the queue's tables: %w", err)
	}
	return nil
}

// remake makes the queue's tables where they are gone, or a node ended in the middle of making them. What
// is left of them is dropped before when some are missing, or when making them to the end did not help.
func (c *Cluster) remake(ctx context.Context, drop bool) error {
	return c.alone(ctx, func(ctx context.Context) error {
		var there bool
		if err := c.jobs.QueryRow(ctx, `SELECT to_regclass('river_job') IS NOT NULL AND to_regclass('river_leader') IS NOT NULL
			AND to_regclass('river_queue') IS NOT NULL AND to_regclass('river_migration') IS NOT NULL`).Scan(&there); err != nil {
			return err
		}
		if there && !drop {
			return c.migrate(ctx)
		}
		if _, err := c.jobs.Exec(ctx, dropQueue); err != nil {
			return fmt.Errorf("drop what is left of the queue: %w", err)
		}
		return c.migrate(ctx)
	})
}

// dropQueue drops everything of River's in the schema, whatever is left of it.
const dropQueue = `DO $$ DECLARE x record; BEGIN
	FOR x IN SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND relname LIKE 'river\_%'
		LOOP EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', x.relname); END LOOP;
	FOR x IN SELECT oid::regprocedure AS f FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'river\_%'
		LOOP EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', x.f); END LOOP;
	FOR x IN SELECT typname FROM pg_type WHERE typnamespace = current_schema()::regnamespace AND typtype = 'e' AND typname LIKE 'river\_%'
		LOOP EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', x.typname); END LOOP;
END $$`

// unmade tells whether an error says that a table, a column, a type or a function is missing, or is not what
// it was (PostgreSQL's manual, appendix A).
func unmade(err error) bool {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return false
	}
	switch server.Code {
	case "42P01", "42703", "42704", "42883", "42P10", "0A000", "XX000": // the last: one was dropped while the statement ran
		return true
	}
	return false
}

// alone does something to the tables when no other process does, of the queue's or feedd's own.
func (c *Cluster) alone(ctx context.Context, do func(context.Context) error) (err error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = join(err, closeConn(conn)) }()
	for {
		var got bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, c.store.SchemaLock()).Scan(&got); err != nil {
			return err
		}
		if got {
			return do(ctx)
		}
		if pause(ctx, time.Second/4); ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// quieter passes on what the queue logs for those who look closely: it tells of every attempt while the
// database is away, and what matters of that this package says itself.
type quieter struct{ slog.Handler }

func (q quieter) Enabled(ctx context.Context, _ slog.Level) bool {
	return q.Handler.Enabled(ctx, slog.LevelDebug)
}

func (q quieter) Handle(ctx context.Context, r slog.Record) error {
	r.Level = slog.LevelDebug
	return q.Handler.Handle(ctx, r)
}

func (q quieter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quieter{q.Handler.WithAttrs(attrs)}
}
func (q quieter) WithGroup(name string) slog.Handler { return quieter{q.Handler.WithGroup(name)} }
