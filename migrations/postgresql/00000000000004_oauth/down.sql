DROP TABLE passwords;
-- The version before does not know these kinds.
DELETE FROM credentials WHERE kind IN ('grant', 'code', 'refresh', 'session');
DROP INDEX credentials_expiry;
ALTER TABLE credentials DROP COLUMN code_challenge;
ALTER TABLE credentials DROP COLUMN scope;
ALTER TABLE credentials DROP COLUMN redirect_uris;
ALTER TABLE credentials DROP COLUMN name;
ALTER TABLE credentials DROP COLUMN only_groups;
ALTER TABLE credentials DROP COLUMN last_used_at;
ALTER TABLE credentials DROP COLUMN used_at;
