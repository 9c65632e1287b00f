//! The largest filters that the core lets through are answered by both databases. Each has bounds of its own: SQLite
//! takes 32,766 bound values and expressions of 1,000 levels, where a list of `or` is as deep as it is long.

use crate::support::gateway::Database;
use membership::sample::NDJSON;
use membership::{Compare, Directory, Filter, FilterTooLarge, Folded, GroupKey, IntExpr, MemberQuery, TextExpr};
use membership::{TextField, TextMatch, Window, limits};
use std::time::Duration;
use store::Store;
use uuid::Uuid;

fn literal(text: &str) -> TextExpr {
    TextExpr::Literal(Folded::new(text))
}

/// As much of `part` in one `or` as the bounds allow behind `first` and beside all items that they allow.
fn widest(first: &Filter, part: &Filter) -> Filter {
    let items = Filter::Not(Box::new(Filter::IdIn(vec![Uuid::nil(); limits::FILTER_ITEMS])));
    let of = |many| {
        let any = std::iter::once(first.clone()).chain(vec![part.clone(); many]).collect();
        Filter::All(vec![items.clone(), Filter::Any(any)])
    };
    let many = (1..=limits::FILTER_NODES).rev().find(|many| of(*many).check().is_ok()).expect("one at least");
    assert_eq!(of(many + 1).check(), Err(FilterTooLarge::Nodes));
    of(many)
}

/// An expression of many levels, and of many levels of SQL each.
fn deep(levels: usize) -> TextExpr {
    (0..levels).fold(TextExpr::Field(TextField::Name), |text, _| TextExpr::Substring {
        text: Box::new(text),
        start: Box::new(IntExpr::Literal(0)),
        length: Some(Box::new(IntExpr::Literal(1_000))),
    })
}

#[test]
fn the_largest_filters_are_answered() {
    let trimmed = || TextExpr::Trim(Box::new(literal("nobody")));
    let name = || TextExpr::Field(TextField::Name);
    let mut nested = Filter::Text(deep(limits::FILTER_DEPTH / 2), Compare::Ge, literal(""));
    // Two levels are for the lists around it.
    for _ in 0..limits::FILTER_DEPTH / 2 - 5 {
        nested = Filter::Not(Box::new(nested));
    }
    let nobody = Filter::Always(false);
    let filters = [
        // The shortest parts, so the longest list.
        widest(&nobody, &nobody),
        widest(&nobody, &Filter::Changed(Compare::Lt, 0)),
        widest(&nobody, &Filter::Text(name(), Compare::Eq, literal("nobody"))),
        // The end of a text is where one expression is written three times.
        widest(&nobody, &Filter::Match(TextMatch::EndsWith, name(), trimmed())),
        widest(&nobody, &Filter::Match(TextMatch::EndsWith, trimmed(), name())),
        // A long list and deep expressions at its deep end.
        widest(&nested, &Filter::Changed(Compare::Lt, 0)),
    ];
    for database in Database::both() {
        database.import(NDJSON);
        let store = Store::open(&store::Settings {
            url: database.url.parse().expect("a URL"),
            pool_size: 1,
            acquire_timeout: Duration::from_secs(30),
            statement_timeout: Duration::from_secs(60),
        })
        .expect("opened");
        for (at, filter) in filters.iter().enumerate() {
            let query = MemberQuery::new(GroupKey::Number(1116), Window { offset: 0, limit: 10 });
            let query = query.filtered(filter.clone()).expect("within the bounds");
            let answered = store.members(&query, &mut |_| {});
            assert!(answered.is_ok(), "{}: filter {at}: {answered:?}", database.name);
        }
    }
}
