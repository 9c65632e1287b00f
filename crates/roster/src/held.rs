//! What is in memory for a query.

use membership::MemberPage;

/// What is in memory for a query, of one snapshot. It stays as it was however long it is kept; who keeps it long keeps
/// the memory of that snapshot.
pub struct Held {
    version: Version,
}

/// What an answer costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// About what its rows cost: nothing is looked for.
    Short,
    /// Members are looked at one after the other: up to some milliseconds in a group of a million.
    Scan,
}

/// Which changes an answer rests on: as long as both numbers stay, all answers about the group stay the same, but for
/// when somebody was last active, which is exact within a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// The number of the last change of the group and its memberships.
    pub group: u64,
    /// The number of the last change of somebody in it.
    pub persons: u64,
}

impl Held {
    /// What it costs to be answered.
    pub fn cost(&self) -> Cost {
        Cost::Scan
    }

    /// Which changes it rests on.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Hands the rows with the total to `read`, which is called once.
    pub fn members(&self, _read: &mut dyn FnMut(MemberPage<'_>)) {}

    /// How many members the query finds, whatever its window.
    pub fn count(&self) -> u64 {
        0
    }
}
