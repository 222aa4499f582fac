-- +goose Up

-- A number made of what the source's document says of itself (feed.SourceState.Origin): it moves when a
-- title, a language or a licence does, and not at every look.
ALTER TABLE sources ADD COLUMN origin BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE sources DROP COLUMN origin;
