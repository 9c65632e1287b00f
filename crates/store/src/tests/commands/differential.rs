//! Random commands do the same to the oracle in memory, to SQLite and to PostgreSQL: the same outcomes, the same rows, the
//! same totals, the same log.

use super::*;
use crate::import::MembershipRow;
use crate::schema::memberships;
use crate::tests::{postgresql, soundness, sqlite};
use membership::{ChangeEntry, Directory, Group, GroupQuery, Job, Membership, Person, PersonQuery, State, Window};
use std::collections::BTreeMap;
use testkit::{MemoryDirectory, random};

/// When the population is imported.
const IMPORTED: i64 = 1_000_000;
const ALL: Window = Window { offset: 0, limit: u32::MAX };
/// After how many commands everything is compared.
const OFTEN: usize = 25;

/// What can be seen from outside.
#[derive(Debug, PartialEq)]
struct Everything {
    groups: Vec<(Group, u64)>,
    persons: Vec<Person>,
    memberships: Vec<Membership>,
    jobs: Vec<Job>,
    totals: BTreeMap<(i64, State, Scope), u64>,
    log: Vec<ChangeEntry>,
}

/// The entries of the log behind the number `head`, numbered from 1.
fn log_behind(directory: &dyn Directory, head: u64) -> Vec<ChangeEntry> {
    let changes = directory.changes(head, None, u32::MAX).expect("read");
    assert_eq!(changes.head - head, changes.entries.len() as u64);
    changes.entries.into_iter().map(|entry| ChangeEntry { number: entry.number - head, ..entry }).collect()
}

fn common(directory: &dyn Directory, jobs: i64, head: u64) -> Everything {
    let groups = directory.groups(&GroupQuery::new(ALL)).expect("read").rows;
    Everything {
        groups: groups.into_iter().map(|entry| (entry.group, entry.members)).collect(),
        persons: directory.persons(&PersonQuery::new(ALL)).expect("read").rows,
        memberships: Vec::new(),
        jobs: (1..=jobs).filter_map(|number| directory.job(number).expect("read")).collect(),
        totals: BTreeMap::new(),
        log: log_behind(directory, head),
    }
}

fn of_oracle(oracle: &MemoryDirectory, head: u64) -> Everything {
    let memberships = oracle.memberships();
    let mut totals = BTreeMap::new();
    for m in &memberships {
        *totals.entry((m.group, m.state, m.scope)).or_default() += 1;
    }
    let jobs = oracle.jobs().last().map_or(0, |job| job.number);
    Everything { memberships, totals, ..common(oracle, jobs, head) }
}

fn of_store(store: &Store, jobs: i64, head: u64) -> Everything {
    let all = memberships::table.order((memberships::group_number, memberships::person_number));
    let rows: Vec<MembershipRow> = store
        .outside(|connection| {
            Ok(crate::import::on_either!(connection, inner => all.select(MembershipRow::as_select()).load(inner))?)
        })
        .expect("read");
    let kept: Vec<(i64, String, String, i64)> =
        store.outside(|connection| Ok(crate::schema::group_totals::table.load(connection)?)).expect("read");
    let kept = kept.into_iter().filter(|(.., members)| *members != 0).map(|(group, state, scope, members)| {
        ((group, state.parse().expect("a state"), scope.parse().expect("a scope")), members as u64)
    });
    Everything {
        memberships: rows.iter().map(|row| row.try_into().expect("a membership")).collect(),
        totals: kept.collect(),
        ..common(store, jobs, head)
    }
}

/// Gives so many random commands to all three; how many of them changed something.
fn compare(seed: u64, size: random::Size, commands: usize) -> usize {
    let mut rng = random::rng(seed);
    let mut oracle = MemoryDirectory::new();
    let stores = [("SQLite", sqlite()), ("PostgreSQL", postgresql())];
    let records = random::population(&mut rng, size);
    let mut lines = String::new();
    for record in &records {
        oracle.restore(record, IMPORTED).expect("every record is good");
        lines.push_str(&(serde_json::to_string(record).expect("JSON") + "\n"));
    }
    for (_, store) in &stores {
        soundness::import(store, &lines, IMPORTED);
    }
    let heads = [&oracle as &dyn Directory, &stores[0].1, &stores[1].1].map(|one| one.head().expect("head"));
    for round in 1..=commands {
        let command = random::command(&mut rng, &oracle);
        let expected = command.run(&oracle);
        for (name, store) in &stores {
            assert_eq!(command.run(store), expected, "{name}, seed {seed}, round {round}: {command:#?}");
        }
        if round % OFTEN == 0 || round == commands {
            let jobs = oracle.jobs().last().map_or(0, |job| job.number);
            let expected = of_oracle(&oracle, heads[0]);
            for (at, (name, store)) in stores.iter().enumerate() {
                assert_eq!(of_store(store, jobs, heads[at + 1]), expected, "{name}, seed {seed}, round {round}");
            }
        }
    }
    for (name, store) in &stores {
        assert_eq!(store.check().expect("checked"), Vec::<String>::new(), "{name}, seed {seed}");
    }
    oracle.head().expect("head") as usize - heads[0] as usize
}

#[test]
fn small_groups() {
    let size = random::Size { groups: 4, persons: 40, memberships: 20 };
    let changed: usize = (0..4).map(|seed| compare(seed, size, 500)).sum();
    assert!(changed > 1_000, "only {changed} changes of 2,000 commands: they prove little");
}

#[test]
fn larger_groups() {
    let changed = compare(100, random::Size::LARGE, 500);
    assert!(changed > 250, "only {changed} changes of 500 commands: they prove little");
}
