//! What is asked of a directory when groups, persons or jobs are listed, and what one row of the answer holds.

use crate::{
    Filter, FilterTooLarge, Group, GroupKey, GroupKind, JobState, Membership, OrderKey, Person, Scope, State, Window,
};
use uuid::Uuid;

/// The rows in a window, and how many there are before it is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many the query finds, whatever its window.
    pub total: u64,
}

impl<T> Page<T> {
    /// Nothing at all.
    pub const fn empty() -> Self {
        Self { rows: Vec::new(), total: 0 }
    }
}

/// The groups that pass the filter and everything else that is said, in `order`; of these the rows in `window`.
///
/// A [`Filter`] reads the fields of the same name of a group; `Uid` is the guid, `IdIn` the id, and what a group does not
/// have (phone, login, account status) is the empty text; no group has a presence. The order ends in the number,
/// ascending, which is the order of creation.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupQuery {
    filter: Option<Filter>,
    /// Only groups of one of these kinds; all kinds when empty.
    pub kinds: Vec<GroupKind>,
    /// Only groups of these numbers, where there is such a limit; none when that is empty.
    pub only: Option<Vec<i64>>,
    /// Only groups that bear one of these tags; all groups when empty.
    pub tags: Vec<String>,
    /// Only groups whose owner has this id.
    pub owner: Option<Uuid>,
    /// The person through whose eyes the groups are seen: fills [`GroupEntry::standing`].
    pub viewer: Option<i64>,
    /// Only groups of which the viewer is a member (`true`) or is none (`false`). Without a viewer nobody is a member.
    pub joined: Option<bool>,
    /// Without private groups of which the viewer is no member. Without a viewer that is all of them.
    pub visible: bool,
    /// Keys of the order before the number.
    pub order: Vec<OrderKey>,
    /// Which rows.
    pub window: Window,
}

impl GroupQuery {
    /// All groups in the order of their numbers, of these the rows in `window`.
    pub const fn new(window: Window) -> Self {
        Self {
            filter: None,
            kinds: Vec::new(),
            only: None,
            tags: Vec::new(),
            owner: None,
            viewer: None,
            joined: None,
            visible: false,
            order: Vec::new(),
            window,
        }
    }

    /// With this filter, unless it is too large; see [`Filter::for_query`].
    pub fn filtered(mut self, filter: Filter) -> Result<Self, FilterTooLarge> {
        self.filter = filter.for_query()?;
        Ok(self)
    }

    /// The filter, already within bounds.
    pub const fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }
}

/// The persons that pass the filter and everything else that is said, in `order` and then by number; of these the rows
/// in `window`.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonQuery {
    filter: Option<Filter>,
    /// Only persons with one of these roles; all when empty.
    pub roles: Vec<String>,
    /// Only persons who bear one of these tags; all when empty.
    pub tags: Vec<String>,
    /// Keys of the order before the number.
    pub order: Vec<OrderKey>,
    /// Which rows.
    pub window: Window,
}

impl PersonQuery {
    /// All persons in the order of their numbers, of these the rows in `window`.
    pub const fn new(window: Window) -> Self {
        Self { filter: None, roles: Vec::new(), tags: Vec::new(), order: Vec::new(), window }
    }

    /// With this filter, unless it is too large; see [`Filter::for_query`].
    pub fn filtered(mut self, filter: Filter) -> Result<Self, FilterTooLarge> {
        self.filter = filter.for_query()?;
        Ok(self)
    }

    /// The filter, already within bounds.
    pub const fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }
}

/// A group as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupEntry {
    /// The group.
    pub group: Group,
    /// How many members it has: the kept total.
    pub members: u64,
    /// Who owns it, if anybody does and still exists.
    pub owner: Option<Brief>,
    /// How the viewer stands to it; `None` without a viewer and for one who has nothing to do with it.
    pub standing: Option<Standing>,
}

/// A person in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// Number.
    pub number: i64,
    /// Id.
    pub id: Uuid,
    /// Uid.
    pub uid: String,
    /// Name.
    pub name: String,
}

impl From<&Person> for Brief {
    fn from(person: &Person) -> Self {
        Self { number: person.number, id: person.id, uid: person.uid.clone(), name: person.name.clone() }
    }
}

/// How a person stands to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where the membership stands.
    pub state: State,
    /// What the member may do.
    pub scope: Scope,
    /// When the person became a member; `None` while pending or banned.
    pub joined_at: Option<i64>,
}

impl From<&Membership> for Standing {
    fn from(membership: &Membership) -> Self {
        Self { state: membership.state, scope: membership.scope, joined_at: membership.joined_at }
    }
}

/// A membership with both of its ends, from one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipEntry {
    /// The group.
    pub group: Group,
    /// The person.
    pub person: Person,
    /// The membership; `None` when there is none.
    pub membership: Option<Membership>,
}

/// The jobs that prefer a group, newest first; of these the rows in `window`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobQuery {
    /// The group.
    pub group: GroupKey,
    /// Only jobs in this state; all when absent.
    pub state: Option<JobState>,
    /// Which rows.
    pub window: Window,
}
