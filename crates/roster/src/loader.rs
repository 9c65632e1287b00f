//! What is fetched in the background: groups, and orders of their lists.

use membership::{GroupKey, OrderKey, State};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Something to be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Errand {
    Load(GroupKey),
    Order(i64, State, Vec<OrderKey>),
}

/// What is to be fetched, each once.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    state: Mutex<Jobs>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Jobs {
    waiting: VecDeque<Errand>,
    current: Option<Errand>,
    closed: bool,
}

/// More than this are not kept; who comes later is asked for again when it is still wanted.
const WAITING: usize = 1_000;

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn put(&self, job: Errand) {
        let mut jobs = self.lock();
        if jobs.waiting.len() < WAITING && !jobs.waiting.contains(&job) {
            jobs.waiting.push_back(job);
            self.changed.notify_all();
        }
    }

    /// The next one, when there is one; `None` when there will be none any more.
    pub(crate) fn next(&self) -> Option<Errand> {
        let mut jobs = self.lock();
        jobs.current = None;
        self.changed.notify_all();
        let mut jobs = self
            .changed
            .wait_while(jobs, |jobs| jobs.waiting.is_empty() && !jobs.closed)
            .unwrap_or_else(PoisonError::into_inner);
        jobs.current = if jobs.closed { None } else { jobs.waiting.pop_front() };
        jobs.current.clone()
    }

    /// Waits until nothing is left to be fetched.
    pub(crate) fn settle(&self) {
        let busy = |jobs: &mut Jobs| !jobs.closed && (jobs.current.is_some() || !jobs.waiting.is_empty());
        drop(self.changed.wait_while(self.lock(), busy));
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}
