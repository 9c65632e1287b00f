//! Whole groups, and what has become of them since.

mod following;

use super::{number, numbered, on_both, postgresql, soundness};
use crate::connection::Connection;
use crate::store::Failure;
use crate::{Settings, Store, listing};
use diesel::connection::SimpleConnection;
use membership::life_cycle::Action;
use membership::{
    By, CatchUp, Changed, Directory, Failing, GroupKey, Loaded, MemberQuery, PersonKey, Presence, Registrar, Source,
    State, Step, Window,
};

/// The sample group, by number.
const GROUP: i64 = 1_116;

/// The same database by so many connections.
fn postgresql_again(store: &Store, pool_size: u32) -> Store {
    Store::open(&Settings { pool_size, ..Settings::new(store.url().clone()) }).expect("opens")
}

/// The group as it is loaded, every row as text.
fn load(store: &Store, group: i64) -> Option<(Loaded, Vec<String>)> {
    let mut rows = Vec::new();
    let loaded = store.load(group, &mut |row| rows.push(format!("{row:?}"))).expect("loaded");
    loaded.map(|loaded| (loaded, rows))
}

/// The members of the group in every state, as lists show them.
fn listed(store: &Store, group: i64) -> Vec<String> {
    let mut rows = Vec::new();
    for state in State::ALL {
        let mut query = MemberQuery::new(GroupKey::Number(group), Window { offset: 0, limit: u32::MAX });
        query.state = *state;
        store.members(&query, &mut |page| page.rows.each(&mut |row| rows.push(format!("{row:?}")))).expect("listed");
    }
    rows
}

fn caught_up(store: &Store, after: u64) -> Changed {
    match store.catch_up(after, 1_000).expect("caught up") {
        CatchUp::Changed(changed) => *changed,
        CatchUp::Behind { head } => panic!("behind {after}, the head is {head}"),
    }
}

#[test]
fn a_group_is_handed_over_whole() {
    on_both(|store| {
        soundness::load(store);
        let (loaded, rows) = load(store, GROUP).expect("there");
        assert_eq!(Some(loaded.group), store.group(&GroupKey::Number(GROUP)).expect("read"));
        assert_eq!(loaded.head, store.head().expect("read"));
        assert_eq!(rows, listed(store, GROUP));
        assert!(!rows.is_empty());
        assert_eq!(load(store, 77), None);
    });
}

/// More members than are held at once, some of them in every state.
#[test]
fn a_large_group_is_handed_over_whole() {
    on_both(|store| {
        large(store, 1_300);
        let (_, rows) = load(store, 7).expect("there");
        assert_eq!(rows.len(), 1_300);
        assert_eq!(rows, listed(store, 7));
    });
}

/// A group of that many members, in every state.
fn large(store: &Store, members: usize) {
    let mut lines = String::from("{\"kind\":\"group\",\"number\":7}\n");
    for person in 1..=members {
        let state = ["member", "member", "pending", "banned"][person % 4];
        lines += &format!("{{\"kind\":\"person\",\"number\":{person},\"name\":\"é{person}\"}}\n");
        lines += &format!(
            "{{\"kind\":\"membership\",\"group\":{{\"number\":7}},\"person\":{{\"number\":{person}}},\
             \"state\":\"{state}\"}}\n"
        );
    }
    soundness::import(store, &lines, 1_000);
}

/// Two connections see the same, whatever is committed between them, and neither stays in its transaction.
#[test]
fn a_second_connection_sees_what_the_first_one_does() {
    let store = &postgresql();
    large(store, 1_200);
    let mut other = postgresql_again(store, 8);
    let kept = store.read(|first| {
        listing::group(first, &GroupKey::Number(7))?;
        soundness::import(&other, "{\"kind\":\"person\",\"number\":5000}\n", 1_100);
        let mut second = store.second(first, 7)?.expect("a second connection");
        let count = "SELECT COUNT(*) AS number FROM persons";
        let counted = |connection: &mut Connection| Ok::<_, Failure>(numbered(connection, count)?);
        assert_eq!((counted(first)?, counted(second.connection())?), (1_200, 1_200));
        second.give_back();
        // A group of few members needs none.
        assert!(store.second(first, 8)?.is_none());
        Ok(())
    });
    kept.expect("read");
    assert_eq!(number(store, "SELECT COUNT(*) AS number FROM persons"), 1_201);
    let open = "SELECT COUNT(*) AS number FROM pg_stat_activity WHERE datname = current_database() \
                AND state LIKE 'idle in transaction%'";
    assert_eq!(number(store, open), 0);
    // Half of the connections are left to others; of three that would not be so.
    other = postgresql_again(store, 3);
    let alone = other.read(|first| Ok(other.second(first, 7)?.is_none()));
    assert!(alone.expect("read"));
    assert_eq!(load(&other, 7), load(store, 7));
}

/// Where no snapshot may be given away, one connection has to do.
#[test]
fn a_snapshot_that_cannot_be_exported_is_done_without() {
    let store = &postgresql();
    large(store, 1_200);
    let whole = load(store, 7);
    // Another function of the name is found first.
    let refuse = "CREATE SCHEMA refusing; CREATE FUNCTION refusing.pg_export_snapshot() RETURNS TEXT LANGUAGE plpgsql \
                  AS $$ BEGIN RAISE 'not today'; END $$; \
                  DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = refusing, pg_catalog, public', \
                  current_database()); END $$";
    store.outside(|connection| Ok(connection.batch_execute(refuse)?)).expect("refused");
    let other = postgresql_again(store, 8);
    let failed = other.read(|first| other.second(first, 7).map(|_| ()));
    assert!(failed.expect_err("refused").to_string().contains("not today"));
    assert_eq!(load(&other, 7), whole);
}

/// A connection that is lost, or that the server ends, in the middle of a group: that is not a smaller group.
#[test]
fn a_group_that_breaks_off_is_none() {
    let store = &postgresql();
    let mut lines = String::from("{\"kind\":\"group\",\"number\":7}\n");
    let long = "x".repeat(4_000);
    for person in 1..=4_000 {
        lines += &format!("{{\"kind\":\"person\",\"number\":{person},\"description\":\"{long}\"}}\n");
        lines += &format!(
            "{{\"kind\":\"membership\",\"group\":{{\"number\":7}},\"person\":{{\"number\":{person}}},\
             \"state\":\"member\"}}\n"
        );
    }
    soundness::import(store, &lines, 1_000);
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'COPY%'";
    let mut rows = 0;
    let told = store.load(7, &mut |_| {
        rows += 1;
        if rows == 1 {
            store.outside(|connection| Ok(connection.batch_execute(end)?)).expect("ended");
        }
    });
    let told = told.expect_err("broken off").to_string();
    assert!((1..4_000).contains(&rows), "{rows} rows: {told}");
    // The next one is whole again.
    assert_eq!(load(store, 7).expect("there").1.len(), 4_000);
}

/// A row that cannot be understood ends the load with an error, and the store goes on.
#[test]
fn a_damaged_row_is_told() {
    on_both(|store| {
        soundness::load(store);
        let member = format!("(SELECT MAX(person_number) FROM memberships WHERE group_number = {GROUP})");
        soundness::damage(store, &format!("UPDATE persons SET id = 'none' WHERE number = {member}"), None);
        let told = store.load(GROUP, &mut |_| {}).expect_err("damaged");
        assert!(told.to_string().contains("persons.id"), "{told}");
        assert!(load(store, 77).is_none());
    });
}

#[test]
fn what_entries_name_comes_as_it_stands_now() {
    on_both(|store| {
        soundness::load(store);
        let head = store.head().expect("read");
        assert_eq!(caught_up(store, head), Changed { head, ..Changed::default() });
        let by = By::system(1_800_000_000);
        let persons = "SELECT MIN(person_number) AS number FROM memberships WHERE group_number = ";
        let person = number(store, &format!("{persons}{GROUP} AND scope = 'participant' AND state = 'member'"));
        let key = PersonKey::Number(person);
        for action in [Action::Kick, Action::Add(membership::Scope::Moderator)] {
            let step = Step::new(key.clone(), action);
            store.steps(&by, &GroupKey::Number(GROUP), &[step], Failing::Together(&[])).expect("taken");
        }
        let now = store.set_presence(&by, &key, Presence::Available).expect("set");
        let changed = caught_up(store, head);
        assert_eq!(changed.head, store.head().expect("read"));
        assert_eq!(changed.entries, store.changes(head, None, 1_000).expect("read").entries);
        assert_eq!(changed.persons, [(person, Some(now))]);
        assert_eq!(changed.groups, [(GROUP, store.group(&GroupKey::Number(GROUP)).expect("read"))]);
        let mut expected = Vec::new();
        for state in State::ALL {
            let of = store.memberships_of(person, *state, Window { offset: 0, limit: 1_000 }).expect("read").rows;
            expected.extend(of.into_iter().map(|(_, membership)| membership));
        }
        let mut found = changed.memberships;
        found.sort_by_key(|membership| membership.group);
        expected.sort_by_key(|membership| membership.group);
        assert_eq!(found, expected);

        store.delete_group(&by, &GroupKey::Number(GROUP), None).expect("deleted");
        let changed = caught_up(store, changed.head);
        assert_eq!((changed.groups, changed.persons), (vec![(GROUP, None)], vec![]));
    });
}

#[test]
fn whoever_cannot_be_told_everything_begins_anew() {
    on_both(|store| {
        soundness::load(store);
        soundness::import(
            store,
            "{\"kind\":\"person\",\"uid\":\"new\"}\n{\"kind\":\"group\",\"guid\":\"new\"}\n",
            1_800_000_000,
        );
        let head = store.head().expect("read");
        assert_eq!(head, 4);
        let behind = CatchUp::Behind { head };
        let ask = |after, limit| store.catch_up(after, limit).expect("answered");
        assert_eq!(ask(0, head as u32 - 1), behind, "too much");
        assert_ne!(ask(0, head as u32), behind, "just enough");
        assert_eq!(ask(head + 1, 10), behind, "another log");
        assert_eq!(ask(u64::MAX, 10), behind, "another log");
        let prune = "DELETE FROM changes WHERE number <= 2; UPDATE change_head SET floor = 2";
        store.outside(|connection| Ok(connection.batch_execute(prune)?)).expect("pruned");
        assert_eq!(ask(1, head as u32), behind, "pruned");
        assert_ne!(ask(2, head as u32), behind);
    });
}

/// More than one question lists.
#[test]
fn many_changes_come_at_once() {
    on_both(|store| {
        let person = |number: i64| format!("{{\"kind\":\"person\",\"number\":{number}}}\n");
        soundness::import(store, &(1..=1_500).map(person).collect::<String>(), 1_000);
        soundness::import(store, "{\"kind\":\"group\",\"number\":7}\n", 1_000);
        let head = store.head().expect("read");
        let add = |number| Step::new(PersonKey::Number(number), Action::Add(membership::Scope::Participant));
        let steps: Vec<Step> = (1..=1_500).map(add).collect();
        store.steps(&By::system(2_000), &GroupKey::Number(7), &steps, Failing::Together(&[])).expect("taken");
        let CatchUp::Changed(changed) = store.catch_up(head, 2_000).expect("answered") else { panic!("behind") };
        assert_eq!(changed.entries.len(), 1_500);
        let persons: Vec<i64> = changed.persons.iter().map(|(number, _)| *number).collect();
        assert_eq!(persons, (1..=1_500).collect::<Vec<i64>>());
        assert!(changed.persons.iter().all(|(number, row)| row.as_ref().is_some_and(|row| row.number == *number)));
        assert_eq!(changed.memberships.len(), 1_500);
    });
}
