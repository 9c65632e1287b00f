//! Turns of those who write to one SQLite file, in several processes.
//!
//! SQLite knows no queue. Who wants to write while somebody else does asks again and again, by SQLite's own way of
//! waiting every 100 ms in the end and some sixty times in all, and whoever asks while nobody writes gets the turn. So a
//! work of many transactions, each begun as soon as the last has ended, leaves the others gaps of microseconds, and all
//! that they ever ask for falls between them. Threads of one process stand alike before its only writer. Therefore
//!
//! - who waits asks often ([`ASKING_MILLISECONDS`]), and gives up by the clock ([`patience`]): a computer under load may
//!   sleep much longer than it was told to;
//! - who works long leaves gaps that everybody who waits asks in, and that last while others write ([`LongWork`]).

use crate::connection::{Connection, Role};
use crate::error::StoreError;
use crate::store::{Failure, Store};
use crate::wal::Log;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use std::time::{Duration, Instant};

/// How long SQLite waits by itself for another process, where it is not asked for a turn to write.
pub(crate) const BUSY_MILLISECONDS: u32 = 5_000;
/// How long SQLite waits by itself when it is asked for a turn, before it is asked anew: then its pauses begin anew too,
/// with 1, 2, 5, 10 and 15 ms.
const ASKING_MILLISECONDS: u32 = 33;
/// How long a long work leaves the writer to others: more than twice the longest pause between two times of asking.
const GAP: Duration = Duration::from_millis(40);
/// For how long a long work may go on without leaving a gap. What it does in one transaction cannot be parted.
const STRETCH: Duration = Duration::from_millis(250);
/// For how long others are taken to go on writing who have written in a gap.
const COMPANY: Duration = Duration::from_secs(5);

/// How long to wait for a turn. Many times of what one transaction of a long work takes, so that nobody is sent away
/// because the computer is busy; whoever loads has nobody who waits for an answer meanwhile.
const fn patience(role: Role) -> Duration {
    Duration::from_secs(if matches!(role, Role::Loader) { 60 } else { 10 })
}

/// Begins a transaction that writes.
pub(crate) fn begin(connection: &mut SqliteConnection, role: Role) -> QueryResult<()> {
    begin_within(patience(role), connection)
}

fn begin_within(patience: Duration, connection: &mut SqliteConnection) -> QueryResult<()> {
    let waiting = |milliseconds: u32| format!("PRAGMA busy_timeout = {milliseconds}");
    let begin = format!("{}; BEGIN IMMEDIATE; {}", waiting(ASKING_MILLISECONDS), waiting(BUSY_MILLISECONDS));
    let asked = Instant::now();
    loop {
        match AnsiTransactionManager::begin_transaction_sql(connection, &begin) {
            Err(error) if is_busy(&error) && asked.elapsed() < patience => {}
            Err(error) => {
                connection.batch_execute(&waiting(BUSY_MILLISECONDS))?;
                return Err(error);
            }
            Ok(()) => return Ok(()),
        }
    }
}

/// Runs `work` in a transaction that writes.
pub(crate) fn transaction<T>(
    connection: &mut SqliteConnection,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    begin(connection, Role::Writer)?;
    let outcome = work(connection);
    match &outcome {
        Ok(_) => AnsiTransactionManager::commit_transaction(connection)?,
        // What went wrong first is told.
        Err(_) => drop(AnsiTransactionManager::rollback_transaction(connection)),
    }
    outcome
}

/// Whether somebody else was writing. Diesel tells it in words only; SQLite's are English always.
fn is_busy(error: &diesel::result::Error) -> bool {
    matches!(error, diesel::result::Error::DatabaseError(_, info) if info.message() == "database is locked")
}

/// A work of many transactions, between which others get their turns.
pub(crate) struct LongWork<'a> {
    store: &'a Store,
    /// For how long it has been writing since it last left a gap.
    wrote: Duration,
    /// Since when it has not been writing.
    free: Instant,
    /// How long the log was then, on SQLite: whoever writes changes that.
    log: Option<i64>,
    /// When others last wrote in a gap.
    company: Option<Instant>,
}

impl<'a> LongWork<'a> {
    pub fn new(store: &'a Store) -> Self {
        Self { store, wrote: Duration::ZERO, free: Instant::now(), log: None, company: None }
    }

    /// As [`Store::write`], after a gap where one is due.
    pub fn write<T>(&mut self, mut work: impl FnMut(&mut Connection) -> Result<T, Failure>) -> Result<T, StoreError> {
        self.leave_a_gap()?;
        let mut begun = Instant::now();
        let outcome = self.store.write(|connection| {
            // Waiting for its own turn is no writing.
            begun = Instant::now();
            work(connection)
        });
        self.free = Instant::now();
        self.wrote += self.free - begun;
        self.log = self.look();
        outcome
    }

    /// Whether others have been writing lately, whom a shorter transaction keeps waiting for less.
    pub fn has_company(&self) -> bool {
        self.company.is_some_and(|since| since.elapsed() < COMPANY)
    }

    /// Leaves the writer to others, for as long as they write, but not for longer than it has been writing itself. What
    /// else was done since the last transaction is part of the gap.
    fn leave_a_gap(&mut self) -> Result<(), StoreError> {
        if self.wrote < STRETCH || !self.store.in_process() || self.store.is_unseen() {
            return Ok(());
        }
        std::thread::sleep(GAP.saturating_sub(self.free.elapsed()));
        loop {
            // Whoever is writing now is seen when it is done.
            self.store.write(|_| Ok(()))?;
            if !self.others_wrote() || self.free.elapsed() >= self.wrote {
                break;
            }
            std::thread::sleep(GAP);
        }
        self.wrote = Duration::ZERO;
        Ok(())
    }

    /// Whether others have written since this was last asked or written.
    fn others_wrote(&mut self) -> bool {
        let (before, now) = (self.log, self.look());
        self.log = now;
        let wrote = before.is_some() && now.is_some() && now != before;
        if wrote {
            self.company = Some(Instant::now());
        }
        wrote
    }

    /// How long the log is. Where that cannot be told, others get the shortest gap.
    fn look(&self) -> Option<i64> {
        if !self.store.in_process() || self.store.is_unseen() {
            return None;
        }
        Log::of(self.store)
            .map_err(|error| log::debug!("the write-ahead log is not seen: {error}"))
            .ok()
            .map(|now| now.log)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn on_a_file(test: impl FnOnce(&Store, &Store)) {
        let directory = tempfile::TempDir::new().expect("a directory");
        let url = format!("sqlite://{}", directory.path().join("turns.db").display());
        let open = || Store::open(&Settings::new(url.parse().expect("a URL"))).expect("opens");
        let (one, other) = (open(), open());
        one.migrate().expect("migrates");
        test(&one, &other);
    }

    fn note(store: &Store) {
        store
            .write(|connection| Ok(connection.batch_execute("UPDATE counters SET last = last + 1")?))
            .expect("its turn");
    }

    /// In another process or in the same one, who waits gets its turn between two transactions of a long work.
    #[test]
    fn a_long_work_lets_others_in() {
        on_a_file(|long, other| {
            for waiting in [other, &long.clone()] {
                let begun = AtomicU32::new(0);
                std::thread::scope(|scope| {
                    scope.spawn(|| {
                        let mut work = LongWork::new(long);
                        for _ in 0..4 {
                            let done = work.write(|_| {
                                begun.fetch_add(1, Ordering::SeqCst);
                                std::thread::sleep(STRETCH + GAP);
                                Ok(())
                            });
                            done.expect("its own turn");
                        }
                    });
                    for turn in 1..=3 {
                        while begun.load(Ordering::SeqCst) < turn {
                            std::thread::sleep(Duration::from_millis(1));
                        }
                        let seen = waiting.write(|_| Ok(begun.load(Ordering::SeqCst))).expect("gets its turn");
                        assert_eq!(seen, turn, "let in behind the very transaction that it waited for");
                    }
                });
            }
        });
    }

    #[test]
    fn a_gap_lasts_while_others_write_but_not_for_ever() {
        on_a_file(|long, other| {
            let mut work = LongWork::new(long);
            let mut gap = |wrote: Duration, company: &dyn Fn()| {
                work.write(|_| Ok(())).expect("written");
                company();
                (work.wrote, work.free) = (wrote, Instant::now());
                work.leave_a_gap().expect("left");
                (work.free.elapsed(), work.has_company())
            };
            let (alone, company) = gap(STRETCH, &|| ());
            assert!(alone >= GAP && !company, "{alone:?}");
            let (with_others, company) = gap(10 * STRETCH, &|| note(other));
            assert!(with_others >= 2 * GAP && company, "{with_others:?}");
            // Others who never stop get as much as it took itself.
            let done = std::sync::atomic::AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        note(other);
                    }
                });
                let (bounded, company) = gap(2 * STRETCH, &|| ());
                done.store(true, Ordering::Relaxed);
                assert!(bounded >= 2 * STRETCH && company, "{bounded:?}");
                assert!(bounded < Duration::from_secs(10), "{bounded:?}");
            });
        });
    }

    #[test]
    fn short_works_leave_no_gaps() {
        on_a_file(|store, _| {
            let mut work = LongWork::new(store);
            let begun = Instant::now();
            for _ in 0..20 {
                work.wrote = STRETCH / 2;
                work.leave_a_gap().expect("left");
                assert_eq!(work.wrote, STRETCH / 2);
            }
            assert!(begun.elapsed() < 20 * GAP, "{:?}", begun.elapsed());
        });
    }

    /// The turn is waited for longer than SQLite would by itself when asked so, and then it is told that there is none.
    #[test]
    fn whoever_gets_no_turn_is_told_so() {
        on_a_file(|holder, other| {
            let patience = Duration::from_millis(300);
            let refused = holder.write(|_| {
                let begun = Instant::now();
                let refused = other.outside(|connection| {
                    let Connection::Sqlite(inner) = connection else { panic!("it is SQLite") };
                    Ok(begin_within(patience, inner).expect_err("no turn"))
                })?;
                assert!(begun.elapsed() >= patience, "{:?}", begun.elapsed());
                Ok(refused)
            });
            let refused = StoreError::from(refused.expect("writes"));
            assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
            note(other);
        });
    }
}
