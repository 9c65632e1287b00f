//! Asking PostgreSQL for the head without libpq, from the threads that serve sockets: each by a connection of its own,
//! which does not block, so that nothing has to pass through another thread.
//!
//! What is asked is in most cases not the head but `pg_current_snapshot()`, by the message for function calls, which costs
//! the server about half as much: a snapshot of which all three parts are the same as before shows the same transactions
//! as before, so the head is the one that was read under it. Why that is exact, and where it is not done:
//! `docs/decisions/0015-a-snapshot-that-is-the-same-shows-the-same.md`.
//!
//! No I/O of its own but to open a connection ([`Direct::open`], which blocks): [`Asker`] says what to send, and is told
//! what has arrived.

mod place;
mod question;
mod start;
mod stream;
#[cfg(test)]
mod tests;

pub use question::{Asker, BadReply, Heard};
pub use stream::Stream;

use crate::connection::Connection;
use crate::url::DatabaseUrl;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use place::Place;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Which server, and which run of it since it last had to recover; which database in it, and which table. Two connections
/// of which this is the same lead to one log, and that has not gone back meanwhile: to go back the server must be started
/// again, or must recover from the end of one of its processes, which begins its counters anew.
const IDENTITY: &str = "concat_ws('/', extract(epoch FROM pg_catalog.pg_postmaster_start_time()), \
     (SELECT extract(epoch FROM stats_reset) FROM pg_catalog.pg_stat_bgwriter), \
     (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()), \
     'change_head'::pg_catalog.regclass::pg_catalog.oid)";

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum NotDirect {
    /// And will be none: only libpq does as the address or the server asks, or the server is not one of which the rules are
    /// known.
    #[error("{0}")]
    Never(&'static str),
    /// Now. In words without secrets.
    #[error("{0}")]
    Now(String),
}

impl NotDirect {
    fn now(error: impl std::fmt::Display) -> Self {
        Self::Now(error.to_string())
    }
}

/// What the connection that libpq opened says of where it leads to.
#[derive(Debug, Default)]
pub(crate) struct Agreed {
    /// Whether it is to say it (again).
    wanted: AtomicBool,
    /// How many connections had been opened for it, and the [`IDENTITY`] of the last.
    said: Mutex<Option<(u64, String)>>,
}

impl Agreed {
    /// To be called with the connection by which the head was read, the `nth`: says where it leads to, where somebody wants
    /// to know. It is the same connection as long as `nth` is the same, so it is still the log that was followed.
    pub(crate) fn say(&self, connection: &mut Connection, nth: u64) {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            identity: String,
        }
        let Connection::Postgres(inner) = connection else { return };
        let known = self.said().is_some_and(|(of, _)| of == nth);
        if !self.wanted.swap(false, Ordering::SeqCst) && known {
            return;
        }
        // Threads that serve sockets look at what was said, so nothing is locked while the server is asked.
        let said = match sql_query(format!("SELECT {IDENTITY} AS identity")).get_result::<Row>(inner) {
            Ok(row) => Some((nth, row.identity)),
            Err(error) => {
                log::debug!("where the connection leads to is not known: {error}");
                None
            }
        };
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = said;
    }

    fn said(&self) -> Option<(u64, String)> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Opens such connections.
#[derive(Clone, Debug)]
pub struct Direct {
    place: Arc<Place>,
    statement: Duration,
    agreed: Arc<Agreed>,
}

/// A connection that may be asked.
#[derive(Debug)]
pub struct Opened {
    /// The socket, which does not block.
    pub stream: Stream,
    /// Who knows what to ask by it.
    pub asker: Asker,
    /// By which connection the head was read ([`Seen::connection`](crate::Seen::connection)) that leads to the very log that
    /// this one leads to.
    pub connection: u64,
}

impl Direct {
    /// To where `url` leads. Says so where libpq might do something else with it.
    pub(crate) fn to(url: &DatabaseUrl, statement: Duration, agreed: Arc<Agreed>) -> Result<Self, NotDirect> {
        let DatabaseUrl::Postgres(url) = url else { return Err(NotDirect::Never("the database is no server")) };
        let place = Place::of(url, &|name| std::env::var_os(name)).map_err(NotDirect::Never)?;
        Ok(Self { place: Arc::new(place), statement, agreed })
    }

    /// Whether it is known where one must lead to: not before the head was read for the first time.
    pub fn is_known(&self) -> bool {
        self.agreed.said.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Opens one that leads to where the head was last read. Blocks for as long as that may take, some seconds at the most.
    pub fn open(&self) -> Result<Opened, NotDirect> {
        let opened = start::open(&self.place, self.statement)?;
        match self.agreed.said() {
            Some((connection, identity)) if identity == opened.identity => {
                Ok(Opened { stream: opened.stream, asker: opened.asker, connection })
            }
            said => {
                self.agreed.wanted.store(true, Ordering::SeqCst);
                let now =
                    if said.is_some() { "it leads to another server" } else { "where the head is read is not known" };
                Err(NotDirect::now(now))
            }
        }
    }
}
