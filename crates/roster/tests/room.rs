//! How much room is taken, and who has to leave for want of it.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is how a test fails")]

use membership::{By, GroupKey, MemberQuery, Registrar, Source, Window};
use roster::{Roster, Settings};
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;
use testkit::MemoryDirectory;

const LARGE: u64 = 1 << 30;

/// Groups of these persons, numbered from 1 on.
fn filled(groups: &[Range<i64>]) -> Arc<MemoryDirectory> {
    let mut lines = String::new();
    for number in 1..groups.iter().map(|group| group.end).max().unwrap_or(1) {
        // Less than 64 KiB in a chunk, else they stand in no run.
        let long = format!("{number} and more ").repeat(12);
        let text = r#"{"kind":"person","number":NUMBER,"uid":"uNUMBER","name":"Name NUMBER","description":"LONG"}"#;
        writeln!(lines, "{}", text.replace("NUMBER", &number.to_string()).replace("LONG", &long)).expect("memory");
    }
    for (group, of) in (1..).zip(groups) {
        writeln!(lines, r#"{{"kind":"group","number":{group},"guid":"g{group}","name":"Group"}}"#).expect("memory");
        for person in of.clone() {
            let text = r#"{"kind":"membership","group":{"number":GROUP},"person":{"number":PERSON},"state":"member","joined_at":7}"#;
            writeln!(lines, "{}", text.replace("GROUP", &group.to_string()).replace("PERSON", &person.to_string()))
                .expect("memory");
        }
    }
    let mut oracle = MemoryDirectory::new();
    oracle.load_ndjson(&lines, 1_000).expect("good lines");
    Arc::new(oracle)
}

fn roster(oracle: &Arc<MemoryDirectory>, bytes: u64) -> Arc<Roster> {
    Roster::new(Arc::clone(oracle) as Arc<dyn Source>, Settings { bytes, behind: 100, ready: [""; 4] })
}

/// Brings a group into memory; how many bytes all takes then.
fn load(roster: &Roster, group: i64) -> u64 {
    let query = MemberQuery::new(GroupKey::Number(group), Window { offset: 0, limit: 1 });
    let head = roster.catch_up().expect("up to date");
    roster.hold(head, &query);
    roster.settle();
    assert!(roster.hold(head, &query).is_some(), "{:?}", roster.figures());
    roster.figures().bytes
}

/// Deletes a group; how many bytes all takes then.
fn delete(oracle: &MemoryDirectory, roster: &Roster, group: i64) -> u64 {
    oracle.delete_group(&By::system(2_000), &GroupKey::Number(group), None).expect("deleted");
    roster.catch_up().expect("up to date");
    roster.settle();
    roster.figures().bytes
}

#[test]
fn a_group_that_has_gone_takes_no_room() {
    // The other has one whole chunk of the first.
    let oracle = filled(&[1..2_561, 1..257]);
    let roster = roster(&oracle, LARGE);
    let first = load(&roster, 1);
    let both = load(&roster, 2);
    assert!(both < first + first / 8, "{both} where it was {first}");
    let one = delete(&oracle, &roster, 1);
    assert_eq!((roster.figures().groups, roster.figures().persons), (1, 256));
    assert!(one < first / 4, "{one} of {first}");
    let none = delete(&oracle, &roster, 2);
    assert_eq!(roster.figures().persons, 0);
    assert!(none < first / 10, "{none} of {first}");
}

#[test]
fn no_group_leaves_for_what_another_has_left_behind() {
    // The second stands in chunks of its own, or in one of those of the first.
    for second in [2_049..2_305, 1..257] {
        let oracle = filled(&[1..2_049, second.clone(), 2_305..4_353]);
        let large = roster(&oracle, LARGE);
        let first = load(&large, 1);
        load(&large, 2);
        let all = load(&large, 3);
        // The first has to leave, and that is enough.
        let small = roster(&oracle, all - first / 2);
        for group in 1..=3 {
            load(&small, group);
        }
        let figures = small.figures();
        assert_eq!((figures.groups, figures.evictions), (2, 1), "{figures:?} for {second:?}");
        assert!(figures.bytes <= all - first / 2);
    }
}
