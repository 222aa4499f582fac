-- +goose Up

-- Who took an entry out (feed.Withdrawal); '' while it stands.
ALTER TABLE entries ADD COLUMN withdrawn_by TEXT NOT NULL DEFAULT '';
UPDATE entries SET withdrawn_by = CASE WHEN lead = 0 THEN 'dropped' ELSE 'retracted' END WHERE withdrawn <> 0;
CREATE INDEX entries_withdrawn ON entries (withdrawn) WHERE withdrawn <> 0;

-- Pages of archives that are closed. page is a feed.PageNumber; body is what the page was rendered
-- from, as its renderer keeps it.
CREATE TABLE archive_pages (
    section TEXT NOT NULL,
    page    BIGINT NOT NULL,
    closed  BIGINT NOT NULL,
    body    {{blob}} NOT NULL,
    PRIMARY KEY (section, page)
);

-- Which closed page of a section's archive an entry stands on. It outlives a withdrawal, so that
-- undoing it brings the entry back to where it was.
CREATE TABLE archived (
    section TEXT NOT NULL,
    entry   BIGINT NOT NULL,
    page    BIGINT NOT NULL,
    PRIMARY KEY (section, entry)
){{compact}};
CREATE INDEX archived_page ON archived (section, page);
CREATE INDEX archived_entry ON archived (entry);

-- The same number where entries are looked for: 0 while a feed may show the entry. In entries it is
-- that of the archive of "all".
ALTER TABLE entries ADD COLUMN page BIGINT NOT NULL DEFAULT 0;
CREATE INDEX entries_open ON entries (published, id) WHERE page = 0 AND withdrawn = 0;
ALTER TABLE entry_sections ADD COLUMN page BIGINT NOT NULL DEFAULT 0;
CREATE INDEX entry_sections_open ON entry_sections (section, published, entry) WHERE page = 0;

-- +goose Down
DROP INDEX entry_sections_open;
ALTER TABLE entry_sections DROP COLUMN page;
DROP INDEX entries_open;
ALTER TABLE entries DROP COLUMN page;
DROP TABLE archived;
DROP TABLE archive_pages;
DROP INDEX entries_withdrawn;
ALTER TABLE entries DROP COLUMN withdrawn_by;
