//! The web server: sockets, bodies, threads and the access log. What a request means is the dialects' business.

mod body;
mod gateway;
mod problem;
#[cfg(test)]
mod tests;
mod watch;

pub use gateway::{Gateway, Limits};

use crate::settings;
use actix_web::dev::{Server, ServerHandle};
use actix_web::http::KeepAlive;
use actix_web::{App, HttpServer, web};
use anyhow::Context;
use futures_util::future::{Either, select};
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::pin;
use std::time::Duration;

/// Reads `HOST:PORT` (an IPv6 address in brackets). A name stands for the first address that it resolves to.
pub fn address(listen: &str) -> anyhow::Result<SocketAddr> {
    let wrong = || format!("cannot listen on `{listen}`: not an address and port like 127.0.0.1:8080 or [::1]:8080");
    let mut found = listen.to_socket_addrs().with_context(wrong)?;
    found.next().with_context(wrong)
}

/// Binds `address` and makes a server that answers there once it is awaited. Gives the addresses with their real
/// ports. Must be called inside an actix system.
pub fn bind(
    gateway: web::Data<Gateway>,
    settings: &settings::Server,
    address: SocketAddr,
) -> anyhow::Result<(Server, SocketAddr)> {
    let blocking_threads = gateway.width();
    let app = move || App::new().app_data(gateway.clone()).default_service(web::to(gateway::handle));
    let keep_alive = match settings.keep_alive_seconds {
        0 => KeepAlive::Disabled,
        seconds => KeepAlive::Timeout(Duration::from_secs(seconds)),
    };
    // The web server closes idle connections itself; this is for those on which a header drips.
    let patience = Duration::from_secs(settings.keep_alive_seconds.saturating_add(settings.request_timeout_seconds));
    let server = HttpServer::new(app)
        .on_connect(move |io, data| watch::connected(patience, io, data))
        .workers(settings.worker_count())
        .keep_alive(keep_alive)
        .client_request_timeout(Duration::from_secs(settings.request_timeout_seconds))
        .client_disconnect_timeout(LINGER)
        .shutdown_timeout(settings.shutdown_timeout_seconds)
        .worker_max_blocking_threads(blocking_threads)
        // Ours let requests finish after SIGINT too.
        .disable_signals();
    let server = server.bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let bound = server.addrs().first().copied().unwrap_or(address);
    Ok((server.run(), bound))
}

/// For how long a connection is still read from after an early reply, so that the client gets to see it.
const LINGER: Duration = Duration::from_secs(5);

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The requests under way are done, or their time was up.
    Drained,
    /// Requests may be under way: a second signal asked for the end.
    AtOnce,
}

/// Ends the server after SIGTERM or SIGINT once the requests under way are done. Gives up waiting for them after a
/// second one; the server cannot be hurried once it drains, so the caller ends the program then.
pub async fn end_on_signal(handle: ServerHandle) -> std::io::Result<Ended> {
    let mut signals = Signals::new()?;
    let name = signals.next().await;
    log::info!("{name}: ending when the requests under way are done");
    let (draining, again) = (pin!(handle.stop(true)), pin!(signals.next()));
    if let Either::Right((name, _)) = select(draining, again).await {
        log::warn!("{name} again: ending at once");
        return Ok(Ended::AtOnce);
    }
    Ok(Ended::Drained)
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        let (terminate, interrupt) = (pin!(self.terminate.recv()), pin!(self.interrupt.recv()));
        match select(terminate, interrupt).await {
            Either::Left(_) => "SIGTERM",
            Either::Right(_) => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            Err(_) => std::future::pending().await,
        }
    }
}
