//! SQLite set up for a large import, and back again.
//!
//! Every row goes into several indexes at places far from each other. With the cache that serves readers well, each
//! transaction would read and write most pages of these indexes more than once. The commits need not be waited for
//! one by one either: what a loss of power takes away is whole batches from the end, and importing again does them.

use crate::connection::Connection;
use crate::{Store, StoreError};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// From how many rows on it is worth it.
const LARGE: u64 = 20_000;
/// The cache while importing, in KiB (negative: that is how SQLite tells KiB from pages).
const CACHE: i64 = -524_288;
/// After how many pages in the write-ahead log they are copied into the database, while importing.
const CHECKPOINT: i64 = 65_536;
/// The same otherwise: SQLite's own default. It cannot be asked for by a query.
const USUAL_CHECKPOINT: i64 = 1_000;

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

/// What the writer's cache was.
pub(super) struct Tuned {
    cache: i64,
}

impl Tuned {
    /// Sets the writer up for `rows` rows; `None` where there is nothing to do.
    pub fn for_rows(store: &Store, rows: u64) -> Result<Option<Self>, StoreError> {
        if rows < LARGE {
            return Ok(None);
        }
        store.outside(|connection| {
            let Connection::Sqlite(inner) = connection else { return Ok(None) };
            let query = diesel::sql_query("SELECT cache_size AS value FROM pragma_cache_size");
            let cache = query.get_result::<Setting>(inner)?.value;
            set(inner, CACHE, CHECKPOINT, "NORMAL")?;
            Ok(Some(Self { cache }))
        })
    }

    /// Makes all that was committed outlive a loss of power: an update that changes nothing, committed as usual.
    pub fn make_durable(&self, store: &Store) -> Result<(), StoreError> {
        store.outside(|connection| {
            let Connection::Sqlite(inner) = connection else { return Ok(()) };
            inner.batch_execute("PRAGMA synchronous = FULL")?;
            inner.batch_execute("BEGIN IMMEDIATE; UPDATE counters SET last = last; COMMIT")?;
            Ok(())
        })
    }

    /// Sets the writer back, and brings what was written into the database, so that the next start need not.
    pub fn back(&self, store: &Store) -> Result<(), StoreError> {
        store.outside(|connection| {
            let Connection::Sqlite(inner) = connection else { return Ok(()) };
            set(inner, self.cache, USUAL_CHECKPOINT, "FULL")?;
            // Readers may keep it from finishing; then a later one does.
            inner.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
            Ok(())
        })
    }
}

fn set(inner: &mut SqliteConnection, cache: i64, checkpoint: i64, synchronous: &str) -> QueryResult<()> {
    inner.batch_execute(&format!(
        "PRAGMA cache_size = {cache}; PRAGMA wal_autocheckpoint = {checkpoint}; PRAGMA synchronous = {synchronous}"
    ))
}
