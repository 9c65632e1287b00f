//! Connections to SQLite that are asked for the head only.

use crate::connection::{Connection, Role};
use crate::error::StoreError;
use crate::head;
use crate::pool::Manager;
use crate::store::Failure;
use crate::wal_index::{Stamp, WalIndex};
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many connections a store keeps at most for [`crate::Store::head_now`].
const PLACES: usize = 64;

/// Each of them is asked by one thread as long as there are enough, so that none waits for another. They are opened when
/// they are first needed and closed with the store.
pub(crate) struct Places {
    all: [Mutex<Option<Place>>; PLACES],
    /// Whether the index was found not to tell of a commit: then none is believed any more.
    lied: AtomicBool,
    /// How often what [`told`](Self::told) gives was believed since SQLite was asked.
    believed: AtomicU32,
}

/// A connection, and what it was told last.
struct Place {
    connection: Connection,
    /// Of the database that the connection is to: as long as that is open, the index stays the one that all write to.
    index: Option<WalIndex>,
    /// The head, and how the index had stood before it was read.
    last: Option<(Stamp, u64)>,
    /// How often the index has been believed since.
    believed: u32,
}

/// After so many times the index is not believed but tried: on a file system of an odd kind two maps of one file may show
/// something else.
const TRIED: u32 = 4_096;

impl Default for Places {
    fn default() -> Self {
        Self { all: [const { Mutex::new(None) }; PLACES], lied: AtomicBool::new(false), believed: AtomicU32::new(0) }
    }
}

impl Places {
    /// The head, by the connection of this thread, unless the index tells that it is still the one before.
    pub fn ask(&self, manager: &Manager) -> Result<u64, Failure> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static PLACE: usize = THREADS.fetch_add(1, Ordering::Relaxed) % PLACES;
        }
        let place = PLACE.try_with(|place| *place).unwrap_or_default();
        let Some(place) = self.all.get(place) else {
            return Err(StoreError::Fault(format!("there is no place {place}")).into());
        };
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        // Stays away when it fails: nobody knows in what state it is.
        let mut asked = match place.take() {
            Some(asked) => asked,
            None => Place::open(manager)?,
        };
        if self.lied.load(Ordering::SeqCst) {
            asked.index = None;
        }
        let stamp = asked.stamp();
        let head = match asked.told(stamp).or_else(|| self.told_to_another(&mut asked, stamp)) {
            Some(head) => head,
            None => {
                let head = asked.head(stamp)?;
                match stamp {
                    Some(_) if asked.index.is_none() => self.lied.store(true, Ordering::SeqCst),
                    _ => self.believed.store(0, Ordering::Relaxed),
                }
                head
            }
        };
        *place = Some(asked);
        Ok(head)
    }

    /// The head, where another connection was told it since the index stands as it does: one asks for all threads.
    fn told_to_another(&self, asked: &mut Place, stamp: Option<Stamp>) -> Option<u64> {
        let (index, stamp) = (asked.index.as_ref()?, stamp?);
        if asked.believed >= TRIED || asked.last.is_some_and(|(before, _)| before == stamp) {
            return None;
        }
        // The one that asks is locked, so it is passed over.
        let head = self.all.iter().filter_map(|place| place.try_lock().ok()).find_map(|place| {
            let place = place.as_ref().filter(|place| place.index.as_ref().is_some_and(|other| other.is(index)))?;
            place.last.filter(|(told, _)| *told == stamp).map(|(_, head)| head)
        })?;
        asked.last = Some((stamp, head));
        asked.believed += 1;
        Some(head)
    }

    /// The head, without a question to SQLite: where the index tells that nothing was committed since one of the
    /// connections was told. `None` where that is not so, or all of them are in use, or it was believed too often.
    pub fn told(&self) -> Option<u64> {
        if self.lied.load(Ordering::SeqCst) || self.believed.fetch_add(1, Ordering::Relaxed) >= TRIED {
            return None;
        }
        self.all.iter().filter_map(|place| place.try_lock().ok()).find_map(|mut place| place.as_mut()?.told(None))
    }
}

impl Place {
    fn open(manager: &Manager) -> Result<Self, Failure> {
        let mut connection = manager.open(Role::Reader)?;
        // SQLite opens the index, and makes it, when something is read.
        head::ask(&mut connection)?;
        let index = if has_log(&mut connection)? { manager.file.as_deref().and_then(WalIndex::of) } else { None };
        Ok(Self { connection, index, last: None, believed: 0 })
    }

    fn stamp(&self) -> Option<Stamp> {
        self.index.as_ref().and_then(WalIndex::stamp)
    }

    /// The head, where the index stands as it stood when that was read, now or at the moment that is given. A connection
    /// that was not told anything yet does not know.
    fn told(&mut self, stamp: Option<Stamp>) -> Option<u64> {
        let (before, head) = self.last?;
        if self.believed >= TRIED || stamp.or_else(|| self.stamp()) != Some(before) {
            return None;
        }
        self.believed += 1;
        Some(head)
    }

    /// The head, by a question to SQLite, before which the index stood as is given.
    fn head(&mut self, stamp: Option<Stamp>) -> Result<u64, Failure> {
        let same = self.last.filter(|(before, _)| stamp.is_some_and(|stamp| stamp == *before));
        let head = head::ask(&mut self.connection)?;
        if same.is_some_and(|(_, before)| before != head) && self.stamp() == stamp {
            log::error!("the index of SQLite's log does not tell of a commit here, so it is not looked at any more");
            self.index = None;
        }
        // What is committed from here on changes the index, and what was committed since the look is in the head already.
        self.last = stamp.filter(|_| self.index.is_some()).map(|stamp| (stamp, head));
        self.believed = 0;
        Ok(head)
    }
}

/// Whether the database has a write-ahead log. A file beside one that has none would say nothing.
fn has_log(connection: &mut Connection) -> Result<bool, Failure> {
    #[derive(QueryableByName)]
    struct Mode {
        #[diesel(sql_type = Text)]
        journal_mode: String,
    }
    let mode: Mode = diesel::sql_query("PRAGMA journal_mode").get_result(connection)?;
    Ok(mode.journal_mode == "wal")
}
