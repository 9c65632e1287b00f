//! The ids of requests.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::cell::RefCell;
use uuid::Uuid;

thread_local! {
    /// Request ids must differ, but need not be hard to guess: a generator of each thread saves a call to the
    /// operating system.
    static IDS: RefCell<ChaCha8Rng> = RefCell::new(ChaCha8Rng::from_seed(seed()));
}

fn seed() -> [u8; 32] {
    let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(one.as_bytes());
    seed[16..].copy_from_slice(other.as_bytes());
    seed
}

/// An id for a request.
pub(crate) fn next_id() -> Uuid {
    let mut bytes = [0; 16];
    IDS.with_borrow_mut(|ids| ids.fill_bytes(&mut bytes));
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
