//! The number of the last change, in the shortest way.

use super::{on_both, soundness, sqlite};
use crate::{Seen, Settings, Store};
use diesel::connection::SimpleConnection;
use membership::Directory;

/// One more person, so one more change.
fn change(store: &Store, uid: &str) {
    soundness::import(store, &format!("{{\"kind\":\"person\",\"uid\":\"{uid}\"}}\n"), 1_000);
}

fn told(reader: &mut crate::HeadReader) -> u64 {
    reader.ask().expect("known").head
}

#[test]
fn whoever_asks_after_a_commit_sees_it() {
    on_both(|store| {
        // As another process has it.
        let other = Store::open(&Settings::new(url_of(store))).expect("opens");
        let mut reader = store.head_reader();
        for round in 0..20 {
            let writer = if round % 2 == 0 { store } else { &other };
            change(writer, &format!("p{round}"));
            let head = round + 1;
            assert_eq!((store.head_now().expect("read"), told(&mut reader)), (head, head));
            std::thread::scope(|scope| {
                let asked = scope.spawn(|| store.head_now().expect("read"));
                assert_eq!(asked.join().expect("asked"), head, "by another thread");
            });
            assert_eq!(other.head_now().expect("read"), head);
        }
    });
}

/// The URL by which another store opens the same database; that of a temporary one is not told by the store.
fn url_of(store: &Store) -> crate::DatabaseUrl {
    match &store.manager().file {
        Some(file) => format!("sqlite://{}", file.display()).parse().expect("a URL"),
        None => store.url().clone(),
    }
}

/// What one thread was told is known to all, until something is committed by whomever.
#[test]
fn the_head_is_known_to_all_until_something_is_committed() {
    on_both(|store| {
        let other = Store::open(&Settings::new(url_of(store))).expect("opens");
        assert_eq!(store.head_known(), None, "nobody has asked");
        let by_another_thread = || std::thread::scope(|scope| scope.spawn(|| store.head_now()).join().expect("asked"));
        for round in 0..20 {
            change(if round % 2 == 0 { store } else { &other }, &format!("p{round}"));
            let head = round + 1;
            assert_eq!(store.head_known(), None, "nobody has asked since");
            assert_eq!(by_another_thread().expect("read"), head);
            assert_eq!(store.head_known(), store.in_process().then_some(head));
            assert_eq!(store.head_now().expect("read"), head);
            assert_eq!(by_another_thread().expect("read"), head);
        }
    });
}

/// Far more threads than there are connections for this.
#[test]
fn many_threads_ask_at_once() {
    on_both(|store| {
        change(store, "first");
        std::thread::scope(|scope| {
            for thread in 0..100 {
                scope.spawn(move || {
                    let mut reader = store.head_reader();
                    for round in 0..20 {
                        let least = store.head().expect("read");
                        assert!(store.head_now().expect("read") >= least);
                        assert!(told(&mut reader) >= least);
                        if thread == 0 {
                            change(store, &format!("p{round}"));
                        }
                    }
                });
            }
        });
        assert_eq!(store.head_now().expect("read"), 21);
    });
}

#[test]
fn a_connection_that_fails_is_opened_anew() {
    on_both(|store| {
        change(store, "first");
        let mut reader = store.head_reader();
        assert_eq!(store.head_now().expect("read"), 1);
        assert_eq!(reader.ask().expect("known"), Seen { head: 1, connection: 1 });
        let run = |sql: &str| store.outside(|connection| Ok(connection.batch_execute(sql)?)).expect("run");
        run("ALTER TABLE change_head RENAME TO away");
        assert!(store.head_now().is_err());
        assert!(reader.ask().is_err());
        run("ALTER TABLE away RENAME TO change_head");
        let before = reader.ask().expect("known");
        assert_eq!((store.head_now().expect("read"), before.head), (1, 1));
        assert!(before.connection > 1, "by another one");
        if !store.in_process() {
            run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()");
            // Told at once, and that it comes from another connection.
            assert_eq!(reader.ask().expect("known"), Seen { head: 1, connection: before.connection + 1 });
            assert_eq!(store.head_now().expect("read"), 1);
        }
    });
}

/// The connections end with the store: nothing is left of a temporary database.
#[cfg(target_os = "linux")]
#[test]
fn connections_end_with_the_store() {
    let store = sqlite();
    let file = store.manager().file.clone().expect("a file");
    change(&store, "first");
    std::thread::scope(|scope| {
        (0..8).for_each(|_| drop(scope.spawn(|| assert_eq!(store.head_now().expect("read"), 1))));
    });
    let holds = || {
        let open = std::fs::read_dir("/proc/self/fd").expect("Linux");
        open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
            .filter(|path| path.starts_with(&file))
            .count()
    };
    assert!(holds() > 0);
    drop(store);
    assert_eq!(holds(), 0);
}

/// A database that is closed by everybody loses its index, and gets another one.
#[test]
fn a_database_that_is_opened_again_is_looked_at_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}/again.db", directory.path().display());
    for round in 0..5 {
        let store = Store::open(&Settings::new(url.parse().expect("a URL"))).expect("opens");
        store.migrate().expect("migrates");
        assert_eq!(store.head_now().expect("read"), round);
        change(&store, &format!("p{round}"));
        assert_eq!(store.head_now().expect("read"), round + 1);
    }
}
