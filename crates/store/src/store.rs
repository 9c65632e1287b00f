//! The store: its pools, and how a read and a write run.

use crate::connection::{Connection, Role};
use crate::error::{StoreError, refuses_writes};
use crate::failure::Failed;
pub(crate) use crate::failure::Failure;
use crate::figures::{PoolUse, Waiting, Waits, pool_use};
use crate::places::Places;
use crate::pool::{self, Manager, Pool, Settings, Taken};
use crate::schema::store_facts;
use crate::source::Follower;
use crate::url::DatabaseUrl;
use crate::vault::Uses;
use crate::wal;
use diesel::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tempfile::TempDir;

/// The member store. Cloning it is cheap and gives the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    readers: Pool,
    /// SQLite: a single connection, since there is a single writer. PostgreSQL: the same pool as the readers.
    writers: Pool,
    /// The store that this one was made of, see [`Store::loader`]. Who writes takes its writer away first, so that all who
    /// write in this process wait in one line.
    before: Option<Store>,
    /// What the writers were made by.
    manager: Manager,
    /// Who waits for which of them.
    reader_waits: Waits,
    writer_waits: Waits,
    /// Whether the last transaction that wrote found that nothing can be written.
    refuses_writes: AtomicBool,
    /// Whether a thread copies the write-ahead log, see [`wal::tend`].
    copying: AtomicBool,
    in_process: bool,
    url: DatabaseUrl,
    uses: Uses,
    /// Who reads the head of the change log on SQLite.
    places: Places,
    /// Who reads what has changed on SQLite.
    follower: Follower,
    /// The directory of a temporary database; removed with the last clone, after the pools are closed.
    _temporary: Option<TempDir>,
}

/// A store that is there as long as somebody else has it.
pub(crate) struct WeakStore(Weak<Inner>);

impl WeakStore {
    /// The store, if it is still there.
    pub fn upgrade(&self) -> Option<Store> {
        Some(Store { inner: self.0.upgrade()? })
    }
}

/// How often a transaction is tried again after a deadlock or a serialization failure.
const RETRIES: u32 = 20;

/// The row that is written, and taken away again, to see whether anything can be written.
const PROBE: &str = "write_probe";
/// How long its value is, in bytes.
const PROBE_BYTES: usize = 1 << 16;

impl Store {
    /// Opens the database; an SQLite file is made when it is not there. Does not migrate: see [`Store::migrate`].
    pub fn open(settings: &Settings) -> Result<Self, StoreError> {
        Self::open_as(settings, Role::Writer)
    }

    /// Opens an SQLite file that nobody else sees, see [`crate::NewFile`].
    pub(crate) fn open_unseen(settings: &Settings) -> Result<Self, StoreError> {
        Self::open_as(settings, Role::Maker)
    }

    /// With a writer of this role.
    fn open_as(settings: &Settings, role: Role) -> Result<Self, StoreError> {
        let (file, temporary) = match &settings.url {
            DatabaseUrl::SqliteFile(path) => (Some(path.clone()), None),
            DatabaseUrl::SqliteTemporary => {
                let dir = tempfile::Builder::new().prefix("rollcall-").tempdir();
                let dir = dir.map_err(|e| StoreError::Unavailable(format!("no temporary directory: {e}")))?;
                (Some(dir.path().join("rollcall.db")), Some(dir))
            }
            DatabaseUrl::Postgres(_) => (None, None),
        };
        let in_process = file.is_some();
        let manager = |role| Manager {
            url: settings.url.clone(),
            file: file.clone(),
            role,
            statement_timeout: settings.statement_timeout,
        };
        let acquire = settings.acquire_timeout;
        // The writer comes first: it turns the write-ahead log on, which readers may not.
        let manager_of_writers = manager(role);
        let writers =
            pool::build(manager_of_writers.clone(), if in_process { 1 } else { settings.pool_size }, acquire)?;
        let readers =
            if in_process { pool::build(manager(Role::Reader), settings.pool_size, acquire)? } else { writers.clone() };
        let url = settings.url.clone();
        Ok(Self {
            inner: Arc::new(Inner {
                readers,
                writers,
                before: None,
                manager: manager_of_writers,
                in_process,
                url,
                reader_waits: Waits::default(),
                writer_waits: Waits::default(),
                refuses_writes: AtomicBool::new(false),
                copying: AtomicBool::new(false),
                uses: Uses::default(),
                places: Places::default(),
                follower: Follower::default(),
                _temporary: temporary,
            }),
        })
    }

    /// The same SQLite database by a writer of its own, which is made for writing very much and ends with what this
    /// gives. What others commit meanwhile stays as durable as ever.
    pub(crate) fn loader(&self) -> Result<Self, StoreError> {
        let inner = &self.inner;
        let manager = Manager { role: Role::Loader, ..inner.manager.clone() };
        let writers = pool::build(manager.clone(), 1, inner.writers.connection_timeout())?;
        Ok(Self {
            inner: Arc::new(Inner {
                readers: inner.readers.clone(),
                writers,
                before: Some(self.clone()),
                manager,
                in_process: inner.in_process,
                url: inner.url.clone(),
                reader_waits: Waits::default(),
                writer_waits: Waits::default(),
                refuses_writes: AtomicBool::new(false),
                copying: AtomicBool::new(false),
                uses: Uses::default(),
                places: Places::default(),
                follower: Follower::default(),
                _temporary: None,
            }),
        })
    }

    /// Whether the database runs in this process (SQLite), so that a short read need not leave the thread.
    pub fn in_process(&self) -> bool {
        self.inner.in_process
    }

    /// Whether nobody but this store sees the database.
    pub(crate) fn is_unseen(&self) -> bool {
        self.inner.manager.role == Role::Maker
    }

    /// Whether a thread of this store copies the write-ahead log.
    pub(crate) fn copying(&self) -> &AtomicBool {
        &self.inner.copying
    }

    /// When credentials were last used.
    pub(crate) fn uses(&self) -> &Uses {
        &self.inner.uses
    }

    /// Who reads the head of the change log on SQLite.
    pub(crate) fn places(&self) -> &Places {
        &self.inner.places
    }

    /// Who reads what has changed on SQLite.
    pub(crate) fn follower(&self) -> &Follower {
        &self.inner.follower
    }

    /// What the writers were made by.
    pub(crate) fn manager(&self) -> &Manager {
        &self.inner.manager
    }

    /// The store, without keeping it.
    pub(crate) fn weak(&self) -> WeakStore {
        WeakStore(Arc::downgrade(&self.inner))
    }

    /// Where the database is; prints without the password.
    pub fn url(&self) -> &DatabaseUrl {
        &self.inner.url
    }

    /// Runs `work` in one snapshot. It may run again, on another connection, when the first was lost.
    pub(crate) fn read<T>(&self, mut work: impl FnMut(&mut Connection) -> Result<T, Failure>) -> Result<T, StoreError> {
        self.read_again(|| self.once(Role::Reader, &mut work))
    }

    /// The same for `work` that is one statement, which is a snapshot by itself: so there is no transaction to be begun
    /// and ended, which on PostgreSQL would take two questions more.
    pub(crate) fn read_alone<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.read_again(|| {
            let not_begun = |failure| Failed { failure, begun: false, lost: false };
            let mut pooled = self.take(Role::Reader).map_err(|error| not_begun(error.into()))?;
            // Stays so when `work` panics: nobody knows in what state it leaves the connection.
            pooled.lost = true;
            let outcome = work(&mut pooled.connection).map_err(not_begun);
            pooled.lost = outcome.as_ref().is_err_and(Failed::is_lost);
            outcome
        })
    }

    fn read_again<T>(&self, mut read: impl FnMut() -> Result<T, Failed>) -> Result<T, StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match read() {
                // A standby may end a reader's snapshot to follow its primary, which is told as such a failure.
                Err(failed) if tries <= self.idle() && (failed.is_lost() || failed.may_retry()) => {
                    log::debug!("read again: {:?}", failed.failure);
                }
                outcome => return outcome.map_err(|failed| failed.failure.into()),
            }
        }
    }

    /// Runs `work` in one transaction that writes. It may run again after a deadlock. Everything that `work` changes
    /// is committed when this returns `Ok`, and nothing otherwise, unless the connection is lost in the very commit.
    pub(crate) fn write<T>(&self, work: impl FnMut(&mut Connection) -> Result<T, Failure>) -> Result<T, StoreError> {
        Ok(self.change(work, Failed::may_retry)?)
    }

    /// The same for a command, which looks whether a row is there before it makes it or refers to it: when somebody else
    /// has made or removed that row meanwhile, it looks again.
    pub(crate) fn write_looking<T>(
        &self,
        work: impl FnMut(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.change(work, |failed| failed.may_retry() || failed.is_overtaken())
    }

    fn change<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Failure>,
        again: fn(&Failed) -> bool,
    ) -> Result<T, Failure> {
        let (mut tries, mut dead) = (0, 0);
        loop {
            let line = self.stand_in_line().map_err(Failure::from)?;
            let outcome = self.once(self.inner.manager.role, &mut work);
            drop(line);
            match outcome {
                Err(failed) if tries < RETRIES && again(&failed) => {
                    tries += 1;
                    log::debug!("transaction tried again: {:?}", failed.failure);
                }
                // Nothing had been done yet.
                Err(failed) if dead < self.idle() && !failed.begun && failed.is_lost() => dead += 1,
                outcome => {
                    self.note(&outcome);
                    return outcome.map_err(|failed| failed.failure);
                }
            }
        }
    }

    /// Notes whether anything can be written. A transaction that was given up by itself tells nothing.
    fn note<T>(&self, outcome: &Result<T, Failed>) {
        let refuses = match outcome {
            Ok(_) => false,
            Err(Failed { failure: Failure::Database(error), .. }) if refuses_writes(error) => true,
            Err(_) => return,
        };
        if self.inner.refuses_writes.swap(refuses, Ordering::Relaxed) != refuses {
            let now = if refuses { "takes no writes any more" } else { "takes writes again" };
            log::warn!("the store {now}");
        }
    }

    /// Whether the store takes writes, as far as the last one has shown. Where it did not, tries again.
    pub fn takes_writes(&self) -> bool {
        if !self.inner.refuses_writes.load(Ordering::Relaxed) {
            return true;
        }
        // As much as an ordinary write may take, so that the last bytes of a full disk are not taken for room.
        let fact = || store_facts::table.filter(store_facts::name.eq(PROBE));
        let tried = self.write(|connection| {
            diesel::delete(fact()).execute(connection)?;
            let row = (store_facts::name.eq(PROBE), store_facts::value.eq("x".repeat(PROBE_BYTES)));
            Ok(diesel::insert_into(store_facts::table).values(row).execute(connection)?)
        });
        let tried = tried.and_then(|_| self.write(|connection| Ok(diesel::delete(fact()).execute(connection)?)));
        tried.is_ok()
    }

    /// Runs `work` on the writer outside of a transaction.
    pub(crate) fn outside<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _line = self.stand_in_line()?;
        let mut pooled = self.take(Role::Writer)?;
        // Stays so when `work` fails or panics: nobody knows in what state it leaves the connection.
        pooled.lost = true;
        let outcome = work(&mut pooled.connection);
        pooled.lost = outcome.is_err();
        outcome
    }

    /// Runs `work` on a reader outside of a transaction: it sees no snapshot, and what it sets up stays set.
    pub(crate) fn reader_outside<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut pooled = self.take(Role::Reader)?;
        // As above.
        pooled.lost = true;
        let outcome = work(&mut pooled.connection);
        pooled.lost = outcome.is_err();
        outcome
    }

    /// Runs `work` outside of a transaction and without limits of time, as [`Store::outside`] on SQLite. On PostgreSQL
    /// the connection is closed afterwards, so whatever `work` sets or locks for the session ends with it.
    pub(crate) fn apart<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.inner.in_process {
            return self.outside(work);
        }
        let mut pooled = self.take(Role::Writer)?;
        pooled.lost = true;
        pooled.connection.no_limits_for_the_session()?;
        work(&mut pooled.connection)
    }

    /// Takes away the writer of the store that this one was made of, if it was made of another.
    fn stand_in_line(&self) -> Result<Option<Taken>, StoreError> {
        self.inner.before.as_ref().map(|store| store.take(Role::Writer)).transpose()
    }

    /// A connection, as soon as one is free.
    pub(crate) fn take(&self, role: Role) -> Result<Taken, StoreError> {
        let inner = &*self.inner;
        let (pool, waits) = match role {
            Role::Writer | Role::Loader | Role::Maker if inner.in_process => (&inner.writers, &inner.writer_waits),
            Role::Writer | Role::Loader | Role::Maker | Role::Reader => (&inner.readers, &inner.reader_waits),
        };
        let _waiting = Waiting::begin(waits);
        pool.get().map_err(|error| {
            waits.timed_out.fetch_add(1, Ordering::Relaxed);
            StoreError::Unavailable(format!("no connection to the database: {error}"))
        })
    }

    /// Another connection of PostgreSQL for somebody who has one, if there is or may be one soon, and half of all are left
    /// to others.
    pub(crate) fn take_another(&self) -> Option<Taken> {
        const SOON: Duration = Duration::from_millis(250);
        let pool = &self.inner.readers;
        let state = pool.state();
        let busy = state.connections.saturating_sub(state.idle_connections);
        if self.inner.in_process || 2 * (busy + 1) > pool.max_size() {
            return None;
        }
        pool.get_timeout(SOON).ok()
    }

    /// How each pool is used at this moment.
    pub fn pools(&self) -> Vec<PoolUse> {
        let inner = &*self.inner;
        if !inner.in_process {
            return vec![pool_use("all", &inner.readers, &inner.reader_waits)];
        }
        vec![
            pool_use("readers", &inner.readers, &inner.reader_waits),
            pool_use("writer", &inner.writers, &inner.writer_waits),
        ]
    }

    /// How many connections may lie idle: after the database was away for a moment, all of them are dead, and only
    /// using one shows it.
    fn idle(&self) -> u32 {
        self.inner.readers.max_size()
    }

    fn once<T>(&self, role: Role, work: &mut dyn FnMut(&mut Connection) -> Result<T, Failure>) -> Result<T, Failed> {
        let not_begun = |failure| Failed { failure, begun: false, lost: false };
        let mut pooled = self.take(role).map_err(|error| not_begun(error.into()))?;
        // Stays so when `work` panics: the transaction is open then, and the connection must not be used again.
        pooled.lost = true;
        let outcome = transaction(&mut pooled.connection, role, work);
        pooled.lost = outcome.as_ref().is_err_and(Failed::is_lost);
        if outcome.is_ok() && role == Role::Writer && self.inner.in_process {
            wal::tend(self, &mut pooled.connection);
        }
        outcome
    }
}

/// Runs `work` in a transaction of its own on this connection.
pub(crate) fn transaction<T>(
    connection: &mut Connection,
    role: Role,
    work: &mut dyn FnMut(&mut Connection) -> Result<T, Failure>,
) -> Result<T, Failed> {
    let failed = |begun, lost| move |failure: Failure| Failed { failure, begun, lost };
    connection.begin(role).map_err(|error| failed(false, false)(error.into()))?;
    match work(connection) {
        Ok(value) => match connection.commit() {
            Ok(()) => Ok(value),
            Err(error) => Err(failed(true, false)(error.into())),
        },
        Err(failure) => {
            // What went wrong first is told. A connection that cannot even roll back is not used again.
            let stuck = connection.roll_back().is_err();
            Err(failed(true, stuck)(failure))
        }
    }
}
