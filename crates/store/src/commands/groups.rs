//! Groups: made, changed, deleted.

use super::held::keep_person;
use super::steps::{Walk, for_commands};
use super::{Passwords, Work, bad, check_password, expect};
use crate::changes::Change;
use crate::connection::Connection;
use crate::import::{GroupRow, MembershipRow, Said, on_either};
use crate::rows::Corrupt;
use crate::schema::{group_totals, groups, job_groups, memberships};
use crate::store::{Failure, Store};
use crate::{directory, listing};
use diesel::prelude::*;
use membership::life_cycle::Actor;
use membership::record::{GroupRecord, PersonRef};
use membership::{
    By, CommandError, Expected, Failing, Group, GroupEdit, GroupEntry, GroupKey, GroupKind, NewGroup, PersonKey, Scope,
    State, Stepped,
};

/// Makes a group: [`membership::Registrar::create_group`].
pub(crate) fn create_group(store: &Store, by: &By, new: &NewGroup) -> Result<Stepped, CommandError> {
    let mut said = new.record.clone();
    said.check()?;
    // Who is not the system makes everything now.
    said.created_at = said.created_at.filter(|_| by.person.is_none());
    said.updated_at = None;
    let system = By { person: None, ..*by };
    store.command(by, &mut Passwords::default(), |work| {
        let owner = match &said.owner {
            Some(owner) => Some(work.owner(owner)?),
            None => match by.person {
                Some(number) if keep_person(work.connection, number)? => Some(number),
                Some(_) | None => None,
            },
        };
        let password_hash = match said.r#type {
            Some(GroupKind::Password) => work.hash_of(new.password.as_deref())?,
            Some(GroupKind::Public | GroupKind::Private) | None => String::new(),
        };
        for_commands(&new.steps)?;
        let identifiers =
            work.new_group_identifiers(said.number, said.id, said.guid.as_deref(), said.name.as_deref())?;
        let number = identifiers.number;
        let mut row = GroupRow::new(number, identifiers.id.to_string(), identifiers.uid, work.by.now);
        row.take(said.clone(), owner);
        row.password_hash = password_hash;
        on_either!(&mut *work.connection, inner => diesel::insert_into(groups::table).values(&row).execute(inner))?;
        work.note(by, "group_create", Change { group: number, person: owner.unwrap_or(0), ..Change::default() });
        if let Some(owner) = owner {
            let first = Said { state: Some(State::Member), scope: Some(Scope::Admin), ..Said::default() };
            let first = MembershipRow::after(None, number, owner, &first, work.moment());
            work.put(None, Some(&first))?;
        }
        let steps = Walk::new(work, system, row)?.all(&new.steps, Failing::Alone)?;
        Ok(Stepped { group: work.entry(number)?, steps })
    })
}

/// Changes a group: [`membership::Registrar::edit_group`].
pub(crate) fn edit_group(
    store: &Store,
    by: &By,
    key: &GroupKey,
    edit: &GroupEdit,
    expected: Expected<'_, Group>,
) -> Result<GroupEntry, CommandError> {
    store.command(by, &mut Passwords::default(), |work| {
        let before = work.group(key)?;
        let number = before.number;
        work.actor(&before)?.may_edit_group().map_err(CommandError::NotAllowed)?;
        work.expect_group(number, expected)?;
        let mut said = edit.record.clone();
        said.check().map_err(CommandError::from)?;
        let owner = match &said.owner {
            Some(owner) => Some(work.owner(owner)?),
            None => None,
        };
        let appointed = owner.filter(|owner| *owner != before.owner);
        if appointed.is_some() && by.person.is_some() {
            return Err(CommandError::NotAllowed(membership::life_cycle::StepRefusal::OnlyOwner).into());
        }
        let kind = said.r#type.map_or_else(|| before.kind.parse().map_err(|_| Corrupt("groups.kind")), Ok)?;
        let becomes = kind == GroupKind::Password && before.kind != GroupKind::Password.as_str();
        let password_hash = match (kind, edit.password.as_deref()) {
            (GroupKind::Password, Some(password)) => Some(work.hash_of(Some(password))?),
            // One that an import has made so has no password, and stays so until one is said.
            (GroupKind::Password, None) if becomes && before.password_hash.is_empty() => Some(work.hash_of(None)?),
            (GroupKind::Public | GroupKind::Private | GroupKind::Password, _) => None,
        };
        same_identifiers(&said, &before)?;
        said.created_at = said.created_at.filter(|_| by.person.is_none());
        said.updated_at = None;
        let mut after = before.clone();
        after.take(said, None);
        after.password_hash = password_hash.unwrap_or(after.password_hash);
        if after != before {
            after.updated_at = work.moment();
            if kind != GroupKind::Password {
                after.password_hash.clear();
            }
            let this = groups::table.find(number);
            on_either!(&mut *work.connection, inner => diesel::update(this).set(&after).execute(inner))?;
            work.note(by, "group_edit", Change { group: number, ..Change::default() });
        }
        if let Some(owner) = appointed {
            Walk::new(work, *by, after)?.appoint(owner)?;
        }
        work.entry(number)
    })
}

/// Deletes a group: [`membership::Registrar::delete_group`].
pub(crate) fn delete_group(
    store: &Store,
    by: &By,
    key: &GroupKey,
    expected: Expected<'_, Group>,
) -> Result<Group, CommandError> {
    store.command(by, &mut Passwords::default(), |work| {
        let row = work.group(key)?;
        let number = row.number;
        work.actor(&row)?.may_delete_group().map_err(CommandError::NotAllowed)?;
        let group = work.expect_group(number, expected)?;
        if let Connection::Postgres(inner) = &mut *work.connection {
            // Nobody refers to it from now on.
            groups::table.find(number).select(groups::number).for_update().first::<i64>(inner)?;
        }
        // How long this takes depends on how many members there are.
        work.connection.without_time_limits()?;
        on_either!(&mut *work.connection, inner => {
            diesel::delete(memberships::table.filter(memberships::group_number.eq(number))).execute(inner)?;
            diesel::delete(group_totals::table.filter(group_totals::group_number.eq(number))).execute(inner)?;
            diesel::delete(job_groups::table.filter(job_groups::group_number.eq(number))).execute(inner)?;
            diesel::delete(groups::table.find(number)).execute(inner)?;
        });
        work.note(by, "group_delete", Change { group: number, ..Change::default() });
        Ok(group)
    })
}

/// Whether every identifier that is said is the one that the group has.
fn same_identifiers(said: &GroupRecord, row: &GroupRow) -> Result<(), CommandError> {
    let same = [
        ("guid", said.guid.as_ref().is_none_or(|guid| *guid == row.guid)),
        ("number", said.number.is_none_or(|number| number == row.number)),
        ("id", said.id.is_none_or(|id| id.to_string() == row.id)),
    ];
    same.iter().find(|(_, same)| !same).map_or(Ok(()), |(field, _)| Err(CommandError::Immutable(field)))
}

impl Work<'_> {
    /// What the one by whom the command runs is in this group.
    pub(super) fn actor(&mut self, group: &GroupRow) -> Result<Actor, Failure> {
        let membership = match self.by.person {
            Some(person) => self.membership(group.number, person)?,
            None => None,
        };
        let stands = membership.as_ref().map(MembershipRow::stands).transpose()?;
        Ok(Actor::of(self.by.person, Some(group.owner).filter(|owner| *owner != 0), stands))
    }

    /// The group of this number, which is there, if it is as it was expected to be.
    fn expect_group(&mut self, number: i64, expected: Expected<'_, Group>) -> Result<Group, Failure> {
        let group = listing::group(self.connection, &GroupKey::Number(number))?;
        let group = group.ok_or(CommandError::NoSuchGroup)?;
        expect(expected, &group)?;
        Ok(group)
    }

    /// The number of the person whom all that is said names, and who is kept from being deleted.
    fn owner(&mut self, said: &PersonRef) -> Result<i64, Failure> {
        let mut said = said.clone();
        let nobody = || bad("owner", "names nobody");
        said.check().map_err(|_| nobody())?;
        let keys = [
            said.number.map(PersonKey::Number),
            said.id.map(PersonKey::Id),
            said.uid.map(PersonKey::Uid),
            said.login.map(PersonKey::Login),
        ];
        let mut found = None;
        for key in keys.iter().flatten() {
            let person = directory::person(self.connection, key)?.ok_or_else(nobody)?;
            if found.is_some_and(|found| found != person.number) {
                return Err(nobody().into());
            }
            found = Some(person.number);
        }
        let number = found.ok_or_else(nobody)?;
        if keep_person(self.connection, number)? { Ok(number) } else { Err(nobody().into()) }
    }

    /// The hash of a password that a group is to have.
    fn hash_of(&self, password: Option<&str>) -> Result<String, Failure> {
        let password = password.filter(|password| !password.is_empty());
        let password = password.ok_or_else(|| bad("password", "must be given for a group of this kind"))?;
        check_password(password).map_err(CommandError::from)?;
        Ok(self.passwords.hash_of(password)?.as_str().to_owned())
    }
}
