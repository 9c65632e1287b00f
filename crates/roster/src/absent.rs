//! What is not worth fetching again.

use crate::log::ends_groups;
use hashbrown::{HashMap, HashSet};
use membership::{Changed, GroupKey};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Names that no group has, and groups that are too large, until something happens that may have changed it.
#[derive(Debug, Default)]
pub(crate) struct Absent(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// How often names have been forgotten.
    generation: u64,
    names: HashSet<GroupKey>,
    too_large: HashMap<i64, TooLarge>,
    /// Groups that are not to be loaded before some time.
    resting: HashMap<GroupKey, Instant>,
}

/// What of a group is beyond the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooLarge {
    Group,
    /// The group is not, but its list in one more order.
    Orders,
}

/// More names are not remembered: whoever asks for names that do not exist could make us remember any number.
const NAMES: usize = 10_000;

impl Absent {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.lock().generation
    }

    /// That no group has this name, as was found out behind this generation.
    pub(crate) fn put(&self, name: &GroupKey, generation: u64) {
        let mut known = self.lock();
        if known.generation == generation {
            if known.names.len() >= NAMES {
                known.names.clear();
            }
            known.names.insert(name.clone());
        }
    }

    pub(crate) fn has(&self, name: &GroupKey) -> bool {
        let known = self.lock();
        let too_large = match name {
            GroupKey::Number(number) => known.too_large.get(number) == Some(&TooLarge::Group),
            GroupKey::Id(_) | GroupKey::Guid(_) => false,
        };
        let rests = known.resting.get(name).is_some_and(|until| Instant::now() < *until);
        too_large || rests || known.names.contains(name)
    }

    /// That the group of this name is not to be loaded before `until`.
    pub(crate) fn rest(&self, name: &GroupKey, until: Instant) {
        let mut known = self.lock();
        let now = Instant::now();
        known.resting.retain(|_, until| *until > now);
        known.resting.insert(name.clone(), until);
    }

    pub(crate) fn put_too_large(&self, group: i64, what: TooLarge) {
        self.lock().too_large.insert(group, what);
    }

    pub(crate) fn too_large(&self, group: i64) -> Option<TooLarge> {
        self.lock().too_large.get(&group).copied()
    }

    /// Forgets what may be otherwise behind these changes.
    pub(crate) fn hear(&self, changed: &Changed) {
        let comes = |action: &str| matches!(action, "import" | "group_create");
        if changed.entries.iter().any(|entry| comes(&entry.action)) {
            let mut known = self.lock();
            known.generation += 1;
            known.names.clear();
        }
        for entry in changed.entries.iter().filter(|entry| ends_groups(entry)) {
            let mut known = self.lock();
            match entry.group {
                Some(group) => drop(known.too_large.remove(&group)),
                None => known.too_large.clear(),
            }
        }
    }

    /// Forgets all.
    pub(crate) fn forget(&self) {
        let mut known = self.lock();
        *known = Known { generation: known.generation + 1, ..Known::default() };
    }
}
