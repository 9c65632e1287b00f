//! Listening sockets, and those who still wait at them when nobody takes connections any more.
//!
//! The system greets clients before the web server takes them. When it closes a socket at which some wait, they are reset,
//! whatever they have sent. So we keep a handle of our own to each socket, and end in steps: from the first on no more
//! clients are greeted (on Linux; they ask again a second later and are then told that nobody listens); those who were
//! are taken by the web server; once that has let go of the socket, whoever still waits is taken by us and sees the
//! connection end in order, before a byte of the request was read; and then the socket is closed.

use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

/// How many may wait to be taken, as far as the system allows.
const WAITING: i32 = 2048;

/// How many bytes of one who is sent away are read at most, so that closing the connection is no reset.
const READ: usize = 1 << 20;

/// Handles to the sockets at which a server listens.
#[derive(Debug, Default)]
pub struct Backlog(Vec<TcpListener>);

impl Backlog {
    /// Listens at this address, and keeps a handle.
    pub(super) fn listen(&mut self, address: SocketAddr) -> io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // So that a gateway can start where another has just ended. Elsewhere than on Unix it means something else.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(WAITING)?;
        let listener = TcpListener::from(socket);
        self.0.push(listener.try_clone()?);
        Ok(listener)
    }

    /// Greets no more clients.
    pub fn close_doors(&self) {
        for listener in &self.0 {
            if let Err(error) = greet_nobody(listener) {
                log::debug!("clients are greeted until nobody listens: {error}");
            }
        }
    }

    /// Sends everybody away who still waits, and stops listening. To be called when nobody else takes connections.
    pub fn end(self) -> SentAway {
        let mut away = Vec::new();
        for listener in &self.0 {
            // It does not wait.
            while let Ok((stream, _)) = listener.accept() {
                if stream.shutdown(Shutdown::Write).is_ok() && stream.set_nonblocking(true).is_ok() {
                    away.push(stream);
                }
            }
        }
        SentAway(away)
    }
}

/// Has the system drop every packet that asks for a connection, without a word.
#[cfg(target_os = "linux")]
fn greet_nobody(listener: &TcpListener) -> io::Result<()> {
    use socket2::{SockFilter, SockRef};
    /// What a socket filter sees of a packet begins with the header of TCP.
    const FLAGS: u32 = 13;
    const SYN: u32 = 2;
    // The instructions of classic BPF: load a byte, jump if a bit is set, return how many bytes are let through.
    let program = [
        SockFilter::new(0x30, 0, 0, FLAGS),
        SockFilter::new(0x45, 0, 1, SYN),
        SockFilter::new(0x06, 0, 0, 0),
        SockFilter::new(0x06, 0, 0, u32::MAX),
    ];
    SockRef::from(listener).attach_filter(&program)
}

#[cfg(not(target_os = "linux"))]
fn greet_nobody(_: &TcpListener) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Those who were sent away: their connections are closed when this is dropped.
#[derive(Debug)]
pub struct SentAway(Vec<TcpStream>);

impl Drop for SentAway {
    fn drop(&mut self) {
        let mut buffer = [0; 4096];
        for stream in &mut self.0 {
            let mut left = READ;
            while let Ok(many @ 1..) = stream.read(&mut buffer) {
                left = left.saturating_sub(many);
                if left == 0 {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[actix_web::test]
    async fn who_waits_is_sent_away_in_order() {
        let mut backlog = Backlog::default();
        let listener = backlog.listen("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let mut waiting: Vec<_> = (0..20).map(|_| TcpStream::connect(address).expect("greeted")).collect();
        waiting.iter_mut().for_each(|stream| stream.write_all(&[b'x'; 5_000]).expect("sent"));
        backlog.close_doors();
        #[cfg(target_os = "linux")]
        assert!(TcpStream::connect_timeout(&address, std::time::Duration::from_millis(200)).is_err(), "greeted");
        drop(listener);
        let away = backlog.end();
        assert_eq!(away.0.len(), 20);
        assert!(TcpStream::connect(address).is_err(), "nobody listens");
        drop(away);
        for mut stream in waiting {
            assert_eq!(stream.read(&mut [0; 16]).expect("no reset"), 0);
        }
    }
}
