//! A connection to PostgreSQL of a serving thread's own, by which it asks for the head without another thread.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use store::{Asker, Direct, Heard, NotDirect, Opened, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How long after a connection was lost the next one is opened; twice as long each time that this fails, up to the second
/// one.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// A question that is not answered for so long will not be.
const LOST: Duration = Duration::from_secs(2);

/// Opens these connections, for all threads.
pub(super) struct Opener {
    direct: Direct,
    /// Whether it has been told that there is none.
    told: AtomicBool,
}

impl Opener {
    pub const fn new(direct: Direct) -> Self {
        Self { direct, told: AtomicBool::new(false) }
    }

    /// Opens one on a thread of its own: that may take seconds, and blocks.
    fn open(self: &Arc<Self>) -> Option<oneshot::Receiver<Result<Opened, NotDirect>>> {
        let (teller, told) = oneshot::channel();
        let all = Arc::clone(self);
        let open = move || {
            // Whoever wanted it may have ended.
            let _ = teller.send(all.direct.open());
        };
        std::thread::Builder::new().name("asker".to_owned()).spawn(open).ok()?;
        Some(told)
    }
}

/// What a thread has of its own.
pub(super) struct Own {
    opener: Arc<Opener>,
    state: State,
    pause: Duration,
    /// Whether one was lost, or could not be had, and none has answered since.
    doubted: bool,
}

enum State {
    /// None, and there will be none.
    Never,
    /// None until then.
    Closed(Instant),
    Opening(oneshot::Receiver<Result<Opened, NotDirect>>),
    Open(Box<Open>),
}

impl Own {
    pub fn new(opener: Arc<Opener>) -> Self {
        Self { opener, state: State::Closed(Instant::now()), pause: PAUSES.0, doubted: false }
    }

    /// The connection, where there is one that leads to the log that is followed: to where the `followed`th connection of
    /// the thread that asks for all leads. Where there is none, one is opened meanwhile.
    pub fn ready(&mut self, followed: u64) -> Option<&mut Open> {
        match &mut self.state {
            State::Never => return None,
            State::Open(open) if open.connection >= followed => {
                if open.answers && self.doubted {
                    self.doubted = false;
                    self.pause = PAUSES.0;
                    if self.opener.told.swap(false, Ordering::Relaxed) {
                        log::info!("each thread asks PostgreSQL by itself again");
                    }
                }
            }
            // Opened before the log was followed anew, and so perhaps to another one.
            State::Open(_) => self.state = State::Closed(Instant::now()),
            State::Closed(again) => {
                if *again <= Instant::now() && self.opener.direct.is_known() {
                    match self.opener.open() {
                        Some(told) => self.state = State::Opening(told),
                        None => self.lost(&"there is no thread to open it"),
                    }
                }
            }
            State::Opening(told) => match told.try_recv() {
                Err(oneshot::error::TryRecvError::Empty) => return None,
                Err(oneshot::error::TryRecvError::Closed) => self.lost(&"a fault"),
                Ok(Ok(opened)) => match Open::of(opened) {
                    Ok(open) => self.state = State::Open(Box::new(open)),
                    Err(error) => self.lost(&error),
                },
                Ok(Err(error @ NotDirect::Never(_))) => {
                    self.state = State::Never;
                    if !self.opener.told.swap(true, Ordering::Relaxed) {
                        log::info!("one thread asks PostgreSQL for all: {error}");
                    }
                }
                Ok(Err(error)) => self.lost(&error),
            },
        }
        match &mut self.state {
            State::Open(open) if open.connection == followed => Some(open),
            _ => None,
        }
    }

    /// Whether there is one.
    #[cfg(test)]
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// How many questions were put by the one that is open.
    #[cfg(test)]
    pub fn puts(&self) -> u64 {
        if let State::Open(open) = &self.state { open.puts } else { 0 }
    }

    /// There is none any more, or it cannot be had.
    pub fn lost(&mut self, why: &dyn std::fmt::Display) {
        self.state = State::Closed(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(PAUSES.1);
        self.doubted = true;
        if !self.opener.told.swap(true, Ordering::Relaxed) {
            log::warn!("for a while one thread asks PostgreSQL for all: {why}");
        }
    }
}

/// One that is open.
pub(super) struct Open {
    socket: Socket,
    asker: Asker,
    /// Which connection of the thread that asks for all leads to the same log.
    pub connection: u64,
    out: Vec<u8>,
    sent: usize,
    asked: Option<Asked>,
    /// Whether it has answered once.
    answers: bool,
    /// How many questions were put.
    #[cfg(test)]
    puts: u64,
}

/// A question that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Up to which change the roster was current when it was put.
    pub known: u64,
    /// It is for those who came before this one.
    pub before: u64,
    since: Instant,
}

impl Open {
    fn of(opened: Opened) -> io::Result<Self> {
        let socket = match opened.stream {
            Stream::Tcp(stream) => Socket::Tcp(TcpStream::from_std(stream)?),
            #[cfg(unix)]
            Stream::Unix(stream) => Socket::Unix(UnixStream::from_std(stream)?),
        };
        let Opened { asker, connection, .. } = opened;
        Ok(Self {
            socket,
            asker,
            connection,
            out: Vec::new(),
            sent: 0,
            asked: None,
            answers: false,
            #[cfg(test)]
            puts: 0,
        })
    }

    /// Whether a question is under way.
    pub const fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether the one that is under way has been so for longer than an answer takes.
    pub fn is_lost(&self) -> bool {
        self.asked.is_some_and(|asked| asked.since.elapsed() > LOST)
    }

    /// Puts a question, where none is under way.
    pub fn put(&mut self, known: u64, before: u64) -> io::Result<()> {
        self.write_next()?;
        self.asked = Some(Asked { known, before, since: Instant::now() });
        #[cfg(test)]
        (self.puts += 1);
        Ok(())
    }

    fn write_next(&mut self) -> io::Result<()> {
        self.out.clear();
        self.out.extend_from_slice(self.asker.ask().map_err(io::Error::other)?);
        self.sent = 0;
        Ok(())
    }

    /// The head, and the question that this answers. May be given up and called again.
    pub async fn answer(&mut self) -> io::Result<(u64, Asked)> {
        let mut bytes = [0; 512];
        loop {
            while self.sent < self.out.len() {
                let rest = &self.out[self.sent..];
                self.sent += poll_fn(|context| self.socket.poll_write(context, rest)).await?;
            }
            let mut read = ReadBuf::new(&mut bytes);
            poll_fn(|context| self.socket.poll_read(context, &mut read)).await?;
            if read.filled().is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            match self.asker.hear(read.filled()).map_err(io::Error::other)? {
                None => {}
                Some(Heard::Changed) => self.write_next()?,
                Some(Heard::Head(head)) => {
                    self.answers = true;
                    return self.asked.take().map(|asked| (head, asked)).ok_or_else(|| ErrorKind::InvalidData.into());
                }
            }
        }
    }
}

enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    fn poll_write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}
