//! What a read model in memory is made of, and how it is kept current.

use crate::{ChangeEntry, Directory, DirectoryError, Group, MemberRow, Membership, Person};

/// A [`Directory`] that gives whole groups away, and what has become of them since.
///
/// Each call answers from one snapshot and tells the number of the last change in it, so that a read model knows up to
/// where it is current.
pub trait Source: Directory {
    /// Hands every membership of the group of this number, in whatever state, to `each`, with every field of a row:
    /// state by state in the default order of a list. `None` when there is no such group. After an error what was handed
    /// over is of no use.
    fn load(&self, group: i64, each: &mut dyn FnMut(&MemberRow<'_>)) -> Result<Option<Loaded>, DirectoryError>;

    /// What the up to `limit` entries behind the number `after` are about, as it stands now.
    fn catch_up(&self, after: u64, limit: u32) -> Result<CatchUp, DirectoryError>;
}

/// A group whose memberships have been handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The group.
    pub group: Group,
    /// The number of the last change in the snapshot.
    pub head: u64,
}

/// What has changed behind a number of the change log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// All of it.
    Changed(Box<Changed>),
    /// There are more entries than were asked for, some have been pruned, or the log ends before what was asked behind,
    /// so it is another one: whoever asks begins anew.
    Behind {
        /// The number of the last change.
        head: u64,
    },
}

/// Entries of the change log, and the *current* rows of what they name: an entry says only where to look, so what has
/// changed twice is right at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The entries, by number; the last one is the head.
    pub entries: Vec<ChangeEntry>,
    /// The number of the last change; what was asked behind when there is none.
    pub head: u64,
    /// The persons that are named, and the owners of the groups that an entry names without a person (others have the
    /// owner that they had, or are named with the new one), by number; `None` for one that is not there any more, and so
    /// in no group.
    pub persons: Vec<(i64, Option<Person>)>,
    /// Every membership of these persons, in whatever group and state.
    pub memberships: Vec<Membership>,
    /// The groups that are named, by number; `None` for one that is not there any more.
    ///
    /// One that an entry says was deleted may be there all the same: then it has been made anew under that number. Its
    /// members from before are none any more, unless they are in `memberships`.
    ///
    /// An entry of an import names a group and no person, so any membership of that group may have changed; or neither,
    /// so any person may.
    pub groups: Vec<(i64, Option<Group>)>,
}
