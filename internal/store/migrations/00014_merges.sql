-- +goose Up

-- Each commit of the desk adds a piece to the index of words. On SQLite, pieces are joined when there are
-- eight of a size, no longer four: what is written is joined half as often, and searches take no longer.
{{merge found 8}};

-- +goose Down
{{merge found 4}};
