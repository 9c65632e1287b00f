//! Signals: ending, and reading certificates again.

use super::{Backlog, Certificates};
use actix_web::dev::ServerHandle;
use actix_web::web;
use futures_util::future::{Either, OptionFuture, join, select};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The requests under way are done, or their time was up.
    Drained,
    /// Requests may be under way: a second signal asked for the end.
    AtOnce,
}

/// Ends the servers after SIGTERM or SIGINT once the requests under way are done. Gives up waiting for them after a
/// second one; a server cannot be hurried once it drains, so the caller ends the program then. `let_go` is called at the
/// first, for requests that only wait for something.
///
/// No connection is reset: no more clients are greeted, those that were are taken, then idle connections end and the
/// others get their answer (see [`Backlog`]).
///
/// Signals are heard from the call on, not only once what it gives is waited for. Fails when the system refuses that.
pub fn end_on_signal(
    public: ServerHandle,
    admin: Option<ServerHandle>,
    backlog: Backlog,
    let_go: impl FnOnce(),
) -> std::io::Result<impl Future<Output = Ended>> {
    let signals = Signals::new()?;
    Ok(end(signals, public, admin, backlog, let_go))
}

async fn end(
    mut signals: Signals,
    public: ServerHandle,
    admin: Option<ServerHandle>,
    backlog: Backlog,
    let_go: impl FnOnce(),
) -> Ended {
    let name = signals.next().await;
    log::info!("{name}: ending when the requests under way are done");
    let_go();
    let admin = OptionFuture::from(admin.map(|admin| admin.stop(true)));
    let public = async {
        backlog.close_doors();
        tokio::time::sleep(TAKEN).await;
        let stopped = public.stop(true);
        // The thread that takes connections ends at once; the others when their requests are done.
        tokio::time::sleep(TAKEN).await;
        let _away = backlog.end();
        stopped.await;
    };
    let (draining, again) = (pin!(join(public, admin)), pin!(signals.next()));
    if let Either::Right((name, _)) = select(draining, again).await {
        log::warn!("{name} again: ending at once");
        return Ended::AtOnce;
    }
    Ended::Drained
}

/// How long a connection may be on its way from the greeting to the thread that answers it.
const TAKEN: Duration = Duration::from_millis(100);

/// Reads the certificate and its key again after each SIGHUP, for as long as the actix system lasts that this is
/// called in. A bad file is told in the log, and changes nothing.
pub fn read_again_on_signal(certificates: Arc<Certificates>) -> std::io::Result<()> {
    let mut hangups = Hangups::new()?;
    actix_web::rt::spawn(async move {
        while hangups.next().await {
            let fresh = Arc::clone(&certificates);
            let path = certificates.path().display();
            // On a thread of its own: a file system may take its time.
            match web::block(move || fresh.read_again()).await {
                Ok(Ok(())) => log::info!("SIGHUP: new connections get the certificate that is in {path} now"),
                Ok(Err(error)) => log::error!("SIGHUP: the certificate stays the one before: {error:#}"),
                Err(error) => log::error!("SIGHUP: the certificate stays the one before: {error}"),
            }
        }
    });
    Ok(())
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

#[cfg(unix)]
struct Hangups(tokio::signal::unix::Signal);

#[cfg(unix)]
impl Hangups {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::hangup()).map(Self)
    }

    /// Waits for the next one; false when there will be none.
    async fn next(&mut self) -> bool {
        self.0.recv().await.is_some()
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

#[cfg(not(unix))]
struct Hangups;

#[cfg(not(unix))]
impl Hangups {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> bool {
        false
    }
}
