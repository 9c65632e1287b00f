//! What is known of the store, for whoever watches. Asking never waits long: while the store is away, the last that it
//! said stands, and that it is away.

use crate::metrics::Knowledge;
use actix_web::web;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use store::{Store, StoreError};
use tokio::sync::Semaphore;

/// How long the store may take to answer one who watches.
const PATIENCE: Duration = Duration::from_secs(1);

/// Of how much time counting takes at most one part: what it took before, so many times, lies between two counts.
const SHARE: u32 = 100;

/// The last that the store said.
pub(super) struct Figures {
    store: Store,
    known: Mutex<Known>,
    /// One asks at a time, so that asking again and again piles nothing up.
    turn: Arc<Semaphore>,
}

#[derive(Default)]
struct Known {
    knowledge: Knowledge,
    /// The head of the log for which the totals were counted, when that was and how long it took.
    counted: Option<(u64, Instant, Duration)>,
}

impl Figures {
    pub fn of(store: Store) -> Self {
        Self { store, known: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }
    }

    /// Asks the store, and gives what is known then.
    pub async fn ask(self: &Arc<Self>) -> Knowledge {
        let asking = async {
            let turn = Arc::clone(&self.turn).acquire_owned().await.ok()?;
            let figures = Arc::clone(self);
            let asked = web::block(move || {
                // Given back when the store has answered, however late that is.
                let _turn = turn;
                figures.learn()
            });
            asked.await.ok()
        };
        let answered = tokio::time::timeout(PATIENCE, asking).await;
        match &answered {
            Ok(Some(Ok(()))) => {}
            Ok(Some(Err(error @ StoreError::Fault(_)))) => log::error!("the store cannot be counted: {error}"),
            Ok(Some(Err(error))) => log::debug!("the figures stay those before: {error}"),
            Ok(None) | Err(_) => log::debug!("the figures stay those before: no answer within {PATIENCE:?}"),
        }
        let up = matches!(answered, Ok(Some(Ok(()))));
        Knowledge { up, ..self.known.lock().unwrap_or_else(PoisonError::into_inner).knowledge.clone() }
    }

    /// Reads the ends of the log. Counts only when something has changed since, and not too often.
    fn learn(&self) -> Result<(), StoreError> {
        let ends = self.store.log_ends()?;
        let writes = self.store.takes_writes();
        let last = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.knowledge.ends = Some(ends);
            known.knowledge.writes = writes;
            known.counted
        };
        if last.is_some_and(|(head, at, took)| head == ends.head || at.elapsed() < took * SHARE) {
            return Ok(());
        }
        let begun = Instant::now();
        let totals = self.store.totals()?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.knowledge.totals = Some(totals);
        known.counted = Some((ends.head, Instant::now(), begun.elapsed()));
        Ok(())
    }
}
