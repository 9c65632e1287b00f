//! Folding all texts anew.

use super::{number, on_both, postgresql, soundness, until_somebody_waits};
use crate::{Store, StoreError};
use diesel::connection::SimpleConnection;
use std::sync::mpsc::channel;

/// Two persons, numbers 1 and 2, as an older folding left them.
fn older(store: &Store, first: [&str; 2], second: [&str; 2]) {
    let lines = r#"{"kind":"person","login":"one"}
{"kind":"person","login":"two"}
"#;
    soundness::import(store, lines, 1_000);
    let update = |number: i64, [login, folded]: [&str; 2]| {
        format!("UPDATE persons SET login = '{login}', login_folded = '{folded}' WHERE number = {number};")
    };
    // Both foldings go away first, since they may change places.
    let sql = format!(
        "UPDATE persons SET login_folded = number || ''; {} {} \
         UPDATE store_facts SET value = 'older' WHERE name = 'fold_version'",
        update(1, first),
        update(2, second)
    );
    store.outside(|connection| Ok(connection.batch_execute(&sql)?)).expect("made older");
}

#[test]
fn two_logins_that_have_become_one_are_named() {
    on_both(|store| {
        older(store, ["Anna", "anna"], ["ANNA", "an-na"]);
        let error = store.migrate().expect_err("they collide");
        assert!(matches!(error, StoreError::Schema(_)), "{error:?}");
        let told = error.to_string();
        for part in ["person 1 ", "person 2 ", "\"Anna\"", "\"ANNA\""] {
            assert!(told.contains(part), "{part}: {told}");
        }
        store.ready().expect_err("not served like that");
        let rename = "UPDATE persons SET login = 'Anne' WHERE number = 2";
        store.outside(|connection| Ok(connection.batch_execute(rename)?)).expect("renamed");
        assert_eq!(store.migrate().expect("migrates").len(), 1);
    });
}

#[test]
fn foldings_may_change_places() {
    on_both(|store| {
        older(store, ["Anna", "bert"], ["Bert", "anna"]);
        assert_eq!(store.migrate().expect("migrates").len(), 1);
        let query = "SELECT COUNT(*) AS number FROM persons WHERE login_folded = lower(login)";
        assert_eq!(number(store, query), 2);
        store.ready().expect("current");
    });
}

#[test]
fn a_name_that_changes_meanwhile_keeps_its_folding() {
    let store = &postgresql();
    older(store, ["Anna", "Anna"], ["Bert", "Bert"]);
    soundness::import(store, r#"{"kind":"group","guid":"g","name":"Old"}"#, 1_000);
    for table in ["persons", "\"groups\""] {
        let older = "UPDATE store_facts SET value = 'older' WHERE name = 'fold_version'";
        store.outside(|connection| Ok(connection.batch_execute(older)?)).expect("made older");
        std::thread::scope(|scope| {
            let (sender, receiver) = channel();
            scope.spawn(move || {
                let changed = store.write(|connection| {
                    let update = format!("UPDATE {table} SET name = 'New', name_folded = 'new' WHERE number = 1");
                    connection.batch_execute(&update)?;
                    sender.send(()).expect("somebody listens");
                    until_somebody_waits(store);
                    Ok(())
                });
                changed.expect("changed");
            });
            receiver.recv().expect("changed");
            store.migrate().expect("migrates");
        });
        let query = format!("SELECT COUNT(*) AS number FROM {table} WHERE name = 'New' AND name_folded = 'new'");
        assert_eq!(number(store, &query), 1, "{table}");
    }
}
