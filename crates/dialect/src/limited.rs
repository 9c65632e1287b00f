//! The core as a credential sees it that is limited to some groups. Every way to the core leads through here, so no
//! dialect can forget the limit, and a new question or command does not compile until it is judged here.
//!
//! Beyond the limit everything is [`DirectoryError::OutOfReach`], whether it is there or not, so that nothing can be
//! learned by asking. Within it lie the groups themselves, their members and jobs, the persons who have a membership in
//! one of them (in whatever state), and whoever asks. Lists of groups, and of a person's memberships, show what lies
//! within. Persons are not listed, made, changed or deleted, and no group is made: that belongs to no group.

use crate::Core;
use access::Principal;
use membership::record::PersonRecord;
use membership::{
    By, Changes, CommandError, Directory, DirectoryError, Expected, Failing, Group, GroupEdit, GroupEntry, GroupKey,
    GroupQuery, Job, JobQuery, MemberPage, MemberQuery, Membership, MembershipEntry, NewGroup, NewJob, Page, Person,
    PersonKey, PersonQuery, Presence, Registrar, State, Step, Stepped, Window,
};

/// A directory and registrar behind a limit.
pub(crate) struct Limited<'a> {
    core: Core<'a>,
    /// Numbers of the groups, ascending.
    groups: &'a [i64],
    /// Number of the person who asks.
    viewer: Option<i64>,
}

/// Has `work` done with the core as this principal may see it.
pub fn within<T>(core: Core<'_>, principal: &Principal, work: impl FnOnce(Core<'_>) -> T) -> T {
    let Some(groups) = principal.groups.limit() else { return work(core) };
    let viewer = principal.viewer.as_ref().map(|viewer| viewer.number);
    let limited = Limited { core, groups, viewer };
    work(Core { directory: &limited, registrar: &limited, ..core })
}

/// Whether the group of this number lies within what the principal may see.
pub(crate) fn reaches(principal: &Principal, group: i64) -> Result<(), DirectoryError> {
    if principal.groups.contains(group) { Ok(()) } else { Err(DirectoryError::OutOfReach) }
}

impl Limited<'_> {
    /// The number of the group so named, if it lies within.
    fn group_number(&self, key: &GroupKey) -> Result<i64, DirectoryError> {
        let number = match key {
            GroupKey::Number(number) => Some(*number),
            GroupKey::Id(_) | GroupKey::Guid(_) => self.core.directory.group(key)?.map(|group| group.number),
        };
        number.filter(|number| self.groups.binary_search(number).is_ok()).ok_or(DirectoryError::OutOfReach)
    }

    /// The same group under its number, so that it cannot become another one in between.
    fn within(&self, key: &GroupKey) -> Result<GroupKey, DirectoryError> {
        self.group_number(key).map(GroupKey::Number)
    }

    /// Judges a person by whether one of the groups has anything to do with it.
    fn check_person(&self, number: i64) -> Result<(), DirectoryError> {
        if self.viewer == Some(number) {
            return Ok(());
        }
        for group in self.groups {
            match self.core.directory.membership(&GroupKey::Number(*group), &PersonKey::Number(number)) {
                Ok(Some(entry)) if entry.membership.is_some() => return Ok(()),
                Ok(_) | Err(DirectoryError::NoSuchGroup) => {}
                Err(error) => return Err(error),
            }
        }
        Err(DirectoryError::OutOfReach)
    }

    /// The job of this number, if one of the groups, or each of them where `all` is asked for, is one that it prefers.
    fn job_within(&self, number: i64, all: bool) -> Result<Job, DirectoryError> {
        let mut job = self.core.directory.job(number)?.ok_or(DirectoryError::OutOfReach)?;
        let before = job.groups.len();
        job.groups.retain(|group| self.groups.binary_search(group).is_ok());
        if job.groups.is_empty() || (all && job.groups.len() < before) {
            return Err(DirectoryError::OutOfReach);
        }
        Ok(job)
    }

    fn members_of(&self, query: &MemberQuery) -> Result<MemberQuery, DirectoryError> {
        let mut within = query.clone();
        within.group = self.within(&query.group)?;
        Ok(within)
    }

    fn limit(&self, query: &GroupQuery) -> GroupQuery {
        let only = self.groups.iter().filter(|number| query.only.as_ref().is_none_or(|only| only.contains(number)));
        let mut limited = query.clone();
        limited.only = Some(only.copied().collect());
        limited
    }
}

impl Directory for Limited<'_> {
    fn members(&self, query: &MemberQuery, read: &mut dyn FnMut(MemberPage<'_>)) -> Result<(), DirectoryError> {
        self.core.directory.members(&self.members_of(query)?, read)
    }

    fn count(&self, query: &MemberQuery) -> Result<u64, DirectoryError> {
        self.core.directory.count(&self.members_of(query)?)
    }

    fn person(&self, key: &PersonKey) -> Result<Option<Person>, DirectoryError> {
        let person = self.core.directory.person(key)?.ok_or(DirectoryError::OutOfReach)?;
        self.check_person(person.number)?;
        Ok(Some(person))
    }

    fn group(&self, key: &GroupKey) -> Result<Option<Group>, DirectoryError> {
        self.core.directory.group(&self.within(key)?)
    }

    fn groups(&self, query: &GroupQuery) -> Result<Page<GroupEntry>, DirectoryError> {
        self.core.directory.groups(&self.limit(query))
    }

    fn count_groups(&self, query: &GroupQuery) -> Result<u64, DirectoryError> {
        self.core.directory.count_groups(&self.limit(query))
    }

    fn group_entry(&self, key: &GroupKey, viewer: Option<i64>) -> Result<GroupEntry, DirectoryError> {
        self.core.directory.group_entry(&self.within(key)?, viewer)
    }

    fn persons(&self, _query: &PersonQuery) -> Result<Page<Person>, DirectoryError> {
        Err(DirectoryError::OutOfReach)
    }

    fn count_persons(&self, _query: &PersonQuery) -> Result<u64, DirectoryError> {
        Err(DirectoryError::OutOfReach)
    }

    fn membership(&self, group: &GroupKey, person: &PersonKey) -> Result<Option<MembershipEntry>, DirectoryError> {
        let entry = self.core.directory.membership(&self.within(group)?, person)?;
        let entry = entry.ok_or(DirectoryError::OutOfReach)?;
        if entry.membership.is_none() {
            self.check_person(entry.person.number)?;
        }
        Ok(Some(entry))
    }

    fn memberships_of(
        &self,
        person: i64,
        state: State,
        window: Window,
    ) -> Result<Page<(Group, Membership)>, DirectoryError> {
        let mut all = Vec::new();
        for group in self.groups {
            match self.core.directory.membership(&GroupKey::Number(*group), &PersonKey::Number(person)) {
                Ok(Some(MembershipEntry { group, membership: Some(membership), .. })) if membership.state == state => {
                    all.push((group, membership));
                }
                Ok(_) | Err(DirectoryError::NoSuchGroup) => {}
                Err(error) => return Err(error),
            }
        }
        let total = all.len() as u64;
        let from = usize::try_from(window.offset).unwrap_or(usize::MAX);
        Ok(Page { rows: all.into_iter().skip(from).take(window.limit as usize).collect(), total })
    }

    fn jobs(&self, query: &JobQuery) -> Result<Page<Job>, DirectoryError> {
        let mut page = self.core.directory.jobs(&JobQuery { group: self.within(&query.group)?, ..query.clone() })?;
        for job in &mut page.rows {
            job.groups.retain(|group| self.groups.binary_search(group).is_ok());
        }
        Ok(page)
    }

    fn job(&self, number: i64) -> Result<Option<Job>, DirectoryError> {
        self.job_within(number, false).map(Some)
    }

    fn changes(&self, after: u64, group: Option<i64>, limit: u32) -> Result<Changes, DirectoryError> {
        let group = group.ok_or(DirectoryError::OutOfReach)?;
        self.core.directory.changes(after, Some(self.group_number(&GroupKey::Number(group))?), limit)
    }

    fn head(&self) -> Result<u64, DirectoryError> {
        self.core.directory.head()
    }
}

const OUT_OF_REACH: CommandError = CommandError::Directory(DirectoryError::OutOfReach);

impl Registrar for Limited<'_> {
    fn steps(&self, by: &By, group: &GroupKey, steps: &[Step], failing: Failing) -> Result<Stepped, CommandError> {
        self.core.registrar.steps(by, &self.within(group)?, steps, failing)
    }

    fn create_group(&self, _by: &By, _new: &NewGroup) -> Result<Stepped, CommandError> {
        Err(OUT_OF_REACH)
    }

    fn edit_group(
        &self,
        by: &By,
        key: &GroupKey,
        edit: &GroupEdit,
        expected: Expected<'_, Group>,
    ) -> Result<GroupEntry, CommandError> {
        self.core.registrar.edit_group(by, &self.within(key)?, edit, expected)
    }

    fn delete_group(&self, by: &By, key: &GroupKey, expected: Expected<'_, Group>) -> Result<Group, CommandError> {
        self.core.registrar.delete_group(by, &self.within(key)?, expected)
    }

    fn create_person(&self, _by: &By, _record: &PersonRecord) -> Result<Person, CommandError> {
        Err(OUT_OF_REACH)
    }

    fn edit_person(
        &self,
        _by: &By,
        _key: &PersonKey,
        _record: &PersonRecord,
        _expected: Expected<'_, Person>,
    ) -> Result<Person, CommandError> {
        Err(OUT_OF_REACH)
    }

    fn delete_person(
        &self,
        _by: &By,
        _key: &PersonKey,
        _expected: Expected<'_, Person>,
    ) -> Result<Person, CommandError> {
        Err(OUT_OF_REACH)
    }

    fn set_presence(&self, by: &By, person: &PersonKey, presence: Presence) -> Result<Person, CommandError> {
        // Nobody else's than one's own, which is judged by whom it is done.
        if by.person.is_none() {
            return Err(OUT_OF_REACH);
        }
        self.core.registrar.set_presence(by, person, presence)
    }

    fn post_job(&self, by: &By, new: &NewJob) -> Result<Job, CommandError> {
        let groups = new.groups.iter().map(|key| self.within(key)).collect::<Result<_, _>>()?;
        self.core.registrar.post_job(by, &NewJob { groups, ..new.clone() })
    }

    fn close_job(&self, by: &By, number: i64) -> Result<Job, CommandError> {
        self.job_within(number, true)?;
        self.core.registrar.close_job(by, number)
    }
}
