use super::*;
use membership::{Compare, Filter, Folded, IntExpr, Presence, ScopeSet, TextExpr, TextField, TextMatch, Window};
use membership::{OrderBy, OrderKey, PersonFields};

const NOBODY: [i64; 0] = [];

/// Five members and one pending, one banned. Joined: b and a in the same second, then c, d, e.
fn five() -> MemoryDirectory {
    let mut directory = MemoryDirectory::new();
    let lines = r#"
        {"kind":"group","number":1,"guid":"g"}
        {"kind":"group","number":2,"guid":"other"}
        {"kind":"person","number":1,"id":"00000000-0000-4000-8000-0000000000f1","uid":"a","name":"Ärger","email":"","description":"  x%y  ","created_at":100}
        {"kind":"person","number":2,"id":"00000000-0000-4000-8000-0000000000e2","uid":"b","name":"ärger","email":"B@x","presence":"available","created_at":90,"updated_at":300}
        {"kind":"person","number":3,"id":"00000000-0000-4000-8000-0000000000d3","uid":"c","name":"Zoë 😀 Straße","created_at":80}
        {"kind":"person","number":4,"id":"00000000-0000-4000-8000-0000000000c4","uid":"d","name":" ","account_status":"no_access","created_at":70,"updated_at":150}
        {"kind":"person","number":5,"id":"00000000-0000-4000-8000-0000000000b5","uid":"e","name":"banana","created_at":60}
        {"kind":"membership","group":{"guid":"g"},"person":{"uid":"b"},"joined_at":10,"scope":"admin"}
        {"kind":"membership","group":{"guid":"g"},"person":{"uid":"a"},"joined_at":10}
        {"kind":"membership","group":{"guid":"g"},"person":{"uid":"c"},"joined_at":11,"scope":"moderator"}
        {"kind":"membership","group":{"guid":"g"},"person":{"uid":"d"},"joined_at":12}
        {"kind":"membership","group":{"guid":"g"},"person":{"uid":"e"},"joined_at":13}
        {"kind":"membership","group":{"guid":"other"},"person":{"uid":"d"},"state":"pending"}
        {"kind":"membership","group":{"guid":"other"},"person":{"uid":"e"},"state":"banned"}
    "#;
    directory.load_ndjson(lines, 1_000).expect("good lines");
    directory
}

fn all() -> MemberQuery {
    MemberQuery::new(GroupKey::Number(1), Window { offset: 0, limit: 100 })
}

/// All members, changed so.
fn with(change: impl FnOnce(&mut MemberQuery)) -> MemberQuery {
    let mut query = all();
    change(&mut query);
    query
}

fn numbers(query: &MemberQuery) -> Vec<i64> {
    five().numbers(query).expect("the group is there").0
}

fn found(filter: Filter) -> Vec<i64> {
    numbers(&all().filtered(filter).expect("small"))
}

fn name() -> TextExpr {
    TextExpr::Field(TextField::Name)
}

fn lit(text: &str) -> TextExpr {
    TextExpr::Literal(Folded::new(text))
}

#[test]
fn the_default_order_is_joining_then_number() {
    assert_eq!(numbers(&all()), [1, 2, 3, 4, 5]);
    assert_eq!(numbers(&with(|q| q.group = GroupKey::Guid("other".into()))), NOBODY);
    let unknown = with(|q| q.group = GroupKey::Number(9));
    assert!(matches!(five().count(&unknown), Err(DirectoryError::NoSuchGroup)));
}

#[test]
fn windows_states_and_scopes() {
    let cut = |offset, limit| numbers(&with(|q| q.window = Window { offset, limit }));
    assert_eq!(cut(1, 2), [2, 3]);
    assert_eq!(cut(4, 2), [5]);
    assert_eq!(cut(5, 2), NOBODY);
    assert_eq!(cut(u64::MAX, u32::MAX), NOBODY);
    assert_eq!(cut(0, 0), NOBODY);
    assert_eq!(five().count(&with(|q| q.window = Window { offset: 9, limit: 1 })).expect("counts"), 5);

    let scopes = |scopes| numbers(&with(|q| q.scopes = scopes));
    assert_eq!(scopes(ScopeSet::NONE.with(Scope::Admin).with(Scope::Moderator)), [2, 3]);
    assert_eq!(scopes(ScopeSet::NONE), NOBODY);

    let state = |state| numbers(&with(|q| (q.state, q.group) = (state, GroupKey::Number(2))));
    assert_eq!((state(State::Pending), state(State::Banned)), (vec![4], vec![5]));
}

#[test]
fn orders_compare_folded_bytes_and_end_in_the_default() {
    let by = |keys: &[(OrderBy, bool)]| {
        let order = keys.iter().map(|(by, descending)| OrderKey { by: *by, descending: *descending }).collect();
        numbers(&with(|q| q.order = order))
    };
    // "" < banana < zoë < ärger, and both ärger are equal.
    assert_eq!(by(&[(OrderBy::Text(TextField::Name), false)]), [4, 5, 3, 1, 2]);
    assert_eq!(by(&[(OrderBy::Text(TextField::Name), true)]), [1, 2, 3, 5, 4]);
    assert_eq!(by(&[(OrderBy::Text(TextField::Name), true), (OrderBy::Number, true)]), [2, 1, 3, 5, 4]);
    assert_eq!(by(&[(OrderBy::Id, false)]), [5, 4, 3, 2, 1]);
    assert_eq!(by(&[(OrderBy::Changed, false)]), [5, 3, 1, 4, 2]);
    assert_eq!(by(&[(OrderBy::Text(TextField::AccountStatus), true)]), [4, 1, 2, 3, 5]);
}

#[test]
fn comparisons_and_matches() {
    for (filter, expected) in [
        (Filter::Text(name(), Compare::Eq, lit("ÄRGER")), vec![1, 2]),
        (Filter::Text(name(), Compare::Ne, lit("ÄRGER")), vec![3, 4, 5]),
        (Filter::Text(name(), Compare::Lt, lit("banana")), vec![4]),
        (Filter::Text(name(), Compare::Ge, lit("zoë")), vec![1, 2, 3]),
        (Filter::TextIn(name(), vec![Folded::new(" "), Folded::new("BANANA")]), vec![4, 5]),
        (Filter::TextIn(name(), vec![]), vec![]),
        (Filter::Match(TextMatch::Contains, name(), lit("AN")), vec![5]),
        (Filter::Match(TextMatch::StartsWith, name(), lit("Ä")), vec![1, 2]),
        (Filter::Match(TextMatch::EndsWith, name(), lit("straße")), vec![3]),
        (Filter::Match(TextMatch::EndsWith, name(), lit("strasse")), vec![]),
        (Filter::Match(TextMatch::Contains, name(), lit("")), vec![1, 2, 3, 4, 5]),
        (Filter::Match(TextMatch::Contains, TextExpr::Field(TextField::Description), lit("%Y")), vec![1]),
        (Filter::Match(TextMatch::Contains, TextExpr::Field(TextField::Description), lit("x_y")), vec![]),
        (Filter::Text(TextExpr::Field(TextField::AccountStatus), Compare::Eq, lit("NoAccess")), vec![4]),
        (Filter::Presence(Presence::Available), vec![2]),
        (Filter::Changed(Compare::Gt, 90), vec![1, 2, 4]),
        (Filter::IdIn(vec![five().persons()[2].id, uuid::Uuid::nil()]), vec![3]),
    ] {
        assert_eq!(found(filter.clone()), expected, "{filter:?}");
    }
}

#[test]
fn logic() {
    let banana = || Filter::Text(name(), Compare::Eq, lit("banana"));
    let long = || Filter::Int(IntExpr::Length(Box::new(name())), Compare::Gt, IntExpr::Literal(5));
    assert_eq!(found(long()), [3, 5]);
    assert_eq!(found(Filter::Not(Box::new(banana()))), [1, 2, 3, 4]);
    assert_eq!(found(Filter::All(vec![long(), banana()])), [5]);
    assert_eq!(found(Filter::Any(vec![long(), banana()])), [3, 5]);
    assert_eq!(found(Filter::All(vec![])), [1, 2, 3, 4, 5]);
    assert_eq!(found(Filter::Any(vec![])), NOBODY);
    assert_eq!(found(Filter::Same(Box::new(long()), Box::new(banana()))), [1, 2, 4, 5]);
    assert_eq!(found(Filter::Always(false)), NOBODY);
}

/// What a text expression gives for member 3, "Zoë 😀 Straße".
#[test]
fn text_expressions() {
    let boxed = |text: &str| Box::new(lit(text));
    let int = |value| Box::new(IntExpr::Literal(value));
    let part = |start, length: Option<i64>| TextExpr::Substring {
        text: Box::new(name()),
        start: int(start),
        length: length.map(int),
    };
    let replace = |from, to| TextExpr::Replace { text: Box::new(name()), from: boxed(from), to: boxed(to) };
    for (expr, expected) in [
        (part(4, Some(1)), "😀"),
        (part(-7, Some(3)), "zoë"),
        (part(6, None), "straße"),
        (part(6, Some(i64::MAX)), "straße"),
        (part(0, Some(-1)), ""),
        (part(12, None), ""),
        (part(i64::MAX, Some(i64::MAX)), ""),
        (replace("S", "XX"), "zoë 😀 xxtraße"),
        (replace("", "x"), "zoë 😀 straße"),
        (replace(" ", ""), "zoë😀straße"),
        (TextExpr::Concat(boxed("A"), Box::new(name())), "azoë 😀 straße"),
        (TextExpr::Trim(boxed("\u{2003}\t a b\u{a0}\u{85}")), "a b"),
        (TextExpr::Trim(boxed("\u{200b}a\u{feff}")), "\u{200b}a\u{feff}"),
        (TextExpr::Replace { text: boxed("aaaaa"), from: boxed("aa"), to: boxed("b") }, "bba"),
    ] {
        let only_three = Filter::IdIn(vec![five().persons()[2].id]);
        let same = Filter::Text(expr.clone(), Compare::Eq, lit(expected));
        assert_eq!(found(Filter::All(vec![only_three, same])), [3], "{expr:?} gives {expected:?}");
    }
}

#[test]
fn integers_count_code_points() {
    let index = |part: &str| IntExpr::IndexOf(Box::new(name()), Box::new(lit(part)));
    for (expr, expected) in
        [(index("😀"), 4), (index("STR"), 6), (index("x"), -1), (index(""), 0), (IntExpr::Length(Box::new(name())), 12)]
    {
        let only_three = Filter::IdIn(vec![five().persons()[2].id]);
        let same = Filter::Int(expr.clone(), Compare::Eq, IntExpr::Literal(expected));
        assert_eq!(found(Filter::All(vec![only_three, same])), [3], "{expr:?} gives {expected}");
    }
}

#[test]
fn a_page_carries_what_was_asked_for() {
    let fields = PersonFields::EMAIL.with(PersonFields::MEMBERSHIP);
    let query = with(|q| (q.fields, q.window) = (fields, Window { offset: 1, limit: 1 }));
    let mut calls = 0;
    let read = &mut |page: MemberPage<'_>| {
        calls += 1;
        assert_eq!((page.group.guid.as_str(), page.total, page.rows.len()), ("g", 5, 1));
        page.rows.each(&mut |row| {
            assert_eq!((row.person.number, row.person.uid, row.person.email, row.person.name), (0, "b", "B@x", ""));
            assert_eq!((row.state, row.scope, row.joined_at), (State::Member, Scope::Admin, Some(10)));
        });
    };
    five().members(&query, read).expect("the group is there");
    assert_eq!(calls, 1);
    let query = with(|q| (q.fields, q.window) = (PersonFields::NUMBER, Window { offset: 1, limit: 1 }));
    let read = &mut |page: MemberPage<'_>| {
        page.rows.each(&mut |row| {
            assert_eq!((row.person.number, row.person.uid, row.person.email), (2, "b", ""));
            assert_eq!((row.state, row.scope, row.joined_at), (State::Member, Scope::Participant, None));
        });
    };
    five().members(&query, read).expect("the group is there");
}
