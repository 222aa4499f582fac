package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"feedd/internal/store"
)

// Listen calls on for every notice of a committed transaction, of this node or another, until ctx ends;
// and with every notice there is when it could not listen, and every few seconds: a notice may have been missed. on
// must not block.
func (c *Cluster) Listen(ctx context.Context, on func(notice string)) error {
	return c.keep(ctx, "this node gets no notices from the others; it polls instead", time.Second, func() error { return c.listen(ctx, on) })
}

// How often a listener makes sure that somebody is there: well within the time after which the server ends a
// session that is silent.
const listenCheck = silentMost / 2

func (c *Cluster) listen(ctx context.Context, on func(string)) (err error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = join(err, closeConn(conn)) }()
	var channel string
	if err := conn.QueryRow(ctx, `SELECT `+store.NoticeChannel).Scan(&channel); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		return err
	}
	for {
		on(store.NoticeSaved)
		on(store.NoticeFiled)
		on(store.NoticeConfigured)
		if err := c.hear(ctx, conn, on); err != nil || ctx.Err() != nil {
			return err
		}
		within, cancel := context.WithTimeout(ctx, answerWithin)
		_, err := conn.Exec(within, `SELECT 1`)
		cancel()
		if err != nil {
			return err
		}
	}
}

// hear passes on notices for listenCheck, however many there are: to the server a session that only hears is
// silent.
func (c *Cluster) hear(ctx context.Context, conn *pgx.Conn, on func(string)) error {
	within, cancel := context.WithTimeout(ctx, listenCheck)
	defer cancel()
	for {
		n, err := conn.WaitForNotification(within)
		switch {
		case err == nil:
			on(n.Payload)
		case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded) && !conn.IsClosed():
			return nil
		default:
			return err
		}
	}
}
