//! The change log as it is read: every committed change, numbered without gaps.

/// One committed change. Numbers outlive what they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeEntry {
    /// Its number in the log.
    pub number: u64,
    /// When, in unix seconds.
    pub at: i64,
    /// What was done, one of the words in [`ACTIONS`].
    pub action: String,
    /// Number of the group, if it concerns one.
    pub group: Option<i64>,
    /// Number of the person, if it concerns one.
    pub person: Option<i64>,
    /// Number of the person who did it; `None` for the system.
    pub actor: Option<i64>,
    /// Id of the credential by which it was done; `None` for the command line, and where none was needed.
    pub credential: Option<i64>,
    /// Number of the job, if it concerns one.
    pub job: Option<i64>,
    /// Id of the credential that was changed, if it concerns one.
    pub subject: Option<i64>,
}

/// A stretch of the change log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The entries, by number.
    pub entries: Vec<ChangeEntry>,
    /// The number of the last change of the log in the same snapshot; 0 before the first.
    pub head: u64,
}

/// What an entry of the change log may say was done. Steps of a membership are named by
/// [`crate::life_cycle::Action::word`].
pub const ACTIONS: &[&str] = &[
    "import",
    "group_create",
    "group_edit",
    "group_delete",
    "person_create",
    "person_edit",
    "person_delete",
    "presence",
    "ask",
    "withdraw",
    "approve",
    "reject",
    "join",
    "add",
    "set_scope",
    "transfer_ownership",
    "leave",
    "kick",
    "ban",
    "unban",
    "job_post",
    "job_close",
    "credential_create",
    "credential_revoke",
    "password_change",
];
