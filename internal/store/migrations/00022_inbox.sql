-- +goose Up
-- beside: yes

-- Which items wait for the desk (inbox), and which are told under an entry, or were filed without one, under 0 (reports).
-- On SQLite both are views, over indexes of items. On PostgreSQL an indexed column that changes has a row written anew with
-- all of its indexes, so there both are tables, which items keeps up by itself, whoever writes to it: when an item is filed
-- its row changes in its place, for which pages leave room.
{{create inbox}}

-- +goose Down
{{drop inbox}}
