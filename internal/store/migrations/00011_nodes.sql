-- +goose Up

-- Hosts, where several nodes collect. Times are Unix milliseconds by the server's clock. taken names the
-- request that is at the host, '' for none; it has its turn until then, or the node is gone. The next one
-- comes spaced milliseconds after the last one ended, and none before held.
CREATE TABLE gates (
    host   TEXT PRIMARY KEY,
    node   TEXT NOT NULL,
    taken  TEXT NOT NULL,
    until  BIGINT NOT NULL,
    ended  BIGINT NOT NULL,
    spaced BIGINT NOT NULL,
    held   BIGINT NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
);

-- Processes that serve from this database; seen by the server's clock, told is what they say of
-- themselves, as JSON.
CREATE TABLE nodes (
    name TEXT PRIMARY KEY,
    seen BIGINT NOT NULL,
    told TEXT NOT NULL
);

-- Where a source's hub delivers to, '' without a subscription.
ALTER TABLE sources ADD COLUMN callback TEXT NOT NULL DEFAULT '';
CREATE INDEX sources_callback ON sources (callback) WHERE callback <> '';
CREATE INDEX sources_due ON sources (next_run) WHERE next_run > 0;

-- +goose Down
DROP INDEX sources_due;
DROP INDEX sources_callback;
ALTER TABLE sources DROP COLUMN callback;
DROP TABLE nodes;
DROP TABLE gates;
