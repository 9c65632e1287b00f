//! Filters written as OData text are read as the same filters, and nothing makes the parser panic.

use super::tests::parse;
use membership::{Compare, Filter, Folded, IntExpr, TextExpr, TextField, TextMatch};
use proptest::prelude::*;
use uuid::Uuid;

#[path = "../../../../fuzz/src/print.rs"]
mod print;

use print::print;

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
