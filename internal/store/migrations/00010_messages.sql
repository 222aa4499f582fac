-- +goose Up

-- Channels of messages to people. A story first seen before since is past; digest is when the last
-- digest was made. Times are Unix milliseconds, 0 for none.
CREATE TABLE channels (
    id     TEXT PRIMARY KEY,
    since  BIGINT NOT NULL,
    digest BIGINT NOT NULL DEFAULT 0
);

-- The outbox: stories that are told on a channel, once each. message is the one that tells it, '' while
-- it waits for one; correction is the one that tells of its withdrawal.
CREATE TABLE told (
    channel    TEXT NOT NULL,
    story      BIGINT NOT NULL,
    entry      BIGINT NOT NULL,
    title      TEXT NOT NULL, -- for when the entry has lost its reports
    at         BIGINT NOT NULL,
    message    TEXT NOT NULL DEFAULT '',
    withdrawn  BIGINT NOT NULL DEFAULT 0,
    correction TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (channel, story)
){{compact}};
CREATE INDEX told_entry ON told (entry);
CREATE INDEX told_waiting ON told (channel) WHERE message = '';
CREATE INDEX told_withdrawn ON told (channel) WHERE withdrawn <> 0 AND correction = '';
CREATE INDEX told_message ON told (message);
CREATE INDEX told_correction ON told (correction) WHERE correction <> '';

-- Messages, as they are sent. next is when one that was not taken is tried again, or given up as that of
-- a process that died while it sent it. alarms is JSON ([]feed.Alarm).
CREATE TABLE messages (
    id      TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    kind    TEXT NOT NULL,
    made    BIGINT NOT NULL,
    tries   BIGINT NOT NULL DEFAULT 0,
    next    BIGINT NOT NULL DEFAULT 0,
    sent    BIGINT NOT NULL DEFAULT 0,
    alarms  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX messages_unsent ON messages (channel, made) WHERE sent = 0;
CREATE INDEX messages_made ON messages (channel, kind, made);

-- What is wrong, or was.
CREATE TABLE alarms (
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    began   BIGINT NOT NULL,
    opened  BIGINT NOT NULL DEFAULT 0,
    over    BIGINT NOT NULL DEFAULT 0,
    text    TEXT NOT NULL,
    PRIMARY KEY (kind, subject, began)
){{compact}};

-- +goose Down
DROP TABLE alarms;
DROP TABLE messages;
DROP TABLE told;
DROP TABLE channels;
