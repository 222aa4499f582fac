-- +goose Up

-- What feedd remembers of a source between two runs; state is one JSON value (feed.SourceState).
CREATE TABLE sources (
    id       TEXT PRIMARY KEY,
    next_run  BIGINT NOT NULL DEFAULT 0,
    full_read BIGINT NOT NULL DEFAULT 0, -- when its whole list was last read
    state    TEXT NOT NULL
);

-- Hosts that asked to be left alone.
CREATE TABLE holds (
    host   TEXT PRIMARY KEY,
    until  BIGINT NOT NULL,
    reason TEXT NOT NULL
);

-- Items: the narrow part, which the desk writes to. Times are Unix milliseconds, 0 for none.
-- uid is the item's identity over all sources (feed.EntryKey as a number), link that of its
-- canonical URL, hash that of everything a source may revise.
CREATE TABLE items (
    id         {{serial}},
    uid        BIGINT NOT NULL UNIQUE,
    source     TEXT NOT NULL,
    link       BIGINT NOT NULL,
    hash       BIGINT NOT NULL,
    published  BIGINT NOT NULL,
    updated    BIGINT NOT NULL,
    first_seen BIGINT NOT NULL,
    revised    BIGINT NOT NULL DEFAULT 0,
    filed      SMALLINT NOT NULL DEFAULT 0,
    story      BIGINT NOT NULL DEFAULT 0,
    entry      BIGINT NOT NULL DEFAULT 0,
    verdict    TEXT NOT NULL DEFAULT '',
    dropped    TEXT NOT NULL DEFAULT '',
    sections   TEXT NOT NULL DEFAULT '',
    why        TEXT NOT NULL DEFAULT ''
);
-- The inbox of the desk.
CREATE INDEX items_unfiled ON items (id) WHERE filed = 0;
CREATE INDEX items_entry ON items (entry);
CREATE INDEX items_link ON items (link);

-- Items: the wide part, written once and at a revision. body is zstd over
-- JSON; the summary stands outside it, for the desk reads many summaries at its start.
CREATE TABLE texts (
    item    BIGINT PRIMARY KEY,
    guid    TEXT NOT NULL,
    url     TEXT NOT NULL,
    title   TEXT NOT NULL,
    summary TEXT NOT NULL,
    body    {{blob}} NOT NULL
);

-- What a revision replaced.
CREATE TABLE revisions (
    item    BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    title   TEXT NOT NULL,
    summary TEXT NOT NULL,
    body    {{blob}} NOT NULL,
    PRIMARY KEY (item, at)
){{compact}};

-- Items that retention took away and their source may still list.
CREATE TABLE seen (
    uid       BIGINT PRIMARY KEY,
    source    TEXT NOT NULL,
    last_seen BIGINT NOT NULL
);

-- Entries: one development of a story each.
CREATE TABLE entries (
    id        BIGINT PRIMARY KEY,
    story     BIGINT NOT NULL,
    follows   BIGINT NOT NULL DEFAULT 0,
    lead      BIGINT NOT NULL,
    published BIGINT NOT NULL,
    updated   BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL DEFAULT 0,
    sections  TEXT NOT NULL
);
CREATE INDEX entries_published ON entries (published, id);
CREATE INDEX entries_story ON entries (story);

CREATE TABLE entry_sections (
    section   TEXT NOT NULL,
    published BIGINT NOT NULL,
    entry     BIGINT NOT NULL,
    PRIMARY KEY (section, published, entry)
){{compact}};

-- What the sections learn from: one row an example (feed.Label).
CREATE TABLE labels (
    item     BIGINT NOT NULL,
    section  TEXT NOT NULL,
    language TEXT NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (item, section)
){{compact}};

-- The editor's words on single items and stories (feed.EditorsWord).
CREATE TABLE words (
    kind   TEXT NOT NULL,
    a      TEXT NOT NULL,
    b      TEXT NOT NULL,
    at     BIGINT NOT NULL,
    titles TEXT NOT NULL, -- JSON: the two headlines of a split or a join
    PRIMARY KEY (kind, a, b)
){{compact}};

-- version goes up whenever the entries of the section change; "all" is every section.
CREATE TABLE sections (
    id      TEXT PRIMARY KEY,
    version BIGINT NOT NULL
);

-- Single values: the authority of the ids, hashes of the rules in force, and the like.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The last good bytes of every published path.
CREATE TABLE renditions (
    path     TEXT PRIMARY KEY,
    hash     TEXT NOT NULL,
    modified BIGINT NOT NULL,
    body     {{blob}} NOT NULL
);

-- Subscribers of our WebSub hub.
CREATE TABLE subscriptions (
    topic     TEXT NOT NULL,
    callback  TEXT NOT NULL,
    secret    TEXT NOT NULL,
    until     BIGINT NOT NULL,
    delivered TEXT NOT NULL,
    PRIMARY KEY (topic, callback)
);

-- +goose Down
DROP TABLE subscriptions;
DROP TABLE words;
DROP TABLE labels;
DROP TABLE renditions;
DROP TABLE meta;
DROP TABLE sections;
DROP TABLE entry_sections;
DROP TABLE entries;
DROP TABLE seen;
DROP TABLE revisions;
DROP TABLE texts;
DROP TABLE items;
DROP TABLE holds;
DROP TABLE sources;
