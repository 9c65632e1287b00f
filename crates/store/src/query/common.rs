//! Which statements come again and again, so that their prepared form is kept.

use membership::{Filter, MemberQuery, OrderBy, OrderKey, ScopeSet, TextExpr, TextField, TextMatch};

/// The order of those who page by the time of the last change.
const BY_CHANGE: [OrderKey; 2] =
    [OrderKey { by: OrderBy::Changed, descending: false }, OrderKey { by: OrderBy::Number, descending: false }];

/// Whether the statement of this query is kept prepared.
///
/// Nothing ever leaves the cache of a connection, so there may only be few such shapes, whatever clients ask for: without
/// a filter some 40 (eight sets of scopes, or an order of one key), with one some 90, each in two orders and as a count.
/// All others are prepared anew, which is little beside the search that they make.
pub fn is_common(query: &MemberQuery) -> bool {
    let all_scopes = query.scopes == ScopeSet::ALL;
    match query.filter() {
        None => query.order.is_empty() || (all_scopes && query.order.len() == 1),
        Some(filter) => all_scopes && (query.order.is_empty() || query.order == BY_CHANGE) && comes_again(filter),
    }
}

/// A single comparison of a field with a value (72 shapes), or some of presence, search and change together.
fn comes_again(filter: &Filter) -> bool {
    match filter {
        Filter::Text(TextExpr::Field(_), _, TextExpr::Literal(_))
        | Filter::Match(_, TextExpr::Field(_), TextExpr::Literal(_)) => true,
        // In the order of their rank, each once at most.
        Filter::All(parts) => parts.iter().try_fold(0, |least, part| rank(part).filter(|rank| *rank > least)).is_some(),
        one => rank(one).is_some(),
    }
}

fn rank(filter: &Filter) -> Option<u8> {
    match filter {
        Filter::Presence(_) => Some(1),
        Filter::Any(parts) => match parts.as_slice() {
            [
                Filter::Match(TextMatch::Contains, TextExpr::Field(TextField::Name), TextExpr::Literal(_)),
                Filter::Match(TextMatch::Contains, TextExpr::Field(TextField::Uid), TextExpr::Literal(_)),
            ] => Some(2),
            _ => None,
        },
        Filter::Changed(..) => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use membership::{Compare, Folded, GroupKey, Presence, Scope, Window};

    fn holds(field: TextField) -> Filter {
        Filter::Match(TextMatch::Contains, TextExpr::Field(field), TextExpr::Literal(Folded::new("x")))
    }

    fn query(filter: Filter) -> MemberQuery {
        let query = MemberQuery::new(GroupKey::Number(1), Window { offset: 0, limit: 10 });
        query.filtered(filter).expect("small")
    }

    #[test]
    fn what_chats_ask_for_is_common() {
        let presence = || Filter::Presence(Presence::Offline);
        let search = || Filter::Any(vec![holds(TextField::Name), holds(TextField::Uid)]);
        let changed = || Filter::Changed(Compare::Gt, 5);
        for parts in [
            vec![],
            vec![presence()],
            vec![search()],
            vec![changed()],
            vec![presence(), search()],
            vec![presence(), changed()],
            vec![search(), changed()],
            vec![presence(), search(), changed()],
        ] {
            let mut query = query(Filter::All(parts));
            assert!(is_common(&query), "{query:?}");
            query.order = BY_CHANGE.to_vec();
            assert_eq!(is_common(&query), query.filter().is_some(), "{query:?}");
        }
    }

    #[test]
    fn there_are_not_many_common_shapes() {
        let two = |one: TextField, other: TextField| Filter::Any(vec![holds(one), holds(other)]);
        for filter in [
            two(TextField::Uid, TextField::Name),
            Filter::Not(Box::new(holds(TextField::Name))),
            Filter::All(vec![Filter::Changed(Compare::Gt, 1), Filter::Changed(Compare::Lt, 9)]),
            Filter::All(vec![holds(TextField::Name), Filter::Presence(Presence::Offline)]),
            Filter::TextIn(TextExpr::Field(TextField::Name), vec![Folded::new("a")]),
            Filter::Text(TextExpr::Literal(Folded::new("a")), Compare::Eq, TextExpr::Field(TextField::Name)),
        ] {
            assert!(!is_common(&query(filter.clone())), "{filter:?}");
        }
        let mut ordered = query(holds(TextField::Email));
        assert!(is_common(&ordered));
        ordered.order = vec![OrderKey { by: OrderBy::Id, descending: true }];
        assert!(!is_common(&ordered), "a filter and an order");
        let mut scoped = query(Filter::Always(true));
        scoped.scopes = ScopeSet::NONE.with(Scope::Admin);
        assert!(is_common(&scoped));
        scoped.order = vec![OrderKey { by: OrderBy::Number, descending: true }];
        assert!(!is_common(&scoped), "scopes and an order");
    }
}
