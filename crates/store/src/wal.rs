//! The write-ahead log of SQLite, and who copies it into the database.
//!
//! By itself SQLite lets whoever commits copy all that is in a long log. While another process imports much, that is what
//! the import has written, hundreds of megabytes, and a client waits for its reply meanwhile, with all who want to write
//! after it. So we see to it: a little is copied by whoever has committed, much by a thread of its own.

use crate::connection::Connection;
use crate::error::StoreError;
use crate::query::{Kind, Sql, Value};
use crate::store::Store;
use diesel::QueryResult;
use std::sync::atomic::Ordering;

/// From how many pages in the log on they are copied: SQLite's own default.
const LONG: i64 = 1_000;
/// How many pages whoever has committed copies at most, which takes some hundredths of a second. Few, since all who write
/// wait for that; not fewer, for only with nobody writing meanwhile is nothing left in the end, and the log begins anew.
const A_LITTLE: i64 = 4_000;

/// How the log stands.
pub(crate) struct Log {
    /// Not 0 when somebody else was copying it, so that nothing was done.
    pub busy: i64,
    /// How many pages were written to it since it last began anew.
    pub log: i64,
    /// How many of them are in the database.
    pub checkpointed: i64,
}

impl Log {
    /// Looks only.
    pub fn of(store: &Store) -> Result<Self, StoreError> {
        store.reader_outside(|connection| Ok(checkpoint(connection, "NOOP")?))
    }

    /// Copies what no reader needs in it any more, unless somebody else is copying. Nobody waits for that.
    pub fn copy(store: &Store) -> Result<Self, StoreError> {
        store.reader_outside(|connection| Ok(checkpoint(connection, "PASSIVE")?))
    }
}

fn checkpoint(connection: &mut Connection, mode: &str) -> QueryResult<Log> {
    // As one that stays prepared: the log is looked at behind every commit.
    let (mut ask, mut told) = (Sql::new(connection), [0; 3]);
    ask.push("PRAGMA wal_checkpoint(").push(mode).push(")");
    ask.each(connection, &[Kind::Int; 3], |at, value| {
        let Value::Int(value) = value else { return None };
        *told.get_mut(at)? = value;
        Some(())
    })?;
    let [busy, log, checkpointed] = told;
    Ok(Log { busy, log, checkpointed })
}

/// To be called by whoever has committed, while nobody else of this process writes.
pub(crate) fn tend(store: &Store, connection: &mut Connection) {
    let tended = checkpoint(connection, "NOOP").and_then(|now| {
        if now.log < LONG {
            return Ok(());
        }
        if now.log - now.checkpointed <= A_LITTLE {
            return checkpoint(connection, "PASSIVE").map(drop);
        }
        copy_apart(store);
        Ok(())
    });
    // What was committed is.
    if let Err(error) = tended {
        log::warn!("the write-ahead log cannot be brought into the database: {error}");
    }
}

/// Copies in a thread of its own, one at a time.
fn copy_apart(store: &Store) {
    if store.copying().swap(true, Ordering::AcqRel) {
        return;
    }
    let copying = store.clone();
    let begun = std::thread::Builder::new().name("checkpoint".to_owned()).spawn(move || {
        if let Err(error) = Log::copy(&copying) {
            log::warn!("the write-ahead log cannot be brought into the database: {error}");
        }
        copying.copying().store(false, Ordering::Release);
    });
    if let Err(error) = begun {
        // The next one tries again.
        log::warn!("no thread to copy the write-ahead log: {error}");
        store.copying().store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use diesel::connection::SimpleConnection;
    use std::time::{Duration, Instant};

    const FILL: &str = "INSERT INTO store_facts SELECT lower(hex(randomblob(16))), hex(randomblob(4000)) FROM \
                        (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ROWS) SELECT i FROM n)";

    /// Writes somewhat more pages than that.
    fn write(store: &Store, pages: i64) {
        let fill = FILL.replace("ROWS", &pages.to_string());
        store.write(|connection| Ok(connection.batch_execute(&fill)?)).expect("written");
    }

    fn on_a_file(test: impl FnOnce(&Store, &Store)) {
        let directory = tempfile::TempDir::new().expect("a directory");
        let url = format!("sqlite://{}", directory.path().join("wal.db").display());
        let open = || Store::open(&Settings::new(url.parse().expect("a URL"))).expect("opens");
        let (one, other) = (open(), open());
        one.migrate().expect("migrates");
        test(&one, &other);
    }

    #[test]
    fn a_little_is_copied_by_whoever_commits_and_the_log_begins_anew() {
        on_a_file(|store, _| {
            write(store, LONG);
            let now = Log::of(store).expect("seen");
            assert!(now.log >= LONG && now.checkpointed == now.log, "{} of {}", now.checkpointed, now.log);
            write(store, 1);
            assert!(Log::of(store).expect("seen").log < LONG);
        });
    }

    #[test]
    fn much_is_copied_apart() {
        on_a_file(|store, other| {
            // As an import in another process does.
            write(&other.loader().expect("a writer of its own"), 3 * A_LITTLE);
            let before = Log::of(store).expect("seen");
            assert!(before.log - before.checkpointed > A_LITTLE, "{} of {}", before.checkpointed, before.log);
            let mut connection = store.take(crate::connection::Role::Writer).expect("nobody writes");
            let held = store.copying();
            assert!(!held.load(Ordering::Acquire));
            tend(store, &mut connection.connection);
            drop(connection);
            let begun = Instant::now();
            while held.load(Ordering::Acquire) || Log::of(store).is_ok_and(|now| now.checkpointed < now.log) {
                assert!(begun.elapsed() < Duration::from_secs(60), "not copied");
                std::thread::sleep(Duration::from_millis(5));
            }
            write(store, 1);
            assert!(Log::of(store).expect("seen").log < LONG, "begun anew");
        });
    }
}
