//! What an operator watches is what is there.

use super::{number, on_both, soundness};
use crate::connection::Role;
use crate::{LogEnds, Settings, Store, Totals};
use membership::State;
use std::time::Duration;

#[test]
fn totals_are_those_of_a_count() {
    on_both(|store| {
        let none = Totals { memberships: State::ALL.iter().map(|state| (*state, 0)).collect(), ..Totals::default() };
        assert_eq!(store.totals().expect("asked"), none);
        assert_eq!(store.log_ends().expect("asked"), LogEnds::default());
        soundness::load(store);
        let totals = store.totals().expect("asked");
        let count = |of: &str| number(store, &format!("SELECT COUNT(*) AS number FROM {of}")).unsigned_abs();
        assert_eq!((totals.persons, totals.groups), (count("persons"), count("groups")));
        for (state, many) in &totals.memberships {
            assert_eq!(*many, count(&format!("memberships WHERE state = '{}'", state.as_str())), "{state:?}");
        }
        assert!(totals.memberships.iter().map(|(_, many)| many).sum::<u64>() > 0);
        let ends = store.log_ends().expect("asked");
        assert_eq!((ends.head, ends.floor), (count("changes"), 0));
        assert!(ends.head > 0);
    });
}

#[test]
fn who_waits_for_a_connection_is_counted() {
    let mut settings = Settings::new("sqlite::memory:".parse().expect("a URL"));
    settings.acquire_timeout = Duration::from_millis(300);
    let store = Store::open(&settings).expect("opens");
    store.migrate().expect("migrates");
    let writer = |store: &Store| store.pools().into_iter().find(|pool| pool.name == "writer").expect("there is one");
    assert_eq!((writer(&store).size, writer(&store).in_use, writer(&store).waiting), (1, 0, 0));
    store
        .write(|_| {
            assert_eq!(writer(&store).in_use, 1);
            std::thread::scope(|scope| {
                let waits = scope.spawn(|| store.take(Role::Writer).map(|_| ()).expect_err("there is only one"));
                while writer(&store).waiting == 0 {
                    assert!(!waits.is_finished(), "it did not wait");
                    std::thread::yield_now();
                }
                waits.join().expect("no panic");
            });
            assert_eq!((writer(&store).waiting, writer(&store).timed_out), (0, 1));
            Ok(())
        })
        .expect("written");
    assert_eq!(writer(&store).in_use, 0);
}
