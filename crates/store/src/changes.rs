//! The change log: every committed change gets the next number of one sequence without gaps.

use crate::connection::Connection;
use crate::schema::{change_head, changes};
use crate::store::Failure;
use diesel::prelude::*;

/// One change, before it has a number. A number of 0 means none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    /// What was done, a word of `docs/architecture.md`.
    pub action: &'static str,
    /// The group, or 0.
    pub group: i64,
    /// The person, or 0.
    pub person: i64,
    /// The person who did it, or 0 for the system.
    pub actor: i64,
    /// The credential by which it was done, or 0.
    pub credential: i64,
    /// The job, or 0.
    pub job: i64,
}

/// How many entries one statement inserts: PostgreSQL binds up to 65,535 values.
const ENTRIES: usize = 1_000;

/// Appends `new` to the log. To be called last in a transaction: it locks the head of the log until the commit, so
/// that a number is visible only when all lower ones are.
pub fn log(connection: &mut Connection, now: i64, new: &[Change]) -> Result<(), Failure> {
    let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
    if count == 0 {
        return Ok(());
    }
    diesel::update(change_head::table).set(change_head::number.eq(change_head::number + count)).execute(connection)?;
    let head: i64 = change_head::table.select(change_head::number).first(connection)?;
    let mut rows = (head - count + 1..).zip(new).map(|(number, change)| {
        (
            changes::number.eq(number),
            changes::at.eq(now),
            changes::action.eq(change.action),
            changes::group_number.eq(change.group),
            changes::person_number.eq(change.person),
            changes::actor.eq(change.actor),
            changes::credential.eq(change.credential),
            changes::job.eq(change.job),
        )
    });
    match connection {
        // In this process a statement for each costs next to nothing.
        Connection::Sqlite(connection) => {
            for row in rows {
                diesel::insert_into(changes::table).values(row).execute(connection)?;
            }
        }
        Connection::Postgres(connection) => loop {
            let some: Vec<_> = rows.by_ref().take(ENTRIES).collect();
            if some.is_empty() {
                break;
            }
            diesel::insert_into(changes::table).values(some).execute(connection)?;
        },
    }
    Ok(())
}
