-- +goose Up

-- Who asked for a subscription, as the hub names its clients, '' where it is not known: how many one client
-- has is bounded.
ALTER TABLE subscriptions ADD COLUMN client TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE subscriptions DROP COLUMN client;
