//! The same for the same seed, legal, varied.

use super::*;
use membership::limits;
use membership::record::Record;
use std::collections::HashSet;

fn text(groups: u64, members: u64, seed: u64) -> String {
    let mut out = Vec::new();
    write(groups, members, seed, &mut out).expect("memory takes everything");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn the_same_seed_gives_the_same_lines() {
    assert_eq!(text(3, 50, 7), text(3, 50, 7));
    assert_ne!(text(3, 50, 7), text(3, 50, 8));
    let persons =
        |text: &str| text.lines().filter(|l| l.contains("\"person\",")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(persons(&text(3, 50, 7)), persons(&text(5, 50, 7)), "more groups, the same persons");
}

#[test]
fn every_line_is_a_legal_record_with_all_identifiers() {
    let (mut uids, mut guids, mut ids) = (HashSet::new(), HashSet::new(), HashSet::new());
    for line in text(20, 2_000, 1).lines() {
        match Record::parse(line).unwrap_or_else(|e| panic!("{line}: {e}")) {
            Record::Group(group) => {
                let guid = group.guid.expect("guid");
                assert_eq!(limits::check_uid("guid", &guid), Ok(guid.clone()));
                assert!(group.number.is_some() && ids.insert(group.id) && guids.insert(guid));
            }
            Record::Person(person) => {
                let uid = person.uid.expect("uid");
                assert_eq!(limits::check_uid("uid", &uid), Ok(uid.clone()));
                assert_eq!(person.login.as_ref(), Some(&uid));
                assert!(person.number.is_some() && ids.insert(person.id) && uids.insert(uid));
            }
            Record::Membership(_) => {}
        }
    }
    assert_eq!((guids.len(), uids.len()), (20, 2_000));
}

#[test]
fn everybody_is_a_member_of_a_group_and_of_none_twice() {
    let mut members = HashSet::new();
    let mut all = HashSet::new();
    for line in text(7, 1_000, 3).lines() {
        if let Ok(Record::Membership(m)) = Record::parse(line) {
            let number = (m.group.and_then(|g| g.number), m.person.and_then(|p| p.number));
            assert!(all.insert(number), "twice: {line}");
            if m.state == Some(membership::State::Member) {
                assert!(m.joined_at.is_some(), "{line}");
                members.insert(number.1);
            }
        }
    }
    assert_eq!(members.len(), 1_000);
    assert_eq!(text(1, 500, 3).matches("\"state\":\"member\"").count(), 500, "one group has them all");
    assert_eq!(text(5, 0, 3).lines().count(), 5);
}

#[test]
fn two_seeds_share_no_identifier() {
    let numbers = |seed| -> HashSet<i64> {
        let persons = text(2, 50, seed);
        let records = persons.lines().map(|line| Record::parse(line).expect(line));
        records
            .filter_map(|record| match record {
                Record::Person(person) => person.number,
                _ => None,
            })
            .collect()
    };
    assert_eq!(numbers(0), (1..=50).collect());
    assert!(numbers(1).is_disjoint(&numbers(2)));
    assert!(numbers(u64::MAX).iter().all(|n| *n < 1 << 53));
}

#[test]
fn the_made_up_is_varied() {
    let text = text(20, 2_000, 1);
    for sign in ["blocked", "no_access", "available", "moderator", "pending", "banned", "private", "metadata"] {
        assert!(text.contains(sign), "{sign}");
    }
    assert!(!text.is_ascii());
}
