//! What a client may ask for, how often and how much at once. `docs/operations.md` has the table.
//!
//! **Order.** A connection needs a place ([`Connections`]). A request then passes: the rate of its address, the bounds of
//! its parts ([`Caps`]), and, once its credential is known to be good, the rate of that. Whoever presented too many
//! unknown credentials is refused before the next is looked up. What is slow waits in a [`Line`] that is bounded too.

mod caps;
mod client;
mod connections;
mod descriptors;
mod keys;
mod line;
mod rate;

pub(crate) use caps::{Caps, TooLarge, unpacked};
pub(crate) use client::Client;
pub(crate) use connections::{Connections, Place};
pub(crate) use line::{Line, NoTurn};
pub(crate) use rate::Exceeded;

use crate::settings;
use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use client::Proxies;
use dialect::Standing;
use rate::Rate;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Watches over what clients ask for. Shared by all threads.
pub struct Guard {
    proxies: Proxies,
    addresses: Option<Rate>,
    credentials: Option<Rate>,
    failures: Option<Rate>,
    caps: Caps,
    waiting: usize,
    bodies: Arc<Semaphore>,
    public: Arc<Connections>,
    admin: Arc<Connections>,
}

/// How many connections the admin listener has at most.
const ADMIN_CONNECTIONS: usize = 256;

/// How long a client that asks too often waits for the reply that says so. Requests of one connection are answered one
/// after the other, so this bounds what a client can make us do by sending one after the other without waiting, and
/// leaves the time to others.
const PAUSE: Duration = Duration::from_millis(100);

/// Keeps a client that asks too often waiting.
pub(crate) async fn slow_down() {
    tokio::time::sleep(PAUSE).await;
}

/// How often clients of whom nothing has to be known any more are forgotten.
const SWEEP: Duration = Duration::from_secs(60);

impl Guard {
    /// What the settings say. Raises the limit of open files of the process, so call it once, at the start.
    pub fn of(server: &settings::Server, limits: &settings::Limits) -> Self {
        let proxies = Proxies::new(server.trusted_proxies.to_vec());
        let connections =
            |most| Arc::new(Connections::new(most, limits.connections_per_address as usize, proxies.clone()));
        Self {
            addresses: Rate::per_minute(limits.address_per_minute),
            credentials: Rate::per_minute(limits.credential_per_minute),
            failures: Rate::per_minute(limits.failures_per_minute),
            caps: Caps {
                header_bytes: limits.header_bytes as usize,
                header_fields: limits.header_fields as usize,
                parameters: limits.parameters as usize,
                json_depth: limits.json_depth as usize,
            },
            waiting: limits.queue_length as usize,
            bodies: Arc::new(Semaphore::new(kibibytes(limits.bodies_bytes))),
            public: connections(descriptors::connections(limits.connections as usize)),
            admin: connections(ADMIN_CONNECTIONS),
            proxies,
        }
    }

    /// One that lets everything through.
    pub fn open() -> Self {
        let any = || Arc::new(Connections::new(usize::MAX, 0, Proxies::default()));
        Self {
            proxies: Proxies::default(),
            addresses: None,
            credentials: None,
            failures: None,
            caps: Caps::default(),
            waiting: usize::MAX,
            bodies: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            public: any(),
            admin: any(),
        }
    }

    /// Who a request is from.
    pub(crate) fn client(&self, request: &HttpRequest) -> Client {
        self.client_of(request.peer_addr(), request.headers())
    }

    /// Who a request with this header is from, which came from `peer`.
    pub(crate) fn client_of(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Client {
        self.proxies.client(peer, headers)
    }

    /// Counts a request of this client. Refused beyond the rate of its address, and while it has presented too many
    /// credentials that nobody knows.
    pub(crate) fn admit(&self, client: &Client) -> Result<Option<Standing>, Exceeded> {
        let key = client.key();
        if let Some(failures) = &self.failures {
            failures.check(key)?;
        }
        self.addresses.as_ref().map(|rate| rate.spend(key)).transpose()
    }

    /// Counts a request with this credential.
    pub(crate) fn admit_credential(&self, id: i64) -> Result<Option<Standing>, Exceeded> {
        self.credentials.as_ref().map(|rate| rate.spend(id.cast_unsigned())).transpose()
    }

    /// This client has presented a credential that nobody knows.
    pub(crate) fn failed(&self, client: &Client) {
        if let Some(failures) = &self.failures {
            // Refused when there were too many already, and then there is nothing more to count.
            let _ = failures.spend(client.key());
        }
    }

    /// The bounds of the parts of a request.
    pub(crate) const fn caps(&self) -> &Caps {
        &self.caps
    }

    /// How many requests may wait for a turn.
    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// The memory that all bodies share, as permits of a KiB each.
    pub(crate) const fn bodies(&self) -> &Arc<Semaphore> {
        &self.bodies
    }

    /// The connections of the dialects' listeners.
    pub(crate) const fn public(&self) -> &Arc<Connections> {
        &self.public
    }

    /// The connections of the admin listener.
    pub(crate) const fn admin(&self) -> &Arc<Connections> {
        &self.admin
    }

    /// Forgets, again and again, the clients of whom nothing has to be known any more.
    pub async fn sweep(&self) {
        loop {
            tokio::time::sleep(SWEEP).await;
            [&self.addresses, &self.credentials, &self.failures].into_iter().flatten().for_each(Rate::sweep);
        }
    }
}

fn kibibytes(bytes: u64) -> usize {
    usize::try_from(bytes.div_ceil(1024)).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
}
