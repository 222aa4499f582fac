-- +goose Up

-- When an example's item came in, and the outlet whose way of filing it shows, '' for the editor's:
-- examples age, and no outlet decides for the others.
ALTER TABLE labels ADD COLUMN at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE labels ADD COLUMN outlet TEXT NOT NULL DEFAULT '';
UPDATE labels SET at = COALESCE((SELECT first_seen FROM items WHERE items.id = labels.item),
    (SELECT MIN(first_seen) FROM items WHERE items.id > labels.item), 0);

-- +goose Down
ALTER TABLE labels DROP COLUMN outlet;
ALTER TABLE labels DROP COLUMN at;
