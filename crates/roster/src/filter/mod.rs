//! Filters over a whole chunk at once: which of its rows they let in.
//!
//! What filters mostly say, that a field holds a text or compares with one, is looked for in all texts of a chunk at
//! once; the rest is asked row by row ([`row`]).

mod dense;
mod row;
mod size;
mod texts;

use crate::persons::{Arena, Chunk, Column, Mask};
use hashbrown::HashSet;
use membership::{Compare, Filter, Presence, TextExpr, TextField, TextMatch};
pub(crate) use size::beside;
use texts::Wanted;
use uuid::Uuid;

/// What is needed while chunks are looked at, kept from one to the next.
#[derive(Default)]
pub(crate) struct Scratch {
    text: String,
    begins: dense::Begins,
}

/// A filter made ready to be asked often.
pub(crate) enum Test<'a> {
    Always(bool),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
    Same(Box<Self>, Box<Self>),
    /// What is wanted of the texts of a column.
    Texts(Column, Wanted<'a>),
    Ids(HashSet<Uuid>),
    Presence(Presence),
    Changed(Compare, i64),
    /// Anything else.
    Each(&'a Filter),
}

impl<'a> Test<'a> {
    pub(crate) fn new(filter: &'a Filter) -> Self {
        let column = |field: &TextField| Column::of_field(*field);
        match filter {
            Filter::Always(value) => Self::Always(*value),
            Filter::Not(inner) => Self::Not(Box::new(Self::new(inner))),
            Filter::All(parts) => Self::All(in_order_of_cost(parts)),
            Filter::Any(parts) => Self::Any(in_order_of_cost(parts)),
            Filter::Same(a, b) => Self::Same(Box::new(Self::new(a)), Box::new(Self::new(b))),
            Filter::Match(how, TextExpr::Field(field), TextExpr::Literal(part)) => {
                let wanted = match how {
                    TextMatch::Contains => Wanted::holding(part.as_str()),
                    TextMatch::StartsWith | TextMatch::EndsWith => Wanted::Matching(*how, part.as_str()),
                };
                column(field).map_or(Self::Each(filter), |column| Self::Texts(column, wanted))
            }
            Filter::Text(TextExpr::Field(field), compare, TextExpr::Literal(with)) => {
                let wanted = Wanted::Comparing(*compare, with.as_str());
                column(field).map_or(Self::Each(filter), |column| Self::Texts(column, wanted))
            }
            Filter::TextIn(TextExpr::Field(field), items) => {
                let wanted = || Wanted::Among(items.iter().map(|item| item.as_str()).collect());
                column(field).map_or(Self::Each(filter), |column| Self::Texts(column, wanted()))
            }
            Filter::IdIn(ids) => Self::Ids(ids.iter().copied().collect()),
            Filter::Presence(presence) => Self::Presence(*presence),
            Filter::Changed(compare, time) => Self::Changed(*compare, *time),
            Filter::Text(..) | Filter::TextIn(..) | Filter::Match(..) | Filter::Int(..) => Self::Each(filter),
        }
    }

    /// The rows of `within`, all of which must hold somebody, that are let in.
    pub(crate) fn of(&self, chunk: &Chunk, within: &Mask, scratch: &mut Scratch) -> Mask {
        if within.is_empty() {
            return Mask::NONE;
        }
        match self {
            Self::Always(true) => *within,
            Self::Always(false) => Mask::NONE,
            Self::Not(inner) => within.without(&inner.of(chunk, within, scratch)),
            Self::All(parts) => parts.iter().fold(*within, |left, part| part.of(chunk, &left, scratch)),
            Self::Any(parts) => parts.iter().fold(Mask::NONE, |found, part| {
                let left = within.without(&found);
                found.or(&part.of(chunk, &left, scratch))
            }),
            Self::Same(a, b) => {
                let (a, b) = (a.of(chunk, within, scratch), b.of(chunk, within, scratch));
                within.without(&a.or(&b)).or(&a.and(&b))
            }
            Self::Texts(column, wanted) => wanted.of(chunk, *column, within, scratch),
            Self::Ids(ids) => within.only(|row| ids.contains(&chunk.id(row))),
            Self::Presence(presence) => within.only(|row| chunk.presence(row) == *presence),
            Self::Changed(compare, time) => within.only(|row| compare.holds(chunk.changed(row).cmp(time))),
            Self::Each(filter) => within.only(|row| row::accepts(filter, chunk, row)),
        }
    }

    /// Reads where that stands which it will read of the chunk, so that the memory brings it for many chunks at once. What
    /// it gives means nothing.
    pub(crate) fn touch(&self, chunk: &Chunk) -> usize {
        match self {
            Self::Not(inner) => inner.touch(chunk),
            Self::All(parts) | Self::Any(parts) => parts.iter().fold(0, |sum, part| sum ^ part.touch(chunk)),
            Self::Same(a, b) => a.touch(chunk) ^ b.touch(chunk),
            Self::Texts(column, _) => {
                chunk.searched(*column).0.arena().map_or(0, Arena::len) ^ usize::from(chunk.live.has(0))
            }
            Self::Always(_) | Self::Ids(_) | Self::Presence(_) | Self::Changed(..) | Self::Each(_) => 0,
        }
    }

    fn is_each(&self) -> bool {
        matches!(self, Self::Each(_))
    }
}

/// What is asked row by row comes last, for the rows that are left.
fn in_order_of_cost(parts: &[Filter]) -> Vec<Test<'_>> {
    let mut tests: Vec<Test<'_>> = parts.iter().map(Test::new).collect();
    tests.sort_by_key(Test::is_each);
    tests
}

#[cfg(test)]
mod tests;
