UPDATE changes SET credential = subject WHERE subject <> 0;
ALTER TABLE changes DROP COLUMN subject;
