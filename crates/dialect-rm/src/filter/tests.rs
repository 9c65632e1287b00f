//! What filters mean, what is refused and where, and how much work it takes.

use super::*;
use crate::field::{GROUP, PERSON};
use membership::{Compare, Folded, IntExpr, TextExpr, TextField, TextMatch};
use uuid::Uuid;

const NAME: TextField = TextField::Name;
const LOGIN: TextField = TextField::Login;
const GUID: &str = "6fe49ce4-56d4-475f-9483-1adca6b2976c";

/// Reads a filter over the fields of a person.
pub(super) fn parse(source: &str) -> Result<Option<Filter>, Problem> {
    Ok(super::parse(source, PERSON)?.map(|condition| {
        assert_eq!(condition.owner, None, "persons have no owner");
        condition.filter
    }))
}

pub(super) fn filter(source: &str) -> Filter {
    parse(source).expect(source).expect("not blank")
}

pub(super) fn field(field: TextField) -> TextExpr {
    TextExpr::Field(field)
}

pub(super) fn text(text: &str) -> TextExpr {
    TextExpr::Literal(Folded::new(text))
}

pub(super) fn eq(of: TextField, value: &str) -> Filter {
    Filter::Text(field(of), Compare::Eq, text(value))
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

fn holds(whole: TextExpr, part: TextExpr) -> Filter {
    Filter::Match(TextMatch::Contains, whole, part)
}

fn guid() -> Uuid {
    GUID.parse().expect("a GUID")
}

#[test]
fn blank_filters_are_none() {
    for source in ["", " ", "\t \r\n"] {
        assert_eq!(parse(source), Ok(None));
    }
}

#[test]
fn every_field_has_its_name() {
    for (name, of) in [
        ("Name", NAME),
        ("Description", TextField::Description),
        ("Email", TextField::Email),
        ("Phone", TextField::Phone),
        ("AdditionalInformation", TextField::AdditionalInformation),
        ("Login", LOGIN),
        ("Status", TextField::AccountStatus),
    ] {
        assert_eq!(filter(&format!("{name} eq 'NoAccess'")), eq(of, "noaccess"));
    }
    for name in ["name", "ID", "id", "Uid", "not_there"] {
        assert_eq!(parse(&format!("{name} eq 'x'")).map_err(|p| p.code), Err(FaultCode::UnknownField), "{name}");
    }
}

#[test]
fn precedence_is_that_of_odata_2() {
    let a = || eq(NAME, "a");
    let b = || eq(LOGIN, "b");
    for (source, expected) in [
        ("not Name eq 'a'", not(a())),
        ("not not Name eq 'a'", not(not(a()))),
        ("not(Name eq 'a')and(Login eq 'b')", Filter::All(vec![not(a()), b()])),
        ("not (Name eq 'a' or Login eq 'b')", not(Filter::Any(vec![a(), b()]))),
        ("(Name eq 'a' or Login eq 'b') and Name eq 'a'", Filter::All(vec![Filter::Any(vec![a(), b()]), a()])),
        ("Name eq 'a' or Login eq 'b' or true", Filter::Any(vec![a(), b(), Filter::Always(true)])),
        ("Name eq 'a' or not Login eq 'b' and Name eq 'a'", Filter::Any(vec![a(), Filter::All(vec![not(b()), a()])])),
        // `gt` binds tighter than `eq`: (Name gt 'a') eq (Login eq …) would be a mistake.
        (
            "Name gt 'a' eq Login lt 'b'",
            Filter::Same(
                Box::new(Filter::Text(field(NAME), Compare::Gt, text("a"))),
                Box::new(Filter::Text(field(LOGIN), Compare::Lt, text("b"))),
            ),
        ),
        // Left-associative: (Name eq 'a') eq true.
        ("Name eq 'a' eq true", a()),
        ("Name in ('a') eq false", not(Filter::TextIn(field(NAME), vec![Folded::new("a")]))),
        ("((Name)) eq ('a')", a()),
    ] {
        assert_eq!(filter(source), expected, "{source}");
    }
}

#[test]
fn texts_are_compared_with_every_operator() {
    for (word, by) in [
        ("eq", Compare::Eq),
        ("ne", Compare::Ne),
        ("gt", Compare::Gt),
        ("ge", Compare::Ge),
        ("lt", Compare::Lt),
        ("le", Compare::Le),
    ] {
        assert_eq!(filter(&format!("Name {word} 'MÉX'")), Filter::Text(field(NAME), by, text("méx")));
        assert_eq!(filter(&format!("'a' {word} Name")), Filter::Text(text("a"), by, field(NAME)));
        assert_eq!(filter(&format!("5 {word} 6")), Filter::Int(IntExpr::Literal(5), by, IntExpr::Literal(6)));
    }
    assert_eq!(filter("Name eq 'a,b(c) and '"), eq(NAME, "a,b(c) and "));
    assert_eq!(filter("Name eq '%_\\'"), eq(NAME, "%_\\"));
}

#[test]
fn null_means_empty() {
    for (source, expected) in [
        ("Phone eq null", eq(TextField::Phone, "")),
        ("null eq Phone", eq(TextField::Phone, "")),
        ("Phone ne null", Filter::Text(field(TextField::Phone), Compare::Ne, text(""))),
        ("Id eq null", Filter::Always(false)),
        ("null ne Id", Filter::Always(true)),
        ("null eq null", Filter::Always(true)),
        ("length(Name) eq null", Filter::Always(false)),
        ("true ne null", Filter::Always(true)),
        ("Name in ('a',null)", Filter::TextIn(field(NAME), vec![Folded::new("a"), Folded::new("")])),
        ("Id in (null)", Filter::Always(false)),
    ] {
        assert_eq!(filter(source), expected, "{source}");
    }
    for source in ["Name gt null", "null le null", "Id lt null", "null", "startswith(Name,null)"] {
        assert!(parse(source).is_err(), "{source}");
    }
}

#[test]
fn ids_are_guids() {
    let one = Filter::IdIn(vec![guid()]);
    let upper = GUID.to_uppercase();
    for literal in [format!("guid'{GUID}'"), GUID.to_owned(), format!("'{GUID}'"), format!("guid'{upper}'"), upper] {
        assert_eq!(filter(&format!("Id eq {literal}")), one, "{literal}");
        assert_eq!(filter(&format!("{literal} ne Id")), not(one.clone()), "{literal}");
        assert_eq!(filter(&format!("Id in ({literal},'{}')", Uuid::nil())), Filter::IdIn(vec![guid(), Uuid::nil()]));
    }
    assert_eq!(filter(&format!("guid'{GUID}' eq {GUID}")), Filter::Always(true));
    assert_eq!(filter(&format!("guid'{GUID}' in ('{}')", Uuid::nil())), Filter::Always(false));
    assert_eq!(filter(&format!("'{GUID}' in ({GUID})")), Filter::Always(true));
    assert_eq!(filter("Id ne Id"), Filter::Always(false));
    for source in [
        "Id eq 'x'".to_owned(),
        "Id eq ''".to_owned(),
        "Id eq Name".to_owned(),
        "Id eq 5".to_owned(),
        format!("Id gt {GUID}"),
        format!("Id eq '{{{GUID}}}'"),
        format!("Name eq {GUID}"),
        format!("Name in ({GUID})"),
        "Id in ('x')".to_owned(),
        "Id in (5)".to_owned(),
        "Id eq [object Object]".to_owned(),
        "startswith(Id,'6')".to_owned(),
        "Id".to_owned(),
    ] {
        assert!(parse(&source).is_err(), "{source}");
    }
}

#[test]
fn substringof_takes_field_and_literal_in_either_order() {
    let name_holds = || holds(field(NAME), text("x"));
    for (source, expected) in [
        ("substringof(Name,'x')", name_holds()),
        ("substringof('x',Name)", name_holds()),
        ("substringof('x', tolower(Name))", name_holds()),
        ("substringof(toupper(Name),'x')", name_holds()),
        ("substringof(Name,Login)", holds(field(LOGIN), field(NAME))),
        ("substringof('abc','bc')", holds(text("bc"), text("abc"))),
        ("contains(Name,'x')", name_holds()),
        ("contains('x',Name)", holds(text("x"), field(NAME))),
        ("startswith(Name,'x')", Filter::Match(TextMatch::StartsWith, field(NAME), text("x"))),
        ("endswith('x',Name)", Filter::Match(TextMatch::EndsWith, text("x"), field(NAME))),
    ] {
        assert_eq!(filter(source), expected, "{source}");
    }
    let trimmed = TextExpr::Trim(Box::new(field(NAME)));
    assert_eq!(filter("substringof(trim(Name),concat('a','b'))"), {
        holds(trimmed, TextExpr::Concat(Box::new(text("a")), Box::new(text("b"))))
    });
}

#[test]
fn true_and_false_may_stand_on_either_side() {
    let call = || Filter::Match(TextMatch::StartsWith, field(NAME), text("a"));
    for (source, expected) in [
        ("startswith(Name,'a')", call()),
        ("startswith(Name,'a') eq true", call()),
        ("true eq startswith(Name,'a')", call()),
        ("startswith(Name,'a') ne false", call()),
        ("startswith(Name,'a') eq false", not(call())),
        ("false eq startswith(Name,'a')", not(call())),
        ("true ne startswith(Name,'a')", not(call())),
        ("startswith(Name,'a') eq startswith(Name,'a')", Filter::Same(Box::new(call()), Box::new(call()))),
        ("true eq false", Filter::Always(false)),
        ("false ne true", Filter::Always(true)),
        ("true", Filter::Always(true)),
        ("not false", not(Filter::Always(false))),
    ] {
        assert_eq!(filter(source), expected, "{source}");
    }
    for source in
        ["true gt false", "'a'", "5", "Name", "TRUE", "true and 'a'", "not 'a'", "true in (true)", "true eq 1"]
    {
        assert!(parse(source).is_err(), "{source}");
    }
}

#[test]
fn functions_give_texts_and_numbers() {
    let name = || Box::new(field(NAME));
    let int = |value| Box::new(IntExpr::Literal(value));
    let substring = |start, length| TextExpr::Substring { text: name(), start, length };
    let replace = TextExpr::Replace { text: name(), from: Box::new(text("a")), to: Box::new(text("x")) };
    let equal = |expr| Filter::Text(expr, Compare::Eq, text("v"));
    for (source, expected) in [
        ("toupper(Name) eq 'V'", equal(field(NAME))),
        ("trim(tolower(Name)) eq 'v'", equal(TextExpr::Trim(name()))),
        ("concat(Name,Login) eq 'v'", equal(TextExpr::Concat(name(), Box::new(field(LOGIN))))),
        ("substring(Name,2) eq 'v'", equal(substring(int(2), None))),
        ("substring(Name,-2,3) eq 'v'", equal(substring(int(-2), Some(int(3))))),
        ("replace(Name,'A','X') eq 'v'", equal(replace)),
        ("length(Name) ge 3", Filter::Int(IntExpr::Length(name()), Compare::Ge, IntExpr::Literal(3))),
        ("length(Name) in (3)", Filter::Int(IntExpr::Length(name()), Compare::Eq, IntExpr::Literal(3))),
    ] {
        assert_eq!(filter(source), expected, "{source}");
    }
    let is = |value| Filter::Int(IntExpr::Length(name()), Compare::Eq, IntExpr::Literal(value));
    assert_eq!(filter("length(Name) in (3,-4)"), Filter::Any(vec![is(3), is(-4)]));
}

#[test]
fn faults_are_named_with_their_place() {
    use FaultCode::{InvalidValue, Limit, Syntax, UnknownField, Unsupported};
    for (source, code, at, words) in [
        ("Nmae eq 'x'", UnknownField, 0, "unknown field 'Nmae'"),
        ("Name eq 'x' and Foo", UnknownField, 16, "unknown field 'Foo'"),
        ("Name eq 5", InvalidValue, 0, "a text with a number"),
        ("startswith(Name,5)", InvalidValue, 16, "'startswith' a number"),
        ("startswith(Name)", InvalidValue, 0, "2 arguments for 'startswith', not 1"),
        ("substring(Name)", InvalidValue, 0, "2 or 3 arguments for 'substring', not 1"),
        ("startswith()", InvalidValue, 0, "not 0"),
        ("year(Name) eq 5", Unsupported, 0, "unknown function 'year'"),
        ("true and year (Name)", Unsupported, 9, "unknown function 'year'"),
        ("concat('a',)", Syntax, 11, "a field, a literal or a function"),
        ("concat('a'", Syntax, 10, "a comma or a closing parenthesis"),
        ("(true", Syntax, 5, "closing parenthesis"),
        ("true)", Syntax, 4, "never opened"),
        ("()", Syntax, 1, "a field, a literal or a function"),
        ("Name Name", Syntax, 5, "an operator"),
        ("Name eq 'a' OR true", Syntax, 12, "capital letters"),
        ("Name eq 'a' and", Syntax, 15, "ends where"),
        ("Name eq not true", Syntax, 8, "a field, a literal or a function"),
        ("Name in 'a'", Syntax, 8, "an opening parenthesis"),
        ("Name in ()", Syntax, 9, "a literal"),
        ("Name in (Login)", Syntax, 9, "a literal"),
        ("Name in ('a' 'b')", Syntax, 13, "a comma"),
        ("Name in (5)", InvalidValue, 9, "a text in a number"),
        ("length(Name) in ('a')", InvalidValue, 17, "a number in a text"),
        ("Name eq 'a", Syntax, 8, "apostrophe"),
        ("Name eq'a'", Syntax, 7, "a blank behind 'eq'"),
        ("substringof%28'a',Name%29", Syntax, 11, "encoded twice"),
        ("Name eq datetime'2020-01-01'", Unsupported, 8, "literal of a kind"),
        ("length(Name) eq 9223372036854775808", InvalidValue, 16, "64 bits"),
        ("length(Name) add 1 eq 2", Syntax, 13, "an operator"),
        (&"(".repeat(33), Limit, 32, "32 levels"),
    ] {
        let problem = parse(source).expect_err(source);
        assert_eq!((problem.code, problem.at), (code, at), "{source}: {}", problem.text);
        assert!(problem.text.contains(words), "{source}: {}", problem.text);
    }
}

#[test]
fn words_that_clients_misunderstand_are_never_repeated() {
    for source in
        ["Token eq 'x'", "xTOKENx('a')", "Name eq token", "token", "'token' token", "Name in (token)", "token'x'"]
    {
        let problem = parse(source).expect_err(source);
        assert!(!problem.text.to_ascii_lowercase().contains("token"), "{source}: {}", problem.text);
    }
}

#[test]
fn limits_are_exact() {
    let wrapped = |depth: usize| format!("{}true{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&wrapped(32)).is_ok());
    assert_eq!(parse(&wrapped(33)).map_err(|p| p.code), Err(FaultCode::Limit));
    let negated = |depth: usize| format!("{}true", "not ".repeat(depth));
    assert!(parse(&negated(32)).is_ok());
    assert_eq!(parse(&negated(33)).map_err(|p| p.code), Err(FaultCode::Limit));
    let called = |depth: usize| format!("{}Name{} eq 'a'", "trim(".repeat(depth), ")".repeat(depth));
    assert!(parse(&called(32)).is_ok());
    assert_eq!(parse(&called(33)).map_err(|p| p.code), Err(FaultCode::Limit));
    let chained = |comparisons: usize| format!("true{}", " eq true".repeat(comparisons));
    assert!(parse(&chained(33)).is_ok());
    assert_eq!(parse(&chained(34)).map_err(|p| p.code), Err(FaultCode::Limit));
    // One node for the run, one for each literal.
    let run = |literals: usize| vec!["true"; literals].join(" or ");
    assert!(parse(&run(199)).is_ok());
    assert_eq!(parse(&run(200)).map_err(|p| p.code), Err(FaultCode::Limit));
    let items = |count: usize| format!("Name in ({})", vec!["'a'"; count].join(","));
    assert!(parse(&items(100)).is_ok());
    assert_eq!(parse(&items(101)).map_err(|p| p.code), Err(FaultCode::Limit));
}

/// Each byte is looked at a bounded number of times, in each of the three places.
#[test]
fn work_is_in_proportion_to_length() {
    let long_text = format!("Name eq '{}'", "x".repeat(60_000));
    let apostrophes = format!("Name eq '{}'", "''".repeat(30_000));
    let wide = format!("Name in ({})", vec![format!("'{}'", "\\".repeat(590)); 100].join(","));
    let sources = [
        "not ".repeat(7_500),
        "(".repeat(10_000),
        ")".repeat(10_000),
        " ".repeat(60_000),
        "trim(".repeat(10_000),
        "true or ".repeat(7_500),
        "true eq ".repeat(7_500),
        "abcdef01-".repeat(7_000),
        "Name in (".repeat(7_000),
        "1".repeat(60_000),
        "a".repeat(60_000),
        "'".repeat(60_001),
        long_text,
        apostrophes,
        wide,
    ];
    for source in sources {
        let (result, steps) = parse_counted(&source, PERSON);
        let shown: String = source.chars().take(20).collect();
        assert!(steps.bytes <= 6 * source.len(), "{shown}: {steps:?}");
        assert!(steps.symbols <= source.len() + 1, "{shown}: {steps:?}");
        assert!(steps.leaves <= 2 * source.len() + 16 * MAX_NODES, "{shown}: {steps:?}");
        // What is refused for its depth or width is refused before the rest is read.
        if result.is_err_and(|problem| problem.code == FaultCode::Limit) {
            assert!(steps.bytes <= 6 * 10 * MAX_NODES, "{shown}: {steps:?}");
        }
    }
}

#[test]
fn a_group_is_found_by_who_is_responsible_for_it() {
    let owned = |filter| Ok(Some(Condition { filter, owner: Some(guid()) }));
    let name = || eq(NAME, "a");
    let other = "00000000-0000-0000-0000-000000000001";
    for (source, expected) in [
        (format!("Responsible eq guid'{GUID}'"), owned(Filter::Always(true))),
        (format!("'{GUID}' eq Responsible"), owned(Filter::Always(true))),
        (format!("Responsible eq {GUID} and Name eq 'a'"), owned(name())),
        (
            format!("Name eq 'a' and (Responsible eq guid'{GUID}') and not Name eq 'a'"),
            owned(Filter::All(vec![name(), not(name())])),
        ),
        (
            format!("((Name eq 'a' and Responsible eq guid'{GUID}') and true)"),
            owned(Filter::All(vec![name(), Filter::Always(true)])),
        ),
        (format!("Responsible eq guid'{GUID}' and Responsible eq guid'{GUID}'"), owned(Filter::Always(true))),
        (format!("Responsible eq guid'{GUID}' and Responsible eq guid'{other}'"), owned(Filter::Always(false))),
    ] {
        assert_eq!(super::parse(&source, GROUP), expected, "{source}");
    }
    for (source, code, at) in [
        (format!("Name eq 'a' or Responsible eq guid'{GUID}'"), FaultCode::Unsupported, 15),
        (format!("not Responsible eq guid'{GUID}'"), FaultCode::Unsupported, 4),
        (format!("not (Name eq 'a' and Responsible eq guid'{GUID}')"), FaultCode::Unsupported, 5),
        (format!("(Responsible eq guid'{GUID}') eq true"), FaultCode::Unsupported, 1),
        (format!("true eq (Responsible eq guid'{GUID}')"), FaultCode::Unsupported, 9),
        (format!("Responsible ne guid'{GUID}'"), FaultCode::Unsupported, 0),
        ("Responsible eq null".into(), FaultCode::Unsupported, 0),
        ("Responsible eq Id".into(), FaultCode::Unsupported, 0),
        ("Responsible eq Responsible".into(), FaultCode::Unsupported, 0),
        (format!("Responsible in (guid'{GUID}')"), FaultCode::Unsupported, 0),
        ("Responsible eq 'Joseph Parks'".into(), FaultCode::InvalidValue, 15),
        ("Responsible eq Name".into(), FaultCode::InvalidValue, 15),
        ("length(Responsible) eq 3".into(), FaultCode::InvalidValue, 7),
        ("Responsible".into(), FaultCode::InvalidValue, 0),
        ("Login eq 'a'".into(), FaultCode::UnknownField, 0),
    ] {
        assert_eq!(super::parse(&source, GROUP).map_err(|p| (p.code, p.at)), Err((code, at)), "{source}");
    }
    assert_eq!(parse("Responsible eq 'x'").map_err(|p| p.code), Err(FaultCode::UnknownField), "nobody's field");
}
