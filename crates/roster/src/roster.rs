//! The directory in front of a directory.

use crate::MOST_READY;
use crate::absent::Absent;
use crate::books::Books;
use crate::failed::Failed;
use crate::found::Search;
use crate::group::deciding;
use crate::held::{Held, Version, Wanted};
use crate::kept::Known;
use crate::ledger::Ledger;
use crate::loader::{Errand, Queue};
use crate::log::ends_groups;
use crate::snapshot::Snapshot;
use crate::turns::Turns;
use arc_swap::ArcSwap;
use membership::{
    CatchUp, Changed, Changes, Directory, DirectoryError, Group, GroupEntry, GroupKey, GroupQuery, Job, JobQuery,
    MemberPage, MemberQuery, Membership, MembershipEntry, Page, Person, PersonKey, PersonQuery, Source, State, Window,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much a roster may hold, and how far it may fall behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many bytes the columns of all groups, and what was found in them, may take together. With 0 no group is held; the log is followed all the
    /// same.
    pub bytes: u64,
    /// How many entries of the change log are caught up at most; who is farther behind begins anew.
    pub behind: u32,
    /// The names of encoders whose rows are kept written; nothing where there is none. They take their own memory beside
    /// `bytes`: about what a row takes in a reply.
    pub ready: [&'static str; MOST_READY],
}

/// Groups in memory, in front of the source that they come from.
pub struct Roster {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) settings: Settings,
    pub(crate) snapshot: ArcSwap<Snapshot>,
    pub(crate) turns: Turns<Books, Result<u64, Failed>>,
    queue: Arc<Queue>,
    pub(crate) absent: Absent,
    /// Goes on with each load; what was used since when is told by it.
    pub(crate) clock: AtomicU64,
    persons: AtomicU64,
    pub(crate) ledger: Arc<Ledger>,
    hits: AtomicU64,
    misses: AtomicU64,
    pub(crate) loads: AtomicU64,
    pub(crate) evictions: AtomicU64,
    pub(crate) failures: AtomicU64,
}

/// What a roster holds and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many groups are in memory.
    pub groups: u64,
    /// How many persons, each counted once.
    pub persons: u64,
    /// How many bytes the columns take, and what has been found in them.
    pub bytes: u64,
    /// How many bytes the rows take that are kept written.
    pub ready_bytes: u64,
    /// How often something that was asked for stood in memory.
    pub hits: u64,
    /// How often it did not.
    pub misses: u64,
    /// How many groups have been loaded.
    pub loads: u64,
    /// How many had to leave for others.
    pub evictions: u64,
    /// How often the source failed when something was fetched in the background.
    pub failures: u64,
}

/// On what answers about a group rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground {
    /// See [`Roster::epoch`].
    pub epoch: u64,
    /// The number in [`Roster::last_credential_change`]: who was let in stays let in.
    pub credentials: u64,
    /// Which changes of the group and of those in it.
    pub version: Version,
}

impl Roster {
    /// One that holds nothing yet, in front of `source`. What it fetches in the background is fetched by a thread of its
    /// own, which ends with it.
    pub fn new(source: Arc<dyn Source>, settings: Settings) -> Arc<Self> {
        let queue = Arc::new(Queue::default());
        let ledger = Arc::new(Ledger::new(settings.bytes));
        let roster = Arc::new(Self {
            source,
            settings,
            snapshot: ArcSwap::from_pointee(Snapshot::default()),
            turns: Turns::new(Books::new(Arc::clone(&ledger))),
            queue: Arc::clone(&queue),
            absent: Absent::default(),
            clock: AtomicU64::new(1),
            persons: AtomicU64::new(0),
            ledger: Arc::clone(&ledger),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            loads: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        });
        if settings.bytes > 0 {
            let weak = Arc::downgrade(&roster);
            let work = move || {
                while let Some(job) = queue.next() {
                    let Some(roster) = weak.upgrade() else { return };
                    if catch_unwind(AssertUnwindSafe(|| roster.fetch(&job))).is_err() {
                        // Nobody knows what it left.
                        roster.failures.fetch_add(1, Ordering::Relaxed);
                        roster.begin_anew();
                    }
                }
            };
            // Without it, the source answers everything.
            if std::thread::Builder::new().name("roster".to_owned()).spawn(work).is_err() {
                roster.queue.close();
            }
        }
        roster
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
        Ok(self
            .turns
            .join(|books| self.read_on(books, Load::Any).map(Option::unwrap_or_default).map_err(Failed::from))?)
    }

    /// The same, if that takes no time: `None` while another is at it, and where a whole group has to leave memory.
    pub fn try_catch_up(&self) -> Option<Result<u64, DirectoryError>> {
        let outcome =
            self.turns.try_join(|books| self.read_on(books, Load::Light).map_err(Failed::from).transpose())?;
        Some(outcome.map_err(DirectoryError::from))
    }

    /// Lets go all that is in memory, since the log may be another one than it came from: after the database was away.
    pub fn begin_anew(&self) {
        let mut turn = self.turns.lock();
        self.absent.forget();
        let epoch = self.snapshot.load().epoch + 1;
        let next = turn.state.begin_anew(epoch, 0, 0);
        self.publish(&turn.state, next);
    }

    /// How often all began anew. What was read of the source in one epoch says nothing in another.
    pub fn epoch(&self) -> u64 {
        self.snapshot.load().epoch
    }

    /// The epoch, and the number of the last change in it up to [`head`](Self::head) that may concern a credential, or
    /// somebody whom one belongs to: of credentials and passwords, an edit or the end of a person, an import, the end of
    /// a group.
    pub fn last_credential_change(&self) -> (u64, u64) {
        let snapshot = self.snapshot.load();
        (snapshot.epoch, snapshot.last_credential_change)
    }

    /// What stands in memory for `query`, when it is current up to the change of the number `head` at least. `None` when
    /// it is not, or when the group or its order is not in memory; then that is fetched in the background, if there is
    /// room for it.
    pub fn hold(&self, head: u64, query: &MemberQuery) -> Option<Held> {
        let held = self.look(head, query);
        let counter = if held.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        held
    }

    /// On what the answer to a query rests, when the group stands in memory and is current up to the change of the number `head` at
    /// least. As long as nothing of it is another, what was answered before is the answer now, with the one exception of
    /// [`Version`].
    pub fn ground(&self, head: u64, query: &MemberQuery) -> Option<Ground> {
        let snapshot = self.snapshot.load();
        if snapshot.head < head {
            return None;
        }
        let columns = snapshot.groups.at(snapshot.groups.place(&query.group)?);
        self.touch(&columns.used);
        if !query.order.is_empty()
            && let Some(ordered) = columns.lists[query.state as usize].ordered(&deciding(&query.order))
        {
            self.touch(&ordered.used);
        }
        let credentials = snapshot.last_credential_change;
        Some(Ground { epoch: snapshot.epoch, credentials, version: columns.version })
    }

    fn look(&self, head: u64, query: &MemberQuery) -> Option<Held> {
        let snapshot = self.snapshot.load();
        if snapshot.head < head {
            return None;
        }
        let Some(place) = snapshot.groups.place(&query.group) else {
            if self.settings.bytes > 0 && !self.absent.has(&query.group) {
                self.wish(Errand::Load(query.group.clone()));
            }
            return None;
        };
        let columns = snapshot.groups.at(place);
        self.touch(&columns.used);
        let list = &columns.lists[query.state as usize];
        let mut keys = deciding(&query.order);
        if list.sequence.len() < 2 {
            keys.clear();
        }
        if !keys.is_empty() {
            let Some(ordered) = list.ordered(&keys) else {
                if self.absent.too_large(columns.group.number).is_none() {
                    self.wish(Errand::Order(columns.group.number, query.state, keys));
                }
                return None;
            };
            self.touch(&ordered.used);
        }
        let wanted = if query.filter().is_none() && list.all_are(query.scopes) {
            Wanted::All
        } else {
            match columns.kept().get(query, &keys, columns.step) {
                Some(Known::Found(found)) => Wanted::Kept(found),
                Some(Known::Before(search, found, steps)) => Wanted::Before(search, found, steps),
                None => Wanted::Sought(Arc::new(Search::new(query, &keys))),
            }
        };
        Some(Held {
            snapshot,
            place,
            state: query.state,
            keys,
            wanted,
            window: query.window,
            fields: query.fields,
            ready: self.settings.ready,
        })
    }

    /// Wants something to be fetched.
    pub(crate) fn wish(&self, errand: Errand) {
        self.queue.put(errand);
    }

    /// Without writing where nothing is new: all threads read it.
    fn touch(&self, used: &AtomicU64) {
        let now = self.clock.load(Ordering::Relaxed);
        if used.load(Ordering::Relaxed) != now {
            used.store(now, Ordering::Relaxed);
        }
    }

    /// Waits until everything that was asked for and could be had is in memory: for tests, and for who wants to begin
    /// warm.
    pub fn settle(&self) {
        if self.settings.bytes > 0 {
            self.queue.settle();
        }
    }

    /// What it holds and has done.
    pub fn figures(&self) -> Figures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            groups: self.snapshot.load().groups.len() as u64,
            persons: read(&self.persons),
            bytes: self.ledger.all(),
            ready_bytes: self.snapshot.load().persons.ready_bytes(),
            hits: read(&self.hits),
            misses: read(&self.misses),
            loads: read(&self.loads),
            evictions: read(&self.evictions),
            failures: read(&self.failures),
        }
    }

    /// Lets everybody see the next snapshot.
    pub(crate) fn publish(&self, books: &Books, next: Snapshot) {
        self.persons.store(books.persons() as u64, Ordering::Relaxed);
        self.ledger.set_columns(next.bytes() + books.bytes());
        let (groups, is_scattered) = (next.groups.len(), next.persons.is_scattered());
        let before = self.snapshot.swap(Arc::new(next));
        // Only now, or who gathers might look at what was there before, and find nothing to do.
        if is_scattered {
            self.wish(Errand::Gather);
        }
        if before.groups.len() > groups {
            self.queue.discard(before);
        }
    }

    fn read_on(&self, books: &mut Books, load: Load) -> Result<Option<u64>, DirectoryError> {
        let before = self.snapshot.load_full();
        let next = match self.source.catch_up(before.head, self.settings.behind)? {
            CatchUp::Changed(changed) if changed.head == before.head => return Ok(Some(before.head)),
            CatchUp::Changed(changed) if load == Load::Light && is_heavy(&changed) => return Ok(None),
            CatchUp::Changed(changed) => {
                self.absent.hear(&changed);
                books.apply(&before, &changed)
            }
            CatchUp::Behind { head } => {
                if load == Load::Light {
                    return Ok(None);
                }
                self.absent.forget();
                books.begin_anew(before.epoch + 1, head, head)
            }
        };
        let head = next.head;
        self.publish(books, next);
        if self.ledger.all() > self.settings.bytes {
            self.wish(Errand::Trim);
        }
        Ok(Some(head))
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

/// How much a turn may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    Any,
    /// Nothing that takes as long as a group is large.
    Light,
}

/// Whether whole groups have to leave memory.
fn is_heavy(changed: &Changed) -> bool {
    changed.entries.iter().any(ends_groups)
}

impl Drop for Roster {
    fn drop(&mut self) {
        self.queue.close();
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
