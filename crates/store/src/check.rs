//! Whether the store is sound: totals against a recount, the change log without gaps, rows that can be, indexes that
//! are there.

mod indexes;
mod jobs;
mod rows;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::store::{Failure, Store};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::BTreeMap;

#[derive(QueryableByName)]
struct Problem {
    #[diesel(sql_type = Text)]
    problem: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many problems of one kind are told.
const MOST: usize = 20;

/// Totals that differ from a recount, either way.
const TOTALS: &str = "\
    SELECT 'the total of group ' || COALESCE(t.group_number, c.group_number) || ', ' || COALESCE(t.state, c.state) \
        || ', ' || COALESCE(t.scope, c.scope) || ' is kept as ' || COALESCE(t.members, 0) || ' but there are ' \
        || COALESCE(c.members, 0) AS problem \
    FROM group_totals t FULL OUTER JOIN (\
        SELECT group_number, state, scope, COUNT(*) AS members FROM memberships GROUP BY group_number, state, scope\
    ) c ON c.group_number = t.group_number AND c.state = t.state AND c.scope = t.scope \
    WHERE COALESCE(t.members, 0) <> COALESCE(c.members, 0)";

/// A member has a time of joining and nobody else has; a banned person has a time of the ban and nobody else has.
const STATES: &str = "\
    SELECT 'person ' || person_number || ' in group ' || group_number || ' is ' || state || ' with joined_at ' \
        || joined_at || ' and banned_at ' || banned_at AS problem \
    FROM memberships WHERE (state = 'member') <> (joined_at > 0) OR (state = 'banned') <> (banned_at > 0)";

/// Words that a membership cannot hold. The tables refuse them too, unless somebody took the constraints away.
const WORDS: &str = "\
    SELECT 'person ' || person_number || ' in group ' || group_number || ' has an unknown state or scope' AS problem \
    FROM memberships WHERE state NOT IN ('pending', 'member', 'banned') \
        OR scope NOT IN ('participant', 'moderator', 'admin')";

/// Memberships of nobody. The tables refuse them too, but only where foreign keys were on for every writer.
const NO_PERSON: &str = "\
    SELECT 'person ' || person_number || ' in group ' || group_number || ' does not exist' AS problem \
    FROM memberships m WHERE NOT EXISTS (SELECT 1 FROM persons p WHERE p.number = m.person_number)";

/// Memberships in nothing.
const NO_GROUP: &str = "\
    SELECT 'group ' || group_number || ', which has person ' || person_number || ', does not exist' AS problem \
    FROM memberships m WHERE NOT EXISTS (SELECT 1 FROM \"groups\" g WHERE g.number = m.group_number)";

/// Owners that are nobody. 0 means that there is none.
const NO_OWNER: &str = "\
    SELECT 'person ' || owner || ', the owner of group ' || number || ', does not exist' AS problem \
    FROM \"groups\" g WHERE owner <> 0 AND NOT EXISTS (SELECT 1 FROM persons p WHERE p.number = g.owner)";

/// Owners whom their own groups ban. They need not be members: an import leaves that open.
const BANNED_OWNER: &str = "\
    SELECT 'person ' || g.owner || ', the owner of group ' || g.number || ', is banned from it' AS problem \
    FROM \"groups\" g JOIN memberships m ON m.person_number = g.owner AND m.group_number = g.number \
    WHERE m.state = 'banned'";

/// Times before 1970. 0 means that there is none.
const MEMBERSHIP_TIMES: &str = "\
    SELECT 'person ' || person_number || ' in group ' || group_number || ' has a negative time: asked_at ' || asked_at \
        || ', joined_at ' || joined_at || ', scope_changed_at ' || scope_changed_at || ', banned_at ' || banned_at \
        AS problem \
    FROM memberships WHERE asked_at < 0 OR joined_at < 0 OR scope_changed_at < 0 OR banned_at < 0";
const CREDENTIAL_TIMES: &str = "\
    SELECT 'credential ' || id || ' has a negative time: created_at ' || created_at || ', expires_at ' || expires_at \
        || ', revoked_at ' || revoked_at AS problem \
    FROM credentials WHERE created_at < 0 OR expires_at < 0 OR revoked_at < 0 OR used_at < 0 OR last_used_at < 0";
const CHANGE_TIMES: &str = "\
    SELECT 'change ' || number || ' has a negative time: at ' || at AS problem FROM changes WHERE at < 0";

/// Numbers that the counters could give a second time.
const COUNTERS: &str = "\
    SELECT 'the counter of ' || c.name || ' stands at ' || c.last || ' but ' || n.greatest || ' is taken' AS problem \
    FROM counters c JOIN (\
        SELECT 'person' AS name, COALESCE(MAX(number), 0) AS greatest FROM persons \
        UNION ALL SELECT 'group', COALESCE(MAX(number), 0) FROM \"groups\" \
        UNION ALL SELECT 'credential', COALESCE(MAX(id), 0) FROM credentials \
        UNION ALL SELECT 'job', COALESCE(MAX(number), 0) FROM jobs\
    ) n ON n.name = c.name WHERE c.last < n.greatest";

/// Counters that are gone, so that nothing new can be numbered.
const NO_COUNTER: &str = "\
    SELECT 'the counter of ' || n.name || ' is missing' AS problem \
    FROM (SELECT 'person' AS name UNION ALL SELECT 'group' UNION ALL SELECT 'credential' \
        UNION ALL SELECT 'job') n \
    WHERE NOT EXISTS (SELECT 1 FROM counters c WHERE c.name = n.name)";

/// The log holds every number above the floor up to the head, and none beyond. Below the floor stands what is kept of
/// those who were deleted.
const LOG: &str = "\
    SELECT 'the change log has ' || c.entries || ' entries from ' || c.least || ' to ' || c.greatest \
        || ' but should run from ' || (h.floor + 1) || ' to ' || h.number AS problem \
    FROM change_head h CROSS JOIN (\
        SELECT COUNT(*) AS entries, COALESCE(MIN(number), 0) AS least, COALESCE(MAX(number), 0) AS greatest FROM changes \
        WHERE number > (SELECT floor FROM change_head)\
    ) c WHERE c.entries <> h.number - h.floor \
        OR (c.entries > 0 AND (c.least <> h.floor + 1 OR c.greatest <> h.number))";

/// What the database finds by itself; each gives what cannot be in words.
const QUERIES: [&str; 13] = [
    TOTALS,
    STATES,
    WORDS,
    NO_PERSON,
    NO_GROUP,
    NO_OWNER,
    BANNED_OWNER,
    MEMBERSHIP_TIMES,
    CREDENTIAL_TIMES,
    CHANGE_TIMES,
    COUNTERS,
    NO_COUNTER,
    LOG,
];

impl Store {
    /// Looks for what cannot be, in one snapshot. Gives the problems in words, at most 20 of each kind; none when the
    /// store is sound. Takes time in proportion to what is stored, but never holds a whole table in memory. Fails as
    /// [`Store::ready`] does when the schema is not the one of this program.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        self.ready()?;
        self.read(|connection| {
            connection.without_time_limits()?;
            let mut problems = Problems::default();
            for query in QUERIES.map(str::to_owned).into_iter().chain(jobs::queries()) {
                let found: Vec<Problem> = diesel::sql_query(format!("{query} LIMIT {MOST}")).load(connection)?;
                problems.told.extend(found.into_iter().map(|p| p.problem));
            }
            problems.told.extend(heads(connection)?);
            rows::persons(connection, &mut problems)?;
            rows::groups(connection, &mut problems)?;
            problems.told.extend(indexes::missing(connection)?);
            problems.told.extend(integrity(connection)?);
            Ok(problems.told)
        })
    }
}

/// What is found row by row: at most [`MOST`] of each kind.
#[derive(Default)]
struct Problems {
    told: Vec<String>,
    counts: BTreeMap<(&'static str, &'static str), usize>,
}

impl Problems {
    /// Tells of one more of this kind in this table, unless there were enough.
    fn tell(&mut self, table: &'static str, kind: &'static str, problem: impl FnOnce() -> String) {
        let count = self.counts.entry((table, kind)).or_default();
        if *count < MOST {
            *count += 1;
            self.told.push(problem());
        }
    }
}

/// There is exactly one head of the change log.
fn heads(connection: &mut Connection) -> Result<Option<String>, Failure> {
    let heads: Count = diesel::sql_query("SELECT COUNT(*) AS count FROM change_head").get_result(connection)?;
    Ok((heads.count != 1).then(|| format!("there are {} heads of the change log", heads.count)))
}

/// SQLite's own check of its file. PostgreSQL looks after its own.
fn integrity(connection: &mut Connection) -> Result<Vec<String>, Failure> {
    let Connection::Sqlite(connection) = connection else { return Ok(Vec::new()) };
    let query = format!("SELECT integrity_check AS problem FROM pragma_integrity_check LIMIT {MOST}");
    let found: Vec<Problem> = diesel::sql_query(query).load(connection)?;
    Ok(found.into_iter().map(|p| p.problem).filter(|p| p != "ok").collect())
}
