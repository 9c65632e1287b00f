//! How much memory a filter takes.

use membership::{Filter, Folded, IntExpr, TextExpr};
use uuid::Uuid;

/// What the allocator takes for a piece of memory, about.
const PIECE: usize = 16;

/// How many bytes a filter takes beside itself, about.
pub(crate) fn beside(filter: &Filter) -> usize {
    match filter {
        Filter::Always(_) | Filter::Presence(_) | Filter::Changed(..) => 0,
        Filter::Not(inner) => boxed(inner),
        Filter::Same(a, b) => boxed(a) + boxed(b),
        Filter::All(parts) | Filter::Any(parts) => {
            PIECE + size_of_val(&**parts) + parts.iter().map(beside).sum::<usize>()
        }
        Filter::Text(a, _, b) | Filter::Match(_, a, b) => of_text(a) + of_text(b),
        Filter::TextIn(text, items) => {
            PIECE + size_of::<Folded>() * items.len() + of_text(text) + items.iter().map(of_folded).sum::<usize>()
        }
        Filter::Int(a, _, b) => of_int(a) + of_int(b),
        Filter::IdIn(ids) => PIECE + size_of::<Uuid>() * ids.len(),
    }
}

fn boxed(filter: &Filter) -> usize {
    PIECE + size_of::<Filter>() + beside(filter)
}

fn of_folded(text: &Folded) -> usize {
    PIECE + text.as_str().len()
}

fn of_text(expr: &TextExpr) -> usize {
    let boxed = |expr: &TextExpr| PIECE + size_of::<TextExpr>() + of_text(expr);
    let boxed_int = |expr: &IntExpr| PIECE + size_of::<IntExpr>() + of_int(expr);
    match expr {
        TextExpr::Field(_) => 0,
        TextExpr::Literal(text) => of_folded(text),
        TextExpr::Concat(a, b) => boxed(a) + boxed(b),
        TextExpr::Trim(text) => boxed(text),
        TextExpr::Substring { text, start, length } => {
            boxed(text) + boxed_int(start) + length.as_deref().map_or(0, boxed_int)
        }
        TextExpr::Replace { text, from, to } => boxed(text) + boxed(from) + boxed(to),
    }
}

fn of_int(expr: &IntExpr) -> usize {
    let boxed = |expr: &TextExpr| PIECE + size_of::<TextExpr>() + of_text(expr);
    match expr {
        IntExpr::Literal(_) => 0,
        IntExpr::Length(text) => boxed(text),
        IntExpr::IndexOf(whole, part) => boxed(whole) + boxed(part),
    }
}
