//! Doing once what many ask for at the same time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Work that one does for all who came before it was begun.
#[derive(Debug)]
pub(crate) struct Turns<S, T> {
    /// How many turns have been begun.
    begun: AtomicU64,
    held: Mutex<Held<S, T>>,
}

/// What the turns work on, and what came of the last one.
#[derive(Debug)]
pub(crate) struct Held<S, T> {
    pub(crate) state: S,
    last: Option<(u64, T)>,
}

impl<S, T: Clone> Turns<S, T> {
    pub(crate) const fn new(state: S) -> Self {
        Self { begun: AtomicU64::new(0), held: Mutex::new(Held { state, last: None }) }
    }

    /// What comes of `work` when it is begun now or later, be it by this call or by another.
    pub(crate) fn join(&self, work: impl FnOnce(&mut S) -> T) -> T {
        // One that begins behind this sees all that this caller could know of.
        let before = self.begun.load(Ordering::SeqCst);
        let mut held = self.lock();
        match &held.last {
            Some((turn, outcome)) if *turn > before => outcome.clone(),
            _ => {
                let turn = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
                let outcome = work(&mut held.state);
                held.last = Some((turn, outcome.clone()));
                outcome
            }
        }
    }

    /// The same, unless another is at it or `work` does not want to.
    pub(crate) fn try_join(&self, work: impl FnOnce(&mut S) -> Option<T>) -> Option<T> {
        let mut held = match self.held.try_lock() {
            Ok(held) => held,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let turn = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let outcome = work(&mut held.state)?;
        held.last = Some((turn, outcome.clone()));
        Some(outcome)
    }

    /// What the turns work on, for something else, between two turns.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Held<S, T>> {
        // Who panicked left what stood before: a new state is put in place as a whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Barrier};

    #[test]
    fn who_waits_shares_a_turn_that_began_behind_the_coming() {
        let turns: Arc<Turns<u64, u64>> = Arc::new(Turns::new(0));
        let started = Arc::new(Barrier::new(2));
        let first = {
            let (turns, started) = (Arc::clone(&turns), Arc::clone(&started));
            std::thread::spawn(move || {
                turns.join(|count| {
                    started.wait();
                    std::thread::sleep(std::time::Duration::from_millis(50));
                    *count += 1;
                    *count
                })
            })
        };
        started.wait();
        // All come while the first one, which may have read too early for them, is at it.
        let others: Vec<_> = (0..8)
            .map(|_| {
                let turns = Arc::clone(&turns);
                std::thread::spawn(move || {
                    turns.join(|count| {
                        *count += 1;
                        *count
                    })
                })
            })
            .collect();
        assert_eq!(first.join().expect("no panic"), 1);
        for other in others {
            assert!(other.join().expect("no panic") >= 2, "the turn that was at it is none for who came behind it");
        }
        assert!(turns.lock().state < 9, "several shared one turn");
    }
}
