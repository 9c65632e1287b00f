//! Persons: made, changed, deleted.

use super::{Passwords, Work, expect};
use crate::changes::Change;
use crate::connection::Connection;
use crate::import::{GroupRow, LIST, MembershipRow, PersonRow, on_either};
use crate::schema::{groups, memberships, persons};
use crate::store::{Failure, Store};
use crate::{directory, vault};
use access::{Credential, NewCredential};
use diesel::prelude::*;
use membership::life_cycle::StepRefusal;
use membership::record::PersonRecord;
use membership::{By, CommandError, Expected, Person, PersonKey, Scope, State};
use std::collections::BTreeSet;

/// Makes a person: [`membership::Registrar::create_person`].
pub(crate) fn create_person(store: &Store, by: &By, record: &PersonRecord) -> Result<Person, CommandError> {
    let said = new_person(by, record)?;
    store.command(by, &mut Passwords::default(), |work| work.make_person(by, &said))
}

/// Makes a person with a credential: [`access::Vault::create_person_with`].
pub(crate) fn create_person_with(
    store: &Store,
    by: &By,
    record: &PersonRecord,
    new: &NewCredential,
) -> Result<(Person, Credential), CommandError> {
    let said = new_person(by, record)?;
    store.command(by, &mut Passwords::default(), |work| {
        let person = work.make_person(by, &said)?;
        // It comes of no other one, whose row would have to be held.
        let new = NewCredential { person: Some(person.number), parent: None, ..new.clone() };
        let (credential, change) = vault::keep(work.connection, &new)?;
        work.log.push(change);
        Ok((person, credential))
    })
}

/// What is said of a new person, judged.
fn new_person(by: &By, record: &PersonRecord) -> Result<PersonRecord, CommandError> {
    let mut said = record.clone();
    said.check()?;
    // Who is not the system makes everything now.
    said.created_at = said.created_at.filter(|_| by.person.is_none());
    said.updated_at = None;
    Ok(said)
}

/// Changes a person: [`membership::Registrar::edit_person`].
pub(crate) fn edit_person(
    store: &Store,
    by: &By,
    key: &PersonKey,
    record: &PersonRecord,
    expected: Expected<'_, Person>,
) -> Result<Person, CommandError> {
    store.command(by, &mut Passwords::default(), |work| {
        let before = work.person(key)?;
        let number = before.number;
        work.only_oneself(number)?;
        let person = work.whole_person(number)?;
        expect(expected, &person)?;
        let mut said = record.clone();
        said.check().map_err(CommandError::from)?;
        same_identifiers(&said, &before)?;
        said.created_at = said.created_at.filter(|_| by.person.is_none());
        said.updated_at = None;
        let Some(after) = before.changed(said, work.moment()) else { return Ok(person) };
        let this = persons::table.find(number);
        on_either!(&mut *work.connection, inner => diesel::update(this).set(&after).execute(inner))?;
        work.note(by, "person_edit", Change { person: number, ..Change::default() });
        work.whole_person(number)
    })
}

/// Deletes a person: [`membership::Registrar::delete_person`].
pub(crate) fn delete_person(
    store: &Store,
    by: &By,
    key: &PersonKey,
    expected: Expected<'_, Person>,
) -> Result<Person, CommandError> {
    store.command(by, &mut Passwords::default(), |work| {
        let person = directory::person(work.connection, key)?.ok_or(CommandError::NoSuchPerson)?;
        if by.person.is_some() {
            return Err(CommandError::NotAllowed(StepRefusal::OnlyAdmin).into());
        }
        let number = person.number;
        let owned = work.hold_with_groups(number)?;
        // As it stands now that it is held.
        let person = work.whole_person(number)?;
        expect(expected, &person)?;
        for group in owned {
            work.leave_without_owner(by, &group, number)?;
        }
        work.end_memberships(by, number)?;
        let revoked = vault::revoke_all_of(work.connection, number, work.moment())?;
        work.log.extend(revoked);
        vault::forget_password(work.connection, number)?;
        on_either!(&mut *work.connection, inner => diesel::delete(persons::table.find(number)).execute(inner))?;
        work.note(by, "person_delete", Change { person: number, ..Change::default() });
        Ok(person)
    })
}

/// Whether every identifier that is said is the one that the person has.
fn same_identifiers(said: &PersonRecord, row: &PersonRow) -> Result<(), CommandError> {
    let same = [
        ("uid", said.uid.as_ref().is_none_or(|uid| *uid == row.uid)),
        // In another case it is the same login, but to be spelled otherwise, which it never is.
        ("login", said.login.as_ref().is_none_or(|login| *login == row.login)),
        ("number", said.number.is_none_or(|number| number == row.number)),
        ("id", said.id.is_none_or(|id| id.to_string() == row.id)),
    ];
    same.iter().find(|(_, same)| !same).map_or(Ok(()), |(field, _)| Err(CommandError::Immutable(field)))
}

impl Work<'_> {
    /// Makes a person of which this is said.
    fn make_person(&mut self, by: &By, said: &PersonRecord) -> Result<Person, Failure> {
        let (uid, login) = (said.uid.as_deref(), said.login.as_deref());
        let identifiers = self.new_person_identifiers(said.number, said.id, uid, login)?;
        let number = identifiers.number;
        let id = identifiers.id.to_string();
        let mut row = PersonRow::new(number, id, identifiers.uid, identifiers.login, self.by.now);
        row.take(said.clone());
        on_either!(&mut *self.connection, inner => diesel::insert_into(persons::table).values(&row).execute(inner))?;
        self.note(by, "person_create", Change { person: number, ..Change::default() });
        self.whole_person(number)
    }

    /// The person of this number, which is there.
    pub(super) fn whole_person(&mut self, number: i64) -> Result<Person, Failure> {
        let person = directory::person(self.connection, &PersonKey::Number(number))?;
        person.ok_or_else(|| CommandError::NoSuchPerson.into())
    }

    /// Only the system and the person itself may.
    pub(super) fn only_oneself(&self, number: i64) -> Result<(), CommandError> {
        if self.by.person.is_none_or(|by| by == number) {
            Ok(())
        } else {
            Err(CommandError::NotAllowed(StepRefusal::OnlyOneself))
        }
    }

    /// Holds the person so that nobody can refer to it any more, and the groups that it owns or has to do with. Gives
    /// the groups that it owns, by number.
    fn hold_with_groups(&mut self, number: i64) -> Result<Vec<GroupRow>, Failure> {
        let mut held = BTreeSet::new();
        let wanted = self.groups_of(number)?;
        self.hold_groups(&wanted, &mut held)?;
        if let Connection::Postgres(inner) = &mut *self.connection {
            let one = persons::table.find(number).select(persons::number);
            one.for_update().first::<i64>(inner).optional()?.ok_or(CommandError::NoSuchPerson)?;
        }
        // No group can come to it now. One that came in between is locked out of order, which may end in a deadlock; then
        // all of this is tried again.
        let wanted = self.groups_of(number)?;
        self.hold_groups(&wanted, &mut held)?;
        let owned = groups::table.filter(groups::owner.eq(number)).order(groups::number);
        Ok(on_either!(&mut *self.connection, inner => owned.select(GroupRow::as_select()).load(inner))?)
    }

    /// The numbers of the groups that the person owns or has a membership in.
    fn groups_of(&mut self, number: i64) -> Result<BTreeSet<i64>, Failure> {
        let owned = groups::table.filter(groups::owner.eq(number)).select(groups::number);
        let mut all: BTreeSet<i64> = owned.load(&mut *self.connection)?.into_iter().collect();
        let of = memberships::table.filter(memberships::person_number.eq(number)).select(memberships::group_number);
        all.extend(of.load::<i64>(&mut *self.connection)?);
        Ok(all)
    }

    /// Holds the rows of these groups, by number, unless they are held already.
    fn hold_groups(&mut self, wanted: &BTreeSet<i64>, held: &mut BTreeSet<i64>) -> Result<(), Failure> {
        let new: Vec<i64> = wanted.difference(held).copied().collect();
        if let Connection::Postgres(inner) = &mut *self.connection {
            for numbers in new.chunks(LIST) {
                let some = groups::table.filter(groups::number.eq_any(numbers)).order(groups::number);
                some.select(groups::number).for_no_key_update().load::<i64>(inner)?;
            }
        }
        held.extend(new);
        Ok(())
    }

    /// Passes a group that the person owns on to its longest-standing other admin.
    fn leave_without_owner(&mut self, by: &By, group: &GroupRow, person: i64) -> Result<(), Failure> {
        let members = memberships::table
            .filter(memberships::group_number.eq(group.number))
            .filter(memberships::state.eq(State::Member.as_str()))
            .filter(memberships::person_number.ne(person));
        let admins = members.filter(memberships::scope.eq(Scope::Admin.as_str()));
        let longest = admins.order((memberships::joined_at, memberships::person_number));
        let heir: Option<i64> = longest.select(memberships::person_number).first(&mut *self.connection).optional()?;
        if heir.is_none() {
            let other = members.select(memberships::person_number);
            if other.first::<i64>(&mut *self.connection).optional()?.is_some() {
                return Err(CommandError::StillOwner(group.guid.clone()).into());
            }
        }
        let new = (groups::owner.eq(heir.unwrap_or(0)), groups::updated_at.eq(self.moment()));
        let this = groups::table.find(group.number);
        on_either!(&mut *self.connection, inner => diesel::update(this).set(new).execute(inner))?;
        let action = if heir.is_some() { "transfer_ownership" } else { "group_edit" };
        self.note(by, action, Change { group: group.number, person: heir.unwrap_or(0), ..Change::default() });
        Ok(())
    }

    /// Ends every membership of the person. Each has an entry in the log, so that who follows a group sees it.
    fn end_memberships(&mut self, by: &By, number: i64) -> Result<(), Failure> {
        let of = memberships::table.filter(memberships::person_number.eq(number)).order(memberships::group_number);
        let rows: Vec<MembershipRow> = match &mut *self.connection {
            Connection::Sqlite(inner) => of.select(MembershipRow::as_select()).load(inner)?,
            Connection::Postgres(inner) => of.select(MembershipRow::as_select()).for_no_key_update().load(inner)?,
        };
        for row in &rows {
            let (state, scope) = row.stands()?;
            self.totals.add(row.group_number, state, scope, -1);
            self.note(by, "person_delete", Change { group: row.group_number, person: number, ..Change::default() });
        }
        let of = memberships::table.filter(memberships::person_number.eq(number));
        on_either!(&mut *self.connection, inner => diesel::delete(of).execute(inner))?;
        Ok(())
    }
}
