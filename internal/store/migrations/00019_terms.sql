-- +goose Up
-- beside: yes

-- How many rows of the index have which word, where an engine tells: it is asked before the index is asked for
-- words that are only begun. It holds nothing of its own.
{{create found_terms}};

-- +goose Down
{{drop found_terms}};
