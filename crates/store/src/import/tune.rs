//! SQLite during a large import, which has a connection of its own: what others commit meanwhile is as durable as ever.
//!
//! Every row goes into several indexes at places far from each other. With the cache that serves readers well, each
//! transaction would read and write most pages of these indexes more than once. The commits need not be waited for
//! one by one either: what a loss of power takes away is whole batches from the end, and importing again does them.
//! And what a batch wrote to the write-ahead log is copied into the database while the next batch is being written, by
//! a thread of its own: much of that is waiting for the disk.

use crate::connection::Connection;
use crate::{Store, StoreError};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;

/// From how many rows on it is worth it.
const LARGE: u64 = 20_000;
/// How many pages in the write-ahead log are enough for waiting until they are all in the database, after which the log
/// begins anew. Writing over a log costs half of what lengthening it does, so it had better stay short.
const LONG_LOG: i64 = 98_304;
/// After how many pages in the log a commit copies them, otherwise: SQLite's own default. It cannot be asked for by a
/// query.
const USUAL_CHECKPOINT: i64 = 1_000;

/// A store as a large import has it.
pub(super) struct Tuned {
    /// By a writer of its own.
    pub store: Store,
    /// The store of everybody.
    shared: Store,
}

impl Tuned {
    /// A connection for `rows` rows; `None` where the one of everybody will do.
    pub fn for_rows(store: &Store, rows: u64) -> Result<Option<Self>, StoreError> {
        if rows < LARGE || !store.in_process() {
            return Ok(None);
        }
        let tuned = Self { store: store.loader()?, shared: store.clone() };
        // While much is written, a small change by another must not have to copy all of it.
        tuned.checkpoint_after(0)?;
        Ok(Some(tuned))
    }

    /// Makes all that was committed outlive a loss of power: an update that changes nothing, committed as usual.
    pub fn make_durable(&self) -> Result<(), StoreError> {
        self.shared.outside(|connection| {
            Ok(connection.batch_execute("BEGIN IMMEDIATE; UPDATE counters SET last = last; COMMIT")?)
        })
    }

    /// After how many pages in the log a commit of others copies them; 0 for never.
    fn checkpoint_after(&self, pages: i64) -> Result<(), StoreError> {
        let sql = format!("PRAGMA wal_autocheckpoint = {pages}");
        self.shared.outside(|connection| Ok(connection.batch_execute(&sql)?))
    }

    /// Brings what was written into the database, so that the next start need not.
    fn copy(&self) -> Result<(), StoreError> {
        // Readers may keep it from finishing; then a later one does.
        self.store.outside(|connection| Ok(connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?))
    }
}

impl Drop for Tuned {
    /// However the import ends, the writer of everybody is set back.
    fn drop(&mut self) {
        if let Err(error) = self.checkpoint_after(USUAL_CHECKPOINT).and_then(|()| self.copy()) {
            log::warn!("the write-ahead log may stay long after an import: {error}");
        }
    }
}

#[derive(QueryableByName)]
struct Copied {
    /// Pages in the log.
    #[diesel(sql_type = BigInt)]
    log: i64,
}

/// The thread that copies the log into the database.
pub(super) struct Checkpoints {
    wake: Sender<()>,
    copied: Receiver<i64>,
    /// Whether the thread has something to do, of which it has not told.
    busy: bool,
    /// Pages in the log when it was last looked at.
    log: i64,
}

impl Checkpoints {
    /// Starts the thread. It ends with this.
    pub fn start<'scope>(scope: &'scope Scope<'scope, '_>, store: &'scope Store) -> Self {
        let (wake, woken) = channel();
        let (tell, copied) = channel();
        scope.spawn(move || {
            for () in woken {
                let pages = checkpoint(store).unwrap_or_else(|error| {
                    // It grows until a later one succeeds.
                    log::warn!("the write-ahead log cannot be brought into the database: {error}");
                    0
                });
                if tell.send(pages).is_err() {
                    return;
                }
            }
        });
        Self { wake, copied, busy: false, log: 0 }
    }

    /// To be called between two batches. When the log has become long this waits until all of it is in the database,
    /// so that the next batch begins it anew. A reader that still needs the log only puts that off.
    pub fn between_batches(&mut self) {
        let long = self.log >= LONG_LOG;
        if self.busy {
            let copied = if long { self.copied.recv().ok() } else { self.copied.try_recv().ok() };
            let Some(pages) = copied else { return };
            (self.busy, self.log) = (false, pages);
        }
        self.busy = self.wake.send(()).is_ok();
        if long && self.busy && self.copied.recv().is_ok() {
            (self.busy, self.log) = (false, 0);
        }
    }
}

/// Copies what no reader needs in the log any more. How many pages the log has.
fn checkpoint(store: &Store) -> Result<i64, StoreError> {
    store.reader_outside(|connection| {
        let Connection::Sqlite(inner) = connection else { return Ok(0) };
        let copied: Copied = diesel::sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(inner)?;
        Ok(copied.log)
    })
}
