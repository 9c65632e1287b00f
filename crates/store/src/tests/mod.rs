//! Tests that need to see inside, each on SQLite and on a PostgreSQL of its own.

mod concurrency;
mod differential;
mod schema;
mod soundness;
mod vault;

#[path = "../../../../tests/support/postgres.rs"]
mod postgres;

use crate::{Settings, Store};

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
