//! Statements that are asked again and again stay prepared.

use super::{number, soundness, sqlite};
use crate::connection::Connection;
use diesel::connection::{Connection as _, InstrumentationEvent};
use membership::life_cycle::Action;
use membership::{By, Failing, GroupKey, PersonKey, Registrar, Scope, Step};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// What a connection has kept prepared, and what it was asked.
#[derive(Default)]
struct Seen {
    kept: BTreeSet<String>,
    asked: Vec<String>,
}

/// Of a text like `SELECT 1 -- binds: []`.
fn statement(query: &str) -> String {
    query.split(" -- binds").next().unwrap_or_default().to_owned()
}

#[test]
fn whatever_a_step_asks_stays_prepared() {
    let store = sqlite();
    let seen = Arc::new(Mutex::new(Seen::default()));
    store
        .outside(|connection| {
            let Connection::Sqlite(inner) = connection else { panic!("it is SQLite") };
            let seen = Arc::clone(&seen);
            inner.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                let mut seen = seen.lock().expect("not poisoned");
                match event {
                    InstrumentationEvent::CacheQuery { sql, .. } => _ = seen.kept.insert(sql.to_owned()),
                    InstrumentationEvent::StartQuery { query, .. } => seen.asked.push(statement(&query.to_string())),
                    _ => {}
                }
            });
            Ok(())
        })
        .expect("seen to");
    soundness::load(&store);
    let participant = "SELECT MIN(person_number) AS number FROM memberships WHERE group_number = 1116 \
                       AND scope = 'participant' AND state = 'member'";
    let person = PersonKey::Number(number(&store, participant));
    seen.lock().expect("not poisoned").asked.clear();
    for scope in [Scope::Moderator, Scope::Participant] {
        let step = Step::new(person.clone(), Action::SetScope(scope));
        let stepped = store.steps(&By::system(1_800_000_000), &GroupKey::Number(1_116), &[step], Failing::Alone);
        assert!(stepped.expect("taken").steps.iter().all(Result::is_ok));
    }
    let seen = seen.lock().expect("not poisoned");
    let bounds = |sql: &str| ["PRAGMA", "BEGIN", "COMMIT"].iter().any(|bound| sql.starts_with(bound));
    let asked: Vec<&String> = seen.asked.iter().filter(|sql| !bounds(sql)).collect();
    assert!(asked.iter().any(|sql| sql.starts_with("UPDATE memberships")), "{asked:?}");
    for sql in asked {
        assert!(seen.kept.contains(sql), "{sql}");
    }
}
