//! Nobody who waits gets a number that was read before the coming, whatever becomes of the others who wait.

use super::*;
use crate::server::heads::tests::{create, store};
use futures_util::FutureExt;
use futures_util::future::join_all;
use membership::Directory;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::mpsc::{Receiver, Sender, channel};
use store::Store;

pub(super) const LONG: Duration = Duration::from_secs(20);
pub(super) const SHORT: Duration = Duration::from_millis(50);

pub(super) fn roster(store: &Store) -> Arc<Roster> {
    Roster::new(Arc::new(store.clone()), roster::Settings { bytes: 0, behind: 10_000, ready: [""; 4] })
}

fn proofs(store: &Store, read: Read) -> Proofs {
    Proofs::begin(Some(read), None, roster(store)).expect("a thread")
}

/// A store that has read the head and says it only when it may: what is read is told first.
struct Slow {
    read: Receiver<u64>,
    say: Sender<()>,
    reads: Arc<AtomicUsize>,
}

impl Slow {
    fn of(store: &Store) -> (Self, Read) {
        let ((tell, read), (say, may_say)) = (channel(), channel());
        let (reads, store) = (Arc::new(AtomicUsize::new(0)), store.clone());
        let count = Arc::clone(&reads);
        let asked = move || {
            let head = store.head()?;
            count.fetch_add(1, Ordering::SeqCst);
            let _ = tell.send(head);
            let _ = may_say.recv_timeout(LONG);
            Ok(Seen { head, connection: 1 })
        };
        (Self { read, say, reads }, Box::new(asked))
    }

    /// Waits, not blocking the thread, until it has read; gives what.
    async fn has_read(&self) -> u64 {
        let read = async {
            loop {
                if let Ok(head) = self.read.try_recv() {
                    return head;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(LONG, read).await.expect("it reads")
    }

    fn say(&self) {
        self.say.send(()).expect("waited for");
    }
}

#[actix_web::test]
async fn who_comes_while_it_is_read_never_gets_the_older_number() {
    let store = store();
    let (slow, read) = Slow::of(&store);
    let proofs = proofs(&store, read);
    let early = actix_web::rt::spawn({
        let proofs = proofs.clone();
        async move { proofs.next(LONG).await }
    });
    for round in 0..5 {
        assert_eq!(slow.has_read().await, round);
        create(&store, &format!("person-{round}"));
        let mut late = pin!(proofs.next(LONG));
        assert!(late.as_mut().now_or_never().is_none());
        slow.say();
        if round == 0 {
            tokio::time::sleep(SHORT).await;
            assert!(early.is_finished(), "the number that was read for this one is good enough");
            assert!(late.as_mut().now_or_never().is_none());
        }
        // It finds more than the roster has followed, which then is followed.
        assert_eq!(slow.has_read().await, round + 1);
        slow.say();
        assert_eq!(late.await, Some(round + 1));
        if round < 4 {
            let proofs = proofs.clone();
            drop(actix_web::rt::spawn(async move { proofs.next(LONG).await }));
        }
    }
    assert_eq!(early.await.expect("no panic"), Some(0));
}

#[actix_web::test]
async fn who_goes_away_takes_nobody_along() {
    let store = store();
    let (slow, read) = Slow::of(&store);
    let proofs = proofs(&store, read);
    // The first one, for whom the question is asked, goes before it is asked, all others who are odd while it is.
    let mut first = Box::pin(proofs.next(LONG));
    assert!(first.as_mut().now_or_never().is_none());
    let mut all: Vec<_> = (0..9).map(|_| Box::pin(proofs.next(LONG))).collect();
    for one in &mut all {
        assert!(one.as_mut().now_or_never().is_none());
    }
    drop(first);
    assert_eq!(slow.has_read().await, 0);
    let stay: Vec<_> = all.into_iter().step_by(2).collect();
    slow.say();
    assert_eq!(join_all(stay).await, vec![Some(0); 5]);
    // All of them go: who comes next is told all the same.
    let mut gone = Box::pin(proofs.next(LONG));
    assert!(gone.as_mut().now_or_never().is_none());
    drop(gone);
    create(&store, "one");
    let next = async {
        assert!(slow.has_read().await <= 1);
        slow.say();
        slow.say();
        slow.say();
    };
    let (head, ()) = futures_util::future::join(proofs.next(LONG), next).await;
    assert_eq!(head, Some(1));
}

#[actix_web::test]
async fn a_store_that_says_nothing_is_asked_one_thing_and_nobody_waits_longer_than_may_be() {
    let store = store();
    let (slow, read) = Slow::of(&store);
    let proofs = proofs(&store, read);
    let begun = std::time::Instant::now();
    for _ in 0..3 {
        assert_eq!(join_all((0..10).map(|_| proofs.next(SHORT))).await, vec![None; 10]);
    }
    assert!(begun.elapsed() >= 3 * SHORT && begun.elapsed() < LONG);
    assert_eq!(slow.reads.load(Ordering::SeqCst), 1);
    // What was asked before is answered now, but not for who comes now.
    create(&store, "one");
    assert_eq!(slow.has_read().await, 0);
    let mut late = pin!(proofs.next(LONG));
    assert!(late.as_mut().now_or_never().is_none());
    slow.say();
    assert_eq!(slow.has_read().await, 1);
    assert!(late.as_mut().now_or_never().is_none());
    slow.say();
    assert_eq!((late.await, slow.reads.load(Ordering::SeqCst)), (Some(1), 2));
}

#[actix_web::test]
async fn only_so_many_wait() {
    let store = store();
    let (slow, read) = Slow::of(&store);
    let proofs = proofs(&store, read);
    let mut all: Vec<_> = (0..MOST).map(|_| Box::pin(proofs.next(LONG))).collect();
    for one in &mut all {
        assert!(one.as_mut().now_or_never().is_none());
    }
    assert_eq!(proofs.next(LONG).now_or_never(), Some(None));
    assert_eq!(slow.has_read().await, 0);
    slow.say();
    assert_eq!(join_all(all).await, vec![Some(0); MOST]);
    slow.say();
    assert_eq!(proofs.next(LONG).await, Some(0));
}

#[actix_web::test]
async fn a_store_that_is_away_is_asked_again() {
    let (store, state) = (store(), Arc::new(AtomicUsize::new(0)));
    let (asked, say) = (store.clone(), Arc::clone(&state));
    let roster = roster(&store);
    let read = move || match say.load(Ordering::SeqCst) {
        0 => Err(DirectoryError::Unavailable("away".into())),
        1 => panic!("a fault"),
        connection => Ok(Seen { head: asked.head()?, connection: connection as u64 - 1 }),
    };
    let proofs = Proofs::begin(Some(Box::new(read)), None, Arc::clone(&roster)).expect("a thread");
    create(&store, "one");
    assert_eq!(proofs.next(LONG).await, None);
    state.store(1, Ordering::SeqCst);
    assert_eq!(proofs.next(LONG).await, None);
    state.store(2, Ordering::SeqCst);
    assert_eq!((proofs.next(LONG).await, roster.epoch()), (Some(1), 0));
    // Behind a new connection may be another log.
    state.store(3, Ordering::SeqCst);
    assert_eq!((proofs.next(LONG).await, roster.epoch()), (Some(1), 1));
    assert_eq!((proofs.next(LONG).await, roster.epoch()), (Some(1), 1));
}

/// Threads as those that serve sockets, with many who ask and some who lose their patience, while others write.
#[test]
fn whatever_was_committed_before_is_seen_on_every_thread() {
    let store = store();
    let mut reader = store.head_reader();
    let proofs = proofs(&store, Box::new(move || reader.ask()));
    let (committed, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (proofs, committed, done) = (proofs.clone(), Arc::clone(&committed), Arc::clone(&done));
                scope.spawn(move || {
                    let ask = async |nth: usize| {
                        let mut told = 0_u64;
                        while !done.load(Ordering::SeqCst) {
                            let least = committed.load(Ordering::SeqCst);
                            let asked = proofs.next(LONG);
                            if nth == 0 {
                                let _ = tokio::time::timeout(Duration::from_micros(50), asked).await;
                                continue;
                            }
                            let head = asked.await.expect("said");
                            assert!(head >= least, "{head} is older than {least}");
                            told += 1;
                        }
                        told
                    };
                    let all = actix_web::rt::System::new().block_on(join_all((0..8).map(ask)));
                    assert!(all[1..].iter().all(|told| *told > 0), "{all:?}");
                })
            })
            .collect();
        for nth in 1..=300 {
            create(&store, &format!("person-{nth}"));
            committed.store(nth, Ordering::SeqCst);
        }
        std::thread::sleep(SHORT);
        done.store(true, Ordering::SeqCst);
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    });
}

/// The thread that asks ends with the last who could ask it, and what is kept for it on other threads goes, too.
#[actix_web::test]
async fn it_ends_with_the_last_who_could_ask() {
    let store = store();
    let gone = Arc::new(());
    let held = Arc::clone(&gone);
    let read = move || {
        let _ = &held;
        Ok(Seen { head: 0, connection: 1 })
    };
    let proofs = proofs(&store, Box::new(read));
    assert_eq!(proofs.next(LONG).await, Some(0));
    drop(proofs);
    let ends = async {
        while Arc::strong_count(&gone) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(LONG, ends).await.expect("it ends");
}
