//! What the import asks of the store before it writes.

use crate::connection::Connection;
use crate::schema::{changes, counters, groups, memberships, persons};
use crate::store::Failure;
use diesel::prelude::*;
use std::collections::HashSet;

/// At most how many values one question lists; SQLite takes 32,766.
pub(crate) const LIST: usize = 1_000;

/// Runs the same on either kind of connection, with all that the kind can do.
macro_rules! on_either {
    ($connection:expr, $inner:ident => $run:expr) => {
        match $connection {
            crate::connection::Connection::Sqlite($inner) => $run,
            crate::connection::Connection::Postgres($inner) => $run,
        }
    };
}
pub(crate) use on_either;

/// Number, id, uid, folded login.
pub(crate) type Identity = (i64, String, String, String);

/// The last numbers given to persons and to groups.
pub(super) fn counters(connection: &mut Connection) -> Result<(i64, i64), Failure> {
    let rows: Vec<(String, i64)> = counters::table.select((counters::name, counters::last)).load(connection)?;
    let last = |kind: &str| rows.iter().find(|(name, _)| name == kind).map_or(0, |(_, last)| *last);
    Ok((last("person"), last("group")))
}

/// Whether there are any persons, groups and memberships.
pub(super) fn any(connection: &mut Connection) -> Result<(bool, bool, bool), Failure> {
    let person: Option<i64> = persons::table.select(persons::number).first(connection).optional()?;
    let group: Option<i64> = groups::table.select(groups::number).first(connection).optional()?;
    let membership: Option<i64> = memberships::table.select(memberships::group_number).first(connection).optional()?;
    Ok((person.is_some(), group.is_some(), membership.is_some()))
}

macro_rules! identities {
    ($name:ident, $table:ident, $column:ident: $value:ty, ($($select:expr),+)) => {
        pub(crate) fn $name(connection: &mut Connection, values: &[$value]) -> Result<Vec<Identity>, Failure> {
            let mut found = Vec::new();
            for values in values.chunks(LIST) {
                found.extend(on_either!(connection, inner => $table::table
                    .filter($table::$column.eq_any(values))
                    .select(($($select),+))
                    .load::<Identity>(inner))?);
            }
            Ok(found)
        }
    };
}

identities!(persons_by_number, persons, number: i64, (persons::number, persons::id, persons::uid, persons::login_folded));
identities!(persons_by_id, persons, id: String, (persons::number, persons::id, persons::uid, persons::login_folded));
identities!(persons_by_uid, persons, uid: String, (persons::number, persons::id, persons::uid, persons::login_folded));
identities!(
    persons_by_login, persons, login_folded: String,
    (persons::number, persons::id, persons::uid, persons::login_folded)
);
// A group has no login; its guid stands twice.
identities!(groups_by_number, groups, number: i64, (groups::number, groups::id, groups::guid, groups::guid));
identities!(groups_by_id, groups, id: String, (groups::number, groups::id, groups::guid, groups::guid));
identities!(groups_by_guid, groups, guid: String, (groups::number, groups::id, groups::guid, groups::guid));

/// Whether this was the number of a person who was deleted, as the change log tells.
pub(crate) fn is_spent(connection: &mut Connection, number: i64) -> Result<bool, Failure> {
    let last: i64 = counters::table.find("person").select(counters::last).first(connection)?;
    // What was never given need not be looked for.
    if number > last {
        return Ok(false);
    }
    let one = changes::table
        .filter(changes::group_number.eq(NO_GROUP))
        .filter(changes::action.eq(DELETED))
        .filter(changes::person_number.eq(number));
    Ok(one.select(changes::number).first::<i64>(connection).optional()?.is_some())
}

/// The numbers of all persons who were deleted.
pub(super) fn spent(connection: &mut Connection) -> Result<HashSet<i64>, Failure> {
    let all = changes::table.filter(changes::group_number.eq(NO_GROUP)).filter(changes::action.eq(DELETED));
    Ok(all.select(changes::person_number).load(connection)?.into_iter().collect())
}

/// What the entry says that tells that a person was deleted. A membership that ends thereby has one of the same action,
/// with its group.
const DELETED: &str = "person_delete";
const NO_GROUP: i64 = 0;

/// Begins a statement that goes through these pairs of group and person and, as `m`, their memberships: pair by pair
/// by the index, since lists of groups and of persons apart would find every person in every group. Numbers are
/// written into the statement, as no database binds a list of pairs.
pub(super) fn of_pairs(columns: &str, pairs: impl Iterator<Item = (i64, i64)>) -> String {
    let mut sql = String::from("WITH wanted (g, p) AS (VALUES ");
    for (at, (group, person)) in pairs.enumerate() {
        let comma = if at > 0 { "," } else { "" };
        sql.push_str(&format!("{comma}({group},{person})"));
    }
    sql.push_str(&format!(
        ") SELECT {columns} FROM wanted w CROSS JOIN memberships m WHERE m.person_number = w.p AND m.group_number = w.g"
    ));
    sql
}

/// Where a membership stands.
#[derive(QueryableByName)]
#[diesel(table_name = memberships)]
struct Standing {
    group_number: i64,
    person_number: i64,
    state: String,
}

/// Which of these memberships (group, person) there are, and where they stand.
pub(super) fn memberships(
    connection: &mut Connection,
    pairs: &[(i64, i64)],
) -> Result<Vec<(i64, i64, String)>, Failure> {
    let mut found = Vec::new();
    for pairs in pairs.chunks(LIST) {
        let sql = of_pairs("m.group_number, m.person_number, m.state", pairs.iter().copied());
        let rows: Vec<Standing> = diesel::sql_query(sql).load(connection)?;
        found.extend(rows.into_iter().map(|row| (row.group_number, row.person_number, row.state)));
    }
    Ok(found)
}

/// Who owns these groups; 0 for none.
pub(super) fn owners(connection: &mut Connection, numbers: &[i64]) -> Result<Vec<(i64, i64)>, Failure> {
    let mut found = Vec::new();
    for numbers in numbers.chunks(LIST) {
        let these = groups::table.filter(groups::number.eq_any(numbers)).select((groups::number, groups::owner));
        found.extend(on_either!(connection, inner => these.load::<(i64, i64)>(inner))?);
    }
    Ok(found)
}

/// Whether a person has this uid.
pub(super) fn has_uid(connection: &mut Connection, uid: &str) -> Result<bool, Failure> {
    let found = persons::table.filter(persons::uid.eq(uid)).select(persons::number).first::<i64>(connection);
    Ok(found.optional()?.is_some())
}

/// Whether a person has this login.
pub(super) fn has_login(connection: &mut Connection, folded: &str) -> Result<bool, Failure> {
    let found =
        persons::table.filter(persons::login_folded.eq(folded)).select(persons::number).first::<i64>(connection);
    Ok(found.optional()?.is_some())
}

/// Whether a group has this guid.
pub(super) fn has_guid(connection: &mut Connection, guid: &str) -> Result<bool, Failure> {
    let found = groups::table.filter(groups::guid.eq(guid)).select(groups::number).first::<i64>(connection);
    Ok(found.optional()?.is_some())
}
