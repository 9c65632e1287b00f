//! The directory in front of a directory.

use crate::failed::Failed;
use crate::held::Held;
use crate::log::concerns_credentials;
use crate::turns::Turns;
use arc_swap::ArcSwap;
use membership::{
    CatchUp, Changes, Directory, DirectoryError, Group, GroupEntry, GroupKey, GroupQuery, Job, JobQuery, MemberPage,
    MemberQuery, Membership, MembershipEntry, Page, Person, PersonKey, PersonQuery, Source, State, Window,
};
use std::sync::Arc;

/// How much a roster may hold, and how far it may fall behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many bytes the columns of all groups may take together. With 0 no group is held; the log is followed all the
    /// same.
    pub bytes: u64,
    /// How many entries of the change log are caught up at most; who is farther behind begins anew.
    pub behind: u32,
}

/// Groups in memory, in front of the source that they come from.
pub struct Roster {
    source: Arc<dyn Source>,
    settings: Settings,
    snapshot: ArcSwap<Snapshot>,
    turns: Turns<(), Result<u64, Failed>>,
}

/// What stands in memory, at one number of the change log.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) head: u64,
    pub(crate) last_credential_change: u64,
}

/// What a roster holds and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many groups are in memory.
    pub groups: u64,
    /// How many persons, each counted once.
    pub persons: u64,
    /// How many bytes the columns take.
    pub bytes: u64,
    /// How often something that was asked for stood in memory.
    pub hits: u64,
    /// How often it did not.
    pub misses: u64,
    /// How many groups have been loaded.
    pub loads: u64,
    /// How many had to leave for others.
    pub evictions: u64,
}

impl Roster {
    /// One that holds nothing yet, in front of `source`.
    pub fn new(source: Arc<dyn Source>, settings: Settings) -> Arc<Self> {
        let snapshot = ArcSwap::from_pointee(Snapshot::default());
        Arc::new(Self { source, settings, snapshot, turns: Turns::new(()) })
    }

    /// The number of the change up to which what stands in memory is current.
    pub fn head(&self) -> u64 {
        self.snapshot.load().head
    }

    /// Reads what has been committed and brings what stands in memory up to it. Gives the number of the last change that
    /// it then holds: whatever was committed before this was called is at or before it.
    ///
    /// Blocks. Who comes while another is at it waits, and shares what the next one finds.
    pub fn catch_up(&self) -> Result<u64, DirectoryError> {
        Ok(self.turns.join(|()| self.read_on().map_err(Failed::from))?)
    }

    /// The number of the last change up to [`head`](Self::head) that may concern a credential, or somebody whom one
    /// belongs to: of credentials and passwords, an edit or the end of a person, an import, the end of a group.
    pub fn last_credential_change(&self) -> u64 {
        self.snapshot.load().last_credential_change
    }

    /// What stands in memory for `query`, when it is current up to the change of the number `head` at least. `None` when
    /// it is not, or when the group or its order is not in memory; then that is fetched in the background, if there is
    /// room for it.
    pub fn hold(&self, _head: u64, _query: &MemberQuery) -> Option<Held> {
        None
    }

    /// What it holds and has done.
    pub fn figures(&self) -> Figures {
        Figures::default()
    }

    fn read_on(&self) -> Result<u64, DirectoryError> {
        let before = self.snapshot.load();
        let after = match self.source.catch_up(before.head, self.settings.behind)? {
            CatchUp::Changed(changed) => {
                let of_credentials = changed.entries.iter().rfind(|entry| concerns_credentials(entry));
                let last = of_credentials.map_or(before.last_credential_change, |entry| entry.number);
                Snapshot { head: changed.head, last_credential_change: last }
            }
            CatchUp::Behind { head } => Snapshot { head, last_credential_change: head },
        };
        let head = after.head;
        if head != before.head {
            self.snapshot.store(Arc::new(after));
        }
        Ok(head)
    }

    /// What stands in memory for `query`, proven current now.
    fn current(&self, query: &MemberQuery) -> Result<Option<Held>, DirectoryError> {
        let mut head = self.source.head()?;
        if self.head() < head {
            head = self.catch_up()?;
        }
        Ok(self.hold(head, query))
    }
}

/// Members are listed and counted from memory where they are, everything else is asked of the source.
impl Directory for Roster {
    fn members(&self, query: &MemberQuery, read: &mut dyn FnMut(MemberPage<'_>)) -> Result<(), DirectoryError> {
        match self.current(query)? {
            Some(held) => {
                held.members(read);
                Ok(())
            }
            None => self.source.members(query, read),
        }
    }

    fn count(&self, query: &MemberQuery) -> Result<u64, DirectoryError> {
        match self.current(query)? {
            Some(held) => Ok(held.count()),
            None => self.source.count(query),
        }
    }

    fn person(&self, key: &PersonKey) -> Result<Option<Person>, DirectoryError> {
        self.source.person(key)
    }

    fn group(&self, key: &GroupKey) -> Result<Option<Group>, DirectoryError> {
        self.source.group(key)
    }

    fn groups(&self, query: &GroupQuery) -> Result<Page<GroupEntry>, DirectoryError> {
        self.source.groups(query)
    }

    fn count_groups(&self, query: &GroupQuery) -> Result<u64, DirectoryError> {
        self.source.count_groups(query)
    }

    fn group_entry(&self, key: &GroupKey, viewer: Option<i64>) -> Result<GroupEntry, DirectoryError> {
        self.source.group_entry(key, viewer)
    }

    fn persons(&self, query: &PersonQuery) -> Result<Page<Person>, DirectoryError> {
        self.source.persons(query)
    }

    fn count_persons(&self, query: &PersonQuery) -> Result<u64, DirectoryError> {
        self.source.count_persons(query)
    }

    fn membership(&self, group: &GroupKey, person: &PersonKey) -> Result<Option<MembershipEntry>, DirectoryError> {
        self.source.membership(group, person)
    }

    fn memberships_of(
        &self,
        person: i64,
        state: State,
        window: Window,
    ) -> Result<Page<(Group, Membership)>, DirectoryError> {
        self.source.memberships_of(person, state, window)
    }

    fn jobs(&self, query: &JobQuery) -> Result<Page<Job>, DirectoryError> {
        self.source.jobs(query)
    }

    fn job(&self, number: i64) -> Result<Option<Job>, DirectoryError> {
        self.source.job(number)
    }

    fn changes(&self, after: u64, group: Option<i64>, limit: u32) -> Result<Changes, DirectoryError> {
        self.source.changes(after, group, limit)
    }

    fn head(&self) -> Result<u64, DirectoryError> {
        self.source.head()
    }
}
