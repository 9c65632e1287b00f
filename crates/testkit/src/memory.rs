//! The oracle: a directory, a registrar and a vault in memory.

mod listing;
mod source;

use crate::world::World;
use dialect::Core;
use listing::{members, window};
use membership::{
    ChangeEntry, Changes, CommandError, Directory, DirectoryError, Group, GroupEntry, GroupKey, GroupQuery, Job,
    JobQuery, MemberPage, MemberQuery, MemberRow, Membership, MembershipEntry, Page, Person, PersonKey, PersonQuery,
    Scope, SliceRows, State, Window,
};
use std::sync::{Arc, PoisonError, RwLock};

/// A directory, a registrar and a vault in memory, naive on purpose: what it says is right.
///
/// Fill it with [`MemoryDirectory::restore`] or [`MemoryDirectory::load_ndjson`], or by the commands of
/// [`membership::Registrar`].
#[derive(Debug, Default)]
pub struct MemoryDirectory {
    /// Behind a lock, since a registrar changes it through a shared reference; shared, so that a reader keeps its
    /// snapshot while somebody changes the directory.
    world: RwLock<Arc<World>>,
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

    /// Everything as it stands now.
    pub(crate) fn world(&self) -> Arc<World> {
        Arc::clone(&self.world.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Everything, to be changed by one who has it alone and changes it only when nothing can fail any more.
    pub(crate) fn world_mut(&mut self) -> &mut World {
        Arc::make_mut(self.world.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets `change` work on a copy of everything, which takes the place of everything when it succeeds.
    pub(crate) fn command<T, E>(&self, change: impl FnOnce(&mut World) -> Result<T, E>) -> Result<T, E> {
        let mut held = self.world.write().unwrap_or_else(PoisonError::into_inner);
        let mut copy = World::clone(&held);
        let done = change(&mut copy)?;
        *held = Arc::new(copy);
        Ok(done)
    }

    /// All persons, by number.
    pub fn persons(&self) -> Vec<Person> {
        self.world().persons.clone()
    }

    /// All groups, by number.
    pub fn groups(&self) -> Vec<Group> {
        self.world().groups.clone()
    }

    /// All memberships, by number of the group, then of the person.
    pub fn memberships(&self) -> Vec<Membership> {
        self.world().memberships.clone()
    }

    /// All jobs, by number.
    pub fn jobs(&self) -> Vec<Job> {
        self.world().jobs.clone()
    }

    /// The whole change log.
    pub fn log(&self) -> Vec<ChangeEntry> {
        self.world().log.clone()
    }

    /// Whether the group of this number has this password.
    pub fn has_password(&self, group: i64, password: &str) -> bool {
        self.world().passwords.get(&group).is_some_and(|hash| hash.is_of(password))
    }

    /// How many memberships of this state and scope the group has.
    pub fn total(&self, group: i64, state: State, scope: Scope) -> u64 {
        let of_these = |m: &&Membership| m.group == group && m.state == state && m.scope == scope;
        self.world().memberships.iter().filter(of_these).count() as u64
    }

    /// The numbers of the persons that `query` finds, in order and within its window, and the total: what a test
    /// compares first.
    pub fn numbers(&self, query: &MemberQuery) -> Result<(Vec<i64>, u64), DirectoryError> {
        let world = self.world();
        let found = members(&world, query)?;
        let numbers = window(&found, query.window).iter().map(|(_, person)| person.number).collect();
        Ok((numbers, found.len() as u64))
    }
}

impl Directory for MemoryDirectory {
    fn members(&self, query: &MemberQuery, read: &mut dyn FnMut(MemberPage<'_>)) -> Result<(), DirectoryError> {
        let world = self.world();
        let group = world.find_group(&query.group).ok_or(DirectoryError::NoSuchGroup)?;
        let found = members(&world, query)?;
        let rows: Vec<MemberRow<'_>> = window(&found, query.window)
            .iter()
            .map(|(membership, person)| {
                let Membership { state, scope, joined_at, .. } = **membership;
                MemberRow { person: person.view(), state, scope, joined_at }.only(query.fields)
            })
            .collect();
        read(MemberPage { group, total: found.len() as u64, rows: &SliceRows(&rows) });
        Ok(())
    }

    fn count(&self, query: &MemberQuery) -> Result<u64, DirectoryError> {
        members(&self.world(), query).map(|found| found.len() as u64)
    }

    fn person(&self, key: &PersonKey) -> Result<Option<Person>, DirectoryError> {
        Ok(self.world().find_person(key).cloned())
    }

    fn group(&self, key: &GroupKey) -> Result<Option<Group>, DirectoryError> {
        Ok(self.world().find_group(key).cloned())
    }

    fn groups(&self, query: &GroupQuery) -> Result<Page<GroupEntry>, DirectoryError> {
        let world = self.world();
        let found = listing::groups(&world, query);
        let rows = window(&found, query.window).iter().map(|group| world.entry(group, query.viewer)).collect();
        Ok(Page { rows, total: found.len() as u64 })
    }

    fn count_groups(&self, query: &GroupQuery) -> Result<u64, DirectoryError> {
        Ok(listing::groups(&self.world(), query).len() as u64)
    }

    fn group_entry(&self, key: &GroupKey, viewer: Option<i64>) -> Result<GroupEntry, DirectoryError> {
        let world = self.world();
        let group = world.find_group(key).ok_or(DirectoryError::NoSuchGroup)?;
        Ok(world.entry(group, viewer))
    }

    fn persons(&self, query: &PersonQuery) -> Result<Page<Person>, DirectoryError> {
        let world = self.world();
        let found = listing::persons(&world, query);
        let rows = window(&found, query.window).iter().map(|person| (*person).clone()).collect();
        Ok(Page { rows, total: found.len() as u64 })
    }

    fn count_persons(&self, query: &PersonQuery) -> Result<u64, DirectoryError> {
        Ok(listing::persons(&self.world(), query).len() as u64)
    }

    fn membership(&self, group: &GroupKey, person: &PersonKey) -> Result<Option<MembershipEntry>, DirectoryError> {
        let world = self.world();
        let group = world.find_group(group).ok_or(DirectoryError::NoSuchGroup)?;
        let Some(person) = world.find_person(person) else { return Ok(None) };
        Ok(Some(MembershipEntry {
            group: group.clone(),
            person: person.clone(),
            membership: world.membership(group.number, person.number).cloned(),
        }))
    }

    fn memberships_of(
        &self,
        person: i64,
        state: State,
        within: Window,
    ) -> Result<Page<(Group, Membership)>, DirectoryError> {
        let world = self.world();
        // They stand in the order of the groups' numbers.
        let found: Vec<&Membership> =
            world.memberships.iter().filter(|m| m.person == person && m.state == state).collect();
        let with_group = |m: &&Membership| {
            let group = world.find_group(&GroupKey::Number(m.group)).expect("a membership is one of a group");
            (group.clone(), (*m).clone())
        };
        let rows = window(&found, within).iter().map(with_group).collect();
        Ok(Page { rows, total: found.len() as u64 })
    }

    fn jobs(&self, query: &JobQuery) -> Result<Page<Job>, DirectoryError> {
        let world = self.world();
        let group = world.find_group(&query.group).ok_or(DirectoryError::NoSuchGroup)?.number;
        let wanted = |job: &&Job| job.groups.contains(&group) && query.state.is_none_or(|state| job.state == state);
        let found: Vec<&Job> = world.jobs.iter().rev().filter(wanted).collect();
        let rows = window(&found, query.window).iter().map(|job| (*job).clone()).collect();
        Ok(Page { rows, total: found.len() as u64 })
    }

    fn job(&self, number: i64) -> Result<Option<Job>, DirectoryError> {
        Ok(self.world().jobs.iter().find(|job| job.number == number).cloned())
    }

    fn changes(&self, after: u64, group: Option<i64>, limit: u32) -> Result<Changes, DirectoryError> {
        let world = self.world();
        let wanted = |e: &&ChangeEntry| e.number > after && (group.is_none() || e.group == group);
        let entries = world.log.iter().filter(wanted).take(limit as usize).cloned().collect();
        Ok(Changes { entries, head: world.head() })
    }

    fn head(&self) -> Result<u64, DirectoryError> {
        Ok(self.world().head())
    }
}

/// A fault that no caller can do anything about.
pub(crate) fn fault(problem: &'static str) -> CommandError {
    CommandError::Directory(DirectoryError::Fault(problem.into()))
}

#[cfg(test)]
mod tests;
