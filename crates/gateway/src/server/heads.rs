//! How far the change log has come: one number, read after a request came in, by which what is in memory is proven
//! current.

use super::gateway::guarded;
use super::proofs::Proofs;
use dialect::Refusal;
use membership::DirectoryError;
use roster::Roster;
use std::sync::Arc;
use std::time::Duration;
use store::{Direct, Seen};
use uuid::Uuid;

/// Reads it on the thread that serves the socket.
type ReadHere = Box<dyn Fn() -> Result<u64, DirectoryError> + Send + Sync>;

/// By whom the number is read.
pub enum Head {
    /// By whoever asks, on the thread that serves the socket, in some microseconds.
    Here(ReadHere),
    /// By one thread for all who wait; and by each thread that serves sockets for those who wait there, where such
    /// connections can be opened.
    There(Box<dyn FnMut() -> Result<Seen, DirectoryError> + Send>, Option<Direct>),
}

/// So many entries at the most are caught up with by whoever asks, on the thread that serves the socket; more take a
/// thread of their own.
const FEW: u64 = 64;

/// How long is waited for a proof that what is in memory is current. Whoever has none by then asks the store, where there
/// are only so many turns: what piles up while it says nothing is refused there.
const PATIENCE: Duration = Duration::from_millis(250);

/// Reads the number, and brings the roster up to it.
pub(super) struct Heads {
    /// Where it is read by whoever asks.
    here: Option<ReadHere>,
    roster: Arc<Roster>,
    proofs: Proofs,
}

impl Heads {
    /// Of the change log that the roster follows. Begins a thread, which ends with what this gives.
    pub fn of(head: Head, roster: Arc<Roster>) -> std::io::Result<Self> {
        let (here, there, direct) = match head {
            Head::Here(read) => (Some(read), None, None),
            Head::There(read, direct) => (None, Some(read), direct),
        };
        let proofs = Proofs::begin(there, direct, Arc::clone(&roster))?;
        Ok(Self { here, roster, proofs })
    }

    /// Whether it is read by whoever asks.
    pub const fn are_here(&self) -> bool {
        self.here.is_some()
    }

    /// The number of a change that was the last one at some time after this was called, and up to which the roster is
    /// current: read on this thread, as far as that takes no time. `None` where it takes time, or the store does not say.
    pub fn here(&self, id: Uuid) -> Result<Option<u64>, Refusal> {
        guarded(id, || self.at_once())
    }

    /// The same, by whichever way it is had, see [`shared`](Self::shared).
    pub async fn anywhere(&self, id: Uuid) -> Result<Option<u64>, Refusal> {
        match self.here(id)? {
            None => Ok(self.shared(PATIENCE).await),
            head => Ok(head),
        }
    }

    /// The same, read now.
    fn at_once(&self) -> Option<u64> {
        let read = self.here.as_ref()?;
        let known = self.roster.head();
        let head = read().inspect_err(tell).ok()?;
        if head < known {
            // The log is not the one that the roster has followed.
            return None;
        }
        match head.saturating_sub(self.roster.head()) {
            0 => Some(head),
            1..=FEW => self.roster.try_catch_up()?.inspect_err(tell).ok(),
            _ => None,
        }
    }

    /// The same, by what all share who ask at the same time. `None` when the store does not say it within `patience`, or
    /// when too many wait for it: whoever asked for something then gets it from the store, in turn.
    pub async fn shared(&self, patience: Duration) -> Option<u64> {
        self.proofs.next(patience).await
    }
}

pub(super) fn tell(error: &DirectoryError) {
    log::warn!("how far the change log has come is not known: {error}");
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use membership::record::PersonRecord;
    use membership::{By, Registrar};
    use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
    use store::{DatabaseUrl, Store};

    const LONG: Duration = Duration::from_secs(20);

    /// A store of one's own, with its schema.
    pub fn store() -> Store {
        let mut settings = crate::settings::Settings::built_in().expect("sound");
        settings.database.url = crate::settings::UrlText::new("sqlite::memory:");
        let settings = settings.store().expect("a store");
        assert_eq!(settings.url, DatabaseUrl::SqliteTemporary);
        let store = Store::open(&settings).expect("opens");
        store.migrate().expect("migrates");
        store
    }

    /// Makes a change: one more person.
    pub fn create(store: &Store, login: &str) {
        let record = PersonRecord { login: Some(login.to_owned()), ..PersonRecord::default() };
        store.create_person(&By { person: None, credential: None, now: 1 }, &record).expect("a person");
    }

    fn roster(store: &Store) -> Arc<Roster> {
        Roster::new(Arc::new(store.clone()), roster::Settings { bytes: 0, behind: 1_000, ready: [""; 4] })
    }

    #[actix_web::test]
    async fn whatever_was_committed_before_is_seen_here_and_in_line() {
        let store = store();
        let (roster, asked) = (roster(&store), store.clone());
        let heads = Heads::of(Head::Here(Box::new(move || asked.head_now())), Arc::clone(&roster)).expect("a thread");
        assert_eq!(heads.at_once(), Some(0));
        for round in 1..=3 {
            create(&store, &format!("here-{round}"));
            assert_eq!((heads.at_once(), roster.head()), (Some(2 * round - 1), 2 * round - 1));
            create(&store, &format!("there-{round}"));
            assert_eq!(heads.shared(LONG).await, Some(2 * round));
            assert_eq!(roster.head(), 2 * round);
        }
        for more in 0..=FEW {
            create(&store, &format!("more-{more}"));
        }
        assert_eq!(heads.at_once(), None, "that takes a thread of its own");
        assert_eq!(heads.shared(LONG).await, Some(7 + FEW));
        assert_eq!(heads.at_once(), Some(7 + FEW));
    }

    #[actix_web::test]
    async fn by_one_thread_for_all_it_is_as_true() {
        let store = store();
        let roster = roster(&store);
        let mut reader = store.head_reader();
        let there = Head::There(Box::new(move || reader.ask()), None);
        let heads = Heads::of(there, Arc::clone(&roster)).expect("a thread");
        assert_eq!(heads.at_once(), None);
        for round in 1..=20 {
            create(&store, &format!("there-{round}"));
            let all = futures_util::future::join_all((0..10).map(|_| heads.shared(LONG))).await;
            assert!(all.iter().all(|head| *head == Some(round)), "{all:?}");
            assert_eq!(roster.head(), round);
        }
    }

    /// A database that was recovered to an earlier time: what was followed of its log says nothing any more.
    #[actix_web::test]
    async fn a_log_that_has_gone_back_is_followed_anew() {
        let store = store();
        let (said, roster) = (Arc::new(AtomicU64::new(0)), roster(&store));
        let say = Arc::clone(&said);
        let heads = Heads::of(Head::Here(Box::new(move || Ok(say.load(Ordering::SeqCst)))), Arc::clone(&roster));
        let heads = heads.expect("a thread");
        create(&store, "one");
        create(&store, "two");
        said.store(2, Ordering::SeqCst);
        assert_eq!((heads.at_once(), roster.epoch()), (Some(2), 0));
        said.store(1, Ordering::SeqCst);
        assert_eq!(heads.at_once(), None, "that is not the log which was followed");
        roster.begin_anew();
        assert_eq!((roster.epoch(), roster.head()), (1, 0));
        assert_eq!((heads.shared(LONG).await, roster.head()), (Some(2), 2), "from its beginning");
        assert_eq!(roster.last_credential_change().0, 1);
    }

    #[actix_web::test]
    async fn a_store_that_is_away_is_asked_again() {
        let (away, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let (is_away, count) = (Arc::clone(&away), Arc::clone(&asked));
        let here = Head::Here(Box::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            if is_away.load(Ordering::SeqCst) { Err(DirectoryError::Unavailable("away".into())) } else { Ok(0) }
        }));
        let heads = Heads::of(here, roster(&store())).expect("a thread");
        assert_eq!(heads.at_once(), None);
        away.store(false, Ordering::SeqCst);
        assert_eq!((heads.at_once(), asked.load(Ordering::SeqCst)), (Some(0), 2));
    }
}
