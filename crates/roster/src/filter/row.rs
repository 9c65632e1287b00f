//! What a filter says of one person, in every shape that it can have.

use crate::persons::Chunk;
use membership::text::WHITE_SPACE;
use membership::{Filter, IntExpr, TextExpr, TextMatch};
use std::borrow::Cow;

/// Whether `filter` lets the person of this row in.
pub(super) fn accepts(filter: &Filter, chunk: &Chunk, row: usize) -> bool {
    match filter {
        Filter::Always(value) => *value,
        Filter::Not(inner) => !accepts(inner, chunk, row),
        Filter::All(parts) => parts.iter().all(|part| accepts(part, chunk, row)),
        Filter::Any(parts) => parts.iter().any(|part| accepts(part, chunk, row)),
        Filter::Same(a, b) => accepts(a, chunk, row) == accepts(b, chunk, row),
        Filter::Text(a, compare, b) => {
            compare.holds(text(a, chunk, row).as_bytes().cmp(text(b, chunk, row).as_bytes()))
        }
        Filter::TextIn(a, items) => {
            let value = text(a, chunk, row);
            items.iter().any(|item| item.as_str() == value)
        }
        Filter::Match(how, whole, part) => matches(*how, &text(whole, chunk, row), &text(part, chunk, row)),
        Filter::Int(a, compare, b) => compare.holds(int(a, chunk, row).cmp(&int(b, chunk, row))),
        Filter::IdIn(ids) => ids.contains(&chunk.id(row)),
        Filter::Presence(presence) => chunk.presence(row) == *presence,
        Filter::Changed(compare, time) => compare.holds(chunk.changed(row).cmp(time)),
    }
}

pub(super) fn matches(how: TextMatch, whole: &str, part: &str) -> bool {
    match how {
        TextMatch::Contains => whole.contains(part),
        TextMatch::StartsWith => whole.starts_with(part),
        TextMatch::EndsWith => whole.ends_with(part),
    }
}

fn text<'a>(expr: &'a TextExpr, chunk: &'a Chunk, row: usize) -> Cow<'a, str> {
    match expr {
        TextExpr::Field(field) => chunk.folded(*field, row),
        TextExpr::Literal(literal) => Cow::Borrowed(literal.as_str()),
        TextExpr::Concat(a, b) => text(a, chunk, row) + text(b, chunk, row),
        TextExpr::Trim(inner) => part(text(inner, chunk, row), |text| {
            let rest = text.trim_start_matches(|c| WHITE_SPACE.contains(c));
            let start = text.len() - rest.len();
            start..start + rest.trim_end_matches(|c| WHITE_SPACE.contains(c)).len()
        }),
        TextExpr::Substring { text: inner, start, length } => {
            let start = count(int(start, chunk, row));
            let length = length.as_ref().map_or(usize::MAX, |length| count(int(length, chunk, row)));
            part(text(inner, chunk, row), |text| {
                let from = byte_of(text, start);
                from..from + byte_of(&text[from..], length)
            })
        }
        TextExpr::Replace { text: inner, from, to } => {
            let (inner, from, to) = (text(inner, chunk, row), text(from, chunk, row), text(to, chunk, row));
            // The library would put `to` between all characters.
            if from.is_empty() || !inner.contains(&*from) { inner } else { Cow::Owned(inner.replace(&*from, &to)) }
        }
    }
}

/// The part of a text that `range` gives of it.
fn part<'a>(text: Cow<'a, str>, range: impl FnOnce(&str) -> std::ops::Range<usize>) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[range(text)]),
        Cow::Owned(text) => {
            let range = range(&text);
            Cow::Owned(text[range].to_owned())
        }
    }
}

/// Where the code point of this number begins; the end when there are not so many.
fn byte_of(text: &str, code_point: usize) -> usize {
    if code_point >= text.len() {
        return text.len();
    }
    text.char_indices().nth(code_point).map_or(text.len(), |(byte, _)| byte)
}

fn int(expr: &IntExpr, chunk: &Chunk, row: usize) -> i64 {
    match expr {
        IntExpr::Literal(value) => *value,
        IntExpr::Length(inner) => code_points(&text(inner, chunk, row)),
        IntExpr::IndexOf(whole, part) => {
            let (whole, part) = (text(whole, chunk, row), text(part, chunk, row));
            whole.find(&*part).map_or(-1, |byte| code_points(&whole[..byte]))
        }
    }
}

/// A start or a length: below 0 counts as 0.
fn count(value: i64) -> usize {
    usize::try_from(value.max(0)).unwrap_or(usize::MAX)
}

fn code_points(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}
