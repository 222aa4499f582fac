-- +goose Up

-- The version of "all" (see sections) with which an entry last changed, or something of its reports that
-- readers may see: who keeps what was read asks for what is above the version it was read at.
ALTER TABLE entries ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
CREATE INDEX entries_version ON entries (version);

-- +goose Down
DROP INDEX entries_version;
ALTER TABLE entries DROP COLUMN version;
