//! Random filters and queries about what a directory holds.

use super::{chance, other_case, pick, text};
use crate::MemoryDirectory;
use crate::evaluate::Subject;
use membership::{
    Compare, Filter, Folded, Group, GroupKey, GroupKind, GroupQuery, IntExpr, MemberQuery, OrderBy, OrderKey,
    PersonFields, PersonQuery, Presence, Scope, ScopeSet, State, TextExpr, TextField, TextMatch, Window,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

/// Some choices of fields, with every field in some of them and missing in others.
const FIELDS: [PersonFields; 4] = [
    PersonFields::NONE,
    PersonFields::NAME.with(PersonFields::MEMBERSHIP),
    PersonFields::EMAIL
        .with(PersonFields::TAGS)
        .with(PersonFields::ID)
        .with(PersonFields::TIMES)
        .with(PersonFields::LINK),
    PersonFields::ACCOUNT_STATUS.with(PersonFields::PRESENCE).with(PersonFields::BUSINESS).with(PersonFields::NUMBER),
];

const COMPARES: &[Compare] = &[Compare::Eq, Compare::Ne, Compare::Lt, Compare::Le, Compare::Gt, Compare::Ge];
const MATCHES: &[TextMatch] = &[TextMatch::Contains, TextMatch::StartsWith, TextMatch::EndsWith];

/// A query about a group of the directory (which must hold one), within all bounds.
pub fn query(rng: &mut ChaCha8Rng, directory: &MemoryDirectory) -> MemberQuery {
    let world = directory.world();
    let group = pick(rng, &world.groups);
    let mut query = MemberQuery::new(key(rng, group), window(rng, world.memberships.len() as u64));
    if chance(rng, 80) {
        // A filter may come out too large; one of the next will not.
        let filtered = std::iter::repeat_with(|| {
            let depth = rng.random_range(0..5);
            query.clone().filtered(filter(rng, directory, depth))
        });
        query = filtered.flatten().next().expect("most are small enough");
    }
    if chance(rng, 20) {
        query.state = *pick(rng, State::ALL);
    }
    if chance(rng, 40) {
        query.scopes = Scope::ALL.iter().copied().filter(|_| chance(rng, 60)).collect::<ScopeSet>();
    }
    query.order = order(rng);
    if chance(rng, 20) {
        query.fields = *pick(rng, &FIELDS);
    }
    query
}

/// A filter of at most `depth` connectives above one another; its literals come, as a rule, from the directory, so that
/// it lets somebody in. It may be beyond the bounds that `MemberQuery::filtered` holds.
pub fn filter(rng: &mut ChaCha8Rng, directory: &MemoryDirectory, depth: u32) -> Filter {
    Source { rng, subjects: &directory.world().persons }.filter(depth)
}

/// A query about the groups of the directory, within all bounds.
pub fn group_query(rng: &mut ChaCha8Rng, directory: &MemoryDirectory) -> GroupQuery {
    let world = directory.world();
    let mut query = GroupQuery::new(window(rng, world.groups.len() as u64));
    if chance(rng, 60) {
        let filtered = std::iter::repeat_with(|| {
            let depth = rng.random_range(0..4);
            query.clone().filtered(Source { rng, subjects: &world.groups }.filter(depth))
        });
        query = filtered.flatten().next().expect("most are small enough");
    }
    if chance(rng, 20) {
        query.kinds = GroupKind::ALL.iter().copied().filter(|_| chance(rng, 60)).collect();
    }
    if chance(rng, 15) {
        query.tags = tags(rng, world.groups.iter().map(|group| group.tags.as_str()));
    }
    let persons = &world.persons;
    let somebody = |rng: &mut ChaCha8Rng| if persons.is_empty() { None } else { Some(pick(rng, persons)) };
    if chance(rng, 15) {
        let owners: Vec<_> = world.groups.iter().filter_map(|group| world.person(group.owner?)).collect();
        let owner = if owners.is_empty() || chance(rng, 30) { somebody(rng) } else { Some(*pick(rng, &owners)) };
        query.owner = owner.map(|person| person.id);
    }
    if chance(rng, 60) {
        let of_a_group = world.memberships.get(rng.random_range(0..=world.memberships.len()));
        query.viewer = of_a_group.map(|membership| membership.person).or(somebody(rng).map(|person| person.number));
    }
    if chance(rng, 40) {
        query.joined = Some(chance(rng, 60));
    }
    query.visible = chance(rng, 30);
    query.order = order(rng);
    query
}

/// A query about the persons of the directory, within all bounds.
pub fn person_query(rng: &mut ChaCha8Rng, directory: &MemoryDirectory) -> PersonQuery {
    let world = directory.world();
    let mut query = PersonQuery::new(window(rng, world.persons.len() as u64));
    if chance(rng, 60) {
        let filtered = std::iter::repeat_with(|| {
            let depth = rng.random_range(0..4);
            query.clone().filtered(filter(rng, directory, depth))
        });
        query = filtered.flatten().next().expect("most are small enough");
    }
    if chance(rng, 20) {
        query.roles = (0..rng.random_range(1..4))
            .map(|_| if world.persons.is_empty() { text(rng, 50) } else { pick(rng, &world.persons).role.clone() })
            .collect();
    }
    if chance(rng, 20) {
        query.tags = tags(rng, world.persons.iter().map(|person| person.tags.as_str()));
    }
    query.order = order(rng);
    query
}

/// Some tags, most of them one that somebody bears, and now and then one in another case, which nobody does.
fn tags<'a>(rng: &mut ChaCha8Rng, stored: impl Iterator<Item = &'a str>) -> Vec<String> {
    let all: Vec<String> = stored.filter_map(|text| serde_json::from_str::<Vec<String>>(text).ok()).flatten().collect();
    let one = |rng: &mut ChaCha8Rng| match rng.random_range(0..10) {
        0..7 if !all.is_empty() => pick(rng, &all).clone(),
        7..9 if !all.is_empty() => other_case(&all[rng.random_range(0..all.len())]),
        _ => text(rng, 20),
    };
    (0..rng.random_range(1..4)).map(|_| one(rng)).collect()
}

fn order(rng: &mut ChaCha8Rng) -> Vec<OrderKey> {
    let keys = *pick(rng, &[0, 0, 1, 1, 2, 3, 5]);
    (0..keys).map(|_| OrderKey { by: order_by(rng), descending: chance(rng, 50) }).collect()
}

pub(super) fn key(rng: &mut ChaCha8Rng, group: &Group) -> GroupKey {
    match rng.random_range(0..3) {
        0 => GroupKey::Number(group.number),
        1 => GroupKey::Id(group.id),
        _ => GroupKey::Guid(group.guid.clone()),
    }
}

fn window(rng: &mut ChaCha8Rng, rows: u64) -> Window {
    let inside = rng.random_range(0..=rows);
    let far = [rows, rows + 1, u64::from(u32::MAX), i64::MAX.unsigned_abs(), 1 << 63, u64::MAX];
    let offset = match rng.random_range(0..10) {
        0..5 => 0,
        5..7 => inside / 10,
        7..9 => inside,
        _ => *pick(rng, &far),
    };
    Window { offset, limit: *pick(rng, &[0, 1, 1, 2, 3, 8, 10, 25, 100, 1_000, u32::MAX]) }
}

fn order_by(rng: &mut ChaCha8Rng) -> OrderBy {
    match rng.random_range(0..10) {
        0 => OrderBy::Id,
        1 => OrderBy::Number,
        2 => OrderBy::Changed,
        _ => OrderBy::Text(*pick(rng, TextField::ALL)),
    }
}

/// What filters are drawn from.
struct Source<'a, S> {
    rng: &'a mut ChaCha8Rng,
    subjects: &'a [S],
}

impl<S: Subject> Source<'_, S> {
    fn filter(&mut self, depth: u32) -> Filter {
        if depth == 0 || chance(self.rng, 20) {
            return self.leaf();
        }
        let parts = self.rng.random_range(0..5);
        match self.rng.random_range(0..4) {
            0 => Filter::Not(Box::new(self.filter(depth - 1))),
            1 => Filter::All((0..parts).map(|_| self.filter(depth - 1)).collect()),
            2 => Filter::Any((0..parts).map(|_| self.filter(depth - 1)).collect()),
            _ => Filter::Same(Box::new(self.filter(depth - 1)), Box::new(self.filter(depth - 1))),
        }
    }

    fn leaf(&mut self) -> Filter {
        let compare = *pick(self.rng, COMPARES);
        match self.rng.random_range(0..20) {
            0..7 => {
                let (a, b) = self.pair();
                Filter::Text(a, compare, b)
            }
            7..12 => {
                let how = *pick(self.rng, MATCHES);
                let (a, b) = self.pair();
                Filter::Match(how, a, b)
            }
            12..15 => Filter::Int(self.int(2), compare, self.int(1)),
            15 => {
                let field = *pick(self.rng, TextField::ALL);
                let items = *pick(self.rng, &[0, 1, 3, 40]);
                let items = (0..items).map(|_| self.literal(field)).collect();
                Filter::TextIn(if chance(self.rng, 70) { TextExpr::Field(field) } else { self.text(2, field) }, items)
            }
            16 => {
                let items = *pick(self.rng, &[0, 1, 3, 40]);
                Filter::IdIn((0..items).map(|_| self.id()).collect())
            }
            17 => Filter::Presence(*pick(self.rng, Presence::ALL)),
            18 => {
                let near = self.subject().map_or(0, Subject::changed);
                let time = near.saturating_add(*pick(self.rng, &[-1, 0, 0, 1, i64::MIN, i64::MAX]));
                Filter::Changed(compare, time)
            }
            _ => Filter::Always(chance(self.rng, 50)),
        }
    }

    /// Two texts that have to do with one another, in either order.
    fn pair(&mut self) -> (TextExpr, TextExpr) {
        let field = *pick(self.rng, TextField::ALL);
        let left = if chance(self.rng, 50) { TextExpr::Field(field) } else { self.text(2, field) };
        let right = if chance(self.rng, 70) { TextExpr::Literal(self.literal(field)) } else { self.text(1, field) };
        if chance(self.rng, 85) { (left, right) } else { (right, left) }
    }

    fn text(&mut self, depth: u32, field: TextField) -> TextExpr {
        if depth == 0 {
            return if chance(self.rng, 60) { TextExpr::Field(field) } else { TextExpr::Literal(self.literal(field)) };
        }
        let other = *pick(self.rng, TextField::ALL);
        let inner = Box::new(self.text(depth - 1, field));
        match self.rng.random_range(0..6) {
            0 => *inner,
            1 => TextExpr::Concat(inner, Box::new(self.text(depth - 1, other))),
            2 => TextExpr::Trim(inner),
            3 => TextExpr::Substring { text: inner, start: Box::new(self.int(depth - 1)), length: None },
            4 => {
                let (start, length) = (Box::new(self.int(depth - 1)), Some(Box::new(self.int(depth - 1))));
                TextExpr::Substring { text: inner, start, length }
            }
            _ => TextExpr::Replace {
                text: inner,
                from: Box::new(TextExpr::Literal(self.literal(field))),
                to: Box::new(self.text(depth - 1, other)),
            },
        }
    }

    fn int(&mut self, depth: u32) -> IntExpr {
        let field = *pick(self.rng, TextField::ALL);
        match self.rng.random_range(0..if depth == 0 { 2 } else { 4 }) {
            0 => IntExpr::Literal(self.rng.random_range(-2..12)),
            1 => IntExpr::Literal(*pick(self.rng, &[0, 1, 2, -1, i64::MIN, i64::MAX, 1 << 32, -(1 << 31)])),
            2 => IntExpr::Length(Box::new(self.text(depth - 1, field))),
            _ => IntExpr::IndexOf(Box::new(self.text(depth - 1, field)), Box::new(self.text(depth - 1, field))),
        }
    }

    /// Something that the field holds somewhere, or a part of it, or in another case; now and then anything.
    fn literal(&mut self, field: TextField) -> Folded {
        let Some(subject) = self.subject() else { return Folded::new(&text(self.rng, 50)) };
        let value = subject.text(field);
        let chars: Vec<char> = value.chars().take(200).collect();
        let text = match self.rng.random_range(0..10) {
            0..4 => value,
            4 => other_case(&value),
            5..9 => {
                let from = self.rng.random_range(0..=chars.len());
                let to = self.rng.random_range(from..=chars.len());
                chars[from..to].iter().collect()
            }
            _ => text(self.rng, 50),
        };
        Folded::new(&text)
    }

    fn id(&mut self) -> Uuid {
        let stranger = Uuid::from_u128(self.rng.random());
        self.subject().map_or(stranger, Subject::id)
    }

    fn subject(&mut self) -> Option<&S> {
        if self.subjects.is_empty() { None } else { Some(pick(self.rng, self.subjects)) }
    }
}
