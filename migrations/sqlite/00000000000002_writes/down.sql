ALTER TABLE changes DROP COLUMN job;
DROP TABLE job_groups;
DROP TABLE jobs;
DELETE FROM counters WHERE name = 'job';
DROP INDEX persons_name;
DROP INDEX groups_name;
DROP INDEX groups_owner;
ALTER TABLE "groups" DROP COLUMN additional_information_folded;
ALTER TABLE "groups" DROP COLUMN email_folded;
