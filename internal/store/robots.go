package store

import (
	"context"
	"database/sql"
	"errors"

	"feedd/internal/feed"
)

// Robots returns what robots.txt of an origin said when it was last asked for; its Until is zero when that
// is not known.
func (s *Store) Robots(ctx context.Context, origin string) (feed.Robots, error) {
	var r feed.Robots
	err := s.one(ctx, `SELECT since, until, body, failed FROM robots WHERE origin = $1`, []any{origin}, asTime{&r.Since}, asTime{&r.Until}, &r.Body, &r.Failed)
	if errors.Is(err, sql.ErrNoRows) {
		return feed.Robots{}, nil
	}
	return r, err
}

// SaveRobots replaces what robots.txt of an origin said.
func (s *Store) SaveRobots(ctx context.Context, origin string, r feed.Robots) error {
	if r.Body == nil {
		r.Body = []byte{}
	}
	return s.exec(ctx, `INSERT INTO robots (origin, since, until, body, failed) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (origin) DO UPDATE SET since = excluded.since, until = excluded.until, body = excluded.body, failed = excluded.failed`,
		origin, millis(r.Since), millis(r.Until), r.Body, clean(r.Failed))
}
