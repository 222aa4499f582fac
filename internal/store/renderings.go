package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"feedd/internal/feed"
)

// Rendering returns the documents of a name as they were rendered from a state, if a node stored them. If
// not, the node that asks first is to render them until then; when it did not by that time, the next.
func (s *Store) Rendering(ctx context.Context, name, state string, now, until time.Time) (r feed.Rendering, err error) {
	// One statement, beside the writing transactions: nobody waits for another node's commit.
	res, err := s.write.ExecContext(ctx, `INSERT INTO renderings (name, state, until, paths) VALUES ($1, $2, $3, '')
		ON CONFLICT (name) DO UPDATE SET state = excluded.state, until = excluded.until, paths = ''
		WHERE renderings.state <> excluded.state OR (renderings.paths = '' AND renderings.until <= $4)`,
		name, state, millis(until), millis(now))
	if err != nil {
		return r, s.explain(err)
	}
	n, err := res.RowsAffected()
	if err != nil || n > 0 {
		return feed.Rendering{Mine: true}, err
	}
	var paths string
	err = s.one(ctx, `SELECT paths FROM renderings WHERE name = $1 AND state = $2`, []any{name, state}, &paths)
	if errors.Is(err, sql.ErrNoRows) || err == nil && paths == "" {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	var want []string
	if err := json.Unmarshal([]byte(paths), &want); err != nil {
		return r, fmt.Errorf("what was rendered for %s: %w", name, err)
	}
	for part := range slices.Chunk(want, listed) {
		if err := s.query(ctx, `SELECT path, hash, modified, body, state FROM renditions WHERE path IN `+placeholders(1, len(part)), func(row *sql.Rows) error {
			var d feed.Rendition
			var of string
			err := row.Scan(&d.Path, &d.Hash, asTime{&d.Modified}, &d.Body, &of)
			if of == state {
				r.Docs = append(r.Docs, d)
			}
			return err
		}, anys(part)...); err != nil {
			return feed.Rendering{}, err
		}
	}
	if len(r.Docs) < len(want) { // one of them was replaced or deleted since
		return feed.Rendering{Mine: true}, nil
	}
	r.Stored = true
	return r, nil
}

// SaveRendering stores the documents of a name that a node rendered from a state, all or none, and tells the
// other nodes. It stores nothing, and returns false, when another state was claimed meanwhile. Bytes that
// are stored already keep their Modified, and rs gets it.
func (s *Store) SaveRendering(ctx context.Context, name, state string, rs []feed.Rendition) (saved bool, err error) {
	paths := make([]string, len(rs))
	for i := range rs {
		paths[i] = rs[i].Path
	}
	list, err := json.Marshal(paths)
	if err != nil {
		return false, err
	}
	modified := make([]time.Time, len(rs))
	err = s.txBeside(ctx, func(tx *tx) error {
		n, err := tx.affected(`UPDATE renderings SET paths = $1 WHERE name = $2 AND state = $3`, string(list), name, state)
		if saved = n > 0; err != nil || !saved {
			return err
		}
		if modified, err = saveRenditions(tx, state, rs); err != nil {
			return err
		}
		return tx.s.d.notice(tx.Tx, NoticeRendered)
	})
	if err != nil || !saved {
		return false, err
	}
	for i := range rs {
		rs[i].Modified = modified[i]
	}
	return true, nil
}
