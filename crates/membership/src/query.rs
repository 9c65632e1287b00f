//! What is asked of a directory when members are listed or counted.

use crate::{Filter, FilterTooLarge, GroupKey, PersonFields, ScopeSet, State, TextField};

/// One key of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderKey {
    /// What is compared.
    pub by: OrderBy,
    /// Greatest first.
    pub descending: bool,
}

/// What a key of an order compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderBy {
    /// The bytes of the folded text.
    Text(TextField),
    /// The person's id as printed.
    Id,
    /// The person's number.
    Number,
    /// The time of the person's last change (creation, when never changed).
    Changed,
}

/// Which part of the ordered list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// How many rows to pass over. Past the end is legal and gives no rows.
    pub offset: u64,
    /// At most how many rows to give.
    pub limit: u32,
}

impl Window {
    /// The `page`th (from 1) stretch of `size` rows. Saturates: a page of any number is legal, past the end at worst.
    pub const fn page(page: u64, size: u32) -> Self {
        Self { offset: page.saturating_sub(1).saturating_mul(size as u64), limit: size }
    }
}

/// The members of a group that stand in `state`, have one of `scopes` and pass the filter, in `order`; of these the
/// rows in `window`.
///
/// The order is always total: behind the keys of `order` come the time of joining and the person's number, both
/// ascending.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberQuery {
    /// The group.
    pub group: GroupKey,
    /// Where the membership stands; [`State::Member`] unless set.
    pub state: State,
    /// Which scopes; all unless set.
    pub scopes: ScopeSet,
    filter: Option<Filter>,
    /// Keys of the order before the two that every order ends in.
    pub order: Vec<OrderKey>,
    /// Which rows.
    pub window: Window,
    /// Which fields of a person the rows must carry; all unless set.
    pub fields: PersonFields,
}

impl MemberQuery {
    /// All members of `group`, in the default order, of these the rows in `window`.
    pub const fn new(group: GroupKey, window: Window) -> Self {
        Self {
            group,
            state: State::Member,
            scopes: ScopeSet::ALL,
            filter: None,
            order: Vec::new(),
            window,
            fields: PersonFields::ALL,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Presence;

    #[test]
    fn filters_that_say_little_are_taken_for_what_they_say() {
        let filtered = |filter| {
            let query = MemberQuery::new(GroupKey::Number(1), Window { offset: 0, limit: 1 });
            query.filtered(filter).expect("small").filter().cloned()
        };
        let presence = Filter::Presence(Presence::Offline);
        let both = Filter::All(vec![presence.clone(), presence.clone()]);
        for (filter, expected) in [
            (Filter::Always(true), None),
            (Filter::All(vec![]), None),
            (Filter::Any(vec![Filter::All(vec![])]), None),
            (Filter::Any(vec![]), Some(Filter::Any(vec![]))),
            (Filter::Always(false), Some(Filter::Always(false))),
            (Filter::Any(vec![Filter::All(vec![presence.clone()])]), Some(presence)),
            (Filter::All(vec![both.clone()]), Some(both)),
        ] {
            assert_eq!(filtered(filter.clone()), expected, "{filter:?}");
        }
    }
}
