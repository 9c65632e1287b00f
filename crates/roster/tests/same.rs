//! The roster against the oracle: the same members in the same order with the same total for random questions, before
//! and after random changes, which the roster catches up with from the log.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is how a test fails")]

use membership::record::Record;
use membership::{Directory, GroupKey, MemberQuery, Source, Window};
use rand::Rng;
use roster::{Held, Roster, Settings};
use std::sync::Arc;
use testkit::{MemoryDirectory, random, told};

const LARGE: Settings = Settings { bytes: 1 << 30, behind: 10_000, ready: [""; 4] };

fn told_from(held: &Held) -> Result<String, String> {
    told(|read| {
        held.members(read);
        Ok(())
    })
}

/// Asks the roster once, and again when what it needs has been fetched: the second answer must come from memory.
fn must_be_held(roster: &Arc<Roster>, oracle: &MemoryDirectory, query: &MemberQuery) {
    let expected = told(|read| oracle.members(query, read));
    let first = told(|read| roster.members(query, read));
    assert_eq!(first, expected, "before it is held: {query:?}");
    let head = roster.catch_up().expect("up to date");
    assert_eq!(head, oracle.head().expect("a head"));
    // First the group, then its order.
    for _ in 0..2 {
        if roster.hold(head, query).is_none() {
            roster.settle();
        }
    }
    let held = roster.hold(head, query).unwrap_or_else(|| panic!("not held: {query:?}"));
    assert_eq!(told_from(&held), expected, "{query:?}");
    assert_eq!(held.count(), oracle.count(query).expect("a group"), "{query:?}");
    // And as it was kept.
    let again = roster.hold(head, query).expect("still held");
    assert_eq!(again.cost(), roster::Cost::Short);
    assert_eq!(again.version(), held.version());
    assert_eq!(told_from(&again), expected, "{query:?}");
}

fn filled(rng: &mut random::ChaCha8Rng, size: random::Size) -> MemoryDirectory {
    let mut oracle = MemoryDirectory::new();
    for record in random::population(rng, size) {
        oracle.restore(&record, 1_000_000).expect("every record is good");
    }
    oracle
}

#[test]
fn a_random_question_is_answered_as_by_the_oracle() {
    for seed in 0..6 {
        let mut rng = random::rng(seed);
        let oracle = Arc::new(filled(&mut rng, random::Size::SMALL));
        let roster = Roster::new(Arc::clone(&oracle) as Arc<dyn Source>, LARGE);
        for _ in 0..400 {
            must_be_held(&roster, &oracle, &random::query(&mut rng, &oracle));
        }
        assert_eq!(roster.figures().evictions, 0);
    }
}

#[test]
fn changes_are_caught_up_with() {
    for seed in 100..106 {
        let mut rng = random::rng(seed);
        let oracle = Arc::new(filled(&mut rng, random::Size::SMALL));
        let roster = Roster::new(Arc::clone(&oracle) as Arc<dyn Source>, LARGE);
        for _ in 0..30 {
            must_be_held(&roster, &oracle, &random::query(&mut rng, &oracle));
        }
        for round in 0..250 {
            for _ in 0..rng.random_range(1..8) {
                random::command(&mut rng, &oracle).run(&*oracle);
            }
            if round % 10 == 9 {
                let now = 1_700_000_000 + oracle.head().expect("a head") as i64;
                for record in random::changes(&mut rng, &oracle, 3) {
                    // Without persons, an import makes only groups stale.
                    if round % 50 == 49 || !matches!(record, Record::Person(_)) {
                        oracle.import(&record, now).expect("every record is good");
                    }
                }
            }
            for _ in 0..3 {
                must_be_held(&roster, &oracle, &random::query(&mut rng, &oracle));
            }
        }
        let loads = roster.figures().loads;
        assert!(loads < 250, "{loads} loads: nearly all changes were caught up with");
    }
}

#[test]
fn what_was_found_goes_on_with_changes() {
    for seed in 200..204 {
        let mut rng = random::rng(seed);
        let size = random::Size { groups: 2, persons: 400, memberships: 600 };
        let oracle = Arc::new(filled(&mut rng, size));
        let roster = Roster::new(Arc::clone(&oracle) as Arc<dyn Source>, LARGE);
        let largest = || {
            let count = |number: &i64| oracle.memberships().iter().filter(|m| m.group == *number).count();
            oracle.groups().iter().map(|group| group.number).max_by_key(count).expect("a group")
        };
        let mut queries: Vec<MemberQuery> = (0..60).map(|_| random::query(&mut rng, &oracle)).collect();
        queries.retain(|query| query.filter().is_some());
        queries.truncate(10);
        // Not more orders than are kept.
        queries.iter_mut().skip(5).for_each(|query| query.order.clear());
        let (mut short, mut all) = (0, 0);
        for _ in 0..120 {
            for _ in 0..rng.random_range(1..4) {
                random::command(&mut rng, &oracle).run(&*oracle);
            }
            let head = roster.catch_up().expect("up to date");
            let group = GroupKey::Number(largest());
            for query in &mut queries {
                query.group = group.clone();
                // Some are not asked for a while.
                if rng.random_range(0..4) > 0 {
                    if let Some(held) = roster.hold(head, query) {
                        short += usize::from(held.cost() == roster::Cost::Short);
                        all += 1;
                    }
                    must_be_held(&roster, &oracle, query);
                }
            }
        }
        assert!(short * 10 > all * 8, "{short} of {all} went on with what had been found");
    }
}

#[test]
fn a_group_of_many_chunks_is_answered_as_by_the_oracle() {
    // More than stand alone without being gathered.
    let size = random::Size { groups: 1, persons: 3_500, memberships: 3_500 };
    let mut large = (300..400).map(|seed| {
        let mut rng = random::rng(seed);
        (filled(&mut rng, size), rng)
    });
    let (oracle, mut rng) = large.find(|(oracle, _)| oracle.memberships().len() > 2_300).expect("one of them");
    let oracle = Arc::new(oracle);
    let roster = Roster::new(Arc::clone(&oracle) as Arc<dyn Source>, LARGE);
    for _ in 0..25 {
        for _ in 0..6 {
            must_be_held(&roster, &oracle, &random::query(&mut rng, &oracle));
        }
        for _ in 0..20 {
            random::command(&mut rng, &oracle).run(&*oracle);
        }
    }
}

#[test]
fn nothing_is_loaded_again_that_can_be_caught_up_with() {
    let mut rng = random::rng(7);
    let oracle = Arc::new(filled(&mut rng, random::Size::SMALL));
    let roster = Roster::new(Arc::clone(&oracle) as Arc<dyn Source>, LARGE);
    let all = |group: i64| MemberQuery::new(GroupKey::Number(group), Window { offset: 0, limit: u32::MAX });
    let groups: Vec<i64> = oracle.groups().iter().map(|group| group.number).collect();
    groups.iter().for_each(|group| must_be_held(&roster, &oracle, &all(*group)));
    assert_eq!(roster.figures().loads, groups.len() as u64);
    for _ in 0..300 {
        random::command(&mut rng, &oracle).run(&*oracle);
        let head = roster.catch_up().expect("up to date");
        let deleted = |group: &i64| oracle.log().iter().any(|e| e.action == "group_delete" && e.group == Some(*group));
        for group in groups.iter().filter(|group| !deleted(group)) {
            let held = roster.hold(head, &all(*group)).expect("held all the time");
            let expected = told(|read| oracle.members(&all(*group), read));
            assert_eq!(told_from(&held), expected);
        }
    }
    assert_eq!(roster.figures().loads, groups.len() as u64);
    // Nobody is left over who is in no group.
    let numbers: std::collections::BTreeSet<i64> = oracle.memberships().iter().map(|m| m.person).collect();
    let new: Vec<i64> = oracle.groups().iter().map(|g| g.number).filter(|g| !groups.contains(g)).collect();
    new.iter().for_each(|group| must_be_held(&roster, &oracle, &all(*group)));
    assert_eq!(roster.figures().persons, numbers.len() as u64);
}
