//! Connections to either database, and how each is set up.

pub use crate::any::AnyConnection as Connection;
use crate::deadline;
use crate::error::StoreError;
use crate::turns::{self, BUSY_MILLISECONDS};
use crate::url::DatabaseUrl;
use diesel::connection::{AnsiTransactionManager, Connection as _, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;
use diesel::{ConnectionError, QueryResult};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reading only.
    Reader,
    /// Reading and writing.
    Writer,
    /// Writing very much, in SQLite beside the writer of everybody: see [`set_up_for_much`].
    Loader,
    /// Writing an SQLite file that nobody else sees: see [`set_up_unseen`].
    Maker,
}

impl Connection {
    /// Connects and sets up.
    pub fn open(url: &DatabaseUrl, file: Option<&Path>, role: Role, statement: Duration) -> Result<Self, StoreError> {
        match (url, file) {
            (DatabaseUrl::Postgres(url), _) => {
                let away = |error: ConnectionError| StoreError::Unavailable(url.without_secrets(&error.to_string()));
                let mut connection = PgConnection::establish(&url.for_libpq()).map_err(away)?;
                let milliseconds = statement.as_millis();
                connection.batch_execute(&format!(
                    "SET statement_timeout = {milliseconds}; SET lock_timeout = {milliseconds}; \
                     SET idle_in_transaction_session_timeout = 60000; SET client_min_messages = warning; \
                     SET client_encoding = 'UTF8'; SET timezone = 'UTC'; SET standard_conforming_strings = on"
                ))?;
                speak_english(&mut connection);
                Ok(Self::Postgres(connection))
            }
            (_, Some(file)) => {
                let path = file.to_str().ok_or_else(|| StoreError::Unavailable("the path is not UTF-8".to_owned()))?;
                if role != Role::Reader {
                    make_private(file).map_err(|e| StoreError::Unavailable(format!("{path}: {e}")))?;
                }
                let away = |error: ConnectionError| StoreError::Unavailable(error.to_string());
                let mut connection = SqliteConnection::establish(&as_a_path(path)).map_err(away)?;
                set_up_sqlite(&mut connection, role)?;
                deadline::hold_to(&mut connection, statement)?;
                Ok(Self::Sqlite(connection))
            }
            (_, None) => Err(StoreError::Fault("an SQLite database without a file".to_owned())),
        }
    }

    /// Begins a transaction: one snapshot for a reader, a lock on SQLite for a writer.
    pub fn begin(&mut self, role: Role) -> QueryResult<()> {
        match (self, role) {
            (Self::Sqlite(c), Role::Reader) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
            (Self::Sqlite(c), Role::Writer | Role::Loader | Role::Maker) => turns::begin(c, role),
            (Self::Postgres(c), Role::Reader) => AnsiTransactionManager::begin_transaction_sql(
                c,
                "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
            ),
            (Self::Postgres(c), Role::Writer | Role::Loader | Role::Maker) => {
                AnsiTransactionManager::begin_transaction_sql(c, "BEGIN")
            }
        }
    }

    /// Lifts the limits on how long statements and locks may take, until the transaction ends: for work whose time
    /// depends on how much is stored. To be called in a transaction. SQLite holds only filters and orders to a limit.
    pub fn without_time_limits(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(c) => c.batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"),
        }
    }

    /// The same for as long as the connection lives, see [`crate::store::Store::apart`].
    pub fn no_limits_for_the_session(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(c) => c.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0"),
        }
    }

    /// Ends the transaction.
    pub fn commit(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(c) => AnsiTransactionManager::commit_transaction(c),
            Self::Postgres(c) => AnsiTransactionManager::commit_transaction(c),
        }
    }

    /// Gives the transaction up. A connection that cannot even do that is found broken later.
    pub fn roll_back(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(c) => AnsiTransactionManager::rollback_transaction(c),
            Self::Postgres(c) => AnsiTransactionManager::rollback_transaction(c),
        }
    }
}

/// Messages in English, since some errors are told in words only. A superuser may choose the language; from PostgreSQL
/// 15 on others may whom `GRANT SET ON PARAMETER lc_messages` allows it. Whoever may not keeps the server's language;
/// in a block of its own the refusal is caught and not written to the server's log.
fn speak_english(connection: &mut PgConnection) {
    let asked = connection.batch_execute(
        "DO $$ BEGIN PERFORM set_config('lc_messages', 'C', false); \
         EXCEPTION WHEN insufficient_privilege THEN NULL; END $$",
    );
    if let Err(error) = asked {
        log::debug!("the language of messages stays: {error}");
    }
}

/// Makes the file when it is not there, for its owner only: it holds personal data. SQLite gives the files beside it
/// the same mode. A file that is there keeps its mode; it is not even opened here, since closing it again would
/// release the locks that other connections of this process hold on it.
fn make_private(file: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// The path as SQLite takes it: what begins with `file:` would be a URI with options, and `:memory:` no file.
fn as_a_path(path: &str) -> std::borrow::Cow<'_, str> {
    if path.starts_with("file:") || path.starts_with(':') { format!("./{path}").into() } else { path.into() }
}

/// Write-ahead log, so that readers never wait for the writer; a memory map and a cache large enough for the upper
/// levels of every index.
fn set_up_sqlite(connection: &mut SqliteConnection, role: Role) -> QueryResult<()> {
    connection.batch_execute(&format!("PRAGMA busy_timeout = {BUSY_MILLISECONDS}"))?;
    if role != Role::Reader {
        // A page size is taken by a new file only. With this one a tree of a million persons has a level less than with
        // SQLite's own 4096, so that rows are found faster, and an import writes fewer pages.
        connection.batch_execute("PRAGMA page_size = 8192")?;
    }
    if matches!(role, Role::Writer | Role::Loader) {
        keep_a_log(connection)?;
        // Whoever has committed sees to copying the log by other rules: see `wal::tend`.
        connection.batch_execute("PRAGMA wal_autocheckpoint = 0")?;
    }
    connection.batch_execute(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -16384; PRAGMA mmap_size = 1073741824",
    )?;
    match role {
        Role::Reader => connection.batch_execute("PRAGMA query_only = ON"),
        Role::Writer => Ok(()),
        Role::Loader => set_up_for_much(connection),
        Role::Maker => set_up_unseen(connection),
    }
}

/// Has the database keep a write-ahead log. Where several do that to a new one at once, SQLite lets none of them wait for
/// another, so that they would not wait for each other: whoever is refused tries again.
fn keep_a_log(connection: &mut SqliteConnection) -> QueryResult<()> {
    const APART: Duration = Duration::from_millis(10);
    let begun = Instant::now();
    loop {
        match connection.batch_execute("PRAGMA journal_mode = WAL") {
            Err(diesel::result::Error::DatabaseError(_, refused))
                if refused.message() == "database is locked" && begun.elapsed() < BUSY =>
            {
                std::thread::sleep(APART);
            }
            outcome => return outcome,
        }
    }
}

/// For how long.
const BUSY: Duration = Duration::from_millis(BUSY_MILLISECONDS as u64);

/// The cache of a connection that loads very much, in KiB (negative: that is how SQLite tells KiB from pages).
const LARGE_CACHE: i64 = -524_288;

/// A large cache, and commits that are not waited for: whoever loads sees to that.
/// Not for a connection that others write by: their commits would not outlive a loss of power either.
fn set_up_for_much(connection: &mut SqliteConnection) -> QueryResult<()> {
    connection.batch_execute(&format!("PRAGMA cache_size = {LARGE_CACHE}; PRAGMA synchronous = NORMAL"))
}

/// No log, nothing that is waited for, and no foreign keys: whoever makes the file gives it away whole or not at all, and
/// writes nothing that refers to what is not there. What is sorted for an index goes to temporary files when it is much,
/// and is sorted by a second thread meanwhile.
fn set_up_unseen(connection: &mut SqliteConnection) -> QueryResult<()> {
    connection.batch_execute(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; \
         PRAGMA temp_store = FILE; PRAGMA threads = 2; PRAGMA cache_size = -65536",
    )
}
