//! Ends connections on which nothing is asked any more.
//!
//! The web server limits the time of the first header of a connection only, and waits for ever for the rest of a
//! chunked body that nobody reads. So each connection is watched from outside: when it has been without a request for
//! longer than a client can need, it is shut down.

use super::limits::{Connections, Place};
use actix_http::Request;
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::net::Shutdown;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// One connection.
struct Connection {
    /// A handle of our own to the socket.
    socket: std::net::TcpStream,
    /// How many requests are being answered.
    under_way: Cell<u32>,
    /// When the connection is ended unless a request is under way.
    end: Cell<Instant>,
    /// Whether anything was answered.
    answered: Cell<bool>,
    /// How many requests came right behind the one before, one after the other.
    in_a_row: Cell<u32>,
    /// For how long it may be without a request.
    patience: Duration,
    watcher: RefCell<Option<AbortHandle>>,
    _place: Place,
}

impl Connection {
    /// Watches from now on. A watch that is under way already is given up.
    fn watch(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let watcher = actix_web::rt::spawn(watch(weak, self.end.get())).abort_handle();
        if let Some(before) = self.watcher.replace(Some(watcher)) {
            before.abort();
        }
    }
}

impl Connection {
    fn is_pressing(&self) -> bool {
        self.is_pressing_at(Instant::now())
    }

    fn is_pressing_at(&self, now: Instant) -> bool {
        let last = self.end.get().checked_sub(self.patience);
        self.answered.get() && last.is_some_and(|last| now.saturating_duration_since(last) < AT_ONCE)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(watcher) = self.watcher.take() {
            watcher.abort();
        }
    }
}

async fn watch(connection: Weak<Connection>, mut until: Instant) {
    loop {
        sleep_until(until).await;
        let Some(connection) = connection.upgrade() else { return };
        let now = Instant::now();
        if connection.under_way.get() > 0 {
            until = now + connection.patience;
        } else if connection.end.get() > now {
            until = connection.end.get();
        } else {
            log::debug!("a connection without a request is ended");
            // It may have ended by itself.
            let _ = connection.socket.shutdown(Shutdown::Both);
            return;
        }
    }
}

/// Called for each new connection (over TLS when hands are shaken): it is ended when it has been without a request for `patience`, counted from the
/// end of a request to the end of the header of the next; and at once when there is no place for it.
pub(crate) fn connected(patience: Duration, places: &Arc<Connections>, io: &dyn Any, data: &mut Extensions) {
    let under_tls = || io.downcast_ref::<TlsStream<TcpStream>>().map(|stream| stream.get_ref().0);
    let Some(socket) = io.downcast_ref::<TcpStream>().or_else(under_tls).and_then(duplicate) else { return };
    let Some(place) = places.enter(socket.peer_addr().ok().map(|peer| peer.ip())) else {
        log::debug!("a connection too many is ended");
        let _ = socket.shutdown(Shutdown::Both);
        return;
    };
    let connection = Rc::new(Connection {
        socket,
        under_way: Cell::new(0),
        end: Cell::new(Instant::now() + patience),
        answered: Cell::new(false),
        in_a_row: Cell::new(0),
        patience,
        watcher: RefCell::new(None),
        _place: place,
    });
    connection.watch();
    data.insert(connection);
}

#[cfg(unix)]
fn duplicate(stream: &TcpStream) -> Option<std::net::TcpStream> {
    use std::os::fd::AsFd;
    stream.as_fd().try_clone_to_owned().ok().map(Into::into)
}

#[cfg(windows)]
fn duplicate(stream: &TcpStream) -> Option<std::net::TcpStream> {
    use std::os::windows::io::AsSocket;
    stream.as_socket().try_clone_to_owned().ok().map(Into::into)
}

/// How fast requests come on the connection of one that is answered before anybody else on the thread is heard.
pub(crate) struct Pace(Option<Rc<Connection>>);

impl Pace {
    /// That of this request.
    pub(crate) fn of(request: &Request, now: std::time::Instant) -> Self {
        let connection = request.conn_data::<Rc<Connection>>().cloned();
        if let Some(connection) = &connection {
            let in_a_row =
                if connection.is_pressing_at(now.into()) { connection.in_a_row.get().saturating_add(1) } else { 0 };
            connection.in_a_row.set(in_a_row);
        }
        Self(connection)
    }

    /// Whether so many came right behind the one before that others must be heard first.
    pub(crate) fn must_yield(&self) -> bool {
        self.0.as_ref().is_some_and(|connection| connection.in_a_row.get() % IN_A_ROW == IN_A_ROW - 1)
    }

    /// It takes some time to be answered.
    pub(crate) fn under_way(&self) -> UnderWay {
        UnderWay::on(self.0.as_ref())
    }

    /// It has been answered.
    pub(crate) fn answered(&self) {
        if let Some(connection) = &self.0 {
            connection.end.set(Instant::now() + connection.patience);
            connection.answered.set(true);
        }
    }
}

/// A request being answered. Its end is when it is dropped.
pub(crate) struct UnderWay(Option<Rc<Connection>>);

impl UnderWay {
    /// Begins.
    pub(crate) fn begin(request: &HttpRequest) -> Self {
        Self::on(request.conn_data::<Rc<Connection>>())
    }

    fn on(connection: Option<&Rc<Connection>>) -> Self {
        if let Some(connection) = connection {
            connection.under_way.set(connection.under_way.get() + 1);
        }
        Self(connection.cloned())
    }

    /// Whether the request came right behind the reply to the one before on its connection, as it does when a client
    /// sends many without waiting.
    pub(crate) fn is_pressing(&self) -> bool {
        self.0.as_ref().is_some_and(|connection| connection.is_pressing())
    }

    /// Ends, with a reply after which the connection must end too: `linger` from now.
    pub(crate) fn end_connection(self, linger: Duration) {
        if let Some(connection) = &self.0 {
            let patience = linger.min(connection.patience);
            let connection = Rc::clone(connection);
            drop(self);
            connection.end.set(Instant::now() + patience);
            connection.watch();
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.under_way.set(connection.under_way.get().saturating_sub(1));
            connection.end.set(Instant::now() + connection.patience);
            connection.answered.set(true);
        }
    }
}

/// Whether the client has closed its side of the connection and so, as far as can be told, waits for nothing.
pub(crate) fn has_left(request: &HttpRequest) -> bool {
    let Some(connection) = request.conn_data::<Rc<Connection>>() else { return false };
    // The socket does not block.
    match connection.socket.peek(&mut [0]) {
        Ok(bytes) => bytes == 0,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
    }
}

/// A client that waits for a reply before it asks on takes longer than this.
const AT_ONCE: Duration = Duration::from_micros(25);

/// How many requests that come so are answered at once where that takes some microseconds each, before others are heard.
const IN_A_ROW: u32 = 8;
