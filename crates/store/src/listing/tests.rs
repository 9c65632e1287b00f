//! How SQLite finds the rows of the lists that are asked for all the time: never by a look at all of them.

use super::{groups, memberships, persons};
use crate::connection::Connection;
use crate::query::Sql;
use crate::{Settings, Store};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use membership::{GroupQuery, OrderBy, OrderKey, PersonQuery, TextField, Window};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The steps that SQLite takes, without knowing how many rows there are.
fn plan(statement: impl Fn(&Connection) -> Sql) -> Vec<String> {
    let store = Store::open(&Settings::new("sqlite::memory:".parse().expect("a URL"))).expect("opens");
    store.migrate().expect("migrates");
    let steps: Vec<Step> = store
        .outside(|connection| {
            let sql = diesel::debug_query::<Sqlite, _>(&statement(connection)).to_string();
            let (sql, _) = sql.rsplit_once(" -- binds: ").expect("diesel tells what is bound");
            Ok(diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(connection)?)
        })
        .expect("explained");
    steps.into_iter().map(|step| step.detail).collect()
}
