//! Oracle, SQLite, PostgreSQL, and a roster in front of each database: the same.

use super::*;
use membership::Directory;
use membership::record::Record;
use testkit::{MemoryDirectory, random};

/// When the population is imported.
const IMPORTED: i64 = 1_000_000;

struct Party {
    name: &'static str,
    store: Arc<Store>,
    roster: Arc<Roster>,
    _database: Database,
}

impl Party {
    fn new(database: Database) -> Self {
        let store = Arc::new(open(&database));
        Self { name: database.name, roster: over(&store, LARGE), store, _database: database }
    }

    /// The answer that stands in memory, which the roster first fetches where it must.
    fn held(&self, query: &MemberQuery) -> (Result<String, String>, u64) {
        let head = self.roster.catch_up().expect("up to date");
        // First the group, then its order.
        for _ in 0..2 {
            if self.roster.hold(head, query).is_none() {
                self.roster.settle();
            }
        }
        let held = self.roster.hold(head, query).unwrap_or_else(|| panic!("{}: not held: {query:?}", self.name));
        let told = told(|read| {
            held.members(read);
            Ok(())
        });
        (told, held.count())
    }
}

fn compare(oracle: &MemoryDirectory, parties: &[Party], query: &MemberQuery) {
    let expected = told(|read| oracle.members(query, read));
    let count = oracle.count(query).expect("counted");
    for party in parties {
        let name = party.name;
        assert_eq!(told(|read| party.store.members(query, read)), expected, "{name}: {query:#?}");
        assert_eq!(told(|read| party.roster.members(query, read)), expected, "roster over {name}: {query:#?}");
        assert_eq!(party.held(query), (expected.clone(), count), "held over {name}: {query:#?}");
    }
}

#[test]
fn rosters_over_both_databases_answer_as_the_oracle() {
    for seed in 0..3 {
        let mut rng = random::rng(seed);
        let mut oracle = MemoryDirectory::new();
        let parties = Database::both().map(Party::new);
        let take_in = |oracle: &mut MemoryDirectory, records: &[Record], now: i64| {
            let mut lines = String::new();
            for record in records {
                oracle.restore(record, now).expect("every record is good");
                lines.push_str(&(serde_json::to_string(record).expect("JSON") + "\n"));
            }
            parties.iter().for_each(|party| import(&party.store, &lines, now));
        };
        let size = random::Size { groups: 5, persons: 60, memberships: 40 };
        take_in(&mut oracle, &random::population(&mut rng, size), IMPORTED);
        for round in 0..40 {
            for _ in 0..4 {
                compare(&oracle, &parties, &random::query(&mut rng, &oracle));
            }
            for _ in 0..=round * 7 % 9 {
                let command = random::command(&mut rng, &oracle);
                let expected = command.run(&oracle);
                for party in &parties {
                    assert_eq!(command.run(&*party.store), expected, "{}: {command:#?}", party.name);
                }
            }
            if round % 10 == 9 {
                let mut changes = random::changes(&mut rng, &oracle, 8);
                if round % 20 == 9 {
                    // Without persons, the entries of the log name groups.
                    changes.retain(|record| !matches!(record, Record::Person(_)));
                }
                let now = 1_700_000_000 + i64::try_from(oracle.log().len()).expect("short");
                take_in(&mut oracle, &changes, now);
            }
        }
        for party in &parties {
            let figures = party.roster.figures();
            assert!(figures.loads < 60 && figures.evictions == 0 && figures.failures == 0, "{figures:?}");
        }
    }
}
