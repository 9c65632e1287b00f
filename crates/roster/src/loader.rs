//! What is fetched in the background: groups, and orders of their lists.

use crate::snapshot::Snapshot;
use membership::{GroupKey, OrderKey, State};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Something to be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Errand {
    Load(GroupKey),
    Order(i64, State, Vec<OrderKey>),
    /// More is in memory than may be.
    Trim,
    /// What filters read does not stand in runs.
    Gather,
}

impl Errand {
    /// What is of a lower rank comes first: groups before orders, of which anybody may ask for as many as there are, and
    /// both before gathering, which makes filters faster, but is nothing that anybody waits for.
    const fn rank(&self) -> u8 {
        match self {
            Self::Load(_) | Self::Trim => 0,
            Self::Order(..) => 1,
            Self::Gather => 2,
        }
    }

    /// Whether the other need not be run where this waits: the same, or another order of the same list, which is asked for
    /// again when it is still wanted.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Order(group, state, _), Self::Order(other, its, _)) => group == other && state == its,
            _ => self == other,
        }
    }
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
    /// What nobody needs any more, to be let go by who has the time.
    discarded: Vec<Arc<Snapshot>>,
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
        if jobs.waiting.len() >= WAITING || jobs.waiting.iter().any(|other| other.is_like(&job)) {
            return;
        }
        let before = jobs.waiting.iter().take_while(|other| other.rank() <= job.rank()).count();
        jobs.waiting.insert(before, job);
        self.changed.notify_all();
    }

    /// Lets go of a snapshot in the background: to give back what a large group took takes longer than an answer.
    pub(crate) fn discard(&self, snapshot: Arc<Snapshot>) {
        let mut jobs = self.lock();
        if !jobs.closed {
            jobs.discarded.push(snapshot);
            self.changed.notify_all();
        }
    }

    /// The next one, when there is one; `None` when there will be none any more.
    pub(crate) fn next(&self) -> Option<Errand> {
        let mut jobs = self.lock();
        jobs.current = None;
        self.changed.notify_all();
        loop {
            let idle = |jobs: &mut Jobs| jobs.waiting.is_empty() && jobs.discarded.is_empty() && !jobs.closed;
            jobs = self.changed.wait_while(jobs, idle).unwrap_or_else(PoisonError::into_inner);
            if jobs.discarded.is_empty() {
                break;
            }
            let discarded = std::mem::take(&mut jobs.discarded);
            drop(jobs);
            discarded.into_iter().for_each(let_go);
            jobs = self.lock();
        }
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

/// Waits a little until no reader has it, so that none of them is the last one and does the work.
fn let_go(snapshot: Arc<Snapshot>) {
    for _ in 0..20 {
        if Arc::strong_count(&snapshot) == 1 {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_come_before_orders_and_gathering_last() {
        let load = |number| Errand::Load(GroupKey::Number(number));
        let order = |group| Errand::Order(group, State::Member, Vec::new());
        let queue = Queue::default();
        let all = [Errand::Gather, order(1), load(1), Errand::Gather, load(2), order(2), Errand::Trim, order(1)];
        all.into_iter().for_each(|job| queue.put(job));
        let come: Vec<Errand> = (0..6).filter_map(|_| queue.next()).collect();
        assert_eq!(come, [load(1), load(2), Errand::Trim, order(1), order(2), Errand::Gather]);
        queue.close();
        assert_eq!(queue.next(), None);
    }
}
