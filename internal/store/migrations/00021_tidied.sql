-- +goose Up
-- beside: yes

-- On PostgreSQL, who files has the new rows of the index of words put where they belong beside everything else,
-- see tidy: the list in which they wait has room for what comes meanwhile, so that no commit has to do it.
{{pending found 8192}};

-- +goose Down
{{pending found 1024}};
