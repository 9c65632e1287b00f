//! What lists are searched and ordered by.

use super::problem::Problem;
use super::request::Ask;
use membership::{Compare, Filter, FilterTooLarge, Folded, OrderBy, OrderKey, TextExpr, TextField, TextMatch};

/// Those in which the text stands in one of these fields, whatever the case.
pub(super) fn holds(text: &str, fields: &[TextField]) -> Filter {
    let wanted = Folded::new(text);
    let holds = |field: &TextField| {
        let (field, wanted) = (TextExpr::Field(*field), TextExpr::Literal(wanted.clone()));
        Filter::Match(TextMatch::Contains, field, wanted)
    };
    Filter::Any(fields.iter().map(holds).collect())
}

/// Those of which this field is this text.
pub(super) fn is(field: TextField, folded: &str) -> Filter {
    Filter::Text(TextExpr::Field(field), Compare::Eq, TextExpr::Literal(Folded::new(folded)))
}

/// The order that the query asks for: a word, with a hyphen in front for the greatest first.
pub(super) fn order(ask: &Ask) -> Vec<OrderKey> {
    let Some(said) = ask.text("order") else { return Vec::new() };
    let (word, descending) = said.strip_prefix('-').map_or((said, false), |word| (word, true));
    let by = match word {
        "number" => OrderBy::Number,
        "name" => OrderBy::Text(TextField::Name),
        "guid" | "uid" => OrderBy::Text(TextField::Uid),
        "login" => OrderBy::Text(TextField::Login),
        "email" => OrderBy::Text(TextField::Email),
        "updated_at" => OrderBy::Changed,
        _ => return Vec::new(),
    };
    vec![OrderKey { by, descending }]
}

/// A filter beyond the bounds; ours are far within.
pub(super) fn too_large(error: FilterTooLarge) -> Problem {
    Problem::parameter("search", &error.to_string())
}
