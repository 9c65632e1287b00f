//! What the admin API keeps beside the gateway: the store itself, for what goes in and out as a stream, and how much of
//! that may go on at once.

use super::api;
use super::feed::Feed;
use super::figures::Figures;
use crate::server::Gateway;
use actix_web::web::Bytes;
use std::sync::Arc;
use store::Store;
use tokio::sync::Semaphore;

/// How many imports may be under way at once, their uploads included: one writes as fast as the database can anyway.
pub const IMPORTS: usize = 1;
/// How many exports may be under way at once. Each holds a connection and a snapshot for as long as it takes.
pub const EXPORTS: usize = 2;
/// How many connections to the database the admin API needs beside those of the gateway, since imports and exports wait
/// for no turn and must not keep others waiting, nor be in the way of who watches.
pub const CONNECTIONS: u32 = 4;
/// How many readers of the change log may wait at once for something to happen.
pub const WAITING: usize = 64;

/// Shared by all requests of the admin listener.
pub struct Admin {
    /// Where imports go, exports come from, and replies are kept.
    pub(super) store: Store,
    /// The longest import, in bytes.
    pub(super) import_bytes: u64,
    /// Turns of imports.
    pub(super) imports: Arc<Semaphore>,
    /// Turns of exports.
    pub(super) exports: Arc<Semaphore>,
    /// Places of readers of the change log who wait.
    pub(super) waiting: Arc<Semaphore>,
    /// Tells them when something has happened.
    pub(super) feed: Feed,
    /// What is known of the store, for who watches.
    pub(super) figures: Arc<Figures>,
    /// The OpenAPI document.
    pub(super) document: Bytes,
}

impl Admin {
    /// For this store, and with imports of at most so many bytes.
    pub fn new(store: Store, import_bytes: u64) -> Self {
        Self {
            figures: Arc::new(Figures::of(store.clone())),
            store,
            import_bytes,
            imports: Arc::new(Semaphore::new(IMPORTS)),
            exports: Arc::new(Semaphore::new(EXPORTS)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            feed: Feed::default(),
            document: api::document().into(),
        }
    }

    /// Lets everybody who waits go, and nobody wait any more: the gateway is about to end.
    pub fn end(&self) {
        self.feed.end();
    }

    /// How many threads may block at once: those of the gateway, one for each import and export, as many for the files
    /// that they are read from, and one for who watches.
    pub(super) fn threads(gateway: &Gateway) -> usize {
        gateway.width().saturating_add(2 * (IMPORTS + EXPORTS) + 1)
    }
}
