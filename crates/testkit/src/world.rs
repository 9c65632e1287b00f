//! All that the oracle holds, and how a row of it is found.

use crate::vault::Kept;
use dialect::access::PasswordHash;
use membership::record::{GroupRef, PersonRef};
use membership::text::fold;
use membership::{
    Brief, By, ChangeEntry, Group, GroupEntry, GroupKey, Job, Membership, Person, PersonKey, Standing, State,
};
use std::collections::{BTreeMap, HashMap};

/// Plain vectors, searched from one end to the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    /// By number, so that a membership finds its person.
    pub persons: Vec<Person>,
    /// By number.
    pub groups: Vec<Group>,
    /// By number of the group, then of the person.
    pub memberships: Vec<Membership>,
    /// By number.
    pub jobs: Vec<Job>,
    /// By number of the group.
    pub passwords: BTreeMap<i64, PasswordHash>,
    /// With which persons sign in, by their number.
    pub login_passwords: BTreeMap<i64, PasswordHash>,
    /// By id.
    pub credentials: Vec<Kept>,
    /// Every change there has been.
    pub log: Vec<ChangeEntry>,
    /// Folded login to number: folding every login for every line would take too long.
    pub logins: HashMap<String, i64>,
    /// The last number given to a person, a group and a job, whether or not that one is still there.
    pub last_person: i64,
    pub last_group: i64,
    pub last_job: i64,
}

/// What an entry of the log concerns.
#[derive(Clone, Copy, Default)]
pub(crate) struct About {
    pub group: Option<i64>,
    pub person: Option<i64>,
    pub job: Option<i64>,
}

impl World {
    pub fn find_group(&self, key: &GroupKey) -> Option<&Group> {
        self.groups.iter().find(|group| match key {
            GroupKey::Number(number) => group.number == *number,
            GroupKey::Id(id) => group.id == *id,
            GroupKey::Guid(guid) => group.guid == *guid,
        })
    }

    pub fn find_person(&self, key: &PersonKey) -> Option<&Person> {
        match key {
            PersonKey::Number(number) => self.person(*number),
            PersonKey::Id(id) => self.persons.iter().find(|person| person.id == *id),
            PersonKey::Uid(uid) => self.persons.iter().find(|person| person.uid == *uid),
            PersonKey::Login(login) => self.logins.get(&fold(login)).and_then(|number| self.person(*number)),
        }
    }

    /// The person of this number.
    pub fn person(&self, number: i64) -> Option<&Person> {
        let at = self.persons.binary_search_by_key(&number, |person| person.number).ok()?;
        self.persons.get(at)
    }

    /// Whether this was the number of a person who was deleted: it is not given again.
    pub fn is_spent(&self, number: i64) -> bool {
        let told = |e: &ChangeEntry| e.action == "person_delete" && e.group.is_none() && e.person == Some(number);
        self.log.iter().any(told)
    }

    /// The group of this number, to be changed.
    pub fn group_mut(&mut self, number: i64) -> &mut Group {
        self.groups.iter_mut().find(|group| group.number == number).expect("the group has been found before")
    }

    /// The membership of this person in this group, in whatever state.
    pub fn membership(&self, group: i64, person: i64) -> Option<&Membership> {
        self.memberships.iter().find(|m| m.group == group && m.person == person)
    }

    /// Those who stand in the state `member` in this group.
    pub fn members(&self, group: i64) -> impl Iterator<Item = &Membership> {
        self.memberships.iter().filter(move |m| m.group == group && m.state == State::Member)
    }

    /// Puts the membership in the place of the one that there is, or at its own.
    pub fn set_membership(&mut self, membership: Membership) {
        self.end_membership(membership.group, membership.person);
        self.memberships.push(membership);
        self.memberships.sort_by_key(|m| (m.group, m.person));
    }

    pub fn end_membership(&mut self, group: i64, person: i64) {
        self.memberships.retain(|m| (m.group, m.person) != (group, person));
    }

    pub fn entry(&self, group: &Group, viewer: Option<i64>) -> GroupEntry {
        let owner = group.owner.and_then(|owner| self.person(owner));
        let standing = viewer.and_then(|viewer| self.membership(group.number, viewer));
        GroupEntry {
            group: group.clone(),
            members: self.members(group.number).count() as u64,
            owner: owner.map(Brief::from),
            standing: standing.map(Standing::from),
        }
    }

    /// The number of the person whom all identifiers name; `None` when none of them names anybody. An error when they do
    /// not name the same, or when there is none.
    pub fn named_person(&self, reference: &PersonRef) -> Result<Option<i64>, String> {
        let mut reference = reference.clone();
        reference.check().map_err(|bad| bad.to_string())?;
        let mut keys = Vec::new();
        keys.extend(reference.number.map(PersonKey::Number));
        keys.extend(reference.id.map(PersonKey::Id));
        keys.extend(reference.uid.map(PersonKey::Uid));
        keys.extend(reference.login.map(PersonKey::Login));
        let found: Vec<_> = keys.iter().map(|key| self.find_person(key).map(|person| person.number)).collect();
        all_same(&found)
    }

    /// The same for a group.
    pub fn named_group(&self, reference: &GroupRef) -> Result<Option<i64>, String> {
        use membership::record::rules::{number, uid};
        let mut guid = reference.guid.clone();
        uid("guid", &mut guid).and_then(|()| number("number", reference.number)).map_err(|bad| bad.to_string())?;
        let mut keys = Vec::new();
        keys.extend(reference.number.map(GroupKey::Number));
        keys.extend(reference.id.map(GroupKey::Id));
        keys.extend(guid.map(GroupKey::Guid));
        let found: Vec<_> = keys.iter().map(|key| self.find_group(key).map(|group| group.number)).collect();
        all_same(&found)
    }

    /// The number of the last change; 0 before the first.
    pub fn head(&self) -> u64 {
        self.log.len() as u64
    }

    /// Appends an entry to the log.
    pub fn log(&mut self, by: &By, action: &str, about: About) {
        self.log.push(ChangeEntry {
            number: self.head() + 1,
            at: by.now,
            action: action.to_owned(),
            group: about.group,
            person: about.person,
            actor: by.person,
            credential: by.credential,
            job: about.job,
        });
    }
}

fn all_same(found: &[Option<i64>]) -> Result<Option<i64>, String> {
    let first = found.first().ok_or("has no identifier")?;
    if found.iter().all(|other| other == first) {
        Ok(*first)
    } else {
        Err("has identifiers that do not name the same row".to_owned())
    }
}
