//! The third step: the rows are brought into the store, batch by batch. One thread reads and prepares them while
//! another writes.

use super::bare::Bare;
use super::known::{Known, Row, Told};
use super::merge::{Merge, Step};
use super::resolve::{self, Resolved, SKIPPED, Stop};
use super::rows::{GroupRow, MembershipRow, PersonRow};
use super::sorted::Aside;
use super::spool::{GROUP_KEYS, MEMBERSHIP_KEYS, PERSON_KEYS, PileReader, Spool, damaged};
use super::tune::{Checkpoints, Tuned};
use super::write::{self, Batch, Numbers};
use super::{BATCH, Counts, ImportError, ImportOptions, ImportReport, Progress};
use crate::Store;
use crate::connection::Connection;
use crate::turns::LongWork;
use membership::By;
use membership::record::{GroupRecord, MembershipRecord, PersonRecord};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

/// How often the lines are resolved anew because somebody else has made or removed rows in between.
const ATTEMPTS: u32 = 10;

/// Up to how many lines are resolved while other writers wait, about a second and a half.
const LOCKED_ROWS: u64 = 500_000;
/// How many rows the first batch has; the following ones have as many as go into [`HELD`].
const FIRST_BATCH: usize = 50_000;
/// How many rows a batch has at least.
const SMALL_BATCH: usize = 1_000;
/// How long the work of a batch should take. Its commit comes on top: that depends little on the number of rows, since
/// each writes most pages of the indexes anew, so shorter batches would be slower in all.
const HELD: Duration = Duration::from_millis(1_500);
/// How long a batch may take with its commit. It takes about half of that, but on a computer under load, where the commit
/// alone may take longer; then even small batches are better, slow as they are.
const TURN: Duration = Duration::from_secs(3);
/// The same while others write, who wait for that long each time.
const TURN_IN_COMPANY: Duration = Duration::from_millis(600);
/// How many rows a batch has at least then, while it takes no longer than [`TURN`]. Each row is on pages of its own, so that
/// few rows write about as many pages as many do.
const SMALL_BATCH_IN_COMPANY: usize = 5_000;
/// How many rows a batch has where nobody sees the database, so that nobody waits: the more, the more memory it takes.
const ALONE: usize = 20_000;

pub(super) fn import(
    store: &Store,
    spool: &mut Spool,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    // Nobody joins at the time 0, which says that there is none.
    let options = &ImportOptions { by: By { now: options.by.now.max(1), ..options.by }, ..*options };
    for attempt in 0..ATTEMPTS {
        // Nobody is kept waiting at first; when somebody was quicker, the numbers are reserved while resolving, unless
        // that would keep others waiting for too long.
        let reserve = attempt > 0 && !options.dry_run && spool.rows() <= LOCKED_ROWS;
        let begun = Instant::now();
        let resolved = resolve(store, spool, options, reserve)?;
        log::debug!("{} lines resolved in {:?}", spool.rows(), begun.elapsed());
        let mut bad = resolved.bad.kept.clone();
        bad.sort();
        let mut report = ImportReport { bad, bad_total: resolved.bad.total, ..ImportReport::default() };
        report.unread.clone_from(&spool.unread);
        if report.bad_total > 0 && !options.skip_bad {
            return Ok(report);
        }
        let numbers = Some(resolved.numbers()).filter(|_| !options.dry_run && !reserve);
        let tuned = if options.dry_run { None } else { Tuned::for_rows(store, spool.rows())? };
        let writing = tuned.as_ref().map_or(store, |tuned| &tuned.store);
        let bare = if options.dry_run || !store.is_unseen() { None } else { Some(Bare::begin(store)?) };
        let (bare, aside) = bare.map_or((None, None), |(bare, aside)| (Some(bare), aside));
        let done = run(writing, spool, &resolved, options, numbers, tuned.is_some(), aside, progress, &mut report)?;
        if let Some(tuned) = tuned {
            tuned.make_durable()?;
        }
        if let Some(bare) = bare {
            let begun = Instant::now();
            bare.end(store, report.persons.created)?;
            log::debug!("the indexes made in {:?}", begun.elapsed());
        }
        if done {
            report.applied = !options.dry_run;
            return Ok(report);
        }
    }
    Err(ImportError::Busy)
}

/// Finds out which row each line means; with `reserve` also reserves the numbers of the rows that will be made.
fn resolve(store: &Store, spool: &mut Spool, options: &ImportOptions, reserve: bool) -> Result<Resolved, ImportError> {
    let mut work = |connection: &mut Connection| {
        if reserve {
            connection.without_time_limits()?;
            write::lock_counters(connection)?;
        }
        match resolve::resolve(connection, spool) {
            Ok(resolved) => {
                if reserve && (resolved.bad.total == 0 || options.skip_bad) {
                    write::raise_counters(connection, resolved.numbers().highest)?;
                }
                Ok(Ok(resolved))
            }
            Err(Stop::Import(error)) => Ok(Err(error)),
            Err(Stop::Database(failure)) => Err(failure),
        }
    };
    if reserve { store.write(&mut work)? } else { store.read(&mut work)? }
}

/// Applies all batches; false when the first one finds that the lines must be resolved anew.
#[allow(clippy::too_many_arguments, reason = "all are parts of one import, and nobody else calls it")]
fn run(
    store: &Store,
    spool: &mut Spool,
    resolved: &Resolved,
    options: &ImportOptions,
    mut numbers: Option<Numbers>,
    tuned: bool,
    aside: Option<Aside>,
    progress: &mut dyn FnMut(Progress),
    report: &mut ImportReport,
) -> Result<bool, ImportError> {
    let total = spool.rows();
    let mut done = 0;
    let size = AtomicUsize::new(if store.is_unseen() { ALONE } else { FIRST_BATCH });
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(0);
        let (give_back, used) = channel();
        let feeder =
            Feeder { resolved, now: options.by.now, batch: Batch::default(), aside, size: &size, sender, used };
        let reader = scope.spawn(move || feeder.feed(spool));
        let mut work = LongWork::new(store);
        let mut checkpoints = if tuned { Some(Checkpoints::start(scope, store)?) } else { None };
        // Leaving the loop drops the receiver, which ends the reader too.
        for batch in receiver {
            let begun = Instant::now();
            let mut overtaken = false;
            let (mut waited, mut took) = (Duration::ZERO, Duration::ZERO);
            let mut apply = |connection: &mut Connection| {
                // Behind what it took where this is not the first try.
                waited = begun.elapsed();
                let begun = Instant::now();
                let outcome = write::apply(connection, &batch, numbers, &options.by, !options.dry_run);
                took = begun.elapsed();
                overtaken = outcome.as_ref().is_err_and(write::is_overtaken);
                outcome
            };
            let outcome = if options.dry_run { store.read(&mut apply) } else { work.write(&mut apply) };
            let counts = match outcome {
                Ok(Some(counts)) => counts,
                Ok(None) => return Ok(false),
                Err(_) if overtaken && done == 0 => return Ok(false),
                Err(_) if overtaken => return Err(ImportError::Busy),
                Err(error) => return Err(error.into()),
            };
            numbers = None;
            add(&mut report.persons, counts.persons);
            add(&mut report.groups, counts.groups);
            add(&mut report.memberships, counts.memberships);
            done += batch.len() as u64;
            let commit = begun.elapsed().saturating_sub(took + waited);
            if !store.is_unseen() {
                size.store(next_size(batch.len(), took, commit, work.has_company()), Ordering::Relaxed);
            }
            log::debug!("a batch of {}: {waited:?} waited, {took:?} applied, {commit:?} committed", batch.len());
            progress(Progress { done, total });
            if let Some(checkpoints) = &mut checkpoints {
                checkpoints.between_batches(&mut work);
            }
            // Freeing that many texts takes time; the other thread has it.
            drop(give_back.send(batch));
        }
        // Lines that are bad, or that repeat others, are done too.
        progress(Progress { done: total, total });
        match reader.join() {
            Ok(read) => read.map(|()| true),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// How many rows a batch should have when one of `rows` rows took so long, and so long to commit.
fn next_size(rows: usize, took: Duration, commit: Duration, in_company: bool) -> usize {
    let fit = |limit: Duration, took: Duration| rows as u128 * limit.as_micros() / took.as_micros().max(1);
    let most = fit(HELD, took).min(fit(TURN, took + commit));
    let few = fit(TURN_IN_COMPANY, took + commit).max(SMALL_BATCH_IN_COMPANY as u128);
    let fit = if in_company { few.min(most) } else { most };
    usize::try_from(fit).unwrap_or(BATCH).clamp(SMALL_BATCH, BATCH)
}

fn add(to: &mut Counts, more: Counts) {
    to.created += more.created;
    to.changed += more.changed;
    to.unchanged += more.unchanged;
}

/// Reads the spool again and makes batches of it.
struct Feeder<'a> {
    resolved: &'a Resolved,
    now: i64,
    batch: Batch,
    /// Takes the keys of new persons, where it is there.
    aside: Option<Aside>,
    /// How many rows a batch should have.
    size: &'a AtomicUsize,
    sender: SyncSender<Batch>,
    /// Batches that were written.
    used: Receiver<Batch>,
}

/// Why feeding ended early.
enum Ended {
    /// Nobody wants more batches, since writing one has failed.
    Unwanted,
    Failed(ImportError),
}

impl From<ImportError> for Ended {
    fn from(error: ImportError) -> Self {
        Self::Failed(error)
    }
}

impl Feeder<'_> {
    fn feed(mut self, spool: &mut Spool) -> Result<(), ImportError> {
        match self.all(spool) {
            Ok(()) | Err(Ended::Unwanted) => Ok(()),
            Err(Ended::Failed(error)) => Err(error),
        }
    }

    fn all(&mut self, spool: &mut Spool) -> Result<(), Ended> {
        self.persons(spool.persons.reader(PERSON_KEYS)?)?;
        // That is all of them.
        drop(self.aside.take());
        self.groups(spool.groups.reader(GROUP_KEYS)?)?;
        self.memberships(spool.memberships.reader(MEMBERSHIP_KEYS)?)?;
        if self.batch.len() > 0 { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> Result<(), Ended> {
        // In the order of the table: neighbours are written together.
        self.batch.new_memberships.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        for row in &self.batch.new_memberships {
            let (state, scope) = (row.state.parse().map_err(|_| damaged())?, row.scope.parse().map_err(|_| damaged())?);
            *self.batch.totals.entry((row.group_number, state, scope)).or_default() += 1;
        }
        // The room of one that was written is used again: taking so much anew from the system costs more than the rows.
        let next = self.used.try_iter().last().map(Batch::emptied).unwrap_or_default();
        self.sender.send(std::mem::replace(&mut self.batch, next)).map_err(|_| Ended::Unwanted)
    }

    fn send_when_full(&mut self) -> Result<(), Ended> {
        if self.batch.len() < self.size.load(Ordering::Relaxed) { Ok(()) } else { self.send() }
    }

    /// Lines that differ about the same row wait for each other, so that what they say together is applied at once.
    fn persons(&mut self, mut reader: PileReader) -> Result<(), Ended> {
        let mut often: BTreeMap<u32, PersonRecord> = BTreeMap::new();
        for &at in &self.resolved.person_lines {
            let spooled = reader.next()?.ok_or_else(damaged)?;
            if at == SKIPPED {
                continue;
            }
            let record: PersonRecord = spooled.record()?;
            let row = known(&self.resolved.persons, at)?;
            if row.told == Told::Often {
                together(&mut often, at, record);
            } else {
                self.person(at, row, record)?;
            }
        }
        often.into_iter().try_for_each(|(at, record)| self.person(at, known(&self.resolved.persons, at)?, record))
    }

    fn person(&mut self, at: u32, row: &Row, mut said: PersonRecord) -> Result<(), Ended> {
        if row.new {
            let made = self.resolved.persons.made(at);
            let uid = made.and_then(|made| made.uid.as_deref()).map(str::to_owned).or_else(|| said.uid.take());
            let login = made.and_then(|made| made.login.as_deref()).map(str::to_owned).or_else(|| said.login.take());
            let (Some(uid), Some(login)) = (uid, login) else { return Err(damaged().into()) };
            let mut person = PersonRow::new(row.number, row.id.to_string(), uid, login, self.now);
            person.take(said);
            if let Some(aside) = &mut self.aside {
                aside.put(&person);
            }
            self.batch.new_persons.push(person);
        } else {
            self.batch.persons.push((row.number, said));
        }
        self.send_when_full()
    }

    fn groups(&mut self, mut reader: PileReader) -> Result<(), Ended> {
        let mut often: BTreeMap<u32, GroupRecord> = BTreeMap::new();
        for &at in &self.resolved.group_lines {
            let spooled = reader.next()?.ok_or_else(damaged)?;
            if at == SKIPPED {
                continue;
            }
            let record: GroupRecord = spooled.record()?;
            let row = known(&self.resolved.groups, at)?;
            if row.told == Told::Often {
                together(&mut often, at, record);
            } else {
                self.group(at, row, record)?;
            }
        }
        often.into_iter().try_for_each(|(at, record)| self.group(at, known(&self.resolved.groups, at)?, record))
    }

    fn group(&mut self, at: u32, row: &Row, mut said: GroupRecord) -> Result<(), Ended> {
        let owner = match &said.owner {
            Some(owner) => {
                let at = self.resolved.person("owner", owner).map_err(|_| damaged())?;
                Some(known(&self.resolved.persons, at)?.number)
            }
            None => None,
        };
        if row.new {
            let made = self.resolved.groups.made(at).and_then(|made| made.uid.as_deref()).map(str::to_owned);
            let Some(guid) = made.or_else(|| said.guid.take()) else { return Err(damaged().into()) };
            let mut group = GroupRow::new(row.number, row.id.to_string(), guid, self.now);
            group.take(said, owner);
            self.batch.new_groups.push(group);
        } else {
            if let Some(owner) = owner.filter(|_| self.resolved.owners.is_in_doubt(at)) {
                self.batch.forgiven.insert((row.number, owner));
            }
            self.batch.groups.push((row.number, said, owner));
        }
        self.send_when_full()
    }

    fn memberships(&mut self, mut reader: PileReader) -> Result<(), Ended> {
        let mut often: BTreeMap<(u32, u32), Step> = BTreeMap::new();
        for &key in &self.resolved.membership_lines {
            let spooled = reader.next()?.ok_or_else(damaged)?;
            if key.0 == SKIPPED {
                continue;
            }
            let record: MembershipRecord = spooled.record()?;
            let step = self.resolved.step(&record).map_err(|_| damaged())?;
            if self.resolved.told_often(key) {
                match often.get_mut(&key) {
                    Some(earlier) => earlier.merge(step),
                    None => drop(often.insert(key, step)),
                }
            } else {
                self.membership(key, step)?;
            }
        }
        often.into_iter().try_for_each(|(key, step)| self.membership(key, step))
    }

    fn membership(&mut self, key: (u32, u32), said: Step) -> Result<(), Ended> {
        let group = known(&self.resolved.groups, key.0)?.number;
        let person = known(&self.resolved.persons, key.1)?.number;
        if self.resolved.pairs.get(key).is_some_and(|pair| pair.stored) {
            self.batch.memberships.push((group, person, said));
        } else {
            self.batch.new_memberships.push(MembershipRow::after(None, group, person, &said, self.now));
        }
        self.send_when_full()
    }
}

fn known(known: &Known, at: u32) -> Result<&Row, ImportError> {
    known.row(at).ok_or_else(damaged)
}

fn together<R: Merge>(often: &mut BTreeMap<u32, R>, at: u32, record: R) {
    match often.get_mut(&at) {
        Some(earlier) => earlier.merge(record),
        None => drop(often.insert(at, record)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_as_large_as_others_can_wait() {
        for (rows, took, commit, in_company, next) in [
            (10_000, 1_500, 0, false, 10_000),
            (10_000, 1_500, 1_500, false, 10_000),
            (10_000, 750, 750, false, 20_000),
            (50_000, 3_000, 1_000, false, 25_000),
            (50_000, 1_000, 5_000, false, 25_000),
            (50_000, 600_000, 0, false, 1_000),
            (50_000, 0, 600_000, false, 1_000),
            (1, 0, 0, false, 100_000),
            (50_000, 300, 300, true, 50_000),
            (50_000, 2_500, 500, true, 10_000),
            (10_000, 200, 100, true, 20_000),
            (50_000, 2_500, 12_500, true, 5_000),
            (50_000, 0, 600_000, true, 1_000),
        ] {
            let [took, commit] = [took, commit].map(Duration::from_millis);
            assert_eq!(
                next_size(rows, took, commit, in_company),
                next,
                "{rows} in {took:?} and {commit:?}, {in_company}"
            );
        }
    }
}
