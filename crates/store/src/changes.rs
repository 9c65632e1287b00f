//! The change log: every committed change gets the next number of one sequence without gaps.

use crate::connection::Connection;
use crate::query::{Kind, Sql, Value};
use crate::rows::{Corrupt, some};
use crate::schema::{change_head, changes};
use crate::store::Failure;
use diesel::prelude::*;
use membership::{By, ChangeEntry, Changes};

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
    /// The credential that was changed, or 0.
    pub subject: i64,
}

impl Change {
    /// The same, done on this authority.
    #[must_use]
    pub fn by(self, by: &By) -> Self {
        Self { actor: by.person.unwrap_or(0), credential: by.credential.unwrap_or(0), ..self }
    }
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
    let mut raise = Sql::new(connection);
    raise.push("UPDATE change_head SET number = number + ").int(count).push(" RETURNING number");
    // From here on others wait, so every question that need not be asked counts.
    let mut head = None;
    raise.each(connection, &[Kind::Int], |_, number| match number {
        Value::Int(number) => {
            head = Some(number);
            Some(())
        }
        Value::Text(_) => None,
    })?;
    let head = head.ok_or(Corrupt("change_head.number"))?;
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
            changes::subject.eq(change.subject),
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
            match some[..] {
                [] => break,
                // One statement for one entry stays prepared.
                [one] => diesel::insert_into(changes::table).values(one).execute(connection)?,
                _ => diesel::insert_into(changes::table).values(some).execute(connection)?,
            };
        },
    }
    Ok(())
}

/// The number of the last change, and behind which number the log begins.
pub fn ends(connection: &mut Connection) -> Result<(u64, u64), Failure> {
    // There is one row. To say so would make SQLite prepare the statement anew at every bind, to plan for the limit.
    let ends: (i64, i64) =
        change_head::table.select((change_head::number, change_head::floor)).get_result(connection)?;
    let number = |number: i64| u64::try_from(number).map_err(|_| Corrupt("change_head.number"));
    Ok((number(ends.0)?, number(ends.1)?))
}

/// Up to `limit` entries behind the number `after`, only those of the group of this number where one is said; or the
/// number behind which the log now begins, when some of those behind `after` have been pruned.
pub fn after(
    connection: &mut Connection,
    after: u64,
    group: Option<i64>,
    limit: u32,
) -> Result<Result<Changes, u64>, Failure> {
    let (head, floor) = ends(connection)?;
    if after < floor {
        return Ok(Err(floor));
    }
    // Behind the head there is nothing.
    let entries = if after < head { behind(connection, after, group, limit)? } else { Vec::new() };
    Ok(Ok(Changes { entries, head }))
}

/// The entries alone, from a log that begins at or before `after`.
fn behind(
    connection: &mut Connection,
    after: u64,
    group: Option<i64>,
    limit: u32,
) -> Result<Vec<ChangeEntry>, Failure> {
    let Ok(after) = i64::try_from(after) else { return Ok(Vec::new()) };
    let behind = changes::table.filter(changes::number.gt(after)).order(changes::number).limit(i64::from(limit));
    let rows: Vec<Entry> = match group {
        Some(group) => behind.filter(changes::group_number.eq(group)).select(Entry::as_select()).load(connection)?,
        None => behind.select(Entry::as_select()).load(connection)?,
    };
    Ok(rows.into_iter().map(ChangeEntry::try_from).collect::<Result<_, _>>()?)
}

/// The entries behind the number `after`, up to the number `to`. Where the log ends is not asked.
pub fn between(connection: &mut Connection, after: i64, to: i64) -> Result<Vec<ChangeEntry>, Failure> {
    // Without a limit, for which SQLite would prepare the statement anew at every bind.
    let there = changes::table.filter(changes::number.gt(after)).filter(changes::number.le(to));
    let rows: Vec<Entry> = there.order(changes::number).select(Entry::as_select()).load(connection)?;
    Ok(rows.into_iter().map(ChangeEntry::try_from).collect::<Result<_, _>>()?)
}

/// A row of the log.
#[derive(Queryable, Selectable)]
#[diesel(table_name = changes)]
struct Entry {
    number: i64,
    at: i64,
    action: String,
    group_number: i64,
    person_number: i64,
    actor: i64,
    credential: i64,
    job: i64,
    subject: i64,
}

impl TryFrom<Entry> for ChangeEntry {
    type Error = Corrupt;

    fn try_from(row: Entry) -> Result<Self, Corrupt> {
        Ok(Self {
            number: u64::try_from(row.number).map_err(|_| Corrupt("changes.number"))?,
            at: row.at,
            action: row.action,
            group: some(row.group_number),
            person: some(row.person_number),
            actor: some(row.actor),
            credential: some(row.credential),
            job: some(row.job),
            subject: some(row.subject),
        })
    }
}
