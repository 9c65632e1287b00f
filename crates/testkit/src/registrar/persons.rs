//! Making, changing and deleting persons.

use super::{USED_UP, bad, moment, must_be_as};
use crate::restore::say_person;
use crate::world::{About, World};
use membership::life_cycle::StepRefusal;
use membership::record::{PersonRecord, PersonRef};
use membership::text::fold;
use membership::{By, CommandError, Expected, Membership, Person, PersonKey, Presence, Scope, limits};

impl World {
    /// Judged in this order: the fields, the identifiers.
    pub fn create_person(&mut self, by: &By, record: &PersonRecord) -> Result<Person, CommandError> {
        let mut record = record.clone();
        record.check()?;
        if record.uid.as_ref().is_some_and(|uid| self.persons.iter().any(|p| p.uid == *uid)) {
            return Err(CommandError::InUse("uid"));
        }
        if record.login.as_ref().is_some_and(|login| self.logins.contains_key(&fold(login))) {
            return Err(CommandError::InUse("login"));
        }
        if record.number.is_some_and(|number| self.person(number).is_some()) {
            return Err(CommandError::InUse("number"));
        }
        if record.number.is_some_and(|number| self.is_spent(number)) {
            return Err(CommandError::Spent("number"));
        }
        if record.id.is_some_and(|id| self.persons.iter().any(|p| p.id == id)) {
            return Err(CommandError::InUse("id"));
        }
        if record.number.is_none() && self.last_person >= limits::NUMBER {
            return Err(bad("number", USED_UP));
        }
        let reference =
            PersonRef { number: record.number, id: record.id, uid: record.uid.clone(), login: record.login.clone() };
        let mut person = self.new_person(&reference, by.now);
        say_person(&mut person, &record);
        say_created(&mut person, &record, by);
        self.put_person(person.clone());
        self.log(by, "person_create", About { person: Some(person.number), ..About::default() });
        Ok(person)
    }

    /// Judged in this order: the person, the actor, what was expected, the fields, the identifiers.
    pub fn edit_person(
        &mut self,
        by: &By,
        key: &PersonKey,
        record: &PersonRecord,
        expected: Expected<'_, Person>,
    ) -> Result<Person, CommandError> {
        let before = self.find_person(key).ok_or(CommandError::NoSuchPerson)?.clone();
        system_or_oneself(by, before.number)?;
        must_be_as(expected, &before)?;
        let mut record = record.clone();
        record.check()?;
        for (field, is_its_own) in [
            ("uid", record.uid.as_ref().is_none_or(|uid| *uid == before.uid)),
            // In another case it is the same login, but to be spelled otherwise, which it never is.
            ("login", record.login.as_ref().is_none_or(|login| *login == before.login)),
            ("number", record.number.is_none_or(|number| number == before.number)),
            ("id", record.id.is_none_or(|id| id == before.id)),
        ] {
            if !is_its_own {
                return Err(CommandError::Immutable(field));
            }
        }
        let mut after = before.clone();
        say_person(&mut after, &record);
        say_created(&mut after, &record, by);
        if after != before {
            after.updated_at = Some(moment(by));
            self.put_person(after.clone());
            self.log(by, "person_edit", About { person: Some(after.number), ..About::default() });
        }
        Ok(after)
    }

    /// Judged in this order: the person, the actor, what was expected, the groups that the person owns, by number.
    pub fn delete_person(
        &mut self,
        by: &By,
        key: &PersonKey,
        expected: Expected<'_, Person>,
    ) -> Result<Person, CommandError> {
        let person = self.find_person(key).ok_or(CommandError::NoSuchPerson)?.clone();
        let number = person.number;
        if by.person.is_some() {
            return Err(CommandError::NotAllowed(StepRefusal::OnlyAdmin));
        }
        must_be_as(expected, &person)?;

        let owned: Vec<i64> = self.groups.iter().filter(|g| g.owner == Some(number)).map(|g| g.number).collect();
        for group in owned {
            let others: Vec<&Membership> = self.members(group).filter(|m| m.person != number).collect();
            let admins = others.iter().filter(|m| m.scope == Scope::Admin);
            let heir = admins.min_by_key(|m| (m.joined_at, m.person)).map(|m| m.person);
            if heir.is_none() && !others.is_empty() {
                return Err(CommandError::StillOwner(self.group_mut(group).guid.clone()));
            }
            let row = self.group_mut(group);
            (row.owner, row.updated_at) = (heir, Some(moment(by)));
            let action = if heir.is_some() { "transfer_ownership" } else { "group_edit" };
            self.log(by, action, About { group: Some(group), person: heir, job: None });
        }
        let mut ended: Vec<i64> = self.memberships.iter().filter(|m| m.person == number).map(|m| m.group).collect();
        ended.sort_unstable();
        for group in ended {
            self.log(by, "person_delete", About { group: Some(group), person: Some(number), job: None });
        }
        self.memberships.retain(|m| m.person != number);
        let own = self.credentials.iter().map(|k| &k.credential).filter(|c| c.person == Some(number));
        let own: Vec<i64> = own.map(|c| c.id).collect();
        self.revoke(by, &own);
        self.persons.retain(|p| p.number != number);
        self.logins.remove(&fold(&person.login));
        self.login_passwords.remove(&number);
        self.log(by, "person_delete", About { person: Some(number), ..About::default() });
        Ok(person)
    }

    /// Judged in this order: the person, the actor.
    pub fn set_presence(&mut self, by: &By, key: &PersonKey, presence: Presence) -> Result<Person, CommandError> {
        let mut person = self.find_person(key).ok_or(CommandError::NoSuchPerson)?.clone();
        system_or_oneself(by, person.number)?;
        let minute = |at: Option<i64>| at.unwrap_or(0) / 60;
        let before = (person.presence, minute(person.last_active_at));
        (person.presence, person.last_active_at) = (presence, Some(moment(by)));
        let changed = before != (person.presence, minute(person.last_active_at));
        self.put_person(person.clone());
        if changed {
            self.log(by, "presence", About { person: Some(person.number), ..About::default() });
        }
        Ok(person)
    }
}

fn system_or_oneself(by: &By, person: i64) -> Result<(), CommandError> {
    match by.person {
        Some(actor) if actor != person => Err(CommandError::NotAllowed(StepRefusal::OnlyOneself)),
        _ => Ok(()),
    }
}

/// Only the system says when somebody was created.
fn say_created(person: &mut Person, record: &PersonRecord, by: &By) {
    if by.person.is_none() {
        person.created_at = record.created_at.unwrap_or(person.created_at);
    }
}
