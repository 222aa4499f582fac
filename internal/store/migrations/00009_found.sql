-- +goose Up

-- The index of words, one row an item: its folded words, and its source. Its key orders items by the
-- time their entry was published at, see foundKey.
{{create found}};

-- The item's key there: 0 while it is not in the index, negative when what stands there is from before
-- a revision.
ALTER TABLE items ADD COLUMN found BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE items DROP COLUMN found;
DROP TABLE found;
