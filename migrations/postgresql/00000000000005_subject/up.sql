-- The change log tells apart by which credential something was done, and which credential was changed by it.
-- A column that comes later needs a default, since there are rows; whoever writes a row fills it all the same.
ALTER TABLE changes ADD COLUMN subject BIGINT NOT NULL DEFAULT 0;
-- Until now one column said both. By which credential these were done was not kept.
UPDATE changes SET subject = credential, credential = 0 WHERE action IN ('credential_create', 'credential_revoke');
