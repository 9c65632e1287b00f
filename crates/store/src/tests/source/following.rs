//! Who knows groups as they were once loaded, and nothing else but what [`Source::catch_up`] gives, knows them as they
//! are: after random commands and imports, on either database.

use super::*;
use crate::tests::{postgresql, sqlite};
use crate::{listing, source};
use membership::{Group, GroupQuery, MemberRow, Membership, PersonView, Scope};
use std::collections::{BTreeMap, BTreeSet};
use testkit::{MemoryDirectory, random};

/// When the population is imported.
const IMPORTED: i64 = 1_000_000;

/// State, scope, time of joining.
type Stands = (State, Scope, Option<i64>);

/// What a follower knows.
#[derive(Debug, Default, PartialEq)]
struct Follower {
    head: u64,
    groups: BTreeMap<i64, (Group, BTreeMap<i64, Stands>)>,
    /// What lists show of the persons, as text.
    persons: BTreeMap<i64, String>,
}

/// When somebody was last there is known to the minute only.
fn shown(mut person: PersonView<'_>) -> String {
    person.last_active_at = person.last_active_at.map(|at| at / 60 * 60);
    format!("{person:?}")
}

impl Follower {
    /// Who has loaded every group that there is.
    fn fresh(source: &dyn Source) -> Self {
        let mut follower = Self { head: source.head().expect("read"), ..Self::default() };
        let all = GroupQuery::new(Window { offset: 0, limit: u32::MAX });
        for entry in source.groups(&all).expect("read").rows {
            follower.load(source, entry.group.number);
        }
        follower
    }

    fn load(&mut self, source: &dyn Source, group: i64) {
        let mut rows = Vec::new();
        let loaded = source.load(group, &mut |row: &MemberRow<'_>| {
            rows.push((row.state, row.joined_at, row.person.number, row.scope));
            self.persons.insert(row.person.number, shown(row.person));
        });
        let Some(loaded) = loaded.expect("loaded") else { return };
        assert_eq!(loaded.head, self.head, "nobody else is at it");
        assert!(rows.is_sorted_by_key(|(state, joined_at, number, _)| (place(*state), *joined_at, *number)));
        let rows = rows.into_iter().map(|(state, joined_at, number, scope)| (number, (state, scope, joined_at)));
        self.groups.insert(group, (loaded.group, rows.collect()));
    }

    /// Learns what has changed; whether all had to be loaded again.
    fn catch_up(&mut self, source: &dyn Source) -> bool {
        let changed = match source.catch_up(self.head, 10_000).expect("caught up") {
            CatchUp::Changed(changed) => *changed,
            CatchUp::Behind { head } => panic!("behind {}, the head is {head}", self.head),
        };
        assert_eq!(changed.entries.last().map_or(self.head, |entry| entry.number), changed.head);
        self.head = changed.head;
        let imports = changed.entries.iter().filter(|entry| entry.action == "import" && entry.person.is_none());
        let stale: BTreeSet<Option<i64>> = imports.map(|entry| entry.group).collect();
        if stale.contains(&None) {
            *self = Self::fresh(source);
            return true;
        }
        for (number, group) in changed.groups {
            match group {
                Some(group) => {
                    let members = self.groups.remove(&number).map(|(_, members)| members).unwrap_or_default();
                    self.groups.insert(number, (group, members));
                }
                None => drop(self.groups.remove(&number)),
            }
        }
        for entry in changed.entries.iter().filter(|entry| entry.action == "group_delete") {
            if let Some((_, members)) = entry.group.and_then(|group| self.groups.get_mut(&group)) {
                members.clear();
            }
        }
        for (number, person) in changed.persons {
            for (_, members) in self.groups.values_mut() {
                members.remove(&number);
            }
            match person {
                Some(person) => self.persons.insert(number, shown(person.view())),
                None => self.persons.remove(&number),
            };
        }
        for Membership { group, person, state, scope, joined_at, .. } in changed.memberships {
            let (_, members) = self.groups.get_mut(&group).expect("a membership is one of a group");
            members.insert(person, (state, scope, joined_at));
        }
        stale.into_iter().flatten().for_each(|group| self.load(source, group));
        false
    }

    /// Only of persons who are in some group, as one knows who has just loaded all groups.
    fn forget(&mut self) {
        let known = |number: &i64| self.groups.values().any(|(_, members)| members.contains_key(number));
        let forgotten: Vec<i64> = self.persons.keys().filter(|number| !known(number)).copied().collect();
        forgotten.iter().for_each(|number| drop(self.persons.remove(number)));
    }
}

fn place(state: State) -> usize {
    State::ALL.iter().position(|one| *one == state).expect("a state")
}

/// How many of the catch-ups had to load all groups again, and how many there were.
fn follow(seed: u64, size: random::Size, rounds: usize) -> (usize, usize) {
    let mut rng = random::rng(seed);
    let mut oracle = MemoryDirectory::new();
    let stores = [("SQLite", sqlite()), ("PostgreSQL", postgresql())];
    let import = |oracle: &mut MemoryDirectory, records: &[membership::record::Record], now| {
        let mut lines = String::new();
        for record in records {
            oracle.restore(record, now).expect("every record is good");
            lines.push_str(&(serde_json::to_string(record).expect("JSON") + "\n"));
        }
        stores.iter().for_each(|(_, store)| soundness::import(store, &lines, now));
    };
    let records = random::population(&mut rng, size);
    import(&mut oracle, &records, IMPORTED);
    let mut followers = stores.each_ref().map(|(_, store)| Follower::fresh(store));
    let (mut anew, mut caught_up, mut told_by_one) = (0, 0, false);
    for round in 0..rounds {
        for _ in 0..=round * 7 % 19 {
            let command = random::command(&mut rng, &oracle);
            let expected = command.run(&oracle);
            for (name, store) in &stores {
                assert_eq!(command.run(store), expected, "{name}, seed {seed}, round {round}: {command:#?}");
            }
        }
        if round % 10 == 9 {
            let mut changes = random::changes(&mut rng, &oracle, 8);
            if round % 20 == 9 {
                // Without persons: then the entries name groups.
                changes.retain(|record| !matches!(record, membership::record::Record::Person(_)));
            }
            let now = 1_700_000_000 + oracle.head().expect("read") as i64;
            import(&mut oracle, &changes, now);
        }
        for ((name, store), follower) in stores.iter().zip(&mut followers) {
            told_by_one |= same_by_one_statement(store);
            anew += usize::from(follower.catch_up(store));
            caught_up += 1;
            follower.forget();
            assert_eq!(*follower, Follower::fresh(store), "{name}, seed {seed}, round {round}");
        }
    }
    assert!(told_by_one);
    (anew, caught_up)
}

/// Whether one statement has told of some of the last changes. Then it tells the same as several.
fn same_by_one_statement(store: &Store) -> bool {
    let head = store.head().expect("read");
    let mut told = false;
    for after in head.saturating_sub(10)..head {
        let limit = if after % 2 == 0 { 4 } else { 1_000 };
        let by_one = store.read_alone(|connection| listing::changed(connection, after, limit)).expect("read");
        let by_several = store.read(|connection| source::catch_up(connection, after, limit)).expect("read");
        match (by_one, by_several) {
            (None, _) => {}
            (Some(by_one), CatchUp::Changed(by_several)) => {
                let sorted = |mut changed: Changed| {
                    changed.memberships.sort_by_key(|membership| (membership.person, membership.group));
                    changed
                };
                assert_eq!(sorted(by_one), sorted(*by_several));
                told = true;
            }
            (Some(by_one), by_several) => panic!("{by_one:?} {by_several:?}"),
        }
    }
    told
}

#[test]
fn whoever_follows_the_log_knows_what_there_is() {
    let size = random::Size { groups: 5, persons: 40, memberships: 25 };
    for seed in 0..4 {
        let (anew, caught_up) = follow(seed, size, 60);
        assert_eq!(caught_up, 120);
        assert!((1..=8).contains(&anew), "{anew} of {caught_up} catch-ups loaded all");
    }
}

#[test]
fn the_number_of_a_group_may_be_given_anew() {
    on_both(|store| {
        soundness::load(store);
        let mut follower = Follower::fresh(store);
        let by = By::system(1_800_000_000);
        let group = store.delete_group(&by, &GroupKey::Number(GROUP), None).expect("deleted");
        let record = membership::record::GroupRecord { number: Some(GROUP), ..Default::default() };
        let new = membership::NewGroup { record, ..Default::default() };
        store.create_group(&by, &new).expect("made");
        assert!(!follower.catch_up(store));
        follower.forget();
        assert_eq!(follower, Follower::fresh(store));
        let (again, members) = &follower.groups[&GROUP];
        assert!(again.guid != group.guid && members.is_empty());
    });
}
