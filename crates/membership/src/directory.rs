//! The seam between those who ask about members and those who know.

use crate::encoder::{self, Encoder, Written};
use crate::{
    Changes, Group, GroupEntry, GroupKey, GroupQuery, Job, JobQuery, MemberQuery, Membership, MembershipEntry, Page,
    Person, PersonFields, PersonKey, PersonQuery, PersonView, Scope, State, Window,
};

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

    /// The groups that `query` finds.
    fn groups(&self, query: &GroupQuery) -> Result<Page<GroupEntry>, DirectoryError>;

    /// How many groups `query` finds, whatever its window.
    fn count_groups(&self, query: &GroupQuery) -> Result<u64, DirectoryError>;

    /// The group so named as a list shows it, seen by the person of the number `viewer`; [`DirectoryError::NoSuchGroup`]
    /// when there is none.
    fn group_entry(&self, key: &GroupKey, viewer: Option<i64>) -> Result<GroupEntry, DirectoryError>;

    /// The persons that `query` finds.
    fn persons(&self, query: &PersonQuery) -> Result<Page<Person>, DirectoryError>;

    /// How many persons `query` finds, whatever its window.
    fn count_persons(&self, query: &PersonQuery) -> Result<u64, DirectoryError>;

    /// The membership of a person in a group, in whatever state; `None` when there is no such person.
    fn membership(&self, group: &GroupKey, person: &PersonKey) -> Result<Option<MembershipEntry>, DirectoryError>;

    /// The memberships of the person of this number that stand in `state`, with their groups, in the order of the
    /// groups' numbers; none when there is no such person.
    fn memberships_of(
        &self,
        person: i64,
        state: State,
        window: Window,
    ) -> Result<Page<(Group, Membership)>, DirectoryError>;

    /// The jobs that `query` finds.
    fn jobs(&self, query: &JobQuery) -> Result<Page<Job>, DirectoryError>;

    /// The job with this number, if there is one.
    fn job(&self, number: i64) -> Result<Option<Job>, DirectoryError>;

    /// Up to `limit` entries of the change log behind the number `after`, only those that concern the group of the
    /// number `group` where one is said. [`DirectoryError::Gone`] when entries behind `after` have been pruned.
    fn changes(&self, after: u64, group: Option<i64>, limit: u32) -> Result<Changes, DirectoryError>;

    /// The number of the last committed change; 0 before the first.
    fn head(&self) -> Result<u64, DirectoryError>;
}

/// Why a directory could not answer.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// There is no group so named.
    #[error("no such group")]
    NoSuchGroup,
    /// Who asks may see and change some groups only, and this is beyond them. Says nothing of whether it is there.
    #[error("beyond the groups to which the credential is limited")]
    OutOfReach,
    /// Entries of the change log that were asked for have been pruned; the log now begins behind this number.
    #[error("the change log now begins behind number {0}")]
    Gone(u64),
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

    /// Calls `read` with each row, in order, and with what `encoder` writes of its person, which may have been written
    /// before. The row need not carry more of the person than the uid and the fields `beside`, all of which the query
    /// must have asked for.
    fn each_written(
        &self,
        encoder: &Encoder,
        _beside: PersonFields,
        read: &mut dyn FnMut(&MemberRow<'_>, Written<'_>),
    ) {
        encoder::each_written(self, encoder, read);
    }

    /// Appends to `out` what `encoder` writes of the person of each row, in order, which may have been written before:
    /// for rows that show nothing of the membership. `begin` is called before each row to append what stands before it.
    fn append(&self, encoder: &Encoder, out: &mut Vec<u8>, begin: &mut dyn FnMut(&mut Vec<u8>)) {
        self.each(&mut |row| {
            begin(out);
            (encoder.write)(&row.person, out);
        });
    }
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

impl MemberRow<'_> {
    /// With only the fields that are asked for; what every directory gives.
    #[must_use]
    pub fn only(self, fields: PersonFields) -> Self {
        let membership = fields.contains(PersonFields::MEMBERSHIP);
        Self {
            person: self.person.only(fields),
            state: self.state,
            scope: if membership { self.scope } else { Scope::Participant },
            joined_at: if membership { self.joined_at } else { None },
        }
    }
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
