//! The store: its pools, and how a read and a write run.

use crate::connection::{Connection, Role};
use crate::error::{StoreError, lost_connection, may_retry};
use crate::pool::{self, Manager, Pool, Settings};
use crate::url::DatabaseUrl;
use diesel::QueryResult;
use std::sync::Arc;
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
    in_process: bool,
    url: DatabaseUrl,
    /// The directory of a temporary database; removed with the last clone, after the pools are closed.
    _temporary: Option<TempDir>,
}

/// How often a transaction is tried again after a deadlock or a serialization failure.
const RETRIES: u32 = 20;

impl Store {
    /// Opens the database; an SQLite file is made when it is not there. Does not migrate: see [`Store::migrate`].
    pub fn open(settings: &Settings) -> Result<Self, StoreError> {
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
        let writers = pool::build(manager(Role::Writer), if in_process { 1 } else { settings.pool_size }, acquire)?;
        let readers =
            if in_process { pool::build(manager(Role::Reader), settings.pool_size, acquire)? } else { writers.clone() };
        let url = settings.url.clone();
        Ok(Self { inner: Arc::new(Inner { readers, writers, in_process, url, _temporary: temporary }) })
    }

    /// Whether the database runs in this process (SQLite), so that a short read need not leave the thread.
    pub fn in_process(&self) -> bool {
        self.inner.in_process
    }

    /// Where the database is; prints without the password.
    pub fn url(&self) -> &DatabaseUrl {
        &self.inner.url
    }

    /// Runs `work` in one snapshot. It may run a second time, on another connection, when the first was lost.
    pub(crate) fn read<T>(&self, mut work: impl FnMut(&mut Connection) -> Result<T, Failure>) -> Result<T, StoreError> {
        let mut again = !self.inner.in_process;
        loop {
            match self.once(&self.inner.readers, Role::Reader, &mut work) {
                Err(Failure::Database(error)) if again && lost_connection(&error) => again = false,
                outcome => return outcome.map_err(StoreError::from),
            }
        }
    }

    /// Runs `work` in one transaction that writes. It may run again after a deadlock. Everything that `work` changes
    /// is committed when this returns `Ok`, and nothing otherwise.
    pub(crate) fn write<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.once(&self.inner.writers, Role::Writer, &mut work) {
                Err(Failure::Database(error)) if tries <= RETRIES && may_retry(&error) => {
                    log::debug!("transaction tried again: {error}");
                }
                outcome => return outcome.map_err(StoreError::from),
            }
        }
    }

    /// Runs `work` on the writer outside of a transaction.
    pub(crate) fn outside<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut pooled = self.inner.writers.get().map_err(away)?;
        work(&mut pooled.connection)
    }

    fn once<T>(
        &self,
        pool: &Pool,
        role: Role,
        work: &mut dyn FnMut(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut pooled = pool.get().map_err(away)?;
        let outcome = transaction(&mut pooled.connection, role, work);
        if let Err(Failure::Database(error)) = &outcome {
            pooled.lost |= lost_connection(error);
        }
        outcome
    }
}

fn away(error: r2d2::Error) -> StoreError {
    StoreError::Unavailable(format!("no connection to the database: {error}"))
}

fn transaction<T>(
    connection: &mut Connection,
    role: Role,
    work: &mut dyn FnMut(&mut Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    connection.begin(role)?;
    match work(connection) {
        Ok(value) => {
            connection.commit()?;
            Ok(value)
        }
        Err(error) => {
            let rolled_back: QueryResult<()> = connection.roll_back();
            match (rolled_back, error) {
                // A connection that cannot roll back is lost, whatever happened before.
                (Err(lost), Failure::Database(_)) => Err(Failure::Database(lost)),
                (_, error) => Err(error),
            }
        }
    }
}

/// Why a transaction failed: the database's error as it is, so that it can be judged whether to try again.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error of the database.
    Database(diesel::result::Error),
    /// Anything else.
    Store(StoreError),
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Database(error) => error.into(),
            Failure::Store(error) => error,
        }
    }
}
