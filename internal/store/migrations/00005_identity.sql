-- +goose Up

-- By which an item is found whose guid and address are new: a hash of its headline (feed.HeadlineMark).
-- Items saved before have none until their source next gives them.
ALTER TABLE items ADD COLUMN headline BIGINT NOT NULL DEFAULT 0;
CREATE INDEX items_headline ON items (headline);
-- The uid of the report of its outlet that it repeats; 0 for none.
ALTER TABLE items ADD COLUMN repeats BIGINT NOT NULL DEFAULT 0;
-- When its source withdrew it; 0 while it stands.
ALTER TABLE items ADD COLUMN gone BIGINT NOT NULL DEFAULT 0;
-- 1 for what a new source listed beyond what was to enter the feeds.
ALTER TABLE items ADD COLUMN backlog SMALLINT NOT NULL DEFAULT 0;
-- 1 while all of its reports are such.
ALTER TABLE entries ADD COLUMN backlog SMALLINT NOT NULL DEFAULT 0;

-- The ids of the items that the source's last document listed, a space between them.
ALTER TABLE sources ADD COLUMN listed TEXT NOT NULL DEFAULT '';

-- What retention took away is known again under another guid and address, too.
ALTER TABLE seen ADD COLUMN headline BIGINT NOT NULL DEFAULT 0;
ALTER TABLE seen ADD COLUMN published BIGINT NOT NULL DEFAULT 0;
ALTER TABLE seen ADD COLUMN link BIGINT NOT NULL DEFAULT 0;
CREATE INDEX seen_headline ON seen (headline);

-- +goose Down
DROP INDEX seen_headline;
ALTER TABLE seen DROP COLUMN link;
ALTER TABLE seen DROP COLUMN published;
ALTER TABLE seen DROP COLUMN headline;
ALTER TABLE sources DROP COLUMN listed;
ALTER TABLE entries DROP COLUMN backlog;
ALTER TABLE items DROP COLUMN backlog;
ALTER TABLE items DROP COLUMN gone;
ALTER TABLE items DROP COLUMN repeats;
DROP INDEX items_headline;
ALTER TABLE items DROP COLUMN headline;
