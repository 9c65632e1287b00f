//! How many passwords are judged at once. Each takes a core for some 20 ms and 19 MiB of memory, on purpose.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Lets so many through at once, and a few wait.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    freed: Condvar,
    width: usize,
    patience: Duration,
}

#[derive(Debug, Default)]
struct State {
    inside: usize,
    waiting: usize,
}

/// Being inside, until it is dropped.
pub(crate) struct Inside<'a>(&'a Gate);

impl Gate {
    /// A gate for `width` at once; as many wait, for `patience` at the most, so that threads which others need are not
    /// taken up by waiting.
    pub fn new(width: usize, patience: Duration) -> Self {
        Self { state: Mutex::default(), freed: Condvar::new(), width: width.max(1), patience }
    }

    /// Enters; `None` when there is no room in time.
    pub fn enter(&self) -> Option<Inside<'_>> {
        let mut state = self.state();
        if state.inside >= self.width {
            if state.waiting >= self.width {
                return None;
            }
            state.waiting += 1;
            let full = |state: &mut State| state.inside >= self.width;
            let waited = self.freed.wait_timeout_while(state, self.patience, full);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
            if state.inside >= self.width {
                return None;
            }
        }
        state.inside += 1;
        Some(Inside(self))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.state().inside -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_width_are_inside_and_no_more_than_that_wait() {
        let gate = Gate::new(2, Duration::from_millis(100));
        let (one, other) = (gate.enter().expect("room"), gate.enter().expect("room"));
        assert!(gate.enter().is_none(), "nobody leaves in time");
        drop(one);
        let third = gate.enter().expect("room again");
        drop((other, third));
        assert_eq!(gate.state().inside, 0);
    }

    #[test]
    fn whoever_waits_gets_in_when_another_leaves() {
        let gate = Gate::new(1, Duration::from_secs(30));
        let first = gate.enter().expect("room");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| gate.enter().is_some());
            while gate.state().waiting == 0 {
                std::thread::yield_now();
            }
            assert!(gate.enter().is_none(), "the second that would wait is turned away at once");
            drop(first);
            assert!(waiting.join().expect("ends"));
        });
    }
}
