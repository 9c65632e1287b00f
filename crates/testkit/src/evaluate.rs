//! What a filter means, said as plainly as possible: one person at a time, texts as owned strings.

use membership::text::{WHITE_SPACE, fold};
use membership::{Filter, IntExpr, Person, TextExpr, TextField, TextMatch};

/// Whether `filter` lets `person` in.
pub fn accepts(filter: &Filter, person: &Person) -> bool {
    match filter {
        Filter::Always(value) => *value,
        Filter::Not(inner) => !accepts(inner, person),
        Filter::All(parts) => parts.iter().all(|part| accepts(part, person)),
        Filter::Any(parts) => parts.iter().any(|part| accepts(part, person)),
        Filter::Same(a, b) => accepts(a, person) == accepts(b, person),
        Filter::Text(a, compare, b) => compare.holds(text(a, person).as_bytes().cmp(text(b, person).as_bytes())),
        Filter::TextIn(a, items) => {
            let value = text(a, person);
            items.iter().any(|item| item.as_str() == value)
        }
        Filter::Match(how, whole, part) => {
            let (whole, part) = (text(whole, person), text(part, person));
            match how {
                TextMatch::Contains => whole.contains(&part),
                TextMatch::StartsWith => whole.starts_with(&part),
                TextMatch::EndsWith => whole.ends_with(&part),
            }
        }
        Filter::Int(a, compare, b) => compare.holds(int(a, person).cmp(&int(b, person))),
        Filter::IdIn(ids) => ids.contains(&person.id),
        Filter::Presence(presence) => person.presence == *presence,
        Filter::Changed(compare, time) => compare.holds(changed(person).cmp(time)),
    }
}

/// When the person was last changed; when never, created.
pub(crate) fn changed(person: &Person) -> i64 {
    person.updated_at.unwrap_or(person.created_at)
}

/// The folded text of a field.
pub(crate) fn field(field: TextField, person: &Person) -> String {
    match field {
        TextField::Name => fold(&person.name),
        TextField::Description => fold(&person.description),
        TextField::Email => fold(&person.email),
        TextField::Phone => fold(&person.phone),
        TextField::AdditionalInformation => fold(&person.additional_information),
        TextField::Login => fold(&person.login),
        TextField::AccountStatus => person.account_status.folded().to_owned(),
        TextField::Uid => fold(&person.uid),
    }
}

fn text(expr: &TextExpr, person: &Person) -> String {
    match expr {
        TextExpr::Field(name) => field(*name, person),
        TextExpr::Literal(literal) => literal.as_str().to_owned(),
        TextExpr::Concat(a, b) => text(a, person) + &text(b, person),
        TextExpr::Trim(inner) => text(inner, person).trim_matches(|c| WHITE_SPACE.contains(c)).to_owned(),
        TextExpr::Substring { text: inner, start, length } => {
            let rest: Vec<char> = text(inner, person).chars().skip(count(int(start, person))).collect();
            let length = length.as_ref().map_or(usize::MAX, |length| count(int(length, person)));
            rest.into_iter().take(length).collect()
        }
        TextExpr::Replace { text: inner, from, to } => {
            let (inner, from, to) = (text(inner, person), text(from, person), text(to, person));
            // The library would put `to` between all characters.
            if from.is_empty() { inner } else { inner.replace(&from, &to) }
        }
    }
}

fn int(expr: &IntExpr, person: &Person) -> i64 {
    match expr {
        IntExpr::Literal(value) => *value,
        IntExpr::Length(inner) => code_points(&text(inner, person)),
        IntExpr::IndexOf(whole, part) => {
            let (whole, part) = (text(whole, person), text(part, person));
            whole.find(&part).map_or(-1, |byte| code_points(&whole[..byte]))
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
