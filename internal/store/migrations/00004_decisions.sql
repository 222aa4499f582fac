-- +goose Up

-- Retractions stand among the editor's words now; those from before are taken from the entries.
INSERT INTO words (kind, a, b, at, titles)
    SELECT 'retract', {{hex story}}, '', MIN(withdrawn), '["",""]' FROM entries WHERE withdrawn_by = 'retracted' GROUP BY story;

-- Words said at once share a number, by which the editor takes them back; who said them; and what
-- they changed, as JSON, so that taking back restores it.
ALTER TABLE words ADD COLUMN n BIGINT NOT NULL DEFAULT 0;
ALTER TABLE words ADD COLUMN who TEXT NOT NULL DEFAULT '';
ALTER TABLE words ADD COLUMN undo TEXT NOT NULL DEFAULT '';
UPDATE words SET n = (SELECT COUNT(*) FROM words w WHERE w.at < words.at OR w.at = words.at AND
    (w.kind < words.kind OR w.kind = words.kind AND (w.a < words.a OR w.a = words.a AND w.b <= words.b)));
INSERT INTO meta (name, value) SELECT 'decisions', CAST(COUNT(*) AS TEXT) FROM words HAVING COUNT(*) > 0;

-- +goose Down
DELETE FROM meta WHERE name = 'decisions';
ALTER TABLE words DROP COLUMN undo;
ALTER TABLE words DROP COLUMN who;
ALTER TABLE words DROP COLUMN n;
DELETE FROM words WHERE kind NOT IN ('file', 'unfile', 'split', 'join');
