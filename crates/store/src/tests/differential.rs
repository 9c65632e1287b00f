//! The heart of the tests: random queries on random populations give the same members in the same order and the same
//! totals from the oracle in memory, from SQLite and from PostgreSQL.

use super::{postgresql, soundness, sqlite};
use crate::Store;
use membership::record::Record;
use membership::{Directory, MemberQuery, MemberRow};
use testkit::{MemoryDirectory, random};

/// When everything is imported.
const NOW: i64 = 1_000_000;

/// One row as text, with everything that a renderer may see.
fn print(row: &MemberRow<'_>) -> String {
    format!("{row:?}")
}

fn ask(directory: &dyn Directory, query: &MemberQuery) -> (Vec<String>, u64) {
    let mut answer = (Vec::new(), 0);
    directory
        .members(query, &mut |page| {
            let mut rows = Vec::new();
            page.rows.each(&mut |row| rows.push(print(row)));
            assert_eq!(rows.len(), page.rows.len());
            answer = (rows, page.total);
        })
        .unwrap_or_else(|error| panic!("{error}: {query:?}"));
    answer
}

/// An oracle and two stores that hold the same.
pub(super) struct Trio {
    pub(super) oracle: MemoryDirectory,
    pub(super) stores: [(&'static str, Store); 2],
}

impl Trio {
    pub(super) fn new() -> Self {
        Self { oracle: MemoryDirectory::new(), stores: [("SQLite", sqlite()), ("PostgreSQL", postgresql())] }
    }

    pub(super) fn restore(&mut self, records: &[Record], now: i64) {
        let mut lines = String::new();
        for record in records {
            self.oracle.restore(record, now).expect("every record is good");
            lines.push_str(&serde_json::to_string(record).expect("JSON"));
            lines.push('\n');
        }
        for (_, store) in &self.stores {
            soundness::import(store, &lines, now);
        }
    }

    /// Compares the answers to so many random queries; how many of them found anybody.
    fn compare(&self, rng: &mut random::ChaCha8Rng, queries: usize, what: &str) -> usize {
        let mut found = 0;
        for round in 0..queries {
            let query = random::query(rng, &self.oracle);
            let expected = ask(&self.oracle, &query);
            found += usize::from(expected.1 > 0);
            for (name, store) in &self.stores {
                assert_eq!(ask(store, &query), expected, "{name}, {what}, round {round}: {query:#?}");
                assert_eq!(store.count(&query).expect("counted"), expected.1, "{name}, {what}, round {round}");
            }
        }
        found
    }
}

/// Compares so many random queries on a random population, and as many after it has been changed.
fn compare(seed: u64, size: random::Size, queries: usize) {
    let mut rng = random::rng(seed);
    let mut trio = Trio::new();
    let records = random::population(&mut rng, size);
    trio.restore(&records, NOW);
    let mut found = trio.compare(&mut rng, queries, &format!("seed {seed}"));
    let changes = random::changes(&mut rng, &trio.oracle, 40);
    trio.restore(&changes, NOW + 1);
    found += trio.compare(&mut rng, queries, &format!("seed {seed}, changed"));
    assert!(found > queries / 5, "only {found} of {} queries find anybody: they prove little", 2 * queries);
    for (name, store) in &trio.stores {
        assert_eq!(store.check().expect("checked"), Vec::<String>::new(), "{name}, seed {seed}");
    }
}

#[test]
fn small_groups() {
    for seed in 0..6 {
        compare(seed, random::Size::SMALL, 150);
    }
}

#[test]
fn larger_groups() {
    for seed in 100..103 {
        compare(seed, random::Size::LARGE, 250);
    }
}
