-- What the code flow of OAuth asks for: what is agreed with a credential beside its rights, and persons' passwords.
-- A column that comes later needs a default, since there are rows; whoever writes a row fills it all the same.

-- When a code or refresh token was exchanged; a credential's last use, to the minute.
ALTER TABLE credentials ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN last_used_at BIGINT NOT NULL DEFAULT 0;
-- Numbers of the groups that it is limited to, separated by blanks; '' for all, 'none' for none.
ALTER TABLE credentials ADD COLUMN only_groups TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE credentials ADD COLUMN name TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Separated by blanks, of which they have none.
ALTER TABLE credentials ADD COLUMN redirect_uris TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE credentials ADD COLUMN scope TEXT COLLATE "C" NOT NULL DEFAULT '';
-- A hash, in the same form as the one of the secret; '' for none.
ALTER TABLE credentials ADD COLUMN code_challenge TEXT COLLATE "C" NOT NULL DEFAULT '';
-- What is of no use any more is found by this, to be dropped.
CREATE INDEX credentials_expiry ON credentials (kind, expires_at);

-- Hashes of persons' passwords. Apart from the persons, so that no question about these can give them away.
CREATE TABLE passwords (
    person_number BIGINT PRIMARY KEY REFERENCES persons (number),
    password_hash TEXT COLLATE "C" NOT NULL,
    changed_at BIGINT NOT NULL
);
