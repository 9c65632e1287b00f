//! The seam between those who ask about members and those who know.

use crate::{Group, GroupKey, MemberQuery, Person, PersonKey, PersonView, Scope, State};

/// Something that answers questions about groups and their members. The answer to one call comes from one snapshot.
///
/// Calls block; who must not be blocked calls from a thread that may.
pub trait Directory: Send + Sync {
    /// Finds the rows of `query` and hands them, with the total before the window was cut, to `read`, which is called
    /// once, unless an error is returned.
    fn members(&self, query: &MemberQuery, read: &mut dyn FnMut(MemberPage<'_>)) -> Result<(), DirectoryError>;

    /// How many members `query` finds, whatever its window.
    fn count(&self, query: &MemberQuery) -> Result<u64, DirectoryError>;

    /// The person so named, if there is one.
    fn person(&self, key: &PersonKey) -> Result<Option<Person>, DirectoryError>;

    /// The group so named, if there is one.
    fn group(&self, key: &GroupKey) -> Result<Option<Group>, DirectoryError>;

    /// The number of the last committed change; 0 before the first.
    fn head(&self) -> Result<u64, DirectoryError>;
}

/// Why a directory could not answer.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// There is no group so named.
    #[error("no such group")]
    NoSuchGroup,
    /// The directory is away, busy or out of resources; asking again later may help.
    #[error("the store is not available: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of ours: what was found could not be understood.
    #[error("the store gave an answer that cannot be: {0}")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The answer to a [`MemberQuery`].
#[derive(Clone, Copy)]
pub struct MemberPage<'a> {
    /// The group that was asked about.
    pub group: &'a Group,
    /// How many members the query finds, whatever its window.
    pub total: u64,
    /// The rows in the window.
    pub rows: &'a dyn Rows,
}

/// Rows that can be read one after the other, without being held all at once.
pub trait Rows {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `read` with each row, in order.
    fn each(&self, read: &mut dyn FnMut(&MemberRow<'_>));
}

/// One member of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberRow<'a> {
    /// The person. Independent of the group, so that it may be kept ready-made.
    pub person: PersonView<'a>,
    /// Where the membership stands.
    pub state: State,
    /// What the member may do.
    pub scope: Scope,
    /// When the person became a member; `None` while pending or banned.
    pub joined_at: Option<i64>,
}

/// Rows that are all there already.
#[derive(Clone, Copy, Debug)]
pub struct SliceRows<'a>(pub &'a [MemberRow<'a>]);

impl Rows for SliceRows<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn each(&self, read: &mut dyn FnMut(&MemberRow<'_>)) {
        for row in self.0 {
            read(row);
        }
    }
}
