//! Work whose time depends on how much is stored is not held to the limits of a request.

use super::{postgres, soundness, until_somebody_waits};
use crate::migrate::ADVISORY_LOCK;
use crate::{Settings, Store, StoreError};
use diesel::connection::SimpleConnection;
use membership::{
    Directory, DirectoryError, Filter, Folded, GroupKey, MemberQuery, OrderBy, OrderKey, PersonKey, PersonQuery,
    TextExpr, TextField, TextMatch, Window,
};
use std::fmt::Write;
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
    assert_eq!(steps.len(), 6, "{steps:?}");
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

/// How many persons, all members of one group: looking at all of them takes longer than a millisecond anywhere.
const MANY: usize = 30_000;

#[test]
fn sqlite_gives_up_what_filters_or_sorts_for_too_long() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite://{}", directory.path().join("members.db").display());
    let mut settings = Settings::new(url.parse().expect("a URL"));
    settings.pool_size = 1;
    let patient = Store::open(&settings).expect("opens");
    patient.migrate().expect("migrates");
    let mut rows = String::from("{\"kind\":\"group\",\"number\":1,\"guid\":\"all\"}\n");
    for number in 1..=MANY {
        writeln!(rows, "{{\"kind\":\"person\",\"number\":{number},\"name\":\"{number}\"}}").expect("written");
        let (group, person) = ("{\"number\":1}", format!("{{\"number\":{number}}}"));
        writeln!(rows, "{{\"kind\":\"membership\",\"group\":{group},\"person\":{person}}}").expect("written");
    }
    soundness::import(&patient, &rows, 1_000);
    settings.statement_timeout = Duration::ZERO;
    let hasty = Store::open(&settings).expect("opens");

    let name = || TextExpr::Field(TextField::Name);
    let text = |text: &str| TextExpr::Literal(Folded::new(text));
    // One lets nobody in, so that no row is found before the time is over.
    let filters = ["nobody", "9"].map(|part| Filter::Match(TextMatch::Contains, name(), text(part)));
    let nines = (1..=MANY).filter(|number| number.to_string().contains('9')).count() as u64;
    let by_name = vec![OrderKey { by: OrderBy::Text(TextField::Name), descending: true }];
    let window = Window { offset: 0, limit: 10 };
    let given_up = |outcome: Result<u64, DirectoryError>, what: &str| match outcome {
        Err(DirectoryError::Unavailable(error)) => assert!(error.to_string().contains("ran longer"), "{what}: {error}"),
        other => panic!("{what}: {other:?}"),
    };
    let members = |query: &MemberQuery| {
        let read = |store: &Store| {
            let mut total = 0;
            store.members(query, &mut |page| total = page.total).map(|()| total)
        };
        given_up(read(&hasty), "members");
        read(&patient).expect("in time")
    };
    let of_group = || MemberQuery::new(GroupKey::Number(1), window);
    for (filter, found) in filters.into_iter().zip([0, nines]) {
        let query = of_group().filtered(filter.clone()).expect("small");
        assert_eq!(members(&query), found);
        given_up(hasty.count(&query), "count");
        let query = PersonQuery::new(window).filtered(filter).expect("small");
        given_up(hasty.persons(&query).map(|page| page.total), "persons");
        given_up(hasty.count_persons(&query), "count of persons");
    }
    let mut query = of_group();
    query.order = by_name;
    // A kept total is not counted anew, so this is the order alone.
    assert_eq!(members(&query), MANY as u64);
    let mut query = PersonQuery::new(window);
    // By name is an index, and quick.
    query.order = vec![OrderKey { by: OrderBy::Changed, descending: true }];
    given_up(hasty.persons(&query).map(|page| page.total), "persons in an order");
    // The only connection is as good as ever, and what is short has no limit.
    assert_eq!(hasty.count(&of_group()).expect("counted"), MANY as u64);
    assert!(hasty.person(&PersonKey::Number(1)).expect("read").is_some());
}
