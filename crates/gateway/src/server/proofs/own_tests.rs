//! The same by connections of the threads' own.

use super::tests::{LONG, SHORT, roster};
use super::*;
use crate::server::heads::tests::create;
use futures_util::future::join_all;
use store::Store;

#[path = "../../../../../tests/support/postgres.rs"]
mod postgres;

/// A store in PostgreSQL, and the name of its database.
fn postgresql() -> (Store, String) {
    let mut settings = crate::settings::Settings::built_in().expect("sound");
    let url = postgres::Server::shared().fresh_database();
    settings.database.url = crate::settings::UrlText::new(url.as_str());
    let store = Store::open(&settings.store().expect("a store")).expect("opens");
    store.migrate().expect("migrates");
    (store, url.rsplit('/').next().expect("a name").to_owned())
}

/// Of a roster of its own, with connections of the threads' own.
fn directly(store: &Store) -> (Proofs, Arc<Roster>) {
    let (mut reader, roster) = (store.head_reader(), roster(store));
    let direct = reader.direct().expect("a usual address");
    let proofs = Proofs::begin(Some(Box::new(move || reader.ask())), Some(direct), Arc::clone(&roster));
    (proofs.expect("a thread"), roster)
}

/// Asks until this thread has a connection of its own.
async fn until_own(proofs: &Proofs) {
    let opens = async {
        loop {
            proofs.next(LONG).await.expect("told");
            let line = proofs.line_of_this_thread();
            if line.0.borrow().own.as_ref().is_some_and(Own::is_open) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, opens).await.expect("it is opened");
}

#[actix_web::test]
async fn a_connection_of_ones_own_tells_the_same() {
    let (store, name) = postgresql();
    let (proofs, roster) = directly(&store);
    let mut known = 0;
    for round in 1..=20 {
        create(&store, &format!("person-{round}"));
        known += 1;
        let all = join_all((0..10).map(|_| proofs.next(LONG))).await;
        assert!(all.iter().all(|head| *head == Some(known)), "{all:?}");
        assert_eq!((proofs.next(LONG).await, roster.head()), (Some(known), known));
        if round == 5 {
            until_own(&proofs).await;
        }
    }
    // A log that has gone back is followed anew.
    let back = "DELETE FROM changes WHERE number = (SELECT number FROM change_head); \
                UPDATE change_head SET number = number - 1";
    postgres::Server::shared().execute(&name, back);
    let epoch = roster.epoch();
    assert_eq!((proofs.next(LONG).await, roster.head()), (Some(known - 1), known - 1));
    assert!(roster.epoch() > epoch);
    assert_eq!(proofs.next(LONG).await, Some(known - 1));
    // The connections end: it is asked by the thread for all, whose connection leads to another log for all that it knows.
    let epoch = roster.epoch();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
               AND pid <> pg_backend_pid()";
    postgres::Server::shared().execute(&name, end);
    assert_eq!(proofs.next(LONG).await, Some(known - 1));
    assert_eq!(roster.epoch(), epoch + 1);
    until_own(&proofs).await;
    create(&store, "last");
    assert_eq!(proofs.next(LONG).await, Some(known));
}

/// A server that is paused keeps nobody waiting longer than may be, and is asked no more than once meanwhile.
#[actix_web::test]
async fn a_connection_that_says_nothing_is_waited_for_in_time() {
    let server = postgres::Server::start();
    let url = server.fresh_database();
    let mut settings = crate::settings::Settings::built_in().expect("sound");
    settings.database.url = crate::settings::UrlText::new(url.as_str());
    let store = Store::open(&settings.store().expect("a store")).expect("opens");
    store.migrate().expect("migrates");
    let (proofs, _) = directly(&store);
    until_own(&proofs).await;
    server.pause(true);
    for _ in 0..3 {
        let begun = std::time::Instant::now();
        assert_eq!(join_all((0..10).map(|_| proofs.next(SHORT))).await, vec![None; 10]);
        assert!(begun.elapsed() < LONG / 4);
    }
    server.pause(false);
    create(&store, "one");
    assert_eq!(proofs.next(LONG).await, Some(1));
}

/// Who is found in a socket while the first one waits shares its question.
#[cfg(unix)]
#[actix_web::test]
async fn who_is_there_already_shares_the_question() {
    use tokio::io::AsyncReadExt;
    let (store, _) = postgresql();
    let (proofs, _) = directly(&store);
    until_own(&proofs).await;
    let line = proofs.line_of_this_thread();
    let puts = || line.0.borrow().own.as_ref().map(Own::puts).expect("its own");
    for _ in 0..20 {
        let before = puts();
        let (mut server, client) = tokio::net::UnixStream::pair().expect("a pair");
        client.writable().await.expect("writable");
        // Nothing is there when it is read for the first time, so who reads comes when the sockets are looked at.
        let reads = actix_web::rt::spawn({
            let proofs = proofs.clone();
            async move {
                assert_eq!(server.read(&mut [0; 16]).await.expect("read"), 1);
                proofs.next(LONG).await
            }
        });
        tokio::task::yield_now().await;
        let first = actix_web::rt::spawn({
            let proofs = proofs.clone();
            async move {
                client.try_write(b"?").expect("sent");
                proofs.next(LONG).await
            }
        });
        let both = (first.await.expect("no panic"), reads.await.expect("no panic"));
        assert_eq!(both, (Some(0), Some(0)));
        assert_eq!(puts(), before + 1, "one question for both");
    }
}
