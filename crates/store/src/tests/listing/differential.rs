//! Questions about groups, persons, memberships, jobs and the change log get the same answers from the oracle in memory,
//! from SQLite and from PostgreSQL.

use crate::tests::differential::Trio;
use membership::{Directory, DirectoryError, GroupKey, JobQuery, JobState, PersonKey, State, Window};
use std::fmt::Debug;
use testkit::random::{self, ChaCha8Rng};

/// When everything is imported.
const NOW: i64 = 1_000_000;

/// Many groups, since they are what is listed.
const MANY_GROUPS: random::Size = random::Size { groups: 120, persons: 90, memberships: 25 };
/// Few groups with all the texts that many persons have.
const MANY_PERSONS: random::Size = random::Size { groups: 4, persons: 1_200, memberships: 300 };

/// Asks all three the same; gives the answer.
fn same<T: Debug + PartialEq>(
    trio: &Trio,
    what: &dyn Debug,
    ask: impl Fn(&dyn Directory) -> Result<T, DirectoryError>,
) -> T {
    let expected = ask(&trio.oracle).unwrap_or_else(|error| panic!("{error}: {what:?}"));
    for (name, store) in &trio.stores {
        let answer = ask(store).unwrap_or_else(|error| panic!("{name}: {error}: {what:?}"));
        assert_eq!(answer, expected, "{name}: {what:#?}");
    }
    expected
}

/// Compares the answers to so many random queries of either kind; how many of them found anything.
fn compare_lists(trio: &Trio, rng: &mut ChaCha8Rng, queries: usize) -> usize {
    let mut found = 0;
    for _ in 0..queries {
        let query = random::group_query(rng, &trio.oracle);
        let total = same(trio, &query, |directory| directory.groups(&query)).total;
        assert_eq!(same(trio, &query, |directory| directory.count_groups(&query)), total);
        found += usize::from(total > 0);

        let query = random::person_query(rng, &trio.oracle);
        let total = same(trio, &query, |directory| directory.persons(&query)).total;
        assert_eq!(same(trio, &query, |directory| directory.count_persons(&query)), total);
        found += usize::from(total > 0);
    }
    found
}

/// The numbers of all groups and all persons.
fn numbers(trio: &Trio) -> [Vec<i64>; 2] {
    let groups = trio.oracle.groups().into_iter().map(|group| group.number).collect();
    [groups, trio.oracle.persons().into_iter().map(|person| person.number).collect()]
}

/// Compares each group, each person's memberships, and every `nth` pair of both; how many memberships were found.
fn compare_each(trio: &Trio, nth: usize) -> usize {
    let [groups, persons] = numbers(trio);
    let mut found = 0;
    for (at, group) in groups.iter().enumerate() {
        let key = GroupKey::Number(*group);
        let viewers = [None, Some(0), persons.get(at % persons.len().max(1)).copied()];
        for viewer in viewers {
            same(trio, &(group, viewer), |directory| directory.group_entry(&key, viewer));
        }
        for person in persons.iter().skip(at % nth).step_by(nth) {
            let named = PersonKey::Number(*person);
            let entry = same(trio, &(group, person), |directory| directory.membership(&key, &named));
            found += usize::from(entry.is_some_and(|entry| entry.membership.is_some()));
        }
        assert_eq!(same(trio, &key, |directory| directory.membership(&key, &PersonKey::Number(0))), None);
    }
    for person in persons {
        for state in State::ALL {
            for (offset, limit) in [(0, 100), (0, 2), (1, 1), (3, 50), (u64::MAX, 1), (0, 0)] {
                let window = Window { offset, limit };
                same(trio, &(person, state, window), |directory| directory.memberships_of(person, *state, window));
            }
        }
    }
    found
}

/// Compares all jobs; how many there are.
fn compare_jobs(trio: &Trio) -> usize {
    for group in &numbers(trio)[0] {
        for state in [None, Some(JobState::Open), Some(JobState::Closed)] {
            for (offset, limit) in [(0, 100), (0, 1), (1, 2), (9, 0)] {
                let query = JobQuery { group: GroupKey::Number(*group), state, window: Window { offset, limit } };
                same(trio, &query, |directory| directory.jobs(&query));
            }
        }
    }
    (1..).take_while(|number| same(trio, number, |directory| directory.job(*number)).is_some()).count()
}

/// Compares the log behind what each had logged before; how many entries there are. Imports are logged in other batches
/// by the oracle, so that the numbers differ.
fn compare_log(trio: &Trio, before: &[(&dyn Directory, u64)]) -> usize {
    let mut groups: Vec<Option<i64>> = numbers(trio)[0].iter().copied().map(Some).collect();
    groups.truncate(20);
    groups.push(None);
    let mut longest = 0;
    for group in groups {
        for (after, limit) in [(0, u32::MAX), (0, 3), (5, 7), (40, 0), (60, u32::MAX), (1_000_000, 5)] {
            let read = |(directory, begin): &(&dyn Directory, u64)| {
                let changes = directory.changes(begin + after, group, limit).expect("a stretch");
                let relative = |mut entry: membership::ChangeEntry| {
                    entry.number -= begin;
                    entry
                };
                let entries: Vec<_> = changes.entries.into_iter().map(relative).collect();
                (entries, changes.head - begin)
            };
            let expected = read(&before[0]);
            longest = longest.max(expected.0.len());
            for other in &before[1..] {
                assert_eq!(read(other), expected, "behind {after}, group {group:?}, limit {limit}");
            }
        }
    }
    longest
}

#[test]
fn many_groups() {
    for seed in 200..204 {
        let mut rng = random::rng(seed);
        let mut trio = Trio::new();
        trio.restore(&random::population(&mut rng, MANY_GROUPS), NOW);
        let found = compare_lists(&trio, &mut rng, 400);
        assert!(found > 200, "only {found} of 800 queries find anything: they prove little");
        assert!(compare_each(&trio, 7) > 50);
    }
}

#[test]
fn many_persons() {
    for seed in 300..302 {
        let mut rng = random::rng(seed);
        let mut trio = Trio::new();
        trio.restore(&random::population(&mut rng, MANY_PERSONS), NOW);
        let found = compare_lists(&trio, &mut rng, 300);
        assert!(found > 100, "only {found} of 600 queries find anything: they prove little");
    }
}

#[test]
fn what_commands_leave_behind() {
    let mut rng = random::rng(400);
    let mut trio = Trio::new();
    trio.restore(&random::population(&mut rng, random::Size::SMALL), NOW);
    let heads: Vec<u64> = [trio.oracle.head()]
        .into_iter()
        .chain(trio.stores.iter().map(|(_, s)| s.head()))
        .map(|head| head.expect("asked"))
        .collect();
    for round in 0..300 {
        let command = random::command(&mut rng, &trio.oracle);
        let expected = command.run(&trio.oracle);
        for (name, store) in &trio.stores {
            assert_eq!(command.run(store), expected, "{name}, round {round}: {command:#?}");
        }
    }
    let directories: Vec<&dyn Directory> = [&trio.oracle as &dyn Directory]
        .into_iter()
        .chain(trio.stores.iter().map(|(_, s)| s as &dyn Directory))
        .collect();
    let before: Vec<(&dyn Directory, u64)> = directories.into_iter().zip(heads).collect();
    assert!(compare_log(&trio, &before) > 100);
    assert!(compare_jobs(&trio) > 5);
    assert!(compare_each(&trio, 1) > 20);
    assert!(compare_lists(&trio, &mut rng, 200) > 80);
}
