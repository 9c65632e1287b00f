//! Rows that are read to be changed: they stay as they are until the transaction ends.

use super::Work;
use crate::connection::Connection;
use crate::import::{GroupRow, MembershipRow, PersonRow, on_either};
use crate::schema::{groups, memberships, persons};
use crate::store::Failure;
use diesel::prelude::*;
use membership::text::{fold, has_nul};
use membership::{CommandError, GroupKey, PersonKey};

/// Loads one row and locks it; its key stays, so rows that refer to it may be written meanwhile. SQLite has locked
/// everything already. There is one row of a key; to say so by a limit would make SQLite prepare the statement anew each time.
macro_rules! held {
    ($connection:expr, $row:ty, $query:expr) => {
        match $connection {
            Connection::Sqlite(inner) => $query.select(<$row>::as_select()).get_result::<$row>(inner).optional()?,
            Connection::Postgres(inner) => {
                $query.select(<$row>::as_select()).for_no_key_update().get_result::<$row>(inner).optional()?
            }
        }
    };
}

/// Keeps the person of this number from being deleted until the transaction ends; false when there is none.
pub(crate) fn keep_person(connection: &mut Connection, number: i64) -> Result<bool, Failure> {
    let one = persons::table.filter(persons::number.eq(number)).select(persons::number);
    let found: Option<i64> = match connection {
        Connection::Sqlite(inner) => one.get_result(inner).optional()?,
        Connection::Postgres(inner) => one.for_key_share().get_result(inner).optional()?,
    };
    Ok(found.is_some())
}

impl Work<'_> {
    /// The group so named, held.
    pub(super) fn group(&mut self, key: &GroupKey) -> Result<GroupRow, Failure> {
        let row = match key {
            GroupKey::Number(number) => {
                held!(self.connection, GroupRow, groups::table.filter(groups::number.eq(number)))
            }
            GroupKey::Id(id) => held!(self.connection, GroupRow, groups::table.filter(groups::id.eq(id.to_string()))),
            // Not every database can even be asked about a text with this character in it.
            GroupKey::Guid(guid) if has_nul(guid) => None,
            GroupKey::Guid(guid) => held!(self.connection, GroupRow, groups::table.filter(groups::guid.eq(guid))),
        };
        row.ok_or_else(|| CommandError::NoSuchGroup.into())
    }

    /// The person so named, held.
    pub(super) fn person(&mut self, key: &PersonKey) -> Result<PersonRow, Failure> {
        let all = persons::table;
        let row = match key {
            PersonKey::Number(number) => held!(self.connection, PersonRow, all.filter(persons::number.eq(number))),
            PersonKey::Id(id) => held!(self.connection, PersonRow, all.filter(persons::id.eq(id.to_string()))),
            PersonKey::Uid(text) | PersonKey::Login(text) if has_nul(text) => None,
            PersonKey::Uid(uid) => held!(self.connection, PersonRow, all.filter(persons::uid.eq(uid))),
            PersonKey::Login(login) => {
                held!(self.connection, PersonRow, all.filter(persons::login_folded.eq(fold(login))))
            }
        };
        row.ok_or_else(|| CommandError::NoSuchPerson.into())
    }

    /// The membership of a person in a group, held.
    pub(super) fn membership(&mut self, group: i64, person: i64) -> Result<Option<MembershipRow>, Failure> {
        let this = memberships::person_number.eq(person).and(memberships::group_number.eq(group));
        Ok(held!(self.connection, MembershipRow, memberships::table.filter(this)))
    }

    /// Writes what became of a membership: made, changed or ended. Notes the difference of the totals.
    pub(super) fn put(&mut self, before: Option<&MembershipRow>, after: Option<&MembershipRow>) -> Result<(), Failure> {
        match (before, after) {
            (None, None) => {}
            (None, Some(row)) => on_either!(&mut *self.connection, inner => {
                diesel::insert_into(memberships::table).values(row).execute(inner)?;
            }),
            (Some(_), Some(row)) => row.update(self.connection)?,
            (Some(row), None) => on_either!(&mut *self.connection, inner => {
                diesel::delete(memberships::table)
                    .filter(memberships::group_number.eq(row.group_number))
                    .filter(memberships::person_number.eq(row.person_number))
                    .execute(inner)?;
            }),
        }
        for (row, by) in [(before, -1), (after, 1)] {
            if let Some(row) = row {
                let (state, scope) = row.stands()?;
                self.totals.add(row.group_number, state, scope, by);
            }
        }
        Ok(())
    }
}
