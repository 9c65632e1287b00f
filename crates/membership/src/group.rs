//! A group, and the membership of a person in it.

use crate::{GroupKind, Scope, State};
use uuid::Uuid;

/// A group with every field of the domain. An absent text is the empty text; times are whole unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Primary and join key; Elance's `groupId`. Positive, immutable.
    pub number: i64,
    /// RM's group id. Unique.
    pub id: Uuid,
    /// CometChat's `guid`. Unique, see [`crate::limits::check_uid`].
    pub guid: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// How one joins.
    pub kind: GroupKind,
    /// Number of the owner (RM's `Responsible`), if any.
    pub owner: Option<i64>,
    /// The sponsoring company.
    pub sponsor: String,
    /// What one must fulfil to join.
    pub criteria: String,
    /// The group's badge or icon, a URL.
    pub icon: String,
    /// The web page of the members (Elance's `allMembers`), a URL.
    pub page: String,
    /// E-mail address.
    pub email: String,
    /// RM's `AdditionalInformation`.
    pub additional_information: String,
    /// A JSON object as canonical text, or empty.
    pub metadata: String,
    /// A JSON array of texts as canonical text, or empty.
    pub tags: String,
    /// When the group was created.
    pub created_at: i64,
    /// When the group was first or last changed; `None` until then.
    pub updated_at: Option<i64>,
}

/// How to name a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GroupKey {
    /// By number.
    Number(i64),
    /// By id.
    Id(Uuid),
    /// By guid, in lower case.
    Guid(String),
}

/// The membership of a person in a group, with when and by whom each step was taken. Actors are numbers of persons;
/// `None` is the person itself, the system or nobody. They may outlive the person they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Number of the group.
    pub group: i64,
    /// Number of the person.
    pub person: i64,
    /// Where it stands.
    pub state: State,
    /// What the member may do. Kept, but without effect, while pending or banned.
    pub scope: Scope,
    /// When the person asked to join.
    pub asked_at: Option<i64>,
    /// The second in which the state became `member`; the first key of the default order. `Some` exactly while the
    /// state is `member`.
    pub joined_at: Option<i64>,
    /// Who approved or added the person.
    pub joined_by: Option<i64>,
    /// When the scope was last changed.
    pub scope_changed_at: Option<i64>,
    /// Who changed it.
    pub scope_changed_by: Option<i64>,
    /// When the person was banned; `Some` exactly while the state is `banned`.
    pub banned_at: Option<i64>,
    /// Who banned the person.
    pub banned_by: Option<i64>,
}
