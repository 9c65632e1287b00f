//! Which members: a typed tree that can only be built from known fields and values of the right kind.
//!
//! Every expression is two-valued; there is no null. Texts are folded, lengths and positions are counted in code
//! points from 0.

use crate::limits;
use crate::{Folded, Presence};
use uuid::Uuid;

/// A text field that can be filtered and ordered by. It stands for the *folded* text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TextField {
    /// `name`.
    Name,
    /// `description`.
    Description,
    /// `email`.
    Email,
    /// `phone`.
    Phone,
    /// `additional_information`.
    AdditionalInformation,
    /// `login`.
    Login,
    /// The account status as text: `active`, `noaccess`, `blocked` (see [`crate::AccountStatus::folded`]).
    AccountStatus,
    /// `uid`.
    Uid,
}

impl TextField {
    /// Every field.
    pub const ALL: &'static [Self] = &[
        Self::Name,
        Self::Description,
        Self::Email,
        Self::Phone,
        Self::AdditionalInformation,
        Self::Login,
        Self::AccountStatus,
        Self::Uid,
    ];

    /// The longest text the field may hold, in code points.
    pub const fn longest(self) -> u64 {
        (match self {
            Self::Name => limits::NAME,
            Self::Description | Self::AdditionalInformation => limits::DESCRIPTION,
            Self::Email => limits::EMAIL,
            Self::Phone => limits::PHONE,
            Self::Login => limits::LOGIN,
            Self::AccountStatus => 8,
            Self::Uid => limits::UID,
        }) as u64
    }
}

/// How two values are compared. Texts compare by the bytes of their folding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
}

impl Compare {
    /// Whether `ordering` (of left to right) satisfies the comparison.
    pub const fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Eq => ordering.is_eq(),
            Self::Ne => ordering.is_ne(),
            Self::Lt => ordering.is_lt(),
            Self::Le => ordering.is_le(),
            Self::Gt => ordering.is_gt(),
            Self::Ge => ordering.is_ge(),
        }
    }
}

/// How a part is looked for in a text. The empty part is in every text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextMatch {
    /// Anywhere.
    Contains,
    /// At the beginning.
    StartsWith,
    /// At the end.
    EndsWith,
}

/// An expression whose value is a folded text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextExpr {
    /// A field.
    Field(TextField),
    /// A constant.
    Literal(Folded),
    /// Both, one behind the other.
    Concat(Box<TextExpr>, Box<TextExpr>),
    /// Without white space ([`crate::text::WHITE_SPACE`]) at both ends.
    Trim(Box<TextExpr>),
    /// From code point `start` on (below 0 counts as 0; past the end gives the empty text), at most `length` code
    /// points (below 0 counts as 0).
    Substring {
        /// The text.
        text: Box<TextExpr>,
        /// Where to begin, from 0.
        start: Box<IntExpr>,
        /// How many code points; all when absent.
        length: Option<Box<IntExpr>>,
    },
    /// Every occurrence of `from`, left to right and not overlapping, replaced with `to`; an empty `from` changes
    /// nothing.
    Replace {
        /// The text.
        text: Box<TextExpr>,
        /// What to replace.
        from: Box<TextExpr>,
        /// With what.
        to: Box<TextExpr>,
    },
}

/// An expression whose value is an integer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IntExpr {
    /// A constant.
    Literal(i64),
    /// Length in code points.
    Length(Box<TextExpr>),
    /// Position of the first occurrence of the second text in the first, from 0; -1 when there is none; 0 for the
    /// empty text.
    IndexOf(Box<TextExpr>, Box<TextExpr>),
}

/// Which members.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// All, or none.
    Always(bool),
    /// Those that the inner one leaves out.
    Not(Box<Filter>),
    /// Those that every one lets in; all when empty.
    All(Vec<Filter>),
    /// Those that at least one lets in; none when empty.
    Any(Vec<Filter>),
    /// Those of which both say the same.
    Same(Box<Filter>, Box<Filter>),
    /// Comparison of two texts.
    Text(TextExpr, Compare, TextExpr),
    /// The text is one of these.
    TextIn(TextExpr, Vec<Folded>),
    /// The first text holds the second, as the match says.
    Match(TextMatch, TextExpr, TextExpr),
    /// Comparison of two integers.
    Int(IntExpr, Compare, IntExpr),
    /// The person's id is one of these.
    IdIn(Vec<Uuid>),
    /// The person's presence.
    Presence(Presence),
    /// Comparison of the time of the person's last change (creation, when never changed) with a unix time.
    Changed(Compare, i64),
}

/// A filter beyond the bounds in [`crate::limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterTooLarge {
    /// Too many levels.
    #[error("has more than {} levels", limits::FILTER_DEPTH)]
    Depth,
    /// Too many nodes.
    #[error("has more than {} parts", limits::FILTER_NODES)]
    Nodes,
    /// Too many items in its `in` together.
    #[error("has more than {} items in its lists", limits::FILTER_ITEMS)]
    Items,
    /// An expression may produce too long a text.
    #[error("may produce a text of more than {} characters", limits::FILTER_TEXT)]
    Text,
}

impl TextExpr {
    /// An upper bound of the length of the value, in code points; saturates.
    pub fn longest(&self) -> u64 {
        match self {
            Self::Field(field) => field.longest(),
            Self::Literal(text) => text.chars(),
            Self::Concat(a, b) => a.longest().saturating_add(b.longest()),
            Self::Trim(text) | Self::Substring { text, .. } => text.longest(),
            Self::Replace { text, to, .. } => text.longest().saturating_mul(to.longest().max(1)),
        }
    }
}

/// Counts down the nodes and the items while it walks.
struct Budget {
    nodes: usize,
    items: usize,
}

impl Budget {
    fn enter(&mut self, depth: usize) -> Result<usize, FilterTooLarge> {
        self.nodes = self.nodes.checked_sub(1).ok_or(FilterTooLarge::Nodes)?;
        if depth == 0 { Err(FilterTooLarge::Depth) } else { Ok(depth - 1) }
    }

    fn items(&mut self, len: usize) -> Result<(), FilterTooLarge> {
        self.items = self.items.checked_sub(len).ok_or(FilterTooLarge::Items)?;
        Ok(())
    }

    fn text(&mut self, expr: &TextExpr, depth: usize) -> Result<(), FilterTooLarge> {
        let depth = self.enter(depth)?;
        match expr {
            TextExpr::Field(_) | TextExpr::Literal(_) => {}
            TextExpr::Concat(a, b) => {
                self.text(a, depth)?;
                self.text(b, depth)?;
            }
            TextExpr::Trim(text) => self.text(text, depth)?,
            TextExpr::Substring { text, start, length } => {
                self.text(text, depth)?;
                self.int(start, depth)?;
                if let Some(length) = length {
                    self.int(length, depth)?;
                }
            }
            TextExpr::Replace { text, from, to } => {
                self.text(text, depth)?;
                self.text(from, depth)?;
                self.text(to, depth)?;
            }
        }
        // Checked behind the children, so that `longest` never walks a tree deeper than the bound.
        if expr.longest() > limits::FILTER_TEXT { Err(FilterTooLarge::Text) } else { Ok(()) }
    }

    fn int(&mut self, expr: &IntExpr, depth: usize) -> Result<(), FilterTooLarge> {
        let depth = self.enter(depth)?;
        match expr {
            IntExpr::Literal(_) => Ok(()),
            IntExpr::Length(text) => self.text(text, depth),
            IntExpr::IndexOf(a, b) => {
                self.text(a, depth)?;
                self.text(b, depth)
            }
        }
    }

    fn filter(&mut self, filter: &Filter, depth: usize) -> Result<(), FilterTooLarge> {
        let depth = self.enter(depth)?;
        match filter {
            Filter::Always(_) | Filter::Presence(_) | Filter::Changed(..) => Ok(()),
            Filter::Not(inner) => self.filter(inner, depth),
            Filter::All(parts) | Filter::Any(parts) => parts.iter().try_for_each(|p| self.filter(p, depth)),
            Filter::Same(a, b) => {
                self.filter(a, depth)?;
                self.filter(b, depth)
            }
            Filter::Text(a, _, b) | Filter::Match(_, a, b) => {
                self.text(a, depth)?;
                self.text(b, depth)
            }
            Filter::TextIn(text, items) => {
                self.items(items.len())?;
                self.text(text, depth)
            }
            Filter::Int(a, _, b) => {
                self.int(a, depth)?;
                self.int(b, depth)
            }
            Filter::IdIn(ids) => self.items(ids.len()),
        }
    }
}

impl Filter {
    /// What a query keeps of this filter, unless it is too large. A list of one is taken as that one, so that the same
    /// question is always asked in the same way. `None` for one that lets everybody in, so that the kept totals answer.
    pub fn for_query(self) -> Result<Option<Self>, FilterTooLarge> {
        self.check()?;
        let mut filter = self;
        Ok(loop {
            filter = match filter {
                Self::Always(true) => break None,
                Self::All(parts) if parts.is_empty() => break None,
                Self::All(mut parts) | Self::Any(mut parts) if parts.len() == 1 => parts.remove(0),
                other => break Some(other),
            };
        })
    }

    /// Makes sure the filter is within the bounds of [`crate::limits`]. Takes time in proportion to its size (times
    /// its depth), and never goes deeper than the bound.
    pub fn check(&self) -> Result<(), FilterTooLarge> {
        Budget { nodes: limits::FILTER_NODES, items: limits::FILTER_ITEMS }.filter(self, limits::FILTER_DEPTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> TextExpr {
        TextExpr::Field(TextField::Name)
    }

    #[test]
    fn deep_filters_are_refused() {
        let mut filter = Filter::Always(true);
        for _ in 0..limits::FILTER_DEPTH - 1 {
            filter = Filter::Not(Box::new(filter));
        }
        assert_eq!(filter.check(), Ok(()));
        assert_eq!(Filter::Not(Box::new(filter)).check(), Err(FilterTooLarge::Depth));
    }

    #[test]
    fn wide_filters_are_refused() {
        assert_eq!(Filter::Any(vec![Filter::Always(true); limits::FILTER_NODES]).check(), Err(FilterTooLarge::Nodes));
        assert_eq!(Filter::Any(vec![Filter::Always(true); limits::FILTER_NODES - 1]).check(), Ok(()));
    }

    #[test]
    fn items_are_counted_together() {
        let ids = |many| Filter::IdIn(vec![Uuid::nil(); many]);
        let texts = |many| Filter::TextIn(name(), vec![Folded::new("a"); many]);
        let half = limits::FILTER_ITEMS / 2;
        for (filter, within) in [
            (ids(limits::FILTER_ITEMS), true),
            (ids(limits::FILTER_ITEMS + 1), false),
            (texts(limits::FILTER_ITEMS + 1), false),
            (Filter::All(vec![ids(half), Filter::Not(Box::new(texts(half)))]), true),
            (Filter::All(vec![ids(half), Filter::Not(Box::new(texts(half + 1)))]), false),
            (Filter::Same(Box::new(texts(half + 1)), Box::new(ids(half))), false),
        ] {
            assert_eq!(filter.check(), if within { Ok(()) } else { Err(FilterTooLarge::Items) });
        }
    }

    #[test]
    fn growing_replacements_are_refused() {
        let grow = |text: TextExpr| TextExpr::Replace {
            text: Box::new(text),
            from: Box::new(TextExpr::Literal(Folded::new("a"))),
            to: Box::new(TextExpr::Literal(Folded::new(&"a".repeat(1_000)))),
        };
        let once = Filter::Text(grow(name()), Compare::Eq, name());
        assert_eq!(once.check(), Ok(()));
        let twice = Filter::Text(grow(grow(name())), Compare::Eq, name());
        assert_eq!(twice.check(), Err(FilterTooLarge::Text));
    }
}
