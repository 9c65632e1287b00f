//! Tests that need to see inside, each on SQLite and on a PostgreSQL of its own.

mod commands;
mod concurrency;
mod connections;
mod differential;
mod exchange;
mod figures;
mod folding;
mod head;
mod idempotency;
mod listing;
mod loading;
mod migration;
mod outage;
mod prepared;
mod schema;
pub mod soundness;
mod source;
mod time_limits;
mod upkeep;
mod vault;

#[path = "../../../../tests/support/postgres.rs"]
pub mod postgres;

use crate::connection::Connection;
use crate::{Settings, Store};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::time::{Duration, Instant};

/// A fresh store in SQLite.
pub fn sqlite() -> Store {
    fresh("sqlite::memory:")
}

/// A fresh store in PostgreSQL.
pub fn postgresql() -> Store {
    fresh(&postgres::Server::shared().fresh_database())
}

fn fresh(url: &str) -> Store {
    let store = Store::open(&Settings::new(url.parse().expect(url))).expect("opens");
    store.migrate().expect("migrates");
    store
}

/// Runs a test on either database.
pub fn on_both(test: impl Fn(&Store)) {
    test(&sqlite());
    test(&postgresql());
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The answer to a question for one number, in a column of this name.
pub fn number(store: &Store, query: &str) -> i64 {
    store.outside(|connection| Ok(numbered(connection, query)?)).expect(query)
}

/// The same on this connection.
pub fn numbered(connection: &mut Connection, query: &str) -> QueryResult<i64> {
    diesel::sql_query(query).get_result(connection).map(|found: Number| found.number)
}

/// Comes back when some connection to this PostgreSQL database waits for a lock.
pub fn until_somebody_waits(store: &Store) {
    let begun = Instant::now();
    let query = "SELECT COUNT(*) AS number FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while number(store, query) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "nobody waits");
        std::thread::sleep(Duration::from_millis(10));
    }
}
