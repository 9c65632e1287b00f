//! Requests that must not be done twice, and the replies that they got: what stands behind the field `Idempotency-Key`.
//!
//! A request is noted before it is done and its reply afterwards, each in a transaction of its own. So a request that is
//! repeated while the first is under way is told from one that has been answered; where a gateway ends in between, the
//! note stays as it is for a day, since nobody knows any more whether the request was done.

use crate::connection::Connection;
use crate::error::StoreError;
use crate::import::on_either;
use crate::rows::Corrupt;
use crate::schema::idempotency;
use crate::store::{Failure, Store};
use diesel::prelude::*;

/// For how long a request and its reply are kept, in seconds.
pub const KEPT_FOR: i64 = 86_400;
/// At most how many notes that are older are dropped when another one is made, so that they do not pile up and nobody
/// waits long.
const DROPPED: i64 = 100;

const UNDER_WAY: &str = "under_way";
const KEPT: &str = "kept";
const WITHHELD: &str = "withheld";

/// A request that must not be done twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Once<'a> {
    /// Id of the credential by which it came. Each has keys of its own.
    pub credential: i64,
    /// The key that it bears.
    pub key: &'a str,
    /// A hash of all that it says. Must not tell a guessed password from a wrong guess.
    pub request: &'a str,
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: it is noted now and is to be done.
    Anew,
    /// It has been begun. It is still being done, unless a gateway ended in the middle of it.
    UnderWay,
    /// The key stands for another request.
    Other,
    /// It has been done, and this was the reply.
    Replied(KeptReply),
    /// It has been done, but the reply is not kept, since there was a secret in it.
    Withheld,
}

/// A reply as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptReply {
    /// Status code.
    pub status: u16,
    /// Names and values of the fields of its header.
    pub headers: Vec<(String, String)>,
    /// Body; without U+0000.
    pub body: String,
}

/// A note as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = idempotency)]
struct Note {
    request: String,
    begun_at: i64,
    state: String,
    status: i64,
    headers: String,
    body: String,
}

impl Store {
    /// Notes that a request is begun at `now` (unix seconds), unless it has been noted within [`KEPT_FOR`].
    pub fn begin_once(&self, once: &Once<'_>, now: i64) -> Result<Begun, StoreError> {
        // Two at once may both see no note; the one that comes second looks again.
        Ok(self.write_looking(|connection| {
            let this = idempotency::table.find((once.credential, once.key));
            let note: Option<Note> = this.select(Note::as_select()).first(connection).optional()?;
            match note {
                Some(note) if note.begun_at > now - KEPT_FOR => return Ok(known(note, once)?),
                Some(_) => drop(on_either!(&mut *connection, inner => diesel::delete(this).execute(inner))?),
                None => {}
            }
            drop_old(connection, now)?;
            on_either!(&mut *connection, inner => diesel::insert_into(idempotency::table)
                .values((
                    idempotency::credential.eq(once.credential),
                    idempotency::idempotency_key.eq(once.key),
                    idempotency::request.eq(once.request),
                    idempotency::begun_at.eq(now),
                    idempotency::state.eq(UNDER_WAY),
                    idempotency::status.eq(0),
                    idempotency::headers.eq(""),
                    idempotency::body.eq(""),
                ))
                .execute(inner))?;
            Ok(Begun::Anew)
        })?)
    }

    /// Keeps the reply to a request that was begun; `None` for one that holds a secret.
    pub fn keep_reply(&self, once: &Once<'_>, reply: Option<&KeptReply>) -> Result<(), StoreError> {
        let headers = reply.map(|reply| serde_json::to_string(&reply.headers)).transpose();
        let headers = headers.map_err(|error| StoreError::Fault(error.to_string()))?.unwrap_or_default();
        let (state, status, body) = match reply {
            Some(reply) => (KEPT, i64::from(reply.status), reply.body.as_str()),
            None => (WITHHELD, 0, ""),
        };
        self.write(|connection| {
            let this = idempotency::table.find((once.credential, once.key));
            let this = diesel::update(this.filter(idempotency::request.eq(once.request)));
            let reply = (
                idempotency::state.eq(state),
                idempotency::status.eq(status),
                idempotency::headers.eq(&headers),
                idempotency::body.eq(body),
            );
            on_either!(&mut *connection, inner => this.set(reply).execute(inner))?;
            Ok(())
        })
    }

    /// Forgets a request that was begun but not done, so that it can be tried again.
    pub fn forget_once(&self, once: &Once<'_>) -> Result<(), StoreError> {
        self.write(|connection| {
            let this = idempotency::table.find((once.credential, once.key));
            let this = this.filter(idempotency::request.eq(once.request)).filter(idempotency::state.eq(UNDER_WAY));
            on_either!(&mut *connection, inner => diesel::delete(this).execute(inner))?;
            Ok(())
        })
    }
}

/// What a note of the same key tells.
fn known(note: Note, once: &Once<'_>) -> Result<Begun, Corrupt> {
    if note.request != once.request {
        return Ok(Begun::Other);
    }
    Ok(match note.state.as_str() {
        UNDER_WAY => Begun::UnderWay,
        WITHHELD => Begun::Withheld,
        KEPT => Begun::Replied(KeptReply {
            status: u16::try_from(note.status).map_err(|_| Corrupt("idempotency.status"))?,
            headers: serde_json::from_str(&note.headers).map_err(|_| Corrupt("idempotency.headers"))?,
            body: note.body,
        }),
        _ => return Err(Corrupt("idempotency.state")),
    })
}

/// Drops some of the notes that are too old.
fn drop_old(connection: &mut Connection, now: i64) -> Result<(), Failure> {
    let old = idempotency::table.filter(idempotency::begun_at.le(now - KEPT_FOR)).limit(DROPPED);
    let old: Vec<(i64, String)> =
        old.select((idempotency::credential, idempotency::idempotency_key)).load(connection)?;
    for (credential, key) in &old {
        let this = idempotency::table.find((credential, key)).filter(idempotency::begun_at.le(now - KEPT_FOR));
        on_either!(&mut *connection, inner => diesel::delete(this).execute(inner))?;
    }
    Ok(())
}
