//! The number of the last change, in the shortest way.

use super::{on_both, soundness, sqlite};
use crate::{Settings, Store};
use diesel::connection::SimpleConnection;
use membership::Directory;
use std::sync::mpsc::channel;
use std::time::Duration;

/// One more person, so one more change.
fn change(store: &Store, uid: &str) {
    soundness::import(store, &format!("{{\"kind\":\"person\",\"uid\":\"{uid}\"}}\n"), 1_000);
}

fn told(heads: &crate::Heads) -> u64 {
    let (tell, told) = channel();
    heads.ask(move |head| tell.send(head).expect("waited for"));
    told.recv_timeout(Duration::from_secs(30)).expect("told").expect("known")
}

#[test]
fn whoever_asks_after_a_commit_sees_it() {
    on_both(|store| {
        // As another process has it.
        let other = Store::open(&Settings::new(url_of(store))).expect("opens");
        let heads = store.heads().expect("a thread");
        for round in 0..20 {
            let writer = if round % 2 == 0 { store } else { &other };
            change(writer, &format!("p{round}"));
            let head = round + 1;
            assert_eq!((store.head_now().expect("read"), told(&heads)), (head, head));
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

/// Far more threads than there are connections for this.
#[test]
fn many_threads_ask_at_once() {
    on_both(|store| {
        change(store, "first");
        let heads = store.heads().expect("a thread");
        std::thread::scope(|scope| {
            for thread in 0..100 {
                let heads = heads.clone();
                scope.spawn(move || {
                    for round in 0..20 {
                        let least = store.head().expect("read");
                        assert!(store.head_now().expect("read") >= least);
                        assert!(told(&heads) >= least);
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
        let heads = store.heads().expect("a thread");
        assert_eq!((store.head_now().expect("read"), told(&heads)), (1, 1));
        let run = |sql: &str| store.outside(|connection| Ok(connection.batch_execute(sql)?)).expect("run");
        run("ALTER TABLE change_head RENAME TO away");
        assert!(store.head_now().is_err());
        let (tell, told_so) = channel();
        heads.ask(move |head| tell.send(head.is_err()).expect("waited for"));
        assert!(told_so.recv_timeout(Duration::from_secs(30)).expect("told"));
        run("ALTER TABLE away RENAME TO change_head");
        assert_eq!((store.head_now().expect("read"), told(&heads)), (1, 1));
        if !store.in_process() {
            run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()");
            assert_eq!((told(&heads), store.head_now().expect("read")), (1, 1));
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
