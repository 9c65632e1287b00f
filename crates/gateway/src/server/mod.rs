//! The web server: sockets, bodies, threads and the access log. What a request means is the dialects' business.

mod access_log;
mod answering;
mod backlog;
mod body;
mod compress;
mod direct;
mod entity_tags;
mod fields;
mod front;
mod gateway;
mod harden;
mod heads;
mod ids;
mod kept;
pub(crate) mod limits;
mod memory;
mod names;
mod principals;
pub(crate) mod problem;
mod proofs;
mod signals;
#[cfg(test)]
mod tests;
mod tls;
mod validators;
mod watch;

pub(crate) use access_log::Access;
pub use backlog::Backlog;
pub(crate) use body::Body;
pub(crate) use entity_tags::Tags;
pub use gateway::{Gateway, Limits};
pub(crate) use gateway::{REQUEST_ID, guarded};
pub(crate) use harden::{Hardening, as_it_says};
pub use heads::Head;
pub(crate) use ids::next_id;
pub use limits::Guard;
pub use memory::Memory;
pub use signals::{Ended, end_on_signal, read_again_on_signal};
pub use tls::{Certificates, Tls};
pub(crate) use watch::{UnderWay, connected, has_left};

use crate::settings;
use actix_service::IntoServiceFactory;
use actix_web::dev::Server;
use actix_web::http::KeepAlive;
use actix_web::{App, HttpServer, web};
use anyhow::Context;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

/// Reads `HOST:PORT` (an IPv6 address in brackets). A name stands for the first address that it resolves to.
pub fn address(listen: &str) -> anyhow::Result<SocketAddr> {
    let wrong = || format!("cannot listen on `{listen}`: not an address and port like 127.0.0.1:8080 or [::1]:8080");
    let mut found = listen.to_socket_addrs().with_context(wrong)?;
    found.next().with_context(wrong)
}

/// Where a server answers, with the real ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Over plain http.
    pub http: SocketAddr,
    /// Over https, if it does.
    pub https: Option<SocketAddr>,
}

/// Binds `address`, and that of `tls` if there is one, and makes a server that answers at both alike once it is
/// awaited, with those who will wait there at its end. Must be called inside an actix system.
pub fn bind(
    gateway: web::Data<Gateway>,
    settings: &settings::Server,
    address: SocketAddr,
    tls: Option<&Tls>,
) -> anyhow::Result<(Server, Bound, Backlog)> {
    let blocking_threads = gateway.width();
    let served = gateway.clone();
    let hardening = web::Data::new(Hardening::of(settings));
    let hardened = hardening.clone();
    let keys = kept::RequestKeys::default();
    let share = gateway.kept_bytes() / (settings.worker_count().max(1) * if tls.is_some() { 2 } else { 1 });
    let app = move || {
        let app = App::new().app_data(served.clone()).app_data(hardened.clone());
        let application = app.default_service(web::to(gateway::handle)).into_factory();
        front::Front { gateway: served.clone(), keys, share, application }
    };
    let request_timeout = Duration::from_secs(settings.request_timeout_seconds);
    let patience = settings.patience();
    let places = gateway.guard().public().clone();
    let at_a_worker = places.most().div_ceil(settings.worker_count()).saturating_mul(5) / 4 + 16;
    let mut server = HttpServer::new(app)
        .on_connect(move |io, data| connected(patience, &places, io, data))
        .workers(settings.worker_count())
        .keep_alive(keep_alive(settings))
        .client_request_timeout(request_timeout)
        .client_disconnect_timeout(LINGER)
        .tls_handshake_timeout(request_timeout)
        // Those that find no place are closed at once, for which there must be room; those that shake hands for TLS
        // count here only.
        .max_connections(at_a_worker)
        // A worker takes no connection at all while it is at this bound, so a few handshakes that drip would stop http
        // too. Each costs no more than a header that drips, so they have the same bound.
        .max_connection_rate(at_a_worker)
        .shutdown_timeout(settings.shutdown_timeout_seconds)
        .worker_max_blocking_threads(blocking_threads)
        // Ours let requests finish after SIGINT too.
        .disable_signals();
    let mut backlog = Backlog::default();
    let cannot = |address: SocketAddr| move || format!("cannot listen on {address}");
    server = backlog.listen(address).and_then(|at| server.listen(at)).with_context(cannot(address))?;
    if let Some(tls) = tls {
        let config = tls.config()?;
        let bound = backlog.listen(tls.address).and_then(|at| server.listen_rustls_0_23(at, config));
        server = bound.with_context(cannot(tls.address))?;
    }
    let addresses = server.addrs();
    let bound = |at: usize, asked| addresses.get(at).copied().unwrap_or(asked);
    let bound = Bound { http: bound(0, address), https: tls.map(|tls| bound(1, tls.address)) };
    if let Some(https) = bound.https {
        hardening.served_at(https.port());
    }
    Ok((server.run(), bound, backlog))
}

/// What the web server is told about idle connections. It closes them itself; what we watch is those on which a header
/// drips.
pub(crate) fn keep_alive(settings: &settings::Server) -> KeepAlive {
    match settings.keep_alive_seconds {
        0 => KeepAlive::Disabled,
        seconds => KeepAlive::Timeout(Duration::from_secs(seconds)),
    }
}

/// For how long a connection is still read from after an early reply, so that the client gets to see it.
pub(crate) const LINGER: Duration = Duration::from_secs(5);
