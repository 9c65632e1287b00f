//! Making, changing and deleting groups.

use super::steps::no_restore;
use super::{USED_UP, bad, moment, must_be_as};
use crate::memory::fault;
use crate::restore::say_group;
use crate::world::{About, World};
use dialect::access::PasswordHash;
use membership::life_cycle::{Action, StepRefusal};
use membership::limits;
use membership::record::{GroupRecord, GroupRef, PersonRef};
use membership::{
    By, CommandError, Expected, Failing, Group, GroupEdit, GroupEntry, GroupKey, GroupKind, Membership, NewGroup,
    PersonKey, Scope, State, Step, Stepped,
};

impl World {
    /// Judged in this order: the fields, the owner, the password, the kinds of the steps, the identifiers.
    pub fn create_group(&mut self, by: &By, new: &NewGroup) -> Result<Stepped, CommandError> {
        let mut record = new.record.clone();
        record.check()?;
        let owner = match (&record.owner, by.person) {
            (Some(said), _) => Some(self.existing_owner(said)?),
            // One who has been deleted meanwhile makes a group of nobody.
            (None, Some(person)) => self.person(person).map(|person| person.number),
            (None, None) => None,
        };
        let hash = match record.r#type {
            Some(GroupKind::Password) => Some(hashed(new.password.as_deref())?),
            Some(GroupKind::Public | GroupKind::Private) | None => None,
        };
        no_restore(&new.steps)?;
        if record.guid.as_ref().is_some_and(|guid| self.groups.iter().any(|g| g.guid == *guid)) {
            return Err(CommandError::InUse("guid"));
        }
        if record.number.is_some_and(|number| self.groups.iter().any(|g| g.number == number)) {
            return Err(CommandError::InUse("number"));
        }
        if record.id.is_some_and(|id| self.groups.iter().any(|g| g.id == id)) {
            return Err(CommandError::InUse("id"));
        }
        if record.number.is_none() && self.last_group >= limits::NUMBER {
            return Err(bad("number", USED_UP));
        }

        let reference = GroupRef { number: record.number, id: record.id, guid: record.guid.clone() };
        let mut group = self.new_group(&reference, record.name.as_deref().unwrap_or_default(), by.now);
        say_group(&mut group, &record);
        say_created(&mut group, &record, by);
        group.owner = owner;
        let number = group.number;
        self.put_group(group);
        if let Some(hash) = hash {
            self.passwords.insert(number, hash);
        }
        if let Some(person) = owner {
            self.set_membership(Membership {
                group: number,
                person,
                state: State::Member,
                scope: Scope::Admin,
                asked_at: None,
                joined_at: Some(moment(by)),
                joined_by: None,
                scope_changed_at: None,
                scope_changed_by: None,
                banned_at: None,
                banned_by: None,
            });
        }
        self.log(by, "group_create", About { group: Some(number), person: owner, job: None, subject: None });

        let system = By { person: None, ..*by };
        let key = GroupKey::Number(number);
        let steps = self.steps(&system, &key, &new.steps, Failing::Alone)?.steps;
        let group = self.find_group(&key).ok_or(CommandError::NoSuchGroup)?;
        Ok(Stepped { group: self.entry(group, by.person), steps })
    }

    /// Judged in this order: the group, the actor, what was expected, the fields, the owner, the password, the
    /// identifiers, whether the owner is banned.
    pub fn edit_group(
        &mut self,
        by: &By,
        key: &GroupKey,
        edit: &GroupEdit,
        expected: Expected<'_, Group>,
    ) -> Result<GroupEntry, CommandError> {
        let before = self.find_group(key).ok_or(CommandError::NoSuchGroup)?.clone();
        let number = before.number;
        self.actor(by, number).may_edit_group().map_err(CommandError::NotAllowed)?;
        must_be_as(expected, &before)?;
        let mut record = edit.record.clone();
        record.check()?;

        let mut after = before.clone();
        say_group(&mut after, &record);
        say_created(&mut after, &record, by);
        let said = record.owner.as_ref().map(|said| self.existing_owner(said)).transpose()?;
        let appointed = said.filter(|owner| before.owner != Some(*owner));
        if appointed.is_some() && by.person.is_some() {
            return Err(CommandError::NotAllowed(StepRefusal::OnlyOwner));
        }
        // A group that was imported as one of this kind has no password, and stays so until one is said.
        let becomes = after.kind == GroupKind::Password && before.kind != GroupKind::Password;
        let hash = match (after.kind, &edit.password) {
            (GroupKind::Password, Some(password)) => Some(hashed(Some(password))?),
            (GroupKind::Password, None) if becomes && !self.passwords.contains_key(&number) => Some(hashed(None)?),
            _ => None,
        };
        for (field, is_its_own) in [
            ("guid", record.guid.is_none_or(|guid| guid == before.guid)),
            ("number", record.number.is_none_or(|said| said == number)),
            ("id", record.id.is_none_or(|id| id == before.id)),
        ] {
            if !is_its_own {
                return Err(CommandError::Immutable(field));
            }
        }

        // A password that is said is a new one, even if it reads like the old one.
        if after != before || hash.is_some() {
            after.updated_at = Some(moment(by));
            if after.kind != GroupKind::Password {
                self.passwords.remove(&number);
            }
            if let Some(hash) = hash {
                self.passwords.insert(number, hash);
            }
            self.put_group(after.clone());
            self.log(by, "group_edit", About { group: Some(number), ..About::default() });
        }
        if let Some(owner) = appointed {
            let step = Step::new(PersonKey::Number(owner), Action::Appoint);
            self.step(by, number, owner, &step).map_err(CommandError::Owner)?;
            after = self.group_mut(number).clone();
        }
        Ok(self.entry(&after, by.person))
    }

    /// Judged in this order: the group, the actor, what was expected.
    pub fn delete_group(
        &mut self,
        by: &By,
        key: &GroupKey,
        expected: Expected<'_, Group>,
    ) -> Result<Group, CommandError> {
        let group = self.find_group(key).ok_or(CommandError::NoSuchGroup)?.clone();
        let number = group.number;
        self.actor(by, number).may_delete_group().map_err(CommandError::NotAllowed)?;
        must_be_as(expected, &group)?;
        self.groups.retain(|g| g.number != number);
        self.memberships.retain(|m| m.group != number);
        self.passwords.remove(&number);
        for job in &mut self.jobs {
            job.groups.retain(|preferred| *preferred != number);
        }
        self.log(by, "group_delete", About { group: Some(number), ..About::default() });
        Ok(group)
    }

    fn existing_owner(&self, said: &PersonRef) -> Result<i64, CommandError> {
        let named = self.named_person(said).ok().flatten();
        named.ok_or_else(|| bad("owner", "names nobody"))
    }
}

/// Only the system says when something was created.
fn say_created(group: &mut Group, record: &GroupRecord, by: &By) {
    if by.person.is_none() {
        group.created_at = record.created_at.unwrap_or(group.created_at);
    }
}

fn hashed(password: Option<&str>) -> Result<PasswordHash, CommandError> {
    let password = password.filter(|password| !password.is_empty());
    let password = password.ok_or_else(|| bad("password", "must be given for a group of this kind"))?;
    limits::check("password", password, limits::PASSWORD)?;
    PasswordHash::of(password).map_err(|_| fault("no random bits"))
}
