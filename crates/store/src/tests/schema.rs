//! The migrations make the same of both databases.

use super::{on_both, postgresql, sqlite};
use crate::Store;
use crate::connection::Connection;
use diesel::QueryableByName;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

#[derive(QueryableByName, PartialEq, Eq, Debug)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

fn columns(store: &Store) -> Vec<Column> {
    store
        .outside(|connection| {
            let query = match connection {
                Connection::Sqlite(_) => {
                    "SELECT s.name AS table_name, c.name AS column_name, \
                     CASE WHEN c.type = 'INTEGER' THEN 'BIGINT' ELSE c.type END AS kind \
                     FROM sqlite_schema s, pragma_table_info(s.name) c \
                     WHERE s.type = 'table' AND s.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND s.name NOT LIKE 'sqlite%' \
                     ORDER BY s.name, c.cid"
                }
                Connection::Postgres(_) => {
                    "SELECT table_name::text, column_name::text, upper(data_type) AS kind \
                     FROM information_schema.columns \
                     WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' \
                     ORDER BY table_name COLLATE \"C\", ordinal_position"
                }
            };
            Ok(diesel::sql_query(query).load::<Column>(connection)?)
        })
        .expect("columns")
}

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let (sqlite, postgresql) = (columns(&sqlite()), columns(&postgresql()));
    assert_eq!(sqlite, postgresql);
    assert!(sqlite.iter().any(|c| c.table_name == "memberships" && c.column_name == "joined_at" && c.kind == "BIGINT"));
}

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
}

#[test]
fn both_databases_have_the_same_indexes() {
    let named = |store: &Store| {
        store
            .outside(|connection| {
                let query = match connection {
                    Connection::Sqlite(_) => {
                        "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
                    }
                    Connection::Postgres(_) => {
                        "SELECT indexname::text AS name FROM pg_indexes WHERE schemaname = 'public' \
                         AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key' ORDER BY 1"
                    }
                };
                Ok(diesel::sql_query(query).load::<Index>(connection)?)
            })
            .expect("indexes")
            .into_iter()
            .map(|index| index.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(named(&sqlite()), named(&postgresql()));
}

#[test]
fn migrating_again_changes_nothing() {
    on_both(|store| {
        store.ready().expect("current");
        assert_eq!(store.migrate().expect("migrates"), Vec::<String>::new());
    });
}

#[test]
fn several_processes_may_migrate_at_once() {
    let url = super::postgres::Server::shared().fresh_database();
    let settings = crate::Settings::new(url.parse().expect("a URL"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| crate::Store::open(&settings).expect("opens").migrate().expect("migrates"));
        }
    });
    let dir = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}", dir.path().join("r.db").display());
    let settings = crate::Settings::new(url.parse().expect("a URL"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| crate::Store::open(&settings).expect("opens").migrate().expect("migrates"));
        }
    });
}

#[test]
fn a_store_that_is_not_migrated_says_so() {
    let store = Store::open(&crate::Settings::new("sqlite::memory:".parse().expect("a URL"))).expect("opens");
    let error = store.ready().expect_err("not migrated");
    assert!(error.to_string().contains("rollcall migrate"), "{error}");
}

#[test]
fn texts_are_folded_anew_when_the_folding_changes() {
    on_both(|store| {
        super::soundness::load(store);
        store
            .outside(|connection| {
                connection.batch_execute(
                    "UPDATE persons SET name_folded = 'stale'; UPDATE \"groups\" SET name_folded = 'stale'; \
                     UPDATE store_facts SET value = 'older' WHERE name = 'fold_version'",
                )?;
                Ok(())
            })
            .expect("made stale");
        assert!(store.ready().is_err());
        assert_eq!(store.migrate().expect("migrates").len(), 1);
        store.ready().expect("current");
        #[derive(QueryableByName)]
        struct Stale {
            #[diesel(sql_type = BigInt)]
            stale: i64,
        }
        let stale: Stale = store
            .outside(|connection| {
                let query = "SELECT COUNT(*) AS stale FROM persons WHERE name_folded = 'stale'";
                Ok(diesel::sql_query(query).get_result(connection)?)
            })
            .expect("counted");
        assert_eq!(stale.stale, 0);
    });
}

#[test]
fn a_plain_analyze_leaves_no_samples() {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let store = sqlite();
    super::soundness::load(&store);
    let count = |query: &str| -> i64 {
        let found: Count =
            store.outside(|connection| Ok(diesel::sql_query(query).get_result(connection)?)).expect(query);
        found.count
    };
    store.outside(|connection| Ok(connection.batch_execute("ANALYZE")?)).expect("analyzed");
    assert!(count("SELECT COUNT(*) AS count FROM sqlite_stat1") > 0, "it was analyzed");
    store.migrate().expect("migrates");
    // Samples would make cached statements be prepared anew at every bind. The SQLite that we build gathers none; where
    // somebody builds another, the next start drops them.
    if count("SELECT COUNT(*) AS count FROM sqlite_schema WHERE name = 'sqlite_stat4'") > 0 {
        assert_eq!(count("SELECT COUNT(*) AS count FROM sqlite_stat4"), 0);
    }
}
