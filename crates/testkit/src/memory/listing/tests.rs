use crate::MemoryDirectory;
use membership::{
    Compare, Directory, DirectoryError, Filter, Folded, GroupKey, GroupKind, GroupQuery, OrderBy, OrderKey, PersonKey,
    PersonQuery, Presence, Scope, State, TextExpr, TextField, TextMatch, Window,
};

const ALL: Window = Window { offset: 0, limit: 100 };
const NONE: [i64; 0] = [];

/// Three groups and three persons; 1 is a member of 1, has asked at 2 and is banned from 3.
fn three() -> MemoryDirectory {
    let mut directory = MemoryDirectory::new();
    let lines = r#"
        {"kind":"person","number":1,"uid":"p","name":"Zoë","role":"agent","tags":["x","y"],"created_at":30}
        {"kind":"person","number":2,"uid":"q","name":"ärger","role":"Agent","presence":"available","created_at":20}
        {"kind":"person","number":3,"uid":"r","name":"abc","phone":"5","tags":["X"],"created_at":10,"updated_at":99}
        {"kind":"group","number":1,"guid":"a","name":"ÄRGER","owner":{"number":2},"tags":["x"],"created_at":5}
        {"kind":"group","number":2,"guid":"b","name":"zoo","type":"private","tags":["X","z"],"created_at":4,"updated_at":9}
        {"kind":"group","number":3,"guid":"c","name":"ärger","type":"password","owner":{"number":3},"created_at":3}
        {"kind":"membership","group":{"number":1},"person":{"number":1},"joined_at":10,"scope":"moderator"}
        {"kind":"membership","group":{"number":1},"person":{"number":2},"joined_at":11}
        {"kind":"membership","group":{"number":2},"person":{"number":1},"state":"pending"}
        {"kind":"membership","group":{"number":2},"person":{"number":2},"joined_at":12}
        {"kind":"membership","group":{"number":3},"person":{"number":1},"state":"banned"}
    "#;
    directory.load_ndjson(lines, 1_000).expect("good lines");
    directory
}

fn groups(change: impl FnOnce(&mut GroupQuery)) -> Vec<i64> {
    let mut query = GroupQuery::new(ALL);
    change(&mut query);
    let directory = three();
    let page = Directory::groups(&directory, &query).expect("in memory");
    assert_eq!(directory.count_groups(&query).expect("in memory"), page.total);
    page.rows.iter().map(|entry| entry.group.number).collect()
}

fn persons(change: impl FnOnce(&mut PersonQuery)) -> Vec<i64> {
    let mut query = PersonQuery::new(ALL);
    change(&mut query);
    let directory = three();
    let page = Directory::persons(&directory, &query).expect("in memory");
    assert_eq!(directory.count_persons(&query).expect("in memory"), page.total);
    page.rows.iter().map(|person| person.number).collect()
}

fn is(field: TextField, text: &str) -> Filter {
    Filter::Text(TextExpr::Field(field), Compare::Eq, TextExpr::Literal(Folded::new(text)))
}

fn by(by: OrderBy, descending: bool) -> Vec<OrderKey> {
    vec![OrderKey { by, descending }]
}

#[test]
fn groups_are_found_by_what_is_said_of_them() {
    assert_eq!(groups(|_| ()), [1, 2, 3]);
    assert_eq!(groups(|q| q.kinds = vec![GroupKind::Private, GroupKind::Password]), [2, 3]);
    assert_eq!(groups(|q| q.tags = vec!["x".into(), "z".into()]), [1, 2]);
    assert_eq!(groups(|q| q.tags = vec!["Z".into()]), NONE, "tags are compared letter by letter");
    let id = |number| three().person(&PersonKey::Number(number)).expect("in memory").map(|person| person.id);
    let owned = |owner| {
        let directory = three();
        let mut query = GroupQuery::new(ALL);
        query.owner = directory.person(&PersonKey::Number(owner)).expect("in memory").map(|person| person.id);
        Directory::groups(&directory, &query)
            .expect("in memory")
            .rows
            .iter()
            .map(|e| e.group.number)
            .collect::<Vec<_>>()
    };
    assert_eq!((owned(2), owned(3), owned(1)), (vec![1], vec![3], vec![]));
    assert_eq!(groups(|q| q.owner = id(2)), NONE, "ids are made anew each time");
}

#[test]
fn filters_read_the_fields_of_a_group() {
    let found = |filter: Filter| groups(|q| *q = q.clone().filtered(filter).expect("small"));
    assert_eq!(found(is(TextField::Name, "ärger")), [1, 3]);
    assert_eq!(found(is(TextField::Uid, "B")), [2]);
    for absent in [TextField::Phone, TextField::Login, TextField::AccountStatus] {
        assert_eq!(found(is(absent, "")), [1, 2, 3], "{absent:?}");
    }
    for presence in [Presence::Available, Presence::Offline] {
        assert_eq!(found(Filter::Presence(presence)), NONE);
    }
    assert_eq!(found(Filter::Changed(Compare::Ge, 5)), [1, 2]);
    assert_eq!(found(Filter::IdIn(vec![uuid::Uuid::nil()])), NONE);
    let start = TextExpr::Literal(Folded::new("Z"));
    assert_eq!(found(Filter::Match(TextMatch::StartsWith, TextExpr::Field(TextField::Name), start)), [2]);
}

#[test]
fn groups_are_ordered_by_folded_bytes_then_by_number() {
    let ordered = |order| groups(|q| q.order = order);
    assert_eq!(ordered(by(OrderBy::Text(TextField::Name), false)), [2, 1, 3]);
    assert_eq!(ordered(by(OrderBy::Text(TextField::Name), true)), [1, 3, 2]);
    assert_eq!(ordered(by(OrderBy::Changed, false)), [3, 1, 2]);
    assert_eq!(ordered(by(OrderBy::Number, true)), [3, 2, 1]);
    assert_eq!(groups(|q| q.window = Window { offset: 1, limit: 1 }), [2]);
    assert_eq!(groups(|q| q.window = Window { offset: u64::MAX, limit: 1 }), NONE);
}

#[test]
fn a_viewer_sees_how_it_stands() {
    let directory = three();
    let mut query = GroupQuery::new(ALL);
    query.viewer = Some(1);
    let page = Directory::groups(&directory, &query).expect("in memory");
    let seen: Vec<_> =
        page.rows.iter().map(|e| (e.members, e.standing.map(|s| (s.state, s.scope, s.joined_at)))).collect();
    let expected = [
        (2, Some((State::Member, Scope::Moderator, Some(10)))),
        (1, Some((State::Pending, Scope::Participant, None))),
        (0, Some((State::Banned, Scope::Participant, None))),
    ];
    assert_eq!(seen, expected);
    let owners: Vec<_> = page.rows.iter().map(|e| e.owner.as_ref().map(|o| (o.number, o.name.as_str()))).collect();
    assert_eq!(owners, [Some((2, "ärger")), None, Some((3, "abc"))]);

    let joined = |viewer, joined| groups(|q| (q.viewer, q.joined) = (viewer, Some(joined)));
    assert_eq!((joined(Some(1), true), joined(Some(1), false)), (vec![1], vec![2, 3]));
    assert_eq!((joined(None, true), joined(None, false)), (vec![], vec![1, 2, 3]));
    assert_eq!(joined(Some(99), true), NONE);
    let visible = |viewer, joined| groups(|q| (q.viewer, q.joined, q.visible) = (viewer, joined, true));
    assert_eq!(
        (visible(Some(1), None), visible(Some(2), None), visible(None, None)),
        (vec![1, 3], vec![1, 2, 3], vec![1, 3])
    );
    assert_eq!((visible(Some(2), Some(true)), visible(Some(1), Some(false))), (vec![1, 2], vec![3]));

    let entry = directory.group_entry(&GroupKey::Guid("b".into()), Some(2)).expect("there");
    assert_eq!((entry.group.number, entry.members, entry.standing.map(|s| s.joined_at)), (2, 1, Some(Some(12))));
    assert_eq!(directory.group_entry(&GroupKey::Number(2), Some(3)).expect("there").standing, None);
    assert_eq!(directory.group_entry(&GroupKey::Number(2), None).expect("there").standing, None);
    assert!(matches!(directory.group_entry(&GroupKey::Number(9), None), Err(DirectoryError::NoSuchGroup)));
}

#[test]
fn persons_are_found_and_ordered() {
    assert_eq!(persons(|_| ()), [1, 2, 3]);
    assert_eq!(persons(|q| q.roles = vec!["agent".into(), "default".into()]), [1, 3], "a role is letter by letter");
    assert_eq!(persons(|q| q.tags = vec!["y".into(), "X".into()]), [1, 3]);
    assert_eq!(persons(|q| *q = q.clone().filtered(is(TextField::Phone, "5")).expect("small")), [3]);
    assert_eq!(persons(|q| *q = q.clone().filtered(Filter::Presence(Presence::Available)).expect("small")), [2]);
    assert_eq!(persons(|q| q.order = by(OrderBy::Text(TextField::Name), false)), [3, 1, 2]);
    assert_eq!(persons(|q| q.order = by(OrderBy::Changed, true)), [3, 1, 2]);
    assert_eq!(persons(|q| q.window = Window { offset: 2, limit: 5 }), [3]);
}

#[test]
fn memberships_are_found_from_both_ends() {
    let directory = three();
    let of = |person, state, window| {
        let page = directory.memberships_of(person, state, window).expect("in memory");
        let rows: Vec<_> = page.rows.iter().map(|(group, m)| (group.number, m.joined_at)).collect();
        (rows, page.total)
    };
    assert_eq!(of(2, State::Member, ALL), (vec![(1, Some(11)), (2, Some(12))], 2));
    assert_eq!(of(2, State::Member, Window { offset: 1, limit: 1 }), (vec![(2, Some(12))], 2));
    assert_eq!(of(1, State::Pending, ALL), (vec![(2, None)], 1));
    assert_eq!(of(1, State::Banned, ALL), (vec![(3, None)], 1));
    assert_eq!(of(99, State::Member, ALL), (vec![], 0));

    let between = |group, uid: &str| directory.membership(&GroupKey::Number(group), &PersonKey::Uid(uid.to_owned()));
    let found = between(3, "p").expect("in memory").expect("both are there");
    assert_eq!((found.group.number, found.person.number), (3, 1));
    assert_eq!(found.membership.map(|m| m.state), Some(State::Banned));
    assert_eq!(between(3, "q").expect("in memory").expect("both are there").membership, None);
    assert!(between(3, "nobody").expect("in memory").is_none());
    assert!(matches!(between(9, "p"), Err(DirectoryError::NoSuchGroup)));
}

#[test]
fn the_log_is_read_from_a_number_on() {
    let directory = three();
    let read = |after, group, limit| {
        let changes = directory.changes(after, group, limit).expect("nothing is pruned");
        assert_eq!(changes.head, 11);
        changes.entries.iter().map(|entry| entry.number).collect::<Vec<_>>()
    };
    assert_eq!(read(0, None, 3), [1, 2, 3]);
    assert_eq!(read(9, None, 100), [10, 11]);
    assert_eq!(read(0, Some(1), 100), [4, 7, 8]);
    assert_eq!(read(4, Some(1), 1), [7]);
    assert!(read(11, None, 100).is_empty() && read(u64::MAX, None, 100).is_empty() && read(0, Some(9), 100).is_empty());
    let last = directory.changes(10, None, 1).expect("nothing is pruned").entries.remove(0);
    assert_eq!((last.action.as_str(), last.group, last.person, last.at), ("import", Some(3), Some(1), 1_000));
    assert_eq!(directory.head().expect("in memory"), 11);
}
