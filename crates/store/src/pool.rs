//! Pools of connections.

use crate::connection::{Connection, Role};
use crate::error::StoreError;
use crate::url::DatabaseUrl;
use diesel::connection::SimpleConnection;
use std::path::PathBuf;
use std::time::Duration;

/// How to reach the database and how many connections to keep.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the database is.
    pub url: DatabaseUrl,
    /// How many connections for reading (PostgreSQL: for everything), 1 at the least.
    pub pool_size: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// How long a statement may run. SQLite: one with a filter or an order.
    pub statement_timeout: Duration,
}

impl Settings {
    /// Eight connections, five seconds for one to be free, thirty for a statement.
    pub const fn new(url: DatabaseUrl) -> Self {
        Self { url, pool_size: 8, acquire_timeout: Duration::from_secs(5), statement_timeout: Duration::from_secs(30) }
    }
}

/// Makes connections for a pool.
#[derive(Clone, Debug)]
pub struct Manager {
    /// Where the database is.
    pub url: DatabaseUrl,
    /// The file of an SQLite database.
    pub file: Option<PathBuf>,
    /// What the connections are for.
    pub role: Role,
    /// How long a statement may run.
    pub statement_timeout: Duration,
}

impl Manager {
    /// Opens a connection in this role, whatever its own is.
    pub fn open(&self, role: Role) -> Result<Connection, StoreError> {
        Connection::open(&self.url, self.file.as_deref(), role, self.statement_timeout)
    }
}

/// A connection in a pool.
pub struct Pooled {
    /// The connection.
    pub connection: Connection,
    /// Set while it is used, and after an error that shows that it is gone; the pool then throws it away.
    pub lost: bool,
}

impl r2d2::ManageConnection for Manager {
    type Connection = Pooled;
    type Error = StoreError;

    fn connect(&self) -> Result<Pooled, StoreError> {
        Ok(Pooled { connection: self.open(self.role)?, lost: false })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), StoreError> {
        Ok(pooled.connection.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.lost
    }
}

/// A pool of connections of one role.
pub type Pool = r2d2::Pool<Manager>;

/// A connection taken out of one; goes back when dropped.
pub type Taken = r2d2::PooledConnection<Manager>;

/// Builds a pool and makes its first connection, so that a wrong address is told at once and in words.
pub fn build(manager: Manager, size: u32, acquire: Duration) -> Result<Pool, StoreError> {
    let first = r2d2::ManageConnection::connect(&manager)?;
    drop(first);
    Ok(r2d2::Pool::builder()
        .max_size(size.max(1))
        .min_idle(Some(1))
        .connection_timeout(acquire)
        // A round trip for each request would cost more than the request; a lost connection is noticed by its error.
        .test_on_check_out(false)
        .build_unchecked(manager))
}
