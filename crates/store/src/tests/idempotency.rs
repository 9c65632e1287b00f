//! Requests that must not be done twice.

use super::{number, on_both, postgresql};
use crate::Store;
use crate::idempotency::{Begun, KEPT_FOR, KeptReply, Once};

const ONE: Once<'static> = Once { credential: 1, key: "k", request: "aa" };

fn reply() -> KeptReply {
    KeptReply { status: 201, headers: vec![("location".into(), "/x/1".into())], body: "{\"a\":\"é\"}".into() }
}

fn begin(store: &Store, once: &Once<'_>, now: i64) -> Begun {
    store.begin_once(once, now).expect("asked")
}

#[test]
fn a_request_is_done_once_and_its_reply_comes_again() {
    on_both(|store| {
        assert_eq!(begin(store, &ONE, 1_000), Begun::Anew);
        assert_eq!(begin(store, &ONE, 1_001), Begun::UnderWay);
        store.keep_reply(&ONE, Some(&reply())).expect("kept");
        assert_eq!(begin(store, &ONE, 1_002), Begun::Replied(reply()));
        let other = Once { request: "bb", ..ONE };
        assert_eq!(begin(store, &other, 1_002), Begun::Other);
        // Whoever has another key, or another credential, is somebody else.
        assert_eq!(begin(store, &Once { key: "K", ..ONE }, 1_002), Begun::Anew);
        assert_eq!(begin(store, &Once { credential: 2, ..ONE }, 1_002), Begun::Anew);
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

#[test]
fn a_reply_with_a_secret_is_not_kept() {
    on_both(|store| {
        assert_eq!(begin(store, &ONE, 1_000), Begun::Anew);
        store.keep_reply(&ONE, None).expect("kept");
        assert_eq!(begin(store, &ONE, 1_001), Begun::Withheld);
    });
}

#[test]
fn what_was_not_done_can_be_tried_again() {
    on_both(|store| {
        assert_eq!(begin(store, &ONE, 1_000), Begun::Anew);
        store.forget_once(&Once { request: "bb", ..ONE }).expect("nothing to forget");
        assert_eq!(begin(store, &ONE, 1_000), Begun::UnderWay);
        store.forget_once(&ONE).expect("forgotten");
        assert_eq!(begin(store, &ONE, 1_000), Begun::Anew);
        store.keep_reply(&ONE, Some(&reply())).expect("kept");
        store.forget_once(&ONE).expect("nothing to forget");
        assert_eq!(begin(store, &ONE, 1_000), Begun::Replied(reply()));
    });
}

#[test]
fn all_of_it_is_dropped_after_a_day() {
    on_both(|store| {
        for key in 0..150 {
            assert_eq!(begin(store, &Once { key: &key.to_string(), ..ONE }, 1_000), Begun::Anew);
        }
        assert_eq!(begin(store, &ONE, 2_000), Begun::Anew);
        store.keep_reply(&ONE, Some(&reply())).expect("kept");
        assert_eq!(begin(store, &ONE, 2_000 + KEPT_FOR - 1), Begun::Replied(reply()));
        let count = || number(store, "SELECT COUNT(*) AS number FROM idempotency");
        assert_eq!(count(), 151, "a repeated one drops nothing");
        let late = Once { request: "bb", ..ONE };
        assert_eq!(begin(store, &late, 2_000 + KEPT_FOR), Begun::Anew, "the same key, a day later");
        assert_eq!(begin(store, &Once { key: "l", ..ONE }, 2_000 + KEPT_FOR), Begun::Anew);
        assert_eq!(count(), 2);
    });
}

#[test]
fn of_many_at_once_one_is_done() {
    let both = |store: &Store| {
        let begun: Vec<Begun> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| begin(store, &ONE, 1_000))).collect();
            all.into_iter().map(|one| one.join().expect("no panic")).collect()
        });
        assert_eq!(begun.iter().filter(|begun| **begun == Begun::Anew).count(), 1, "{begun:?}");
        assert_eq!(begun.iter().filter(|begun| **begun == Begun::UnderWay).count(), 7, "{begun:?}");
    };
    both(&super::sqlite());
    both(&postgresql());
}
