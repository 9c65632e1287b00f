//! How much memory groups take, and what happens when there is too little.

use super::*;
use membership::{Directory, Registrar};

/// Groups as `rollcall generate` makes them.
fn generated(groups: u64, members: u64) -> (Database, Arc<Store>, i64) {
    let database = Database::sqlite();
    let store = Arc::new(open(&database));
    let mut lines = Vec::new();
    gateway::generate::write(groups, members, 0, &mut lines).expect("memory takes everything");
    import(&store, std::str::from_utf8(&lines).expect("UTF-8"), 1_700_000_000);
    (database, store, 1)
}

fn warm(roster: &Roster, query: &MemberQuery) -> bool {
    let head = roster.catch_up().expect("up to date");
    if roster.hold(head, query).is_none() {
        roster.settle();
    }
    roster.hold(head, query).is_some()
}

#[test]
fn a_member_takes_no_more_than_it_may() {
    const MEMBERS: u64 = 20_000;
    let (_database, store, group) = generated(1, MEMBERS);
    let roster = over(&store, LARGE);
    assert!(warm(&roster, &all_of(group)));
    let figures = roster.figures();
    assert_eq!((figures.groups, figures.persons), (1, MEMBERS));
    let each = figures.bytes / MEMBERS;
    eprintln!("{each} bytes a member");
    assert!((100..=250).contains(&each), "{each} bytes a member");
}

#[test]
fn who_was_not_asked_for_leaves_when_there_is_no_room() {
    let (_database, store, first) = generated(6, 6_000);
    let all = over(&store, LARGE);
    for group in first..first + 6 {
        assert!(warm(&all, &all_of(group)));
    }
    let whole = all.figures();
    assert_eq!((whole.groups, whole.persons, whole.evictions), (6, 6_000, 0));

    let settings = Settings { bytes: whole.bytes / 2, ..LARGE };
    let some = over(&store, settings);
    for round in 0..3 {
        for group in first..first + 6 {
            // The one that is asked for again and again stays.
            assert!(warm(&some, &all_of(first)), "round {round}, group {group}");
            assert!(warm(&some, &all_of(group)), "round {round}, group {group}");
            assert!(some.figures().bytes <= settings.bytes, "{:?}", some.figures());
            let expected = told(|read| store.members(&all_of(group), read));
            assert_eq!(told(|read| some.members(&all_of(group), read)), expected);
        }
    }
    let figures = some.figures();
    assert!(figures.evictions > 0 && figures.groups < 6, "{figures:?}");
    assert_eq!(figures.loads, figures.groups + figures.evictions);
}

#[test]
fn a_group_that_is_too_large_is_loaded_once_and_answered_by_the_store() {
    let (_database, store, group) = generated(1, 5_000);
    let small = over(&store, Settings { bytes: 300_000, ..LARGE });
    for _ in 0..3 {
        assert!(!warm(&small, &all_of(group)));
        let expected = told(|read| store.members(&all_of(group), read));
        assert_eq!(told(|read| small.members(&all_of(group), read)), expected);
    }
    let figures = small.figures();
    assert_eq!((figures.groups, figures.persons, figures.hits), (0, 0, 0), "{figures:?}");
    assert!(figures.bytes <= 300_000 && figures.loads <= 1, "{figures:?}");

    let none = over(&store, Settings { bytes: 0, ..LARGE });
    assert!(!warm(&none, &all_of(group)));
    assert_eq!(none.head(), store.head().expect("a head"), "the log is followed all the same");
}

#[test]
fn who_is_too_far_behind_begins_anew() {
    let (_database, store, group) = generated(1, 50);
    let roster = over(&store, Settings { behind: 5, ..LARGE });
    assert!(warm(&roster, &all_of(group)));
    let by = membership::By::system(1_700_000_001);
    for turn in 0..6 {
        let record = membership::record::PersonRecord { name: Some(format!("Turn {turn}")), ..Default::default() };
        store.edit_person(&by, &membership::PersonKey::Number(7), &record, None).expect("edited");
    }
    let head = roster.catch_up().expect("up to date");
    assert_eq!(head, store.head().expect("a head"));
    assert!(roster.hold(head, &all_of(group)).is_none());
    assert_eq!(roster.last_credential_change().1, head, "nobody knows what was in between");
    roster.settle();
    assert!(roster.hold(head, &all_of(group)).is_some());
}
