-- +goose Up

-- What a rendition was rendered from, where nodes render for each other; '' elsewhere.
ALTER TABLE renditions ADD COLUMN state TEXT NOT NULL DEFAULT '';

-- Documents that are rendered together, by a name. The node that claimed them renders them from the state,
-- until then; paths, as JSON, are those that it stored, '' before.
CREATE TABLE renderings (
    name  TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    until BIGINT NOT NULL,
    paths TEXT NOT NULL
);

-- What robots.txt of an origin (SCHEME://HOST) said, from since to until; failed says why it could not be
-- read, in which case nothing there may be asked for.
CREATE TABLE robots (
    origin TEXT PRIMARY KEY,
    since  BIGINT NOT NULL,
    until  BIGINT NOT NULL,
    body   {{blob}} NOT NULL,
    failed TEXT NOT NULL
);

-- +goose Down
DROP TABLE robots;
DROP TABLE renderings;
ALTER TABLE renditions DROP COLUMN state;
