//! How many bytes stand in memory, of how many that may.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the columns take, which one writer says, and what has been found in them, which all who answer enter.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    most: u64,
    columns: AtomicU64,
    found: AtomicU64,
}

impl Ledger {
    /// For `most` bytes.
    pub(crate) const fn new(most: u64) -> Self {
        Self { most, columns: AtomicU64::new(0), found: AtomicU64::new(0) }
    }

    /// That the columns take so many.
    pub(crate) fn set_columns(&self, bytes: u64) {
        self.columns.store(bytes, Ordering::Relaxed);
    }

    /// That so many are taken for what has been found where it was so many before.
    pub(crate) fn found(&self, before: u64, now: u64) {
        self.found.fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
    }

    /// What the columns take.
    pub(crate) fn columns(&self) -> u64 {
        self.columns.load(Ordering::Relaxed)
    }

    /// What all takes.
    pub(crate) fn all(&self) -> u64 {
        self.columns() + self.found.load(Ordering::Relaxed)
    }

    /// Whether so many more may be taken. Two who ask at once may both be told so; what comes next makes up for it.
    pub(crate) fn has_room(&self, bytes: u64) -> bool {
        self.all().saturating_add(bytes) <= self.most
    }
}
