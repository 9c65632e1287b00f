//! Sockets to a server, as they are while it is spoken to for the first time: they block, for a time.

use super::place::{Host, Keepalive};
use socket2::{SockRef, TcpKeepalive};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A socket.
#[derive(Debug)]
pub enum Stream {
    /// To an address.
    Tcp(TcpStream),
    /// To a file.
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Stream {
    pub(super) fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nonblocking(true),
            #[cfg(unix)]
            Self::Unix(stream) => stream.set_nonblocking(true),
        }
    }

    pub(super) fn wait_at_most(&self, time: Duration) -> io::Result<()> {
        let socket = match self {
            Self::Tcp(stream) => SockRef::from(stream),
            #[cfg(unix)]
            Self::Unix(stream) => SockRef::from(stream),
        };
        socket.set_read_timeout(Some(time))?;
        socket.set_write_timeout(Some(time))
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes),
            #[cfg(unix)]
            Self::Unix(stream) => stream.write_all(bytes),
        }
    }

    pub(super) fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(bytes),
            #[cfg(unix)]
            Self::Unix(stream) => stream.read(bytes),
        }
    }
}

pub(super) fn connect(host: &Host, keepalive: Option<Keepalive>, until: Instant) -> io::Result<Stream> {
    match host {
        #[cfg(unix)]
        Host::Unix(file) => Ok(Stream::Unix(UnixStream::connect(file)?)),
        #[cfg(not(unix))]
        Host::Unix(_) => Err(ErrorKind::Unsupported.into()),
        Host::Tcp(name, port) => {
            let mut failed = ErrorKind::NotFound.into();
            for address in (name.as_str(), *port).to_socket_addrs()? {
                match TcpStream::connect_timeout(&address, left(until)?) {
                    Ok(stream) => {
                        stream.set_nodelay(true)?;
                        if let Some(Keepalive { idle, interval, count: _count }) = keepalive {
                            let times = TcpKeepalive::new().with_time(Duration::from_secs(idle));
                            let times = times.with_interval(Duration::from_secs(interval));
                            #[cfg(not(windows))]
                            let times = times.with_retries(_count);
                            SockRef::from(&stream).set_tcp_keepalive(&times)?;
                        }
                        return Ok(Stream::Tcp(stream));
                    }
                    Err(error) => failed = error,
                }
            }
            Err(failed)
        }
    }
}

/// What is left until then; not nothing, which would mean for ever.
pub(super) fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}
