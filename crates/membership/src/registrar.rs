//! The seam between those who want something changed and those who keep it: every change of groups, persons,
//! memberships and jobs is a call of [`Registrar`]. What one call changes is one transaction, together with the totals
//! and the entries of the change log: all of it is committed when the call returns `Ok`, and nothing otherwise.

use crate::life_cycle::{Action, StepRefusal};
use crate::limits::BadText;
use crate::record::{GroupRecord, PersonRecord};
use crate::{Directory, DirectoryError, Group, GroupEntry, GroupKey, Job, Membership, Person, PersonKey, Presence};

/// On whose authority something is changed, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    /// Number of the person who does it; `None` is the system: an administrator, or an application with a key of its own.
    /// A person is judged by what it is in the group, the system may do everything that the life cycle knows.
    pub person: Option<i64>,
    /// Id of the credential by which it is done, for the change log.
    pub credential: Option<i64>,
    /// The time, in unix seconds.
    pub now: i64,
}

impl By {
    /// The system, at this time.
    pub const fn system(now: i64) -> Self {
        Self { person: None, credential: None, now }
    }

    /// This person, at this time.
    pub const fn person(number: i64, now: i64) -> Self {
        Self { person: Some(number), credential: None, now }
    }
}

/// How an entry of a list of steps names its person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Named {
    /// By a key.
    Key(PersonKey),
    /// By the name, compared folded, which must be exactly one person's.
    Name(String),
}

impl From<PersonKey> for Named {
    fn from(key: PersonKey) -> Self {
        Self::Key(key)
    }
}

/// One step in the life of one membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whose membership.
    pub person: Named,
    /// What is done to it. [`Action::Restore`] is the import's own and is refused here.
    pub action: Action,
    /// The password that came along, for [`Action::Join`] of a group that asks for one.
    pub password: Option<String>,
}

impl Step {
    /// A step without a password.
    pub fn new(person: impl Into<Named>, action: Action) -> Self {
        Self { person: person.into(), action, password: None }
    }
}

/// What becomes of a list of steps when one of them fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// Nothing is done: [`CommandError::Step`] names the first entry that failed. An entry that is refused for one of
    /// these reasons counts as done already, and changes nothing.
    Together(&'static [StepRefusal]),
    /// The others are done.
    Alone,
}

/// Why one step was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepFailure {
    /// There is no such person.
    #[error("there is no such person")]
    NoSuchPerson,
    /// Several persons have this name.
    #[error("several persons have this name")]
    Ambiguous,
    /// The life cycle refuses it.
    #[error("the person {0}")]
    Refused(#[from] StepRefusal),
}

/// What came of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The person, as it stands afterwards.
    pub person: Person,
    /// The membership afterwards; `None` when there is none any more.
    pub membership: Option<Membership>,
    /// Whether anything changed: not for an entry that counts as done already.
    pub changed: bool,
}

/// What came of a list of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// The group afterwards, with the person who did it as its viewer.
    pub group: GroupEntry,
    /// What came of each step, in the order of the list.
    pub steps: Vec<Result<Taken, StepFailure>>,
}

/// A group to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewGroup {
    /// What is said of it. Identifiers that are not said are generated. The owner that is said (else the person who makes
    /// it) becomes its first member, as an admin; a group that the system makes without saying has no owner.
    pub record: GroupRecord,
    /// The password, in clear; required exactly for a group of that kind, without effect for another.
    pub password: Option<String>,
    /// Steps to be taken at once, by the system; one that fails does not keep the group from being made.
    pub steps: Vec<Step>,
}

/// A change of a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupEdit {
    /// What is said anew; what is not said stays. Identifiers never change: one that is said must be the one it has. A
    /// new owner becomes a member, as an admin ([`Action::Appoint`]), and must not be banned; only the system may name
    /// one, others pass the group on by [`Action::TransferOwnership`].
    pub record: GroupRecord,
    /// A new password, in clear.
    pub password: Option<String>,
}

/// A job to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// The groups that it prefers; at least one, at most [`crate::limits::JOB_GROUPS`].
    pub groups: Vec<GroupKey>,
}

/// What must be true of a row, judged in the very transaction that changes it (`If-Match`).
pub type Expected<'a, T> = Option<&'a (dyn Fn(&T) -> bool + Sync)>;

/// Changes groups, persons, memberships and jobs. Calls block; who must not be blocked calls from a thread that may.
pub trait Registrar: Directory {
    /// Takes steps in the lives of memberships of one group, in the order of the list, each judged by what the ones
    /// before have left.
    fn steps(&self, by: &By, group: &GroupKey, steps: &[Step], failing: Failing) -> Result<Stepped, CommandError>;

    /// Makes a group. Gives it as it stands afterwards, with what came of the steps.
    fn create_group(&self, by: &By, new: &NewGroup) -> Result<Stepped, CommandError>;

    /// Changes a group: the system, its owner and its admins may. A change that changes nothing is not logged.
    fn edit_group(
        &self,
        by: &By,
        key: &GroupKey,
        edit: &GroupEdit,
        expected: Expected<'_, Group>,
    ) -> Result<GroupEntry, CommandError>;

    /// Deletes a group with its memberships; jobs that prefer it lose the preference. The system and its owner may.
    fn delete_group(&self, by: &By, key: &GroupKey, expected: Expected<'_, Group>) -> Result<Group, CommandError>;

    /// Makes a person. Identifiers that are not said are generated.
    fn create_person(&self, by: &By, record: &PersonRecord) -> Result<Person, CommandError>;

    /// Changes a person: the system and the person itself may. Identifiers never change: one that is said must be the
    /// one it has. A change that changes nothing is not logged.
    fn edit_person(
        &self,
        by: &By,
        key: &PersonKey,
        record: &PersonRecord,
        expected: Expected<'_, Person>,
    ) -> Result<Person, CommandError>;

    /// Deletes a person: ends the memberships, revokes the credentials, and passes each group that the person owns on to
    /// its longest-standing other admin. A group without other members is left without an owner; one with members but
    /// without another admin is [`CommandError::StillOwner`], and nothing is done. Only the system may.
    fn delete_person(&self, by: &By, key: &PersonKey, expected: Expected<'_, Person>) -> Result<Person, CommandError>;

    /// Says that a person is there, or is not. The time of last being there is set to `by.now` in any case; what is logged
    /// is a change of presence or of the minute (of unix time) in which that was.
    fn set_presence(&self, by: &By, person: &PersonKey, presence: Presence) -> Result<Person, CommandError>;

    /// Posts a job. Everybody may.
    fn post_job(&self, by: &By, new: &NewJob) -> Result<Job, CommandError>;

    /// Closes a job: the system and who posted it may. One that is closed already stays as it is.
    fn close_job(&self, by: &By, number: i64) -> Result<Job, CommandError>;
}

/// Why nobody gets the number of a person who was deleted, to be read behind the name of the field. The change log, the
/// jobs posted, and who joined, promoted and banned whom tell of that person by it.
pub const SPENT: &str = "belonged to a person who was deleted, and is not given again";

/// Why a change was not made. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no group so named.
    #[error("no such group")]
    NoSuchGroup,
    /// There is no person so named.
    #[error("no such person")]
    NoSuchPerson,
    /// There is no job with this number.
    #[error("no such job")]
    NoSuchJob,
    /// An entry of a list of steps that are taken together failed.
    #[error("entry {}: {failure}", entry + 1)]
    Step {
        /// Its place in the list, from 0.
        entry: usize,
        /// Why.
        failure: StepFailure,
    },
    /// The one who asks may not do it to this group, person or job.
    #[error("{0}")]
    NotAllowed(StepRefusal),
    /// The one who is named as the new owner of a group cannot become it.
    #[error("owner: the person {0}")]
    Owner(StepRefusal),
    /// A field cannot hold what is said.
    #[error("{0}")]
    Field(#[from] BadText),
    /// An identifier (its snake_case name) is somebody else's already.
    #[error("{0} is already in use")]
    InUse(&'static str),
    /// An identifier (its snake_case name) belonged to a person who was deleted, and is not given again.
    #[error("{0} {SPENT}")]
    Spent(&'static str),
    /// An identifier (its snake_case name) cannot be changed.
    #[error("{0} cannot be changed")]
    Immutable(&'static str),
    /// The person owns the group of this guid, which has other members but no other admin.
    #[error("the person owns the group {0}, which has no other admin")]
    StillOwner(String),
    /// What was expected of the row is not true.
    #[error("the row is not as it was expected to be")]
    Unexpected,
    /// The directory could not answer.
    #[error(transparent)]
    Directory(DirectoryError),
}

impl From<DirectoryError> for CommandError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::NoSuchGroup => Self::NoSuchGroup,
            other => Self::Directory(other),
        }
    }
}
