//! Connections that die, and transactions that end as nobody wants them to.

use super::{number, on_both, postgres, sqlite};
use crate::store::Failure;
use crate::{Settings, Store, StoreError};
use diesel::connection::SimpleConnection;
use membership::Directory;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;

/// How many connections the pool has.
const CONNECTIONS: u32 = 4;

/// Leaves so many idle connections in the pool.
fn warm(store: &Store) {
    let barrier = Barrier::new(CONNECTIONS as usize);
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let together = store.read(|_| {
                    barrier.wait();
                    Ok(())
                });
                together.expect("read");
            });
        }
    });
}

#[test]
fn nobody_sees_that_the_server_was_started_again() {
    let server = postgres::Server::start();
    let mut settings = Settings::new(server.fresh_database().parse().expect("a URL"));
    settings.pool_size = CONNECTIONS;
    let store = Store::open(&settings).expect("opens");
    store.migrate().expect("migrates");
    let restart = || {
        warm(&store);
        server.stop();
        server.start_again();
    };
    restart();
    assert_eq!(store.head().expect("a read finds a connection that lives"), 0);
    restart();
    store.mark_demo().expect("a write finds a connection that lives");
    restart();
    store.ready().expect_err("outside of transactions nothing is tried again");
    warm(&store);
    store.ready().expect("but the dead connection is gone");
}

#[test]
fn a_panic_leaves_no_open_transaction_behind() {
    on_both(|store| {
        for _ in 0..10 {
            let write = || {
                store.write(|connection| -> Result<(), Failure> {
                    connection.batch_execute("UPDATE change_head SET number = 7")?;
                    panic!("on purpose")
                })
            };
            catch_unwind(AssertUnwindSafe(write)).expect_err("panics");
            let read = || store.read(|_| -> Result<(), Failure> { panic!("on purpose") });
            catch_unwind(AssertUnwindSafe(read)).expect_err("panics");
            let outside = || {
                store.outside(|connection| -> Result<(), StoreError> {
                    connection.batch_execute("BEGIN")?;
                    panic!("on purpose")
                })
            };
            catch_unwind(AssertUnwindSafe(outside)).expect_err("panics");
        }
        store.mark_demo().expect("the writer works");
        assert_eq!(store.head().expect("a reader works"), 0);
        assert_eq!(number(store, "SELECT number FROM change_head"), 0);
    });
}

#[test]
fn what_went_wrong_first_is_told_and_the_connection_is_not_used_again() {
    // SQLite ends the transaction itself, for instance when the disk is full, and then refuses to roll it back.
    let store = sqlite();
    let first = store.write(|connection| -> Result<(), Failure> {
        connection.batch_execute("ROLLBACK")?;
        Err(StoreError::Fault("the first".to_owned()).into())
    });
    assert!(first.expect_err("fails").to_string().contains("the first"));
    store.mark_demo().expect("the writer works");
    let first = store.write(|connection| -> Result<(), Failure> {
        connection.batch_execute("ROLLBACK")?;
        Ok(connection.batch_execute("SELECT * FROM no_such_table")?)
    });
    assert!(first.expect_err("fails").to_string().contains("no_such_table"));
    store.mark_demo().expect("the writer works");
}
