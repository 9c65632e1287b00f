//! What is done in the background while the gateway serves: what is of no use any more is dropped, in small pieces.

use actix_web::web;
use std::time::Duration;
use store::{Store, StoreError};

/// How long after the start of the program the first round begins.
const FIRST: Duration = Duration::from_secs(2);
/// How long after the end of one round the next begins.
const EVERY: Duration = Duration::from_secs(60);
/// How long others have the store to themselves between two pieces.
const PAUSE: Duration = Duration::from_millis(50);
/// A day, in seconds.
const DAY: i64 = 86_400;

/// Does it again and again. The change log is kept for `keep_days` days, 0 for ever.
pub(crate) async fn go_on(store: Store, keep_days: u32, now: fn() -> i64) {
    let mut wait = FIRST;
    loop {
        tokio::time::sleep(wait).await;
        wait = EVERY;
        pieces("old credentials are not dropped", &store, move |store| store.sweep_credentials(now())).await;
        if keep_days > 0 {
            let before = move || now() - i64::from(keep_days) * DAY;
            pieces("the change log is not pruned", &store, move |store| store.prune_changes(before())).await;
        }
    }
}

/// One piece after the other, until there is none or the store cannot do it.
async fn pieces(
    failure: &str,
    store: &Store,
    piece: impl Fn(&Store) -> Result<bool, StoreError> + Copy + Send + 'static,
) {
    loop {
        let store = store.clone();
        match web::block(move || piece(&store)).await {
            Ok(Ok(true)) => tokio::time::sleep(PAUSE).await,
            Ok(Ok(false)) => return,
            // Tried again in the next round.
            Ok(Err(error)) => return log::warn!("{failure}: {error}"),
            Err(error) => return log::warn!("{failure}: {error}"),
        }
    }
}
