//! What a query finds, in order, before its window is cut.

use crate::evaluate::{Subject, accepts};
use crate::world::World;
use membership::{
    DirectoryError, Group, GroupKind, GroupQuery, MemberQuery, Membership, OrderBy, OrderKey, Person, PersonKey,
    PersonQuery, State, Window,
};
use std::cmp::Ordering;

/// The memberships that `query` finds, with their persons.
pub fn members<'a>(world: &'a World, query: &MemberQuery) -> Result<Vec<(&'a Membership, &'a Person)>, DirectoryError> {
    let group = world.find_group(&query.group).ok_or(DirectoryError::NoSuchGroup)?;
    let mut found: Vec<(&Membership, &Person)> = Vec::new();
    for membership in &world.memberships {
        if membership.group != group.number
            || membership.state != query.state
            || !query.scopes.contains(membership.scope)
        {
            continue;
        }
        let person = world.find_person(&PersonKey::Number(membership.person)).expect("a member is a person");
        if query.filter().is_none_or(|filter| accepts(filter, person)) {
            found.push((membership, person));
        }
    }
    // The keys that were asked for, then the time of joining, then the number.
    found.sort_by(|a, b| {
        let asked = order(&query.order, a.1, b.1);
        asked.then(a.0.joined_at.cmp(&b.0.joined_at)).then(a.1.number.cmp(&b.1.number))
    });
    Ok(found)
}

/// The groups that `query` finds.
pub fn groups<'a>(world: &'a World, query: &GroupQuery) -> Vec<&'a Group> {
    let is_member = |group: &Group| {
        let membership = query.viewer.and_then(|viewer| world.membership(group.number, viewer));
        membership.is_some_and(|m| m.state == State::Member)
    };
    let owner_is = |group: &Group, id| group.owner.and_then(|owner| world.person(owner)).is_some_and(|p| p.id == id);
    let mut found: Vec<&Group> = world
        .groups
        .iter()
        .filter(|group| query.filter().is_none_or(|filter| accepts(filter, *group)))
        .filter(|group| query.kinds.is_empty() || query.kinds.contains(&group.kind))
        .filter(|group| query.only.as_ref().is_none_or(|only| only.contains(&group.number)))
        .filter(|group| query.tags.is_empty() || bears_one(&group.tags, &query.tags))
        .filter(|group| query.owner.is_none_or(|id| owner_is(group, id)))
        .filter(|group| query.joined.is_none_or(|joined| is_member(group) == joined))
        .filter(|group| !query.visible || group.kind != GroupKind::Private || is_member(group))
        .collect();
    found.sort_by(|a, b| order(&query.order, *a, *b).then(a.number.cmp(&b.number)));
    found
}

/// The persons that `query` finds.
pub fn persons<'a>(world: &'a World, query: &PersonQuery) -> Vec<&'a Person> {
    let mut found: Vec<&Person> = world
        .persons
        .iter()
        .filter(|person| query.filter().is_none_or(|filter| accepts(filter, *person)))
        .filter(|person| query.roles.is_empty() || query.roles.contains(&person.role))
        .filter(|person| query.tags.is_empty() || bears_one(&person.tags, &query.tags))
        .collect();
    found.sort_by(|a, b| order(&query.order, *a, *b).then(a.number.cmp(&b.number)));
    found
}

/// Whether one of the tags in `stored`, a JSON array or the empty text, is letter by letter one of `wanted`.
fn bears_one(stored: &str, wanted: &[String]) -> bool {
    let tags: Vec<String> =
        if stored.is_empty() { Vec::new() } else { serde_json::from_str(stored).expect("an array") };
    tags.iter().any(|tag| wanted.contains(tag))
}

fn order(keys: &[OrderKey], a: &impl Subject, b: &impl Subject) -> Ordering {
    for key in keys {
        let ordering = match key.by {
            OrderBy::Text(field) => a.text(field).as_bytes().cmp(b.text(field).as_bytes()),
            OrderBy::Id => a.id().to_string().cmp(&b.id().to_string()),
            OrderBy::Number => a.number().cmp(&b.number()),
            OrderBy::Changed => a.changed().cmp(&b.changed()),
        };
        let ordering = if key.descending { ordering.reverse() } else { ordering };
        if ordering.is_ne() {
            return ordering;
        }
    }
    Ordering::Equal
}

/// The rows of `found` in this window.
pub fn window<T>(found: &[T], window: Window) -> &[T] {
    let from = usize::try_from(window.offset).unwrap_or(usize::MAX).min(found.len());
    let to = from.saturating_add(window.limit as usize).min(found.len());
    &found[from..to]
}

#[cfg(test)]
mod tests;
