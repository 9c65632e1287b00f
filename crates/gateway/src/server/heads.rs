//! How far the change log has come: one number, read after a request came in, by which what is in memory is proven
//! current.

use super::gateway::guarded;
use dialect::Refusal;
use membership::DirectoryError;
use roster::Roster;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// By whom the number is read.
pub enum Head {
    /// By whoever asks, on the thread that serves the socket, in some microseconds.
    Here(Box<dyn Fn() -> Result<u64, DirectoryError> + Send + Sync>),
    /// By one thread for all who wait.
    There(store::Heads),
}

/// One who waits until the roster has caught up.
type Waiting = (oneshot::Sender<Option<u64>>, Place);

/// So many may wait for the store to say something, those who have gone away meanwhile too.
const MOST: usize = 4_096;

/// The place of one of these, as long as nothing has been said.
struct Place(Arc<AtomicUsize>);

impl Place {
    /// A place, if there is one left.
    fn among(taken: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(Arc::clone(taken));
        (taken.fetch_add(1, Ordering::Relaxed) < MOST).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// So many entries at the most are caught up with by whoever asks, on the thread that serves the socket; more take a
/// thread of their own.
const FEW: u64 = 64;

/// How long is waited for a proof that what is in memory is current. Whoever has none by then asks the store, where there
/// are only so many turns: what piles up while it says nothing is refused there.
const PATIENCE: Duration = Duration::from_millis(250);

/// Reads the number, and brings the roster up to it.
pub(super) struct Heads {
    head: Head,
    roster: Arc<Roster>,
    line: mpsc::UnboundedSender<Waiting>,
    /// How many wait.
    waiting: Arc<AtomicUsize>,
    /// Up to which of the connections that the number was read by, see [`store::Heads::opened`], the roster has followed.
    trusted: Arc<AtomicU64>,
}

impl Heads {
    /// Of the change log that the roster follows. Begins a thread, which ends with what this gives.
    pub fn of(head: Head, roster: Arc<Roster>) -> std::io::Result<Self> {
        let (line, waiting) = mpsc::unbounded_channel();
        let followed = Arc::clone(&roster);
        let heads = match &head {
            Head::Here(_) => None,
            Head::There(heads) => Some(heads.clone()),
        };
        // Nothing was read before the first one.
        let trusted = Arc::new(AtomicU64::new(1));
        let trusts = Arc::clone(&trusted);
        let work = move || {
            catch_up(waiting, &followed, || {
                let opened = heads.as_ref().map_or(1, store::Heads::opened);
                if opened > trusts.load(Ordering::SeqCst) {
                    followed.begin_anew();
                    trusts.store(opened, Ordering::SeqCst);
                }
            });
        };
        std::thread::Builder::new().name("catch-up".to_owned()).spawn(work)?;
        Ok(Self { head, roster, line, waiting: Arc::default(), trusted })
    }

    /// Whether it is read by whoever asks.
    pub const fn are_here(&self) -> bool {
        matches!(self.head, Head::Here(_))
    }

    /// The number of a change that was the last one at some time after this was called, and up to which the roster is
    /// current: read on this thread, as far as that takes no time. `None` where it takes time, or the store does not say.
    pub fn here(&self, id: Uuid) -> Result<Option<u64>, Refusal> {
        if self.are_here() { guarded(id, || self.at_once()) } else { Ok(None) }
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
        let Head::Here(read) = &self.head else { return None };
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
        tokio::time::timeout(patience, self.in_line()).await.ok()?
    }

    async fn in_line(&self) -> Option<u64> {
        if let Head::There(heads) = &self.head {
            let (sender, receiver) = oneshot::channel();
            let (place, known) = (Place::among(&self.waiting)?, self.roster.head());
            // Whoever has gone away needs no answer.
            heads.ask(move |head| {
                drop(place);
                let _ = sender.send(head.inspect_err(tell).ok());
            });
            let head = receiver.await.ok()??;
            let is_the_same = known <= head && self.trusted.load(Ordering::SeqCst) == heads.opened();
            if is_the_same && head <= self.roster.head() {
                return Some(head);
            }
        }
        let (sender, receiver) = oneshot::channel();
        self.line.send((sender, Place::among(&self.waiting)?)).ok()?;
        receiver.await.ok()?
    }
}

/// Has the roster catch up once for all who came before it began to; for those who come meanwhile once more. Before that it
/// has to `doubt` whether the log is still the one that the roster has followed.
fn catch_up(mut line: mpsc::UnboundedReceiver<Waiting>, roster: &Roster, doubt: impl Fn()) {
    let mut waiting = Vec::new();
    while let Some(first) = line.blocking_recv() {
        waiting.push(first);
        while let Ok(next) = line.try_recv() {
            waiting.push(next);
        }
        let caught = catch_unwind(AssertUnwindSafe(|| {
            doubt();
            roster.catch_up()
        }));
        if caught.is_err() {
            // Nobody knows what it left.
            roster.begin_anew();
        }
        let head = caught.ok().and_then(|head| head.inspect_err(tell).ok());
        for (one, place) in waiting.drain(..) {
            drop(place);
            // As above.
            let _ = one.send(head);
        }
    }
}

fn tell(error: &DirectoryError) {
    log::warn!("how far the change log has come is not known: {error}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use membership::record::PersonRecord;
    use membership::{By, Registrar};
    use std::sync::atomic::AtomicBool;
    use store::{DatabaseUrl, Store};

    const LONG: Duration = Duration::from_secs(20);

    fn store() -> Store {
        let mut settings = crate::settings::Settings::built_in().expect("sound");
        settings.database.url = crate::settings::UrlText::new("sqlite::memory:");
        let settings = settings.store().expect("a store");
        assert_eq!(settings.url, DatabaseUrl::SqliteTemporary);
        let store = Store::open(&settings).expect("opens");
        store.migrate().expect("migrates");
        store
    }

    fn create(store: &Store, login: &str) {
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
        let heads = Heads::of(Head::There(store.heads().expect("a thread")), Arc::clone(&roster)).expect("a thread");
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

    #[test]
    fn only_so_many_wait() {
        let taken = Arc::default();
        let mut places: Vec<Place> = (0..MOST).filter_map(|_| Place::among(&taken)).collect();
        assert_eq!(places.len(), MOST);
        assert!(Place::among(&taken).is_none() && Place::among(&taken).is_none());
        places.pop();
        places.extend(Place::among(&taken));
        assert!(places.len() == MOST && Place::among(&taken).is_none());
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
