//! Whether the store is sound: totals against a recount, the change log without gaps, states that can be.

use crate::connection::Connection;
use crate::error::StoreError;
use crate::store::{Failure, Store};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

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
const MOST: u32 = 20;

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

/// Numbers that the counters could give a second time.
const COUNTERS: &str = "\
    SELECT 'the counter of ' || c.name || ' stands at ' || c.last || ' but ' || n.greatest || ' is taken' AS problem \
    FROM counters c JOIN (\
        SELECT 'person' AS name, COALESCE(MAX(number), 0) AS greatest FROM persons \
        UNION ALL SELECT 'group', COALESCE(MAX(number), 0) FROM \"groups\" \
        UNION ALL SELECT 'credential', COALESCE(MAX(id), 0) FROM credentials\
    ) n ON n.name = c.name WHERE c.last < n.greatest";

/// The log holds every number above the floor up to the head, and none beyond.
const LOG: &str = "\
    SELECT 'the change log has ' || c.entries || ' entries from ' || c.least || ' to ' || c.greatest \
        || ' but should run from ' || (h.floor + 1) || ' to ' || h.number AS problem \
    FROM change_head h CROSS JOIN (\
        SELECT COUNT(*) AS entries, COALESCE(MIN(number), 0) AS least, COALESCE(MAX(number), 0) AS greatest FROM changes\
    ) c WHERE c.entries <> h.number - h.floor \
        OR (c.entries > 0 AND (c.least <> h.floor + 1 OR c.greatest <> h.number))";

impl Store {
    /// Looks for what cannot be, in one snapshot. Gives the problems in words, at most 20 of each kind; none when the
    /// store is sound. Takes time in proportion to the memberships.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        self.ready()?;
        self.read(|connection| {
            connection.without_time_limits()?;
            let mut problems = Vec::new();
            for query in [TOTALS, STATES, COUNTERS, LOG] {
                let found: Vec<Problem> = diesel::sql_query(format!("{query} LIMIT {MOST}")).load(connection)?;
                problems.extend(found.into_iter().map(|p| p.problem));
            }
            problems.extend(heads(connection)?);
            problems.extend(integrity(connection)?);
            Ok(problems)
        })
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
