//! Filters as SQL. Persons are `p`, groups `g`, memberships `m`. Every expression is true or false, never null, because no
//! column is.

use super::statement::{Flavor, Sql};
use membership::{Compare, Filter, Folded, IntExpr, OrderBy, TextExpr, TextField, TextMatch, limits, text};

/// What a filter or an order looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Persons.
    Person,
    /// Groups.
    Group,
}

/// A text that every group has in the place of what groups do not have.
const NOTHING: &str = "''";

impl Subject {
    /// The column of the folded text; `None` where all have the empty text.
    const fn column(self, field: TextField) -> Option<&'static str> {
        match self {
            Self::Person => Some(match field {
                TextField::Name => "p.name_folded",
                TextField::Description => "p.description_folded",
                TextField::Email => "p.email_folded",
                TextField::Phone => "p.phone_folded",
                TextField::AdditionalInformation => "p.additional_information_folded",
                TextField::Login => "p.login_folded",
                TextField::AccountStatus => "p.account_status",
                TextField::Uid => "p.uid",
            }),
            Self::Group => match field {
                TextField::Name => Some("g.name_folded"),
                TextField::Description => Some("g.description_folded"),
                TextField::Email => Some("g.email_folded"),
                TextField::AdditionalInformation => Some("g.additional_information_folded"),
                TextField::Uid => Some("g.guid"),
                TextField::Phone | TextField::Login | TextField::AccountStatus => None,
            },
        }
    }

    /// The column of the id.
    const fn id(self) -> &'static str {
        match self {
            Self::Person => "p.id",
            Self::Group => "g.id",
        }
    }

    /// The column of the number.
    pub const fn number(self) -> &'static str {
        match self {
            Self::Person => "p.number",
            Self::Group => "g.number",
        }
    }

    /// What a key of an order compares; `None` where all have the same.
    pub const fn key(self, by: OrderBy) -> Option<&'static str> {
        match by {
            OrderBy::Text(field) => self.column(field),
            OrderBy::Id => Some(self.id()),
            OrderBy::Number => Some(self.number()),
            OrderBy::Changed => Some(self.changed()),
        }
    }

    /// The time of the last change, or of the creation.
    const fn changed(self) -> &'static str {
        match self {
            Self::Person => "CASE WHEN p.updated_at = 0 THEN p.created_at ELSE p.updated_at END",
            Self::Group => "CASE WHEN g.updated_at = 0 THEN g.created_at ELSE g.updated_at END",
        }
    }
}

const fn operator(compare: Compare) -> &'static str {
    match compare {
        Compare::Eq => " = ",
        Compare::Ne => " <> ",
        Compare::Lt => " < ",
        Compare::Le => " <= ",
        Compare::Gt => " > ",
        Compare::Ge => " >= ",
    }
}

/// Writes a filter on this subject, always in parentheses.
pub fn filter(sql: &mut Sql, on: Subject, what: &Filter) {
    match what {
        Filter::Always(true) => {
            sql.push("(1 = 1)");
        }
        Filter::Always(false) => {
            sql.push("(1 = 0)");
        }
        Filter::Not(inner) => {
            sql.push("(NOT ");
            filter(sql, on, inner);
            sql.push(")");
        }
        Filter::All(parts) => joined(sql, on, parts, " AND ", "(1 = 1)"),
        Filter::Any(parts) => joined(sql, on, parts, " OR ", "(1 = 0)"),
        Filter::Same(a, b) => {
            sql.push("(");
            filter(sql, on, a);
            sql.push(" = ");
            filter(sql, on, b);
            sql.push(")");
        }
        Filter::Text(a, compare, b) => {
            sql.push("(");
            text_expr(sql, on, a);
            sql.push(operator(*compare));
            text_expr(sql, on, b);
            sql.push(")");
        }
        Filter::TextIn(expr, items) => {
            sql.push("(");
            text_expr(sql, on, expr);
            list(sql, items.iter().map(Folded::as_str));
        }
        Filter::Match(kind, whole, part) => matches(sql, on, *kind, whole, part),
        Filter::Int(a, compare, b) => {
            sql.push("(");
            int_expr(sql, on, a);
            sql.push(operator(*compare));
            int_expr(sql, on, b);
            sql.push(")");
        }
        Filter::IdIn(ids) => {
            sql.push("(").push(on.id());
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            list(sql, ids.iter().map(String::as_str));
        }
        Filter::Presence(presence) => {
            match on {
                Subject::Person => sql.push("(p.presence = ").text(presence.as_str()).push(")"),
                Subject::Group => sql.push("(1 = 0)"),
            };
        }
        Filter::Changed(compare, at) => {
            sql.push("((").push(on.changed()).push(")").push(operator(*compare)).int(*at).push(")");
        }
    }
}

fn joined(sql: &mut Sql, on: Subject, parts: &[Filter], between: &str, empty: &str) {
    let Some((first, rest)) = parts.split_first() else {
        sql.push(empty);
        return;
    };
    sql.push("(");
    filter(sql, on, first);
    for part in rest {
        sql.push(between);
        filter(sql, on, part);
    }
    sql.push(")");
}

/// The rest of `(x IN (…))`; an empty list, which SQL does not know, lets nobody in.
fn list<'a>(sql: &mut Sql, items: impl Iterator<Item = &'a str>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        sql.push(" = '' AND 1 = 0)");
        return;
    }
    sql.push(" IN (");
    for (at, item) in items.enumerate() {
        sql.push(if at == 0 { "" } else { ", " }).text(item);
    }
    sql.push("))");
}

fn matches(sql: &mut Sql, on: Subject, kind: TextMatch, whole: &TextExpr, part: &TextExpr) {
    match kind {
        TextMatch::Contains => {
            sql.push("(");
            position(sql, on, whole, part);
            sql.push(" > 0)");
        }
        TextMatch::StartsWith => {
            sql.push("(substr(");
            text_expr(sql, on, whole);
            sql.push(", 1, ");
            length(sql, on, part);
            sql.push(") = ");
            text_expr(sql, on, part);
            sql.push(")");
        }
        TextMatch::EndsWith => {
            sql.push("(");
            length(sql, on, whole);
            sql.push(" >= ");
            length(sql, on, part);
            sql.push(" AND substr(");
            text_expr(sql, on, whole);
            sql.push(", ");
            length(sql, on, whole);
            sql.push(" - ");
            length(sql, on, part);
            sql.push(" + 1) = ");
            text_expr(sql, on, part);
            sql.push(")");
        }
    }
}

/// Position of the first occurrence from 1, or 0; 1 for the empty part in both databases.
fn position(sql: &mut Sql, on: Subject, whole: &TextExpr, part: &TextExpr) {
    sql.push(match sql.flavor {
        Flavor::Sqlite => "instr(",
        Flavor::Postgres => "strpos(",
    });
    text_expr(sql, on, whole);
    sql.push(", ");
    text_expr(sql, on, part);
    sql.push(")");
}

fn length(sql: &mut Sql, on: Subject, of: &TextExpr) {
    sql.push("length(");
    text_expr(sql, on, of);
    sql.push(")");
}

fn text_expr(sql: &mut Sql, on: Subject, expr: &TextExpr) {
    match expr {
        TextExpr::Field(field) => {
            sql.push(on.column(*field).unwrap_or(NOTHING));
        }
        TextExpr::Literal(literal) => {
            sql.text(literal.as_str());
        }
        TextExpr::Concat(a, b) => {
            sql.push("(");
            text_expr(sql, on, a);
            sql.push(" || ");
            text_expr(sql, on, b);
            sql.push(")");
        }
        TextExpr::Trim(inner) => {
            sql.push(match sql.flavor {
                Flavor::Sqlite => "trim(",
                Flavor::Postgres => "btrim(",
            });
            text_expr(sql, on, inner);
            sql.push(", ").text(text::WHITE_SPACE).push(")");
        }
        TextExpr::Substring { text, start, length } => {
            sql.push("substr(");
            text_expr(sql, on, text);
            sql.push(", 1 + ");
            from_zero(sql, on, start);
            if let Some(length) = length {
                sql.push(", ");
                from_zero(sql, on, length);
            }
            sql.push(")");
        }
        TextExpr::Replace { text, from, to } => {
            sql.push("replace(");
            text_expr(sql, on, text);
            sql.push(", ");
            text_expr(sql, on, from);
            sql.push(", ");
            text_expr(sql, on, to);
            sql.push(")");
        }
    }
}

/// An integer as an argument of `substr`: below 0 counts as 0, and nothing is longer than the longest text, so that it
/// fits PostgreSQL's 32 bits.
fn from_zero(sql: &mut Sql, on: Subject, expr: &IntExpr) {
    if let IntExpr::Literal(value) = expr {
        let longest = i64::try_from(limits::FILTER_TEXT).unwrap_or(i64::MAX);
        sql.push("CAST(").int((*value).clamp(0, longest)).push(" AS INTEGER)");
        return;
    }
    sql.push(match sql.flavor {
        Flavor::Sqlite => "max(0, ",
        Flavor::Postgres => "greatest(0, ",
    });
    int_expr(sql, on, expr);
    sql.push(")");
}

fn int_expr(sql: &mut Sql, on: Subject, expr: &IntExpr) {
    match expr {
        IntExpr::Literal(value) => {
            sql.int(*value);
        }
        IntExpr::Length(text) => length(sql, on, text),
        IntExpr::IndexOf(whole, part) => {
            sql.push("(");
            position(sql, on, whole, part);
            sql.push(" - 1)");
        }
    }
}
