//! Jobs and the groups that they prefer.

use membership::limits;

/// Jobs that prefer nothing that there is. The tables refuse them too, but only where foreign keys were on for every
/// writer.
const NO_GROUP: &str = "\
    SELECT 'group ' || group_number || ', which job ' || job_number || ' prefers, does not exist' AS problem \
    FROM job_groups j WHERE NOT EXISTS (SELECT 1 FROM \"groups\" g WHERE g.number = j.group_number)";

/// Groups that are preferred by nothing.
const NO_JOB: &str = "\
    SELECT 'job ' || job_number || ', which prefers group ' || group_number || ', does not exist' AS problem \
    FROM job_groups g WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.number = g.job_number)";

/// A closed job has a time of closing and an open one has none.
const STATES: &str = "\
    SELECT 'job ' || number || ' is ' || state || ' with closed_at ' || closed_at AS problem \
    FROM jobs WHERE state NOT IN ('open', 'closed') OR (state = 'closed') <> (closed_at > 0)";

/// Times before 1970, numbers below 1. 0 means that there is none.
const NEGATIVE: &str = "\
    SELECT 'job ' || number || ' has a number that cannot be: poster ' || poster || ', created_at ' || created_at \
        || ', closed_at ' || closed_at AS problem \
    FROM jobs WHERE number < 1 OR poster < 0 OR created_at < 0 OR closed_at < 0";

/// What finds problems, each in words.
pub(super) fn queries() -> [String; 5] {
    let (title, description) = (limits::TITLE, limits::DESCRIPTION);
    let texts = format!(
        "SELECT 'job ' || number || ' has a title of ' || length(title) || ' characters and a description of ' \
            || length(description) AS problem \
         FROM jobs WHERE length(title) NOT BETWEEN 1 AND {title} OR length(description) > {description}"
    );
    [NO_GROUP.to_owned(), NO_JOB.to_owned(), STATES.to_owned(), NEGATIVE.to_owned(), texts]
}
