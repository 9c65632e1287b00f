//! The third step: the rows are brought into the store, batch by batch. One thread reads and prepares them while
//! another writes.

use super::bad::BadRows;
use super::feed::{Feeder, Meant};
use super::members::Members;
use super::resolve::{self, Resolved, Rows, Stop};
use super::spool::{GROUP_KEYS, MEMBERSHIP_KEYS, PERSON_KEYS, Spool};
use super::tune::{Checkpoints, Tuned};
use super::write::{self, Done, Numbers};
use super::{BATCH, Counts, ImportError, ImportOptions, ImportReport, Progress, unseen};
use crate::Store;
use crate::connection::Connection;
use crate::turns::LongWork;
use membership::By;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{channel, sync_channel};
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
        let Resolved { rows, members, ahead } = resolve(store, spool, options, reserve)?;
        log::debug!("{} lines resolved in {:?}", spool.rows(), begun.elapsed());
        if ahead {
            return unseen::fill(store, spool, &rows, members, options, progress);
        }
        let mut report = report(&members.bad, spool);
        if report.bad_total > 0 && !options.skip_bad {
            return Ok(report);
        }
        let numbers = Some(rows.numbers()).filter(|_| !options.dry_run && !reserve);
        let tuned = if options.dry_run { None } else { Tuned::for_rows(store, spool.rows())? };
        let writing = tuned.as_ref().map_or(store, |tuned| &tuned.store);
        let done = run(writing, spool, &rows, members, options, numbers, tuned.is_some(), progress, &mut report)?;
        if let Some(tuned) = tuned {
            tuned.make_durable()?;
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
    // Nobody sees what is written into a new database before all lines are known.
    let ahead = |bad: u64| store.is_unseen() && !options.dry_run && (bad == 0 || options.skip_bad);
    let mut work = |connection: &mut Connection| {
        if reserve {
            connection.without_time_limits()?;
            write::lock_counters(connection)?;
        }
        match resolve::resolve(connection, spool, &ahead) {
            Ok(resolved) => {
                if reserve && (resolved.members.bad.total == 0 || options.skip_bad) {
                    write::raise_counters(connection, resolved.rows.numbers().highest)?;
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
    rows: &Rows,
    members: Members,
    options: &ImportOptions,
    mut numbers: Option<Numbers>,
    tuned: bool,
    progress: &mut dyn FnMut(Progress),
    report: &mut ImportReport,
) -> Result<bool, ImportError> {
    let total = spool.rows();
    let mut done = 0;
    let size = AtomicUsize::new(FIRST_BATCH);
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(0);
        let (give_back, used) = channel();
        let (tell, meant) = channel();
        drop(tell.send(Meant { reader: spool.memberships.reader(MEMBERSHIP_KEYS)?, members }));
        let (persons, groups) = (spool.persons.reader(PERSON_KEYS)?, spool.groups.reader(GROUP_KEYS)?);
        let now = options.by.now;
        let feeder = Feeder { rows, meant, now, aside: None, cards: false, size: &size, sender, used };
        let reader = scope.spawn(move || feeder.feed(persons, groups));
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
            add(report, counts);
            done += batch.len() as u64;
            let commit = begun.elapsed().saturating_sub(took + waited);
            size.store(next_size(batch.len(), took, commit, work.has_company()), Ordering::Relaxed);
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
            Ok(read) => read,
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

/// Counts what a batch has done.
pub(super) fn add(report: &mut ImportReport, done: Done) {
    let add = |to: &mut Counts, more: Counts| {
        to.created += more.created;
        to.changed += more.changed;
        to.unchanged += more.unchanged;
    };
    add(&mut report.persons, done.persons);
    add(&mut report.groups, done.groups);
    add(&mut report.memberships, done.memberships);
}

/// A report of what is bad, and of nothing done.
pub(super) fn report(bad: &BadRows, spool: &Spool) -> ImportReport {
    let mut kept = bad.kept.clone();
    kept.sort();
    ImportReport { bad: kept, bad_total: bad.total, unread: spool.unread.clone(), ..ImportReport::default() }
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
