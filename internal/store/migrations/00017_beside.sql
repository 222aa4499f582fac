-- +goose Up

-- What each feedd that migrated these tables says of older ones that serve from them at the same time: to work
-- beside its schema they have to know at least the oldest.
CREATE TABLE beside (
    schema BIGINT PRIMARY KEY,
    oldest BIGINT NOT NULL
);

-- +goose Down
DROP TABLE beside;
