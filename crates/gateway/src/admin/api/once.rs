//! Requests that bear an `Idempotency-Key` are done once: whoever repeats one gets the reply that it got
//! (draft-ietf-httpapi-idempotency-key-header).

use super::answer::{Outcome, Rendered};
use super::problem::{Kind, Problem};
use access::Secret;
use sha2::{Digest, Sha256};
use store::Store;
use store::idempotency::{Begun, Once};
use uuid::Uuid;

/// The key of a request, and what the request says.
#[derive(Clone, Debug)]
pub(super) struct Key {
    credential: i64,
    key: String,
    request: String,
}

/// What a request says beside its body.
pub(super) struct Line<'a> {
    pub method: &'a str,
    pub address: &'a str,
    pub query: &'a str,
    pub media_type: &'a str,
}

impl Key {
    /// Of a request by the holder of this credential. The secret goes into the hash, so that nobody who reads the store
    /// can find out a password in the body by guessing.
    pub fn new(credential: i64, key: String, secret: &Secret, line: &Line<'_>, body: &[u8; 32]) -> Self {
        let mut hash = Sha256::new();
        for part in [secret.reveal(), line.method, line.address, line.query, line.media_type] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update(body);
        let request = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { credential, key, request }
    }
}

/// Does the work, unless it has been done. What is answered with a problem that passes can be tried again: nothing was done,
/// or doing it again does the rest.
/// Where `work` panics, nobody knows, so the key stays in use.
pub(super) fn once(store: &Store, key: Option<&Key>, now: i64, id: Uuid, work: impl FnOnce() -> Outcome) -> Rendered {
    let Some(key) = key else { return Rendered::of(work(), id) };
    let once = Once { credential: key.credential, key: &key.key, request: &key.request };
    let problem = match store.begin_once(&once, now) {
        Ok(Begun::Anew) => {
            let rendered = Rendered::of(work(), id);
            let noted = if rendered.passes {
                store.forget_once(&once)
            } else {
                store.keep_reply(&once, rendered.to_keep().as_ref())
            };
            if let Err(error) = noted {
                log::error!("the reply cannot be kept for a repeated request: {error}");
            }
            return rendered;
        }
        Ok(Begun::Replied(reply)) => return Rendered::kept(reply),
        Ok(Begun::UnderWay) => {
            let detail = "A request with this Idempotency-Key has been begun and has no reply yet.";
            Problem::later(Kind::UnderWay, 1, detail)
        }
        Ok(Begun::Withheld) => {
            let detail = "The request with this Idempotency-Key was done; its reply held a secret and was not kept.";
            Problem::new(Kind::ReplyWithheld, detail)
        }
        Ok(Begun::Other) => Problem::new(Kind::KeyReused, "This Idempotency-Key was used with another request."),
        Err(error) => error.into(),
    };
    Rendered::of(Err(problem), id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::api::answer::Answer;

    fn key(secret: &str, query: &str, body: u8) -> Key {
        let line = Line { method: "POST", address: "/a", query, media_type: "application/json" };
        Key::new(7, "k".into(), &Secret::presented(secret), &line, &[body; 32])
    }

    fn store() -> Store {
        let store = Store::open(&store::Settings::new("sqlite::memory:".parse().expect("a URL"))).expect("opens");
        store.migrate().expect("migrates");
        store
    }

    #[test]
    fn a_request_is_all_that_it_says() {
        assert_eq!(key("s", "q", 1).request, key("s", "q", 1).request);
        for other in [key("t", "q", 1), key("s", "r", 1), key("s", "q", 2)] {
            assert_ne!(other.request, key("s", "q", 1).request);
        }
        assert_eq!(key("s", "q", 1).request.len(), 64);
    }

    #[test]
    fn work_is_done_once() {
        let store = store();
        let id = Uuid::nil();
        let ask = |key: &Key, outcome: Outcome| once(&store, Some(key), 1_000, id, || outcome);
        let again = |key: &Key| once(&store, Some(key), 1_000, id, || unreachable!("it has been done"));
        let made = ask(&key("s", "", 1), Ok(Answer::created(b"{}".to_vec()).header("location", "/a/1")));
        let repeated = again(&key("s", "", 1));
        assert_eq!((repeated.status, &repeated.body), (201, &made.body));
        assert_eq!(repeated.headers[..made.headers.len()], made.headers[..]);
        assert_eq!(repeated.headers.last().map(|(name, _)| name.as_str()), Some("idempotency-replayed"));
        assert_eq!(again(&key("s", "", 2)).status, 422);
        assert_eq!(once(&store, None, 1_000, id, || Ok(Answer::nothing())).status, 204);
    }

    #[test]
    fn what_passes_is_not_kept() {
        let store = store();
        let ask = |outcome: Outcome| once(&store, Some(&key("s", "", 1)), 1_000, Uuid::nil(), || outcome);
        for kind in Kind::ALL.iter().filter(|kind| kind.passes()) {
            assert_eq!(ask(Err(Problem::new(*kind, "later."))).status, kind.status());
        }
        assert_eq!(ask(Err(Problem::new(Kind::BadRows, "Nothing was applied.").passing())).status, 422);
        assert_eq!(ask(Err(Problem::new(Kind::BadRows, "The good rows were applied."))).status, 422);
        let again = ask(Ok(Answer::nothing()));
        assert_eq!(again.status, 422, "that was done");
        assert!(String::from_utf8_lossy(&again.body).contains("good rows"));
    }

    #[test]
    fn faults_of_ours_pass() {
        for kind in Kind::ALL.iter().filter(|kind| kind.status() >= 500) {
            assert!(kind.passes(), "{kind:?}");
        }
    }

    #[test]
    fn what_was_not_done_is_not_kept_and_secrets_are_not_either() {
        let store = store();
        let ask = |key: &Key, outcome: Outcome| once(&store, Some(key), 1_000, Uuid::nil(), || outcome).status;
        let failed = || Err(Problem::later(Kind::Unavailable, 30, "away"));
        assert_eq!(ask(&key("s", "", 1), failed()), 503);
        assert_eq!(ask(&key("s", "", 1), Err(Problem::new(Kind::InUse, "taken"))), 409);
        assert_eq!(ask(&key("s", "", 1), failed()), 409, "that was done");
        let secret = Key { key: "other".into(), ..key("s", "", 1) };
        assert_eq!(ask(&secret, Ok(Answer::created(b"{}".to_vec()).secret())), 201);
        let again = once(&store, Some(&secret), 1_000, Uuid::nil(), || unreachable!("it has been done"));
        assert_eq!(again.status, 409);
        assert!(String::from_utf8_lossy(&again.body).contains("reply-withheld"));
    }
}
