//! SQLite during a large import, which has a connection of its own: what others commit meanwhile is as durable as ever.
//!
//! Every row goes into several indexes at places far from each other. With the cache that serves readers well, each
//! transaction would read and write most pages of these indexes more than once. The commits need not be waited for
//! one by one either: what a loss of power takes away is whole batches from the end, and importing again does them.
//! And what a batch wrote to the write-ahead log is copied into the database while the next batch is being written, by
//! a thread of its own: much of that is waiting for the disk.

use crate::turns::LongWork;
use crate::wal::Log;
use crate::{Store, StoreError};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;
use std::time::{Duration, Instant};

/// From how many rows on it is worth it.
pub(super) const LARGE: u64 = 20_000;
/// How many bytes in the write-ahead log are enough for waiting until they are all in the database, after which the log
/// begins anew. What the batch that makes it as long has written comes on top.
const LONG_LOG: i64 = 512 << 20;
/// How long to wait for another process that copies the log into the database, as each does that commits while it is
/// long.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to keep others from writing for that.
const SHORT_PATIENCE: Duration = Duration::from_millis(100);
/// How often to look whether it has done.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
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
        if rows < LARGE || !store.in_process() || store.is_unseen() {
            return Ok(None);
        }
        Ok(Some(Self { store: store.loader()?, shared: store.clone() }))
    }

    /// Makes all that was committed outlive a loss of power: an update that changes nothing, committed as usual.
    pub fn make_durable(&self) -> Result<(), StoreError> {
        self.shared.write(|connection| Ok(connection.batch_execute("UPDATE counters SET last = last")?))
    }

    /// Brings what was written into the database, so that the next start need not.
    fn copy(&self) -> Result<(), StoreError> {
        // Nobody can write while the log is cut off, so there had better be nothing left to copy then. Readers may keep
        // it from finishing; then a later one does.
        Log::copy(&self.store)?;
        self.store.outside(|connection| Ok(connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?))
    }
}

impl Drop for Tuned {
    /// However the import ends.
    fn drop(&mut self) {
        if let Err(error) = self.copy() {
            log::warn!("the write-ahead log may stay long after an import: {error}");
        }
    }
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

/// The thread that copies the log into the database.
pub(super) struct Checkpoints<'a> {
    store: &'a Store,
    wake: Sender<()>,
    copied: Receiver<()>,
    /// Whether the thread has something to do, of which it has not told.
    busy: bool,
    /// How many pages make the log long.
    long: i64,
}

impl<'a> Checkpoints<'a> {
    /// Starts the thread. It ends with this.
    pub fn start<'scope>(scope: &'scope Scope<'scope, '_>, store: &'a Store) -> Result<Self, StoreError>
    where
        'a: 'scope,
    {
        let page_size = store.reader_outside(|connection| {
            let query = diesel::sql_query("SELECT page_size AS value FROM pragma_page_size");
            Ok(query.get_result::<Setting>(connection)?.value)
        })?;
        let (wake, woken) = channel();
        let (tell, copied) = channel();
        scope.spawn(move || {
            for () in woken {
                warn(Log::copy(store).map(drop));
                if tell.send(()).is_err() {
                    return;
                }
            }
        });
        Ok(Self { store, wake, copied, busy: false, long: LONG_LOG / page_size.max(1) })
    }

    /// To be called between two batches. When the log has become long this waits until all of it is in the database,
    /// so that whoever writes next begins it anew. A reader that still needs the log only puts that off.
    pub fn between_batches(&mut self, work: &mut LongWork<'_>) {
        // As it is now, the last batch included.
        let pages = Log::of(self.store).map_or(0, |now| now.log);
        let long = pages >= self.long;
        log::debug!("{pages} pages in the write-ahead log");
        if self.busy {
            self.busy = !if long { self.copied.recv().is_ok() } else { self.copied.try_recv().is_ok() };
        }
        if long {
            warn(copy_all(self.store, work));
        } else if !self.busy {
            self.busy = self.wake.send(()).is_ok();
        }
    }
}

/// Copies until nothing is left in the log that is not in the database, but for what a reader still needs.
fn copy_all(store: &Store, work: &mut LongWork<'_>) -> Result<(), StoreError> {
    let copy = |patience: Duration| -> Result<(), StoreError> {
        let begun = Instant::now();
        while Log::copy(store)?.busy != 0 && begun.elapsed() < patience {
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    };
    copy(PATIENCE)?;
    // What others have written meanwhile is little; while that is copied they wait, or there would always be some left.
    work.write(|_| Ok(copy(SHORT_PATIENCE)?))
}

/// The log grows until a later time succeeds.
fn warn(copied: Result<(), StoreError>) {
    if let Err(error) = copied {
        log::warn!("the write-ahead log cannot be brought into the database: {error}");
    }
}
