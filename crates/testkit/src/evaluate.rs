//! What a filter means, said as plainly as possible: one person or group at a time, texts as owned strings.

use membership::text::{WHITE_SPACE, fold};
use membership::{Filter, Group, IntExpr, Person, Presence, TextExpr, TextField, TextMatch};
use uuid::Uuid;

/// What a filter or an order may look at.
pub trait Subject {
    /// The folded text of a field; empty when it has no such field.
    fn text(&self, field: TextField) -> String;
    /// Its id.
    fn id(&self) -> Uuid;
    /// Its number.
    fn number(&self) -> i64;
    /// Whether it is there, if that can be said of it.
    fn presence(&self) -> Option<Presence>;
    /// When it was last changed; when never, created.
    fn changed(&self) -> i64;
}

impl Subject for Person {
    fn text(&self, field: TextField) -> String {
        match field {
            TextField::Name => fold(&self.name),
            TextField::Description => fold(&self.description),
            TextField::Email => fold(&self.email),
            TextField::Phone => fold(&self.phone),
            TextField::AdditionalInformation => fold(&self.additional_information),
            TextField::Login => fold(&self.login),
            TextField::AccountStatus => self.account_status.folded().to_owned(),
            TextField::Uid => fold(&self.uid),
        }
    }

    fn id(&self) -> Uuid {
        self.id
    }

    fn number(&self) -> i64 {
        self.number
    }

    fn presence(&self) -> Option<Presence> {
        Some(self.presence)
    }

    fn changed(&self) -> i64 {
        self.updated_at.unwrap_or(self.created_at)
    }
}

impl Subject for Group {
    fn text(&self, field: TextField) -> String {
        match field {
            TextField::Name => fold(&self.name),
            TextField::Description => fold(&self.description),
            TextField::Email => fold(&self.email),
            TextField::AdditionalInformation => fold(&self.additional_information),
            TextField::Uid => fold(&self.guid),
            TextField::Phone | TextField::Login | TextField::AccountStatus => String::new(),
        }
    }

    fn id(&self) -> Uuid {
        self.id
    }

    fn number(&self) -> i64 {
        self.number
    }

    fn presence(&self) -> Option<Presence> {
        None
    }

    fn changed(&self) -> i64 {
        self.updated_at.unwrap_or(self.created_at)
    }
}

/// Whether `filter` lets the person or group in.
pub fn accepts(filter: &Filter, subject: &impl Subject) -> bool {
    match filter {
        Filter::Always(value) => *value,
        Filter::Not(inner) => !accepts(inner, subject),
        Filter::All(parts) => parts.iter().all(|part| accepts(part, subject)),
        Filter::Any(parts) => parts.iter().any(|part| accepts(part, subject)),
        Filter::Same(a, b) => accepts(a, subject) == accepts(b, subject),
        Filter::Text(a, compare, b) => compare.holds(text(a, subject).as_bytes().cmp(text(b, subject).as_bytes())),
        Filter::TextIn(a, items) => {
            let value = text(a, subject);
            items.iter().any(|item| item.as_str() == value)
        }
        Filter::Match(how, whole, part) => {
            let (whole, part) = (text(whole, subject), text(part, subject));
            match how {
                TextMatch::Contains => whole.contains(&part),
                TextMatch::StartsWith => whole.starts_with(&part),
                TextMatch::EndsWith => whole.ends_with(&part),
            }
        }
        Filter::Int(a, compare, b) => compare.holds(int(a, subject).cmp(&int(b, subject))),
        Filter::IdIn(ids) => ids.contains(&subject.id()),
        Filter::Presence(presence) => subject.presence() == Some(*presence),
        Filter::Changed(compare, time) => compare.holds(subject.changed().cmp(time)),
    }
}

fn text(expr: &TextExpr, subject: &impl Subject) -> String {
    match expr {
        TextExpr::Field(name) => subject.text(*name),
        TextExpr::Literal(literal) => literal.as_str().to_owned(),
        TextExpr::Concat(a, b) => text(a, subject) + &text(b, subject),
        TextExpr::Trim(inner) => text(inner, subject).trim_matches(|c| WHITE_SPACE.contains(c)).to_owned(),
        TextExpr::Substring { text: inner, start, length } => {
            let rest: Vec<char> = text(inner, subject).chars().skip(count(int(start, subject))).collect();
            let length = length.as_ref().map_or(usize::MAX, |length| count(int(length, subject)));
            rest.into_iter().take(length).collect()
        }
        TextExpr::Replace { text: inner, from, to } => {
            let (inner, from, to) = (text(inner, subject), text(from, subject), text(to, subject));
            // The library would put `to` between all characters.
            if from.is_empty() { inner } else { inner.replace(&from, &to) }
        }
    }
}

fn int(expr: &IntExpr, subject: &impl Subject) -> i64 {
    match expr {
        IntExpr::Literal(value) => *value,
        IntExpr::Length(inner) => code_points(&text(inner, subject)),
        IntExpr::IndexOf(whole, part) => {
            let (whole, part) = (text(whole, subject), text(part, subject));
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
