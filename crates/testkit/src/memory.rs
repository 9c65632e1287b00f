//! The oracle: persons, groups and memberships in plain vectors, searched from one end to the other.

use crate::evaluate::{accepts, changed, field};
use crate::vault::Kept;
use dialect::Core;
use membership::text::fold;
use membership::{
    Changes, Directory, DirectoryError, Group, GroupEntry, GroupKey, GroupQuery, Job, JobQuery, MemberPage,
    MemberQuery, MemberRow, Membership, MembershipEntry, OrderBy, OrderKey, Page, Person, PersonKey, PersonQuery,
    Scope, SliceRows, State, Window,
};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Mutex;

/// A directory and a vault in memory, naive on purpose: what it says is right.
///
/// Fill it with [`MemoryDirectory::restore`] or [`MemoryDirectory::load_ndjson`].
#[derive(Debug, Default)]
pub struct MemoryDirectory {
    /// By number, so that a membership finds its person.
    pub(crate) persons: Vec<Person>,
    pub(crate) groups: Vec<Group>,
    pub(crate) memberships: Vec<Membership>,
    /// Folded login to number: folding every login for every line would take too long.
    pub(crate) logins: HashMap<String, i64>,
    /// The last number given to a person and to a group.
    pub(crate) last_person: i64,
    pub(crate) last_group: i64,
    /// The number of the last change.
    pub(crate) head: u64,
    /// Behind a lock, since a vault makes credentials through a shared reference.
    pub(crate) credentials: Mutex<Vec<Kept>>,
}

impl MemoryDirectory {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// A core that answers from this directory and this vault at the time `now` (unix seconds).
    pub fn core(&self, now: i64) -> Core<'_> {
        Core { directory: self, registrar: self, vault: self, now }
    }

    /// All persons, by number.
    pub fn persons(&self) -> &[Person] {
        &self.persons
    }

    /// All groups, by number.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// All memberships, by number of the group, then of the person.
    pub fn memberships(&self) -> &[Membership] {
        &self.memberships
    }

    /// How many memberships of this state and scope the group has.
    pub fn total(&self, group: i64, state: State, scope: Scope) -> u64 {
        let of_these = |m: &&Membership| m.group == group && m.state == state && m.scope == scope;
        self.memberships.iter().filter(of_these).count() as u64
    }

    /// The numbers of the persons that `query` finds, in order and within its window, and the total: what a test
    /// compares first.
    pub fn numbers(&self, query: &MemberQuery) -> Result<(Vec<i64>, u64), DirectoryError> {
        let found = self.find(query)?;
        let window = window(&found, query).iter().map(|(_, person)| person.number).collect();
        Ok((window, found.len() as u64))
    }

    /// All that `query` finds, in order, before the window is cut.
    fn find(&self, query: &MemberQuery) -> Result<Vec<(&Membership, &Person)>, DirectoryError> {
        let group = self.find_group(&query.group).ok_or(DirectoryError::NoSuchGroup)?;
        let mut found: Vec<(&Membership, &Person)> = Vec::new();
        for membership in &self.memberships {
            if membership.group != group.number
                || membership.state != query.state
                || !query.scopes.contains(membership.scope)
            {
                continue;
            }
            let person = self.find_person(&PersonKey::Number(membership.person)).expect("a member is a person");
            if query.filter().is_none_or(|filter| accepts(filter, person)) {
                found.push((membership, person));
            }
        }
        found.sort_by(|a, b| order(&query.order, a, b));
        Ok(found)
    }

    pub(crate) fn find_group(&self, key: &GroupKey) -> Option<&Group> {
        self.groups.iter().find(|group| match key {
            GroupKey::Number(number) => group.number == *number,
            GroupKey::Id(id) => group.id == *id,
            GroupKey::Guid(guid) => group.guid == *guid,
        })
    }

    pub(crate) fn find_person(&self, key: &PersonKey) -> Option<&Person> {
        let by_number = |number: &i64| {
            let at = self.persons.binary_search_by_key(number, |person| person.number).ok()?;
            self.persons.get(at)
        };
        match key {
            PersonKey::Number(number) => by_number(number),
            PersonKey::Id(id) => self.persons.iter().find(|person| person.id == *id),
            PersonKey::Uid(uid) => self.persons.iter().find(|person| person.uid == *uid),
            PersonKey::Login(login) => self.logins.get(&fold(login)).and_then(by_number),
        }
    }
}

/// The keys that were asked for, then the time of joining, then the number.
fn order(keys: &[OrderKey], a: &(&Membership, &Person), b: &(&Membership, &Person)) -> Ordering {
    for key in keys {
        let ordering = match key.by {
            OrderBy::Text(name) => field(name, a.1).as_bytes().cmp(field(name, b.1).as_bytes()),
            OrderBy::Id => a.1.id.to_string().cmp(&b.1.id.to_string()),
            OrderBy::Number => a.1.number.cmp(&b.1.number),
            OrderBy::Changed => changed(a.1).cmp(&changed(b.1)),
        };
        let ordering = if key.descending { ordering.reverse() } else { ordering };
        if ordering.is_ne() {
            return ordering;
        }
    }
    a.0.joined_at.cmp(&b.0.joined_at).then(a.1.number.cmp(&b.1.number))
}

fn window<'a, T>(found: &'a [T], query: &MemberQuery) -> &'a [T] {
    let from = usize::try_from(query.window.offset).unwrap_or(usize::MAX).min(found.len());
    let to = from.saturating_add(query.window.limit as usize).min(found.len());
    &found[from..to]
}

impl Directory for MemoryDirectory {
    fn members(&self, query: &MemberQuery, read: &mut dyn FnMut(MemberPage<'_>)) -> Result<(), DirectoryError> {
        let group = self.find_group(&query.group).ok_or(DirectoryError::NoSuchGroup)?;
        let found = self.find(query)?;
        let rows: Vec<MemberRow<'_>> = window(&found, query)
            .iter()
            .map(|(membership, person)| MemberRow {
                person: person.view().only(query.fields),
                state: membership.state,
                scope: membership.scope,
                joined_at: membership.joined_at,
            })
            .collect();
        read(MemberPage { group, total: found.len() as u64, rows: &SliceRows(&rows) });
        Ok(())
    }

    fn count(&self, query: &MemberQuery) -> Result<u64, DirectoryError> {
        self.find(query).map(|found| found.len() as u64)
    }

    fn person(&self, key: &PersonKey) -> Result<Option<Person>, DirectoryError> {
        Ok(self.find_person(key).cloned())
    }

    fn group(&self, key: &GroupKey) -> Result<Option<Group>, DirectoryError> {
        Ok(self.find_group(key).cloned())
    }

    fn groups(&self, _query: &GroupQuery) -> Result<Page<GroupEntry>, DirectoryError> {
        todo!()
    }

    fn count_groups(&self, _query: &GroupQuery) -> Result<u64, DirectoryError> {
        todo!()
    }

    fn group_entry(&self, _key: &GroupKey, _viewer: Option<i64>) -> Result<GroupEntry, DirectoryError> {
        todo!()
    }

    fn persons(&self, _query: &PersonQuery) -> Result<Page<Person>, DirectoryError> {
        todo!()
    }

    fn count_persons(&self, _query: &PersonQuery) -> Result<u64, DirectoryError> {
        todo!()
    }

    fn membership(&self, _group: &GroupKey, _person: &PersonKey) -> Result<Option<MembershipEntry>, DirectoryError> {
        todo!()
    }

    fn memberships_of(
        &self,
        _person: i64,
        _state: State,
        _window: Window,
    ) -> Result<Page<(Group, Membership)>, DirectoryError> {
        todo!()
    }

    fn jobs(&self, _query: &JobQuery) -> Result<Page<Job>, DirectoryError> {
        todo!()
    }

    fn job(&self, _number: i64) -> Result<Option<Job>, DirectoryError> {
        todo!()
    }

    fn changes(&self, _after: u64, _group: Option<i64>, _limit: u32) -> Result<Changes, DirectoryError> {
        todo!()
    }

    fn head(&self) -> Result<u64, DirectoryError> {
        Ok(self.head)
    }
}

#[cfg(test)]
mod tests;
