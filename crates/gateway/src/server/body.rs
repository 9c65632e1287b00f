//! Reading a body, within bounds of length and time.

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::web::{Bytes, Payload};
use dialect::{Fault, FaultCode, Refusal};
use futures_util::{FutureExt, StreamExt};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The body of a request.
pub(crate) struct Body {
    payload: Payload,
    /// Parts that were taken in before anybody has asked for them.
    ahead: VecDeque<Bytes>,
    /// Bytes that the header announces; unknown when it comes in chunks.
    length: Option<u64>,
    state: State,
    room: Room,
}

/// The memory that all bodies share, as permits of a KiB each.
#[derive(Default)]
struct Room {
    of_all: Option<Arc<Semaphore>>,
    taken: Option<OwnedSemaphorePermit>,
    /// How many bytes fit in what is taken.
    bytes: usize,
}

impl Room {
    /// Makes sure that there is room for so many bytes.
    fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        let Some(of_all) = self.of_all.as_ref().filter(|_| bytes > self.bytes) else { return Ok(()) };
        let more = (bytes - self.bytes).div_ceil(1024).max(LEAST);
        let permits = u32::try_from(more).unwrap_or(u32::MAX);
        let Ok(permit) = Arc::clone(of_all).try_acquire_many_owned(permits) else {
            log::warn!("the bodies under way take as much memory as they may");
            return Err(Refusal::Unavailable(RETRY_AFTER));
        };
        match &mut self.taken {
            Some(taken) => taken.merge(permit),
            none => *none = Some(permit),
        }
        self.bytes += more * 1024;
        Ok(())
    }
}

/// The least room that is taken at once, in KiB.
const LEAST: usize = 16;

/// After how many seconds a client may ask again when there is no room.
const RETRY_AFTER: u32 = 5;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Something of it may be left on the connection.
    Unread,
    /// Nothing is left.
    Read,
    /// It was given up.
    GivenUp,
}

impl Body {
    /// The body of `request`, not yet read.
    pub(crate) fn of(request: &HttpRequest, payload: Payload) -> Self {
        let headers = request.headers();
        let length = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
        // Without both there is no body by the rules of HTTP/1.1. What follows belongs to a protocol that we did not
        // agree to.
        let none = !headers.contains_key(TRANSFER_ENCODING) && length.is_none_or(|length| length == 0);
        let state = if none { State::Read } else { State::Unread };
        Self { payload, ahead: VecDeque::new(), length, state, room: Room::default() }
    }

    /// Takes in what has come along with the header, and refuses what is broken. The web server drops a connection, and
    /// whoever is about to answer on it, as soon as it finds a chunk that is none: a reply comes through only where it is
    /// made before anything else is waited for. So this goes first where something may be.
    pub(crate) async fn begin(&mut self) -> Result<(), Refusal> {
        if self.state != State::Unread {
            return Ok(());
        }
        // The body is looked at only when its request has been begun with.
        tokio::task::yield_now().await;
        while let Some(Some(part)) = self.payload.next().now_or_never() {
            let part = part.map_err(|_| {
                self.state = State::GivenUp;
                unread(NOT_WHOLE)
            })?;
            self.ahead.push_back(part);
        }
        Ok(())
    }

    /// The next part, once: whether or not it was taken in before.
    async fn part(&mut self) -> Option<Result<Bytes, PayloadError>> {
        match self.ahead.pop_front() {
            Some(part) => Some(Ok(part)),
            None => self.payload.next().await,
        }
    }

    /// It takes its memory from this room, and is refused where that is full. The room is given back with the body.
    #[must_use]
    pub(crate) fn within(mut self, room: &Arc<Semaphore>) -> Self {
        self.room.of_all = Some(Arc::clone(room));
        self
    }

    /// Whether all of it has been read, so that the connection can take another request.
    pub(crate) const fn is_read(&self) -> bool {
        matches!(self.state, State::Read)
    }

    /// Refuses a body that announces more than `limit` bytes.
    pub(crate) fn check_length(&self, limit: usize) -> Result<(), Refusal> {
        if self.is_longer(limit as u64) { Err(Refusal::BodyTooLarge(limit)) } else { Ok(()) }
    }

    /// Whether it announces more than `limit` bytes.
    pub(crate) fn is_longer(&self, limit: u64) -> bool {
        self.length.is_some_and(|length| length > limit)
    }

    /// Reads what has come along with the header of a request that is answered without its body, so that a small body
    /// does not end the connection.
    pub(crate) async fn pass_over(&mut self, limit: usize) {
        if self.state == State::Unread {
            // A longer or slower one is not read, as the caller sees.
            let _ = self.read(limit, BRIEFLY).await;
        }
    }

    /// Reads the whole body, once. One longer than `limit` bytes is refused as soon as that is known.
    pub(crate) async fn read(&mut self, limit: usize, time: Duration) -> Result<Vec<u8>, Refusal> {
        if self.is_read() {
            return Ok(Vec::new());
        }
        self.state = State::GivenUp;
        self.check_length(limit)?;
        let collected = tokio::time::timeout(time, self.collect(limit)).await;
        collected.unwrap_or_else(|_| Err(unread("did not arrive in time")))
    }

    /// The next part of a body that is read as a stream, however long that is; `None` behind the last.
    pub(crate) async fn next(&mut self, time: Duration) -> Result<Option<Bytes>, Refusal> {
        if self.is_read() {
            return Ok(None);
        }
        self.state = State::GivenUp;
        let part = tokio::time::timeout(time, self.part()).await;
        let Some(part) = part.map_err(|_| unread("did not arrive in time"))? else {
            self.state = State::Read;
            return Ok(None);
        };
        part.map(Some).map_err(|_| unread(NOT_WHOLE))
    }

    async fn collect(&mut self, limit: usize) -> Result<Vec<u8>, Refusal> {
        let mut body = Vec::new();
        while let Some(chunk) = self.part().await {
            let chunk = chunk.map_err(|_| unread(NOT_WHOLE))?;
            if chunk.len() > limit - body.len() {
                return Err(Refusal::BodyTooLarge(limit));
            }
            self.room.hold(body.len() + chunk.len())?;
            body.extend_from_slice(&chunk);
        }
        self.state = State::Read;
        Ok(body)
    }
}

/// How long a body that nobody needs may take.
const BRIEFLY: Duration = Duration::from_millis(20);

const NOT_WHOLE: &str = "did not arrive whole";

fn unread(problem: &str) -> Refusal {
    Fault::new("body", FaultCode::Syntax, problem).into()
}
