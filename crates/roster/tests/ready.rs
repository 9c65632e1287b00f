//! Rows that are kept written are what would be written now, whatever has changed.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is how a test fails")]

use membership::{Directory, Encoder, GroupKey, MemberPage, MemberQuery, PersonFields, Source, Window};
use rand::Rng;
use roster::{Roster, Settings};
use std::io::Write;
use std::sync::Arc;
use testkit::{MemoryDirectory, random};

const KEPT: Encoder = Encoder {
    name: "kept",
    fields: PersonFields::ALL,
    write: |person, out| {
        let begun = out.len();
        let mut person = *person;
        // Exact within a minute.
        person.last_active_at = person.last_active_at.map(|at| at.div_euclid(60));
        write!(out, "{}|{person:?}", person.number).expect("memory");
        out.iter().skip(begun).position(|byte| *byte == b'|').expect("a mark")
    },
};

/// With groups that fill more than a page of many rows, and persons that fill more than one chunk.
const SIZE: random::Size = random::Size { groups: 3, persons: 600, memberships: 400 };

const OTHER: Encoder = Encoder { name: "other", ..KEPT };

/// What is written of each row, and what stands beside it.
fn written(page: MemberPage<'_>, encoder: &Encoder) -> Vec<String> {
    let mut all = Vec::new();
    page.rows.each_written(encoder, PersonFields::NUMBER, &mut |row, person| {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let (before, after) = (text(person.before), text(person.after));
        assert_eq!(before, row.person.number.to_string());
        all.push(format!("{} {} {:?} {:?} {after}", row.person.uid, before, row.scope, row.joined_at));
    });
    all
}

#[test]
fn a_row_that_is_kept_is_what_would_be_written_now() {
    let mut many = 0;
    for seed in 0..4 {
        let mut rng = random::rng(seed);
        let mut oracle = MemoryDirectory::new();
        for record in random::population(&mut rng, SIZE) {
            oracle.restore(&record, 1_000_000).expect("every record is good");
        }
        let oracle = Arc::new(oracle);
        let settings = Settings { bytes: 1 << 30, behind: 10_000, ready: ["", "kept", "", ""] };
        let roster = Roster::new(Arc::clone(&oracle) as Arc<dyn Source>, settings);
        let mut compared = 0;
        for _ in 0..300 {
            random::command(&mut rng, &oracle).run(&*oracle);
            let groups: Vec<i64> = oracle.groups().iter().map(|group| group.number).collect();
            let Some(group) = groups.get(rng.random_range(0..groups.len().max(1))) else { continue };
            let window = Window { offset: rng.random_range(0..3), limit: rng.random_range(1..200) };
            let query = MemberQuery::new(GroupKey::Number(*group), window);
            let head = roster.catch_up().expect("up to date");
            if roster.hold(head, &query).is_none() {
                roster.settle();
            }
            let Some(held) = roster.hold(head, &query) else { continue };
            for encoder in [KEPT, OTHER] {
                let (mut expected, mut found) = (Vec::new(), Vec::new());
                oracle.members(&query, &mut |page| expected = written(page, &encoder)).expect("a group");
                held.members(&mut |page| found = written(page, &encoder));
                assert_eq!(found, expected, "{query:?}");
                let append = |page: MemberPage<'_>| {
                    let mut out = Vec::new();
                    page.rows.append(&encoder, &mut out, &mut |out| out.extend_from_slice(b"\n"));
                    String::from_utf8(out).expect("UTF-8")
                };
                let (mut expected, mut found) = (String::new(), String::new());
                oracle.members(&query, &mut |page| expected = append(page)).expect("a group");
                held.members(&mut |page| found = append(page));
                assert_eq!(found, expected, "{query:?}");
                if expected.lines().count() > 32 && encoder.name == "kept" {
                    assert!(roster.figures().ready_bytes > 0);
                    many += 1;
                }
            }
            compared += 1;
        }
        assert!(compared > 200, "{compared}");
    }
    assert!(many > 50, "{many} pages of many rows");
}
