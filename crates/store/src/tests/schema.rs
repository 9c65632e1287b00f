//! The migrations make the same of both databases.

use super::{on_both, postgresql, sqlite};
use crate::Store;
use crate::connection::Connection;
use diesel::QueryableByName;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use std::collections::BTreeSet;

#[derive(QueryableByName, PartialEq, Eq, Debug)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

fn columns(store: &Store) -> Vec<Column> {
    store
        .outside(|connection| {
            let query = match connection {
                Connection::Sqlite(_) => {
                    "SELECT s.name AS table_name, c.name AS column_name, \
                     CASE WHEN c.type = 'INTEGER' THEN 'BIGINT' ELSE c.type END AS kind, NOT c.\"notnull\" AS nullable \
                     FROM sqlite_schema s, pragma_table_info(s.name) c \
                     WHERE s.type = 'table' AND s.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND s.name NOT LIKE 'sqlite%' \
                     ORDER BY s.name, c.cid"
                }
                Connection::Postgres(_) => {
                    "SELECT table_name::text, column_name::text, upper(data_type) AS kind, \
                     is_nullable <> 'NO' AS nullable \
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
    assert!(sqlite.iter().all(|c| !c.nullable), "there are no nulls");
    assert!(sqlite.iter().any(|c| c.table_name == "memberships" && c.column_name == "joined_at" && c.kind == "BIGINT"));
}

/// One column of an index.
#[derive(QueryableByName)]
struct IndexColumn {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    index_name: String,
    #[diesel(sql_type = Bool)]
    is_unique: bool,
    #[diesel(sql_type = Text)]
    column_name: String,
}

/// Table, the name where we gave one, whether it is unique, the columns in their order.
type Index = (String, String, bool, Vec<String>);

/// All indexes, those of primary keys and unique columns too.
fn indexes(store: &Store) -> BTreeSet<Index> {
    let columns: Vec<IndexColumn> = store
        .outside(|connection| {
            let query = match connection {
                // The primary key of a table with row numbers has no index of its own: it is the table.
                Connection::Sqlite(_) => {
                    "SELECT s.name AS table_name, i.name AS index_name, i.\"unique\" AS is_unique, \
                         c.name AS column_name, c.seqno AS place \
                     FROM sqlite_schema s, pragma_index_list(s.name) i, pragma_index_info(i.name) c \
                     WHERE s.type = 'table' AND s.name NOT LIKE '\\_\\_%' ESCAPE '\\' \
                     UNION SELECT s.name, 'sqlite_rowid_' || s.name, TRUE, c.name, c.pk \
                     FROM sqlite_schema s, pragma_table_info(s.name) c \
                     WHERE s.type = 'table' AND s.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND c.pk > 0 \
                     ORDER BY 1, 2, 5"
                }
                Connection::Postgres(_) => {
                    "SELECT t.relname::text AS table_name, i.relname::text AS index_name, \
                         x.indisunique AS is_unique, a.attname::text AS column_name \
                     FROM pg_index x \
                     JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid \
                     CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k (attnum, place) \
                     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum \
                     WHERE t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE '\\_\\_%' \
                     ORDER BY t.relname COLLATE \"C\", i.relname COLLATE \"C\", k.place"
                }
            };
            Ok(diesel::sql_query(query).load(connection)?)
        })
        .expect("indexes");
    let ours = |name: &str| !name.starts_with("sqlite_") && !name.ends_with("_pkey") && !name.ends_with("_key");
    columns
        .chunk_by(|a, b| a.table_name == b.table_name && a.index_name == b.index_name)
        .map(|columns| {
            let first = &columns[0];
            let name = if ours(&first.index_name) { first.index_name.clone() } else { String::new() };
            let columns = columns.iter().map(|column| column.column_name.clone()).collect();
            (first.table_name.clone(), name, first.is_unique, columns)
        })
        .collect()
}

#[test]
fn both_databases_have_the_same_indexes() {
    let (sqlite, postgresql) = (indexes(&sqlite()), indexes(&postgresql()));
    assert_eq!(sqlite, postgresql);
    for (table, name, is_unique, columns) in [
        ("persons", "", true, &["number"][..]),
        ("persons", "", true, &["login_folded"]),
        ("memberships", "", true, &["group_number", "state", "joined_at", "person_number"]),
        ("memberships", "memberships_person", true, &["person_number", "group_number"]),
        ("changes", "changes_group", false, &["group_number", "number"]),
    ] {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        let index = (table.to_owned(), name.to_owned(), is_unique, columns);
        assert!(sqlite.contains(&index), "{index:?} in {sqlite:#?}");
    }
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
    for _ in 0..10 {
        let dir = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}", dir.path().join("r.db").display());
        let settings = crate::Settings::new(url.parse().expect("a URL"));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| crate::Store::open(&settings).expect("opens").migrate().expect("migrates"));
            }
        });
    }
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
