//! What is remembered of each client for a rate. However many there are, the memory is bounded.

use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many clients a rate remembers at most. Who was not heard of for longest is forgotten first.
pub(super) const MOST: usize = 1 << 17;

/// Parts with a lock each, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// How many clients one generation of a part holds.
const GENERATION: usize = MOST / SHARDS / 2;

/// A question about one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Probe {
    /// Who.
    pub key: u64,
    /// Whether a request is counted, or only asked whether one would be let through.
    pub spend: bool,
}

/// The state of every client that was heard of lately.
pub(super) struct Keys {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
}

/// Two generations. Who is heard of is in the young one. When that is full it becomes the old one, and the old one is
/// forgotten: so none of this takes longer the more clients there are.
#[derive(Default)]
struct Shard {
    young: HashMap<u64, Nanos>,
    old: HashMap<u64, Nanos>,
}

impl Shard {
    fn state(&self, key: u64) -> Option<Nanos> {
        self.young.get(&key).or_else(|| self.old.get(&key)).copied()
    }

    fn remember(&mut self, key: u64, state: Nanos) {
        if let Some(known) = self.young.get_mut(&key) {
            *known = state;
            return;
        }
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, state);
    }
}

impl Keys {
    pub fn new() -> Self {
        let shards = std::iter::repeat_with(Mutex::default).take(SHARDS).collect();
        Self { shards, hasher: RandomState::new() }
    }

    fn shard(&self, key: u64) -> Option<MutexGuard<'_, Shard>> {
        let at = self.hasher.hash_one(key) as usize % SHARDS;
        self.shards.get(at).map(lock)
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl StateStore for Keys {
    type Key = Probe;

    fn measure_and_replace<T, F, E>(&self, probe: &Probe, judge: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let Some(mut shard) = self.shard(probe.key) else { return judge(None).map(|(told, _)| told) };
        let before = shard.state(probe.key);
        let judged = judge(before);
        let after = match &judged {
            Ok((_, after)) if probe.spend => Some(*after),
            Ok(_) => None,
            // Who is refused is heard of too: asking on must not make a client forgotten.
            Err(_) => before,
        };
        if let Some(after) = after {
            shard.remember(probe.key, after);
        }
        judged.map(|(told, _)| told)
    }
}

impl ShrinkableKeyedStateStore<Probe> for Keys {
    fn retain_recent(&self, drop_below: Nanos) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            let Shard { young, old } = &mut *shard;
            for states in [young, old] {
                states.retain(|_, state| *state > drop_below);
                if states.capacity() > 64 + 4 * states.len() {
                    states.shrink_to_fit();
                }
            }
        }
    }

    fn len(&self) -> usize {
        self.shards.iter().map(lock).map(|shard| shard.young.len() + shard.old.len()).sum()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
