-- +goose Up

-- Where an item's address says which article it is: the host in the upper half, the article's
-- number in the lower, 0 there when the address has none; 0 altogether without an address. Only
-- items saved from now on have it: what was saved before is found by its identity and its link.
ALTER TABLE items ADD COLUMN article BIGINT NOT NULL DEFAULT 0;
CREATE INDEX items_article ON items (article);

-- After a restart the desk reads the items of the last days.
CREATE INDEX items_seen ON items (first_seen);

-- +goose Down
DROP INDEX items_seen;
DROP INDEX items_article;
ALTER TABLE items DROP COLUMN article;
