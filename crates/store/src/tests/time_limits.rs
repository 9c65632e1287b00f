//! Work whose time depends on how much is stored is not held to the limits of a request.

use super::{postgres, soundness, until_somebody_waits};
use crate::migrate::ADVISORY_LOCK;
use crate::{Settings, Store, StoreError};
use diesel::connection::SimpleConnection;
use std::sync::mpsc::channel;
use std::time::Duration;

/// How long a statement may take.
const LIMIT: Duration = Duration::from_millis(200);

/// Runs `work` on the second store while the first one keeps what `lock` locks, for longer than the limit.
fn while_locked<T: Send>(
    patient: &Store,
    hasty: &Store,
    lock: &str,
    work: impl FnOnce(&Store) -> Result<T, StoreError> + Send,
) -> Result<T, StoreError> {
    std::thread::scope(|scope| {
        let (sender, receiver) = channel();
        scope.spawn(move || {
            let kept = patient.write(|connection| {
                connection.batch_execute(lock)?;
                sender.send(()).expect("somebody listens");
                until_somebody_waits(patient);
                std::thread::sleep(3 * LIMIT);
                Ok(())
            });
            kept.expect("locked");
        });
        receiver.recv().expect("locked");
        work(hasty)
    })
}

#[test]
fn migrations_and_checks_may_take_their_time() {
    let url = postgres::Server::shared().fresh_database();
    let mut settings = Settings::new(url.parse().expect("a URL"));
    let patient = Store::open(&settings).expect("opens");
    settings.statement_timeout = LIMIT;
    let hasty = Store::open(&settings).expect("opens");

    let lock = format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})");
    let steps = while_locked(&patient, &hasty, &lock, Store::migrate).expect("waits for the other who migrates");
    assert_eq!(steps.len(), 4, "{steps:?}");
    soundness::load(&patient);
    for table in ["memberships", "changes"] {
        let lock = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        let problems = while_locked(&patient, &hasty, &lock, Store::check).expect("waits");
        assert_eq!(problems, Vec::<String>::new());
    }
    for table in ["persons", "\"groups\""] {
        let older = "UPDATE store_facts SET value = 'older' WHERE name = 'fold_version'";
        patient.outside(|connection| Ok(connection.batch_execute(older)?)).expect("made stale");
        let lock = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        assert_eq!(while_locked(&patient, &hasty, &lock, Store::migrate).expect("waits").len(), 1);
    }
    // The connections have been used for all that, and are held to the limit again.
    let lock = "LOCK TABLE change_head IN ACCESS EXCLUSIVE MODE";
    let error = while_locked(&patient, &hasty, lock, Store::is_empty).expect_err("does not wait");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
}
