//! How SQLite finds the rows of the lists that are asked for all the time: never by a look at all of them. And how many
//! statements are kept prepared.

use super::{groups, persons};
use crate::connection::Connection;
use crate::query::Sql;
use crate::{Settings, Store};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use membership::{GroupQuery, OrderBy, OrderKey, PersonQuery, TextField, Window};
use std::collections::HashSet;
use testkit::{MemoryDirectory, random};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

fn store() -> Store {
    let store = Store::open(&Settings::new("sqlite::memory:".parse().expect("a URL"))).expect("opens");
    store.migrate().expect("migrates");
    store
}

/// The text of a statement, with a question mark for each value.
fn text(sql: &Sql) -> String {
    let text = diesel::debug_query::<Sqlite, _>(sql).to_string();
    text.rsplit_once(" -- binds: ").expect("diesel tells what is bound").0.to_owned()
}

/// The steps that SQLite takes, without knowing how many rows there are.
fn plan(statement: impl Fn(&Connection) -> Sql) -> Vec<String> {
    let steps: Vec<Step> = store()
        .outside(|connection| {
            let explain = format!("EXPLAIN QUERY PLAN {}", text(&statement(connection)));
            Ok(diesel::sql_query(explain).load(connection)?)
        })
        .expect("explained");
    steps.into_iter().map(|step| step.detail).collect()
}

/// The steps for the first page of groups, but for what `set` says.
fn of_groups(set: impl Fn(&mut GroupQuery)) -> Vec<String> {
    let mut query = GroupQuery::new(FIRST);
    query.viewer = Some(1);
    set(&mut query);
    plan(|connection| groups::statement(connection, &query).0)
}

fn of_persons(set: impl Fn(&mut PersonQuery)) -> Vec<String> {
    let mut query = PersonQuery::new(FIRST);
    set(&mut query);
    plan(|connection| persons::statement(connection, &query).0)
}

const FIRST: Window = Window { offset: 0, limit: 10 };

/// The first step is this one, and no other goes over a whole table or sorts anything.
fn assert_begins(steps: &[String], first: &str) {
    let (begin, rest) = steps.split_first().expect("there are steps");
    assert_eq!(begin, first, "{steps:#?}");
    let bad = |step: &&String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
    assert_eq!(rest.iter().find(bad), None, "{steps:#?}");
}

#[test]
fn first_pages_in_the_order_of_numbers_are_read_from_the_table() {
    let descending = [OrderKey { by: OrderBy::Number, descending: true }];
    for order in [&[][..], &descending] {
        assert_begins(&of_groups(|query| query.order = order.to_vec()), "SCAN g");
        assert_begins(&of_persons(|query| query.order = order.to_vec()), "SCAN p");
    }
}

#[test]
fn pages_in_the_order_of_names_are_cut_in_an_index() {
    for descending in [false, true] {
        let order = [OrderKey { by: OrderBy::Text(TextField::Name), descending }];
        for (steps, index) in [
            (of_groups(|query| query.order = order.to_vec()), "SCAN g USING COVERING INDEX groups_name"),
            (of_persons(|query| query.order = order.to_vec()), "SCAN p USING COVERING INDEX persons_name"),
        ] {
            let expected = ["CO-ROUTINE w", index];
            // What descends by name ascends by number all the same, which is sorted within equal names only.
            let within = "USE TEMP B-TREE FOR LAST TERM OF ORDER BY";
            let cut: Vec<&String> = steps.iter().take_while(|step| *step != "SCAN w").collect();
            let cut: Vec<&String> = cut.into_iter().filter(|step| !descending || *step != within).collect();
            assert_eq!(cut, expected, "{steps:#?}");
        }
    }
}

#[test]
fn groups_of_one_person_are_found_by_the_person() {
    let owned = of_groups(|query| query.owner = Some(uuid::Uuid::nil()));
    assert_begins(&owned, "SEARCH g USING INDEX groups_owner (owner=?)");
    let joined = of_groups(|query| query.joined = Some(true));
    assert_begins(&joined, "SEARCH g USING INTEGER PRIMARY KEY (rowid=?)");
    let list = "SEARCH v USING COVERING INDEX memberships_person (person_number=?)";
    assert!(joined.iter().any(|step| step == list), "{joined:#?}");
}

#[test]
fn few_statements_are_kept_prepared() {
    let (store, mut rng) = (store(), random::rng(77));
    let mut oracle = MemoryDirectory::new();
    for record in random::population(&mut rng, random::Size::SMALL) {
        oracle.restore(&record, 1_000).expect("every record is good");
    }
    let mut kept = [HashSet::new(), HashSet::new()];
    for _ in 0..6_000 {
        let mut of_groups = random::group_query(&mut rng, &oracle);
        let mut of_persons = random::person_query(&mut rng, &oracle);
        of_groups.window.offset %= 2_000;
        of_persons.window.offset %= 2_000;
        store
            .outside(|connection| {
                if groups::is_common(&of_groups, &of_groups.order) {
                    kept[0].insert(text(&groups::statement(connection, &of_groups).0));
                }
                if persons::is_common(&of_persons, &of_persons.order) {
                    kept[1].insert(text(&persons::statement(connection, &of_persons).0));
                }
                Ok(())
            })
            .expect("written");
    }
    let kept = kept.map(|texts| texts.len());
    assert!((40..=120).contains(&kept[0]) && (25..=60).contains(&kept[1]), "{kept:?}");
}
