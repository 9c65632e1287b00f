//! Jobs that are posted to groups.

use crate::kinds::JobState;

/// A job. It prefers the members of some groups, and is open to all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Primary key. Positive, immutable.
    pub number: i64,
    /// Title; never empty.
    pub title: String,
    /// Description.
    pub description: String,
    /// Whether it still looks for somebody.
    pub state: JobState,
    /// Number of the person who posted it, if it was a person. May outlive that person.
    pub poster: Option<i64>,
    /// Numbers of the groups that it prefers, ascending.
    pub groups: Vec<i64>,
    /// When it was posted, in unix seconds.
    pub created_at: i64,
    /// When it was closed; `Some` exactly while it is closed.
    pub closed_at: Option<i64>,
}
