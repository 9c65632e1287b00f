//! What `odata-params` 0.4.0 was measured to do with the text of a client, and what the dialect makes of the same text.
//! When a newer version does better, the first half of a test fails and tells so.

use super::tests::{eq, field, filter, parse, text};
use super::*;
use membership::{Compare, IntExpr, TextField};
use odata_params::filters::{Expr, Value, parse_str};

const NAME: TextField = TextField::Name;
const LOGIN: TextField = TextField::Login;

#[test]
fn and_binds_tighter_than_or() {
    let raw = parse_str("Name eq 'a' and Login eq 'b' or Name eq 'c'");
    assert!(matches!(raw, Ok(Expr::Or(..) | Expr::And(..))), "{raw:?}");
    assert!(
        matches!(parse_str("aa eq 1 and bb eq 2 or cc eq 3"), Ok(Expr::And(_, right)) if matches!(*right, Expr::Or(..)))
    );
    let both = Filter::All(vec![eq(NAME, "a"), eq(LOGIN, "b")]);
    assert_eq!(filter("Name eq 'a' and Login eq 'b' or Name eq 'c'"), Filter::Any(vec![both.clone(), eq(NAME, "c")]));
    assert_eq!(filter("Name eq 'c' or Name eq 'a' and Login eq 'b'"), Filter::Any(vec![eq(NAME, "c"), both]));
}

#[test]
fn not_covers_one_comparison() {
    assert!(matches!(parse_str("not aa eq 1 and bb eq 2"), Ok(Expr::Not(inner)) if matches!(*inner, Expr::And(..))));
    let not = Filter::Not(Box::new(eq(NAME, "a")));
    assert_eq!(filter("not Name eq 'a' and Login eq 'b'"), Filter::All(vec![not, eq(LOGIN, "b")]));
}

#[test]
fn names_that_begin_with_not_are_names() {
    assert!(matches!(parse_str("notes eq 'x'"), Ok(Expr::Not(_))));
    let problem = parse("notes eq 'x'").expect_err("no such field");
    assert_eq!((problem.code, problem.at), (FaultCode::UnknownField, 0));
    // The other words that the crate takes for the beginning of something else.
    for name in ["nullable", "trueName", "falseName", "inside", "orName", "android"] {
        assert_eq!(parse(&format!("{name} eq 'x'")).map_err(|p| p.code), Err(FaultCode::UnknownField), "{name}");
    }
}

#[test]
fn doubled_apostrophes_are_one() {
    assert!(parse_str("Name eq 'O''Brien'").is_err());
    assert_eq!(filter("Name eq 'O''Brien'"), eq(NAME, "O'Brien"));
    assert_eq!(filter("Name eq ''''"), eq(NAME, "'"));
    assert_eq!(filter("Name eq '\\'''"), eq(NAME, "\\'"));
}

#[test]
fn guid_literals_are_read() {
    let guid = "6fe49ce4-56d4-475f-9483-1adca6b2976c";
    assert!(parse_str(format!("Id eq guid'{guid}'")).is_err());
    assert_eq!(filter(&format!("Id eq guid'{guid}'")), Filter::IdIn(vec![guid.parse().expect("a GUID")]));
}

#[test]
fn negative_numbers_are_read() {
    assert!(parse_str("indexof(Name,'x') eq -5").is_err());
    let position = IntExpr::IndexOf(Box::new(field(NAME)), Box::new(text("x")));
    assert_eq!(filter("indexof(Name,'x') eq -5"), Filter::Int(position, Compare::Eq, IntExpr::Literal(-5)));
}

#[test]
fn names_of_one_letter_are_names() {
    assert!(parse_str("a eq 'x'").is_err());
    assert_eq!(parse("a eq 'x'").map_err(|p| p.code), Err(FaultCode::UnknownField));
}

#[test]
fn a_backslash_is_an_ordinary_character() {
    let misread = parse_str("Name eq 'DOM\\nick'");
    assert!(
        matches!(&misread, Ok(Expr::Compare(_, _, right)) if **right == Expr::Value(Value::String("DOM\nick".into()))),
        "{misread:?}"
    );
    for literal in ["DOM\\nick", "\\", "\\\\", "a\\", "\\u0041", "\\t", "\\q"] {
        assert_eq!(filter(&format!("Name eq '{literal}'")), eq(NAME, literal));
    }
}

#[test]
fn nesting_takes_time_in_proportion() {
    // The crate would need 3³⁰ times as long as for one.
    let nested = format!("{}Name eq 'a'{}", "(".repeat(30), ")".repeat(30));
    assert_eq!(filter(&nested), eq(NAME, "a"));
    let calls = format!("{}Name{} eq 'a'", "tolower(".repeat(30), ")".repeat(30));
    assert_eq!(filter(&calls), eq(NAME, "a"));
}

#[test]
fn many_nots_are_refused() {
    // The crate would overflow the stack and take the process with it.
    let problem = parse(&"not ".repeat(10_000)).expect_err("too deep");
    assert_eq!((problem.code, problem.at), (FaultCode::Limit, 4 * MAX_LEVELS));
}
