//! Connections to either database, and how each is set up.

pub use crate::any::AnyConnection as Connection;
use crate::error::StoreError;
use crate::url::DatabaseUrl;
use diesel::connection::{AnsiTransactionManager, Connection as _, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;
use diesel::{ConnectionError, QueryResult};
use std::path::Path;
use std::time::Duration;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reading only.
    Reader,
    /// Reading and writing.
    Writer,
}

/// How long SQLite waits for another process that writes.
const BUSY_MILLISECONDS: u32 = 5_000;

impl Connection {
    /// Connects and sets up.
    pub fn open(url: &DatabaseUrl, file: Option<&Path>, role: Role, statement: Duration) -> Result<Self, StoreError> {
        let away = |error: ConnectionError| StoreError::Unavailable(error.to_string());
        match (url, file) {
            (DatabaseUrl::Postgres(url), _) => {
                let mut connection = PgConnection::establish(&url.for_libpq()).map_err(away)?;
                let milliseconds = statement.as_millis();
                connection.batch_execute(&format!(
                    "SET statement_timeout = {milliseconds}; SET lock_timeout = {milliseconds}; \
                     SET idle_in_transaction_session_timeout = 60000; SET client_min_messages = warning; \
                     SET client_encoding = 'UTF8'; SET timezone = 'UTC'; SET standard_conforming_strings = on"
                ))?;
                Ok(Self::Postgres(connection))
            }
            (_, Some(file)) => {
                let path = file.to_str().ok_or_else(|| StoreError::Unavailable("the path is not UTF-8".to_owned()))?;
                let mut connection = SqliteConnection::establish(path).map_err(away)?;
                set_up_sqlite(&mut connection, role)?;
                Ok(Self::Sqlite(connection))
            }
            (_, None) => Err(StoreError::Fault("an SQLite database without a file".to_owned())),
        }
    }

    /// Begins a transaction: one snapshot for a reader, a lock on SQLite for a writer.
    pub fn begin(&mut self, role: Role) -> QueryResult<()> {
        match (self, role) {
            (Self::Sqlite(c), Role::Reader) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
            (Self::Sqlite(c), Role::Writer) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
            (Self::Postgres(c), Role::Reader) => AnsiTransactionManager::begin_transaction_sql(
                c,
                "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
            ),
            (Self::Postgres(c), Role::Writer) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
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

/// Write-ahead log, so that readers never wait for the writer; a memory map and a cache large enough for the upper
/// levels of every index.
fn set_up_sqlite(connection: &mut SqliteConnection, role: Role) -> QueryResult<()> {
    connection.batch_execute(&format!("PRAGMA busy_timeout = {BUSY_MILLISECONDS}"))?;
    if role == Role::Writer {
        connection.batch_execute("PRAGMA journal_mode = WAL")?;
    }
    connection.batch_execute(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -16384; PRAGMA mmap_size = 1073741824",
    )?;
    if role == Role::Reader { connection.batch_execute("PRAGMA query_only = ON") } else { Ok(()) }
}
