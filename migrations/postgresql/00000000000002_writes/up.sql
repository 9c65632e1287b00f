-- What changing things asks for: jobs, lists of groups and persons, the change log as it is read.
-- A column that comes later needs a default, since there are rows; whoever writes a row fills it all the same.

-- Filters on groups compare these two folded, too. SQL cannot fold, so without its version `rollcall migrate` folds all
-- texts anew.
ALTER TABLE "groups" ADD COLUMN email_folded TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE "groups" ADD COLUMN additional_information_folded TEXT COLLATE "C" NOT NULL DEFAULT '';
DELETE FROM store_facts WHERE name = 'fold_version';

CREATE INDEX groups_owner ON "groups" (owner, number);
CREATE INDEX groups_name ON "groups" (name_folded, number);
-- Persons are looked up by their names when a list of members to be added names them so.
CREATE INDEX persons_name ON persons (name_folded, number);

-- The poster may outlive the person.
CREATE TABLE jobs (
    number BIGINT PRIMARY KEY,
    title TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state = 'open' OR state = 'closed'),
    poster BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL
);
INSERT INTO counters (name, last) VALUES ('job', 0);

-- The groups that a job prefers, in the order in which a group's jobs are listed (backwards).
CREATE TABLE job_groups (
    group_number BIGINT NOT NULL REFERENCES "groups" (number),
    job_number BIGINT NOT NULL REFERENCES jobs (number),
    PRIMARY KEY (group_number, job_number)
);
CREATE INDEX job_groups_job ON job_groups (job_number, group_number);

ALTER TABLE changes ADD COLUMN job BIGINT NOT NULL DEFAULT 0;
