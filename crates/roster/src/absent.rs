//! What is not worth fetching again.

use hashbrown::{HashMap, HashSet};
use membership::{Changed, GroupKey};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Names that no group has, and groups that are too large, until something happens that may have changed it.
#[derive(Debug, Default)]
pub(crate) struct Absent(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// How often names have been forgotten.
    generation: u64,
    names: HashSet<GroupKey>,
    too_large: HashMap<i64, TooLarge>,
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
        too_large || known.names.contains(name)
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
        for entry in changed.entries.iter().filter(|entry| matches!(&*entry.action, "import" | "group_delete")) {
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
