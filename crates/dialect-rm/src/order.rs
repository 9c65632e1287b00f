//! `$orderby`: `Field [asc|desc]`, separated by commas.

use crate::field::Fields;
use crate::words::quoted;
use dialect::{Fault, FaultCode};
use membership::OrderKey;

/// How many keys an order may have (contract).
const MAX_KEYS: usize = 5;
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Reads an order by these fields, which came in the parameter called `name`. A blank one is the default order: no keys.
pub(crate) fn parse(name: &str, text: &str, fields: Fields) -> Result<Vec<OrderKey>, Fault> {
    let mut keys: Vec<OrderKey> = Vec::new();
    if text.trim_matches(BLANKS).is_empty() {
        return Ok(keys);
    }
    let mut at = 0;
    for item in text.split(',') {
        let indent = item.len() - item.trim_start_matches(BLANKS).len();
        let fault = |code, problem: String| Fault::new(name, code, problem).at(at + indent);
        if keys.len() == MAX_KEYS {
            return Err(fault(FaultCode::Limit, format!("names more than {MAX_KEYS} fields")));
        }
        let mut words = item.split(BLANKS).filter(|word| !word.is_empty());
        let Some(word) = words.next() else { return Err(fault(FaultCode::Syntax, "needs a field here".to_owned())) };
        let descending = match words.next() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(other) => {
                let problem = format!("allows 'asc' or 'desc' behind a field, but not{}", other_word(other));
                return Err(fault(FaultCode::Syntax, problem));
            }
        };
        if words.next().is_some() {
            return Err(fault(FaultCode::Syntax, "needs a comma between two fields".to_owned()));
        }
        let Some(field) = fields.find(word) else {
            return Err(fault(FaultCode::UnknownField, format!("names an unknown field{}", quoted(word))));
        };
        let Some(by) = field.order() else {
            let problem = format!("names the field '{}', by which there is no order", field.name());
            return Err(fault(FaultCode::Unsupported, problem));
        };
        if keys.iter().any(|key| key.by == by) {
            return Err(fault(FaultCode::Duplicate, format!("names the field '{}' twice", field.name())));
        }
        keys.push(OrderKey { by, descending });
        at += item.len() + 1;
    }
    Ok(keys)
}

fn other_word(word: &str) -> String {
    let shown = quoted(word);
    if shown.is_empty() { " this word".to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{GROUP, PERSON};
    use membership::{OrderBy, TextField};

    fn parse(name: &str, text: &str) -> Result<Vec<OrderKey>, Fault> {
        super::parse(name, text, PERSON)
    }

    #[test]
    fn groups_have_other_fields() {
        let order = |text| super::parse("$orderby", text, GROUP).map_err(|fault| (fault.code, fault.position));
        assert_eq!(order("Email,Id desc").map(|keys| keys.len()), Ok(2));
        assert_eq!(order("Name, Responsible"), Err((FaultCode::Unsupported, Some(6))));
        assert_eq!(order("Phone"), Err((FaultCode::UnknownField, Some(0))));
    }

    #[test]
    fn orders_are_read() {
        let key = |by, descending| OrderKey { by, descending };
        let name = OrderBy::Text(TextField::Name);
        for (text, keys) in [
            (" ", vec![]),
            ("Name", vec![key(name, false)]),
            ("  Name   desc ,Id\tasc", vec![key(name, true), key(OrderBy::Id, false)]),
            (
                "Status,Login desc",
                vec![key(OrderBy::Text(TextField::AccountStatus), false), key(OrderBy::Text(TextField::Login), true)],
            ),
        ] {
            assert_eq!(parse("$orderby", text), Ok(keys), "{text}");
        }
        assert_eq!(parse("$orderby", "Id,Name,Description,Email,Phone").map(|keys| keys.len()), Ok(5));
    }

    #[test]
    fn other_orders_are_refused_where_they_are_wrong() {
        use FaultCode::{Duplicate, Limit, Syntax, UnknownField};
        for (text, code, at) in [
            ("Name[desc]", UnknownField, 0),
            ("Namedesc", UnknownField, 0),
            ("name", UnknownField, 0),
            ("tolower(Name)", UnknownField, 0),
            ("Name DESC", Syntax, 0),
            ("Name desc asc", Syntax, 0),
            ("Name,", Syntax, 5),
            (",", Syntax, 0),
            ("Name,,Login", Syntax, 5),
            ("Name, Login , Name desc", Duplicate, 14),
            ("Id,Name,Description,Email,Phone,Login", Limit, 32),
            ("Uid", UnknownField, 0),
        ] {
            let fault = parse("$orderby", text).expect_err(text);
            assert_eq!((fault.code, fault.position), (code, Some(at)), "{text}");
        }
    }
}
