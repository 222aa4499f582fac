-- +goose Up

-- The versions of the configuration that were pushed into the database, where nodes read it from here and
-- from no file of their own. The highest is the one in force. Times are Unix milliseconds.
CREATE TABLE configurations (
    version BIGINT PRIMARY KEY,
    pushed  BIGINT NOT NULL,
    pusher  TEXT NOT NULL,
    note    TEXT NOT NULL,
    content {{blob}} NOT NULL
);

-- +goose Down
DROP TABLE configurations;
