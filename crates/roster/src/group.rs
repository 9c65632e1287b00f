//! A group in memory.

use crate::held::Version;
use crate::kept::Kept;
use crate::persons::Persons;
use crate::sequence::{Entry, Sequence};
use membership::{Group, OrderBy, OrderKey, Scope, ScopeSet, State};
use std::cmp::Ordering;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A group with its memberships, of one version.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) group: Arc<Group>,
    pub(crate) version: Version,
    /// Which of all loads it comes from.
    pub(crate) load: u64,
    pub(crate) lists: [List; State::ALL.len()],
    /// When it was last asked for, on the clock of the loads.
    pub(crate) used: Arc<AtomicU64>,
    /// How many steps it has taken since it was loaded: changes of its lists or of somebody in them.
    pub(crate) step: u64,
    /// What has been found in it, in whatever version.
    pub(crate) found: Arc<Mutex<Kept>>,
    pub(crate) bytes: u64,
}

/// The memberships that stand in one state.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    /// In the default order.
    pub(crate) sequence: Sequence,
    /// How many there are of each scope.
    pub(crate) scopes: [u64; Scope::ALL.len()],
    /// In other orders, the last made last.
    pub(crate) orders: Vec<Ordered>,
}

/// The same memberships in another order.
#[derive(Clone, Debug)]
pub(crate) struct Ordered {
    pub(crate) keys: Arc<[OrderKey]>,
    pub(crate) sequence: Sequence,
    pub(crate) used: Arc<AtomicU64>,
}

impl Columns {
    /// The same, to be changed.
    pub(crate) fn copy(&self) -> Self {
        Self {
            group: Arc::clone(&self.group),
            version: self.version,
            load: self.load,
            lists: self.lists.clone(),
            used: Arc::clone(&self.used),
            step: self.step,
            found: Arc::clone(&self.found),
            bytes: self.bytes,
        }
    }

    /// What has been found in it.
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts anew how many bytes it takes.
    pub(crate) fn measure(&mut self) {
        let lists: u64 = self.lists.iter().map(List::bytes).sum();
        self.bytes = lists + (size_of::<Self>() + size_of::<Group>()) as u64 + 512;
    }
}

impl List {
    /// Of entries in the default order.
    pub(crate) fn new(entries: impl Iterator<Item = Entry>) -> Self {
        let mut scopes = [0; Scope::ALL.len()];
        let sequence = Sequence::new(entries.inspect(|entry| scopes[entry.scope as usize] += 1));
        Self { sequence, scopes, orders: Vec::new() }
    }

    fn bytes(&self) -> u64 {
        self.sequence.bytes() + self.orders.iter().map(|order| order.sequence.bytes()).sum::<u64>()
    }

    /// Whether every one has a scope of this set.
    pub(crate) fn all_are(&self, scopes: ScopeSet) -> bool {
        scopes == ScopeSet::ALL
            || Scope::ALL.iter().all(|scope| scopes.contains(*scope) || self.scopes[*scope as usize] == 0)
    }

    /// The list in the order of these keys, if it stands ready.
    pub(crate) fn in_order(&self, keys: &[OrderKey]) -> Option<&Sequence> {
        if keys.is_empty() { Some(&self.sequence) } else { self.ordered(keys).map(|order| &order.sequence) }
    }

    pub(crate) fn ordered(&self, keys: &[OrderKey]) -> Option<&Ordered> {
        self.orders.iter().find(|order| *order.keys == *keys)
    }
}

/// The keys of an order that decide something: none behind one by which no two persons are equal, and none twice.
pub(crate) fn deciding(keys: &[OrderKey]) -> Vec<OrderKey> {
    let mut left: Vec<OrderKey> = Vec::new();
    for key in keys {
        if !left.iter().any(|earlier| earlier.by == key.by) {
            left.push(*key);
            if matches!(key.by, OrderBy::Id | OrderBy::Number) {
                break;
            }
        }
    }
    left
}

/// How an entry stands to another in this order, the last two keys included.
pub(crate) fn compare(keys: &[OrderKey], persons: &Persons, a: &Entry, b: &Entry) -> Ordering {
    compare_keys(keys, (persons, a.slot), (persons, b.slot)).then_with(|| compare_last(persons, a, b))
}

/// The same by the keys alone, of two slots that may be of different snapshots.
pub(crate) fn compare_keys(keys: &[OrderKey], a: (&Persons, u32), b: (&Persons, u32)) -> Ordering {
    keys.iter().fold(Ordering::Equal, |ordering, key| {
        ordering.then_with(|| {
            let ordering = Persons::compare(key.by, a, b);
            if key.descending { ordering.reverse() } else { ordering }
        })
    })
}

/// By the keys that every order ends in.
pub(crate) fn compare_last(persons: &Persons, a: &Entry, b: &Entry) -> Ordering {
    let joined = a.joined_at.cmp(&b.joined_at);
    joined.then_with(|| persons.number(a.slot).cmp(&persons.number(b.slot)))
}
