//! Filters written as OData text are read as the same filters, and nothing makes the parser panic.

use super::tests::parse;
use membership::{Compare, Filter, Folded, IntExpr, TextExpr, TextField, TextMatch};
use proptest::prelude::*;
use uuid::Uuid;

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn name(field: TextField) -> &'static str {
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

fn print(filter: &Filter) -> String {
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

fn any_literal() -> impl Strategy<Value = Folded> {
    prop_oneof!["[^\0]{0,8}", "['\\\\ntu(),%_ ]{0,8}"].prop_map(|text| Folded::new(&text))
}

fn any_compare() -> impl Strategy<Value = Compare> {
    prop::sample::select(vec![Compare::Eq, Compare::Ne, Compare::Lt, Compare::Le, Compare::Gt, Compare::Ge])
}

fn any_text() -> impl Strategy<Value = TextExpr> {
    let fields: Vec<_> = TextField::ALL.iter().copied().filter(|f| *f != TextField::Uid).collect();
    let leaf =
        prop_oneof![prop::sample::select(fields).prop_map(TextExpr::Field), any_literal().prop_map(TextExpr::Literal)];
    leaf.prop_recursive(3, 8, 3, |inner| {
        let boxed = inner.prop_map(Box::new);
        let int = prop_oneof![
            any::<i64>().prop_map(IntExpr::Literal),
            boxed.clone().prop_map(IntExpr::Length),
            (boxed.clone(), boxed.clone()).prop_map(|(a, b)| IntExpr::IndexOf(a, b)),
        ]
        .prop_map(Box::new);
        prop_oneof![
            (boxed.clone(), boxed.clone()).prop_map(|(a, b)| TextExpr::Concat(a, b)),
            boxed.clone().prop_map(TextExpr::Trim),
            (boxed.clone(), int.clone(), prop::option::of(int)).prop_map(|(text, start, length)| TextExpr::Substring {
                text,
                start,
                length
            }),
            (boxed.clone(), boxed.clone(), boxed).prop_map(|(text, from, to)| TextExpr::Replace { text, from, to }),
        ]
    })
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let how = prop::sample::select(vec![TextMatch::Contains, TextMatch::StartsWith, TextMatch::EndsWith]);
    let ids = prop::collection::vec(any::<u128>().prop_map(Uuid::from_u128), 1..4);
    let leaf = prop_oneof![
        any::<bool>().prop_map(Filter::Always),
        (any_text(), any_compare(), any_text()).prop_map(|(a, by, b)| Filter::Text(a, by, b)),
        (any_text(), prop::collection::vec(any_literal(), 1..4)).prop_map(|(text, items)| Filter::TextIn(text, items)),
        (how, any_text(), any_text()).prop_map(|(how, a, b)| Filter::Match(how, a, b)),
        (any_text(), any_compare(), any::<i64>()).prop_map(|(a, by, b)| Filter::Int(
            IntExpr::Length(Box::new(a)),
            by,
            IntExpr::Literal(b)
        )),
        ids.prop_map(Filter::IdIn),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        // Comparing with a constant is written shorter, so it would not come back as it is.
        let varying = inner.clone().prop_filter("constant", |filter| !matches!(filter, Filter::Always(_)));
        let parts = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
            parts.clone().prop_map(Filter::All),
            parts.prop_map(Filter::Any),
            (varying.clone(), varying).prop_map(|(a, b)| Filter::Same(Box::new(a), Box::new(b))),
        ]
    })
}

proptest! {
    #[test]
    fn printed_filters_are_read_back(filter in any_filter()) {
        let source = print(&filter);
        match parse(&source) {
            Ok(read) => prop_assert_eq!(read, Some(filter), "{}", source),
            Err(problem) => prop_assert_eq!(problem.code, dialect::FaultCode::Limit, "{}: {}", source, problem.text),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(source in any::<String>()) {
        let _ = parse(&source);
    }

    #[test]
    fn anything_like_a_filter_is_read_or_refused(
        words in prop::collection::vec(prop::sample::select(vec![
            "Name", "Id", "Foo", "eq", "ne", "gt", "in", "and", "or", "not", "(", ")", ",", "'a'", "''", "'", "5", "-1",
            "true", "null", "length", "substring", "contains", "guid'6fe49ce4-56d4-475f-9483-1adca6b2976c'", "%", "é",
        ]), 0..24),
        glue in prop::sample::select(vec!["", " "]),
    ) {
        let source = words.join(glue);
        if let Err(problem) = parse(&source) {
            prop_assert!(problem.at <= source.len());
            prop_assert!(crate::words::harmless(&problem.text));
            prop_assert!(!problem.text.contains("could not be understood"), "{}", source);
        }
    }
}
