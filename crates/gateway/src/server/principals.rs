//! Credentials that let somebody in lately, so that they need not be looked up for every request.
//!
//! One is good for exactly as long as no change has been committed that may concern credentials or whom they belong to:
//! it is kept with a number of the change log that was read *before* it was looked up, and whoever asks brings the
//! number of the last such change, as it was committed when the request came in. So a revocation is in force at once,
//! by whichever gateway it was made. Whether it has expired is judged each time.

use access::{CredentialKind, SecretHash};
use dialect::Known;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Parts with a lock each, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// How many credentials one generation of a part holds: there are never more than 32,768 in all.
const GENERATION: usize = 1024;

/// What was presented: for which dialect, what kind of thing, and the hash of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub audience: &'static str,
    pub kind: CredentialKind,
    pub secret: SecretHash,
}

/// An epoch of the roster, which tells logs from each other, and the number of a change.
pub(super) type Mark = (u64, u64);

struct Kept {
    known: Known,
    /// The epoch of the roster, and in it the number of a change that had been committed when it was looked up.
    read_at: Mark,
}

/// Two generations. Who asks is put into the young one; when that is full it becomes the old one, and the old one is
/// forgotten.
#[derive(Default)]
struct Shard {
    young: HashMap<Key, Kept>,
    old: HashMap<Key, Kept>,
}

/// The credentials that are remembered. Holds hashes of secrets only.
pub(super) struct Principals {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
}

impl Default for Principals {
    fn default() -> Self {
        Self { shards: std::iter::repeat_with(Mutex::default).take(SHARDS).collect(), hasher: RandomState::new() }
    }
}

impl Principals {
    /// What is known of a credential, if nothing that may concern it has changed since: `last_change` is the last such
    /// change, `now` the time in unix seconds.
    pub fn get(&self, key: &Key, last_change: Mark, now: i64) -> Option<Known> {
        let mut shard = self.shard(key)?;
        let Shard { young, old } = &mut *shard;
        let good =
            |kept: &&Kept| kept.read_at.0 == last_change.0 && kept.read_at.1 >= last_change.1 && kept.known.lasts(now);
        if let Some(kept) = young.get(key) {
            return Some(kept).filter(good).map(|kept| kept.known.clone());
        }
        let kept = old.remove(key).filter(|kept| good(&kept))?;
        let known = kept.known.clone();
        shard.put(key.clone(), kept);
        Some(known)
    }

    /// Remembers a credential. `read_at` was read, first the epoch, before it was looked up.
    pub fn keep(&self, key: Key, known: Known, read_at: Mark) {
        let Some(mut shard) = self.shard(&key) else { return };
        // Who was slower to look it up must not overwrite what is newer.
        if shard.young.get(&key).is_none_or(|kept| kept.read_at <= read_at) {
            shard.put(key, Kept { known, read_at });
        }
    }

    fn shard(&self, key: &Key) -> Option<MutexGuard<'_, Shard>> {
        let at = self.hasher.hash_one(&key.secret) as usize % SHARDS;
        self.shards.get(at).map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many are remembered.
    #[cfg(test)]
    fn len(&self) -> usize {
        let of = |shard: &Mutex<Shard>| shard.lock().map_or(0, |shard| shard.young.len() + shard.old.len());
        self.shards.iter().map(of).sum()
    }
}

impl Shard {
    fn put(&mut self, key: Key, kept: Kept) {
        if self.young.len() >= GENERATION && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use access::{Rights, Secret};
    use testkit::MemoryDirectory;

    fn key(secret: &str) -> Key {
        Key { audience: "trial", kind: CredentialKind::Key, secret: Secret::presented(secret).hash() }
    }

    fn known(secret: &str) -> Known {
        let memory = MemoryDirectory::new();
        memory.grant("trial", CredentialKind::Key, secret, Rights::READ, None);
        let key = key(secret);
        Known::find(memory.core(100), key.audience, key.kind, &key.secret).expect("granted")
    }

    #[test]
    fn what_was_read_before_the_last_change_is_of_no_use() {
        let principals = Principals::default();
        assert!(principals.get(&key("a"), (0, 0), 100).is_none());
        principals.keep(key("a"), known("a"), (0, 7));
        for (last_change, good) in [(0, true), (7, true), (8, false), (u64::MAX, false)] {
            assert_eq!(principals.get(&key("a"), (0, last_change), 100).is_some(), good, "{last_change}");
        }
        principals.keep(key("a"), known("a"), (0, 6));
        assert!(principals.get(&key("a"), (0, 7), 100).is_some(), "what is older does not replace it");
        principals.keep(key("a"), known("a"), (0, 9));
        assert!(principals.get(&key("a"), (0, 9), 100).is_some());
        assert!(principals.get(&key("a"), (1, 8), 100).is_none(), "another log says nothing of it");
        principals.keep(key("a"), known("a"), (1, 8));
        assert!(principals.get(&key("a"), (1, 8), 100).is_some());
    }

    #[test]
    fn another_secret_kind_or_dialect_is_another_credential() {
        let principals = Principals::default();
        principals.keep(key("a"), known("a"), (0, 7));
        for other in [key("b"), Key { audience: "other", ..key("a") }, Key { kind: CredentialKind::Token, ..key("a") }]
        {
            assert!(principals.get(&other, (0, 0), 100).is_none(), "{other:?}");
        }
    }

    #[test]
    fn not_more_are_remembered_than_may_be_and_those_in_use_stay() {
        let principals = Principals::default();
        let known = known("a");
        principals.keep(key("in use"), known.clone(), (0, 1));
        for at in 0..3 * 2 * SHARDS * GENERATION {
            principals.keep(key(&at.to_string()), known.clone(), (0, 1));
            if at % 500 == 0 {
                assert!(principals.get(&key("in use"), (0, 1), 100).is_some(), "{at}");
            }
        }
        assert!(principals.len() <= 2 * SHARDS * GENERATION, "{}", principals.len());
        assert!(principals.get(&key("0"), (0, 1), 100).is_none());
    }
}
