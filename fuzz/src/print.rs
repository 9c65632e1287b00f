//! Filters written as the OData text that the RM dialect reads. Shared by the dialect's own tests and the fuzz targets.

use membership::{Compare, Filter, IntExpr, TextExpr, TextField, TextMatch};

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The name of a field of a person.
pub fn name(field: TextField) -> &'static str {
    match field {
        TextField::Name => "Name",
        TextField::Description => "Description",
        TextField::Email => "Email",
        TextField::Phone => "Phone",
        TextField::AdditionalInformation => "AdditionalInformation",
        TextField::Login => "Login",
        TextField::AccountStatus => "Status",
        TextField::Uid => "no field of this dialect",
    }
}

fn operator(by: Compare) -> &'static str {
    match by {
        Compare::Eq => "eq",
        Compare::Ne => "ne",
        Compare::Lt => "lt",
        Compare::Le => "le",
        Compare::Gt => "gt",
        Compare::Ge => "ge",
    }
}

fn print_text(text: &TextExpr) -> String {
    match text {
        TextExpr::Field(field) => name(*field).to_owned(),
        TextExpr::Literal(text) => literal(text.as_str()),
        TextExpr::Concat(a, b) => format!("concat({},{})", print_text(a), print_text(b)),
        TextExpr::Trim(text) => format!("trim( {} )", print_text(text)),
        TextExpr::Substring { text, start, length: None } => {
            format!("substring({}, {})", print_text(text), print_int(start))
        }
        TextExpr::Substring { text, start, length: Some(length) } => {
            format!("substring({},{},{})", print_text(text), print_int(start), print_int(length))
        }
        TextExpr::Replace { text, from, to } => {
            format!("replace({},{},{})", print_text(text), print_text(from), print_text(to))
        }
    }
}

fn print_int(int: &IntExpr) -> String {
    match int {
        IntExpr::Literal(value) => value.to_string(),
        IntExpr::Length(text) => format!("length({})", print_text(text)),
        IntExpr::IndexOf(a, b) => format!("indexof({},{})", print_text(a), print_text(b)),
    }
}

/// The filter as OData text.
pub fn print(filter: &Filter) -> String {
    let joined = |parts: &[Filter], word: &str| {
        parts.iter().map(|part| format!("({})", print(part))).collect::<Vec<_>>().join(word)
    };
    match filter {
        Filter::Always(value) => value.to_string(),
        Filter::Not(inner) => format!("not ({})", print(inner)),
        Filter::All(parts) => joined(parts, " and "),
        Filter::Any(parts) => joined(parts, "or"),
        Filter::Same(a, b) => format!("({}) eq ({})", print(a), print(b)),
        Filter::Text(a, by, b) => format!("{} {} {}", print_text(a), operator(*by), print_text(b)),
        Filter::TextIn(text, items) => {
            let items: Vec<_> = items.iter().map(|item| literal(item.as_str())).collect();
            format!("{} in ({})", print_text(text), items.join(" , "))
        }
        Filter::Match(how, a, b) => {
            let function = match how {
                TextMatch::Contains => "contains",
                TextMatch::StartsWith => "startswith",
                TextMatch::EndsWith => "endswith",
            };
            format!("{function}({},{})", print_text(a), print_text(b))
        }
        Filter::Int(a, by, b) => format!("{} {} {}", print_int(a), operator(*by), print_int(b)),
        Filter::IdIn(ids) => {
            let ids: Vec<_> = ids.iter().map(|id| format!("guid'{id}'")).collect();
            format!("Id in({})", ids.join(","))
        }
        Filter::Presence(_) | Filter::Changed(..) => "no expression of this dialect".to_owned(),
    }
}
