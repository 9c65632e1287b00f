//! The number of the last change, asked for before every answer that is kept in memory: so it must cost next to nothing.
//!
//! Both ways see whatever was committed before they were asked, by whichever process.

use crate::asker::{Agreed, Direct, NotDirect};
use crate::connection::{Connection, Role};
use crate::error::StoreError;
use crate::pool::Manager;
use crate::rows::Corrupt;
use crate::schema::change_head;
use crate::store::{Failure, Store};
use diesel::prelude::*;
use membership::{Directory as _, DirectoryError};
use std::sync::Arc;

/// The head, by one statement, which is its own snapshot.
pub(crate) fn ask(connection: &mut Connection) -> Result<u64, Failure> {
    // There is one row. To say so would make SQLite prepare the statement anew at every bind, to plan for the limit.
    let number = change_head::table.select(change_head::number);
    let head: i64 = match connection {
        Connection::Sqlite(inner) => number.get_result(inner)?,
        Connection::Postgres(inner) => number.get_result(inner)?,
    };
    Ok(u64::try_from(head).map_err(|_| Corrupt("change_head.number"))?)
}

impl Store {
    /// The number of the last committed change, as [`membership::Directory::head`] gives it, but in the shortest way:
    /// well below a microsecond on SQLite where nothing was committed since this thread asked last, some microseconds else,
    /// and without a connection from the pool; one question on PostgreSQL, for which [`HeadReader`] is better where many ask.
    pub fn head_now(&self) -> Result<u64, DirectoryError> {
        let asked = if self.in_process() {
            self.places().ask(self.manager())
        } else {
            self.reader_outside(|connection| Ok(ask(connection)?)).map_err(Failure::from)
        };
        asked.or_else(|failure| {
            log::debug!("the head is asked for again: {failure:?}");
            self.head()
        })
    }

    /// The same where it is known without a question to the database, in a fraction of a microsecond: on SQLite, where
    /// nothing was committed since somebody asked. Sees all that was committed before this was called.
    pub fn head_known(&self) -> Option<u64> {
        if self.in_process() { self.places().told() } else { None }
    }

    /// Who asks for the head on PostgreSQL, by a connection of its own, which is opened when it is first needed.
    pub fn head_reader(&self) -> HeadReader {
        HeadReader { manager: self.manager().clone(), kept: None, opened: 0, agreed: None }
    }
}

/// Asks for the head by one connection again and again: for PostgreSQL, where a question takes longer than an answer from
/// memory, so that one asks for all who wait.
pub struct HeadReader {
    manager: Manager,
    kept: Option<Connection>,
    opened: u64,
    /// Where others are told to where its connection leads.
    agreed: Option<Arc<Agreed>>,
}

/// The head, and by which connection it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The number of the last committed change.
    pub head: u64,
    /// How many connections had been opened for it by then, this one too. Behind each one may be another database than
    /// behind the one before: one that was recovered to an earlier time, or a standby that was not as far.
    pub connection: u64,
}

impl HeadReader {
    /// Who opens connections to where this one reads the head, by which threads that must not block may ask for it.
    pub fn direct(&mut self) -> Result<Direct, NotDirect> {
        let agreed = self.agreed.get_or_insert_default();
        Direct::to(&self.manager.url, self.manager.statement_timeout, Arc::clone(agreed))
    }

    /// The head, of all changes that were committed before this was called. Blocks. A connection that fails is opened anew,
    /// once before it is told.
    pub fn ask(&mut self) -> Result<Seen, DirectoryError> {
        let old = self.kept.is_some();
        let seen = self.ask_kept();
        let seen = if old && seen.is_err() { self.ask_kept() } else { seen };
        Ok(seen?)
    }

    /// The same by the connection that is kept, or by a new one, which then is kept.
    fn ask_kept(&mut self) -> Result<Seen, StoreError> {
        let mut connection = match self.kept.take() {
            Some(connection) => connection,
            None => {
                let connection = self.manager.open(Role::Reader)?;
                self.opened += 1;
                connection
            }
        };
        let head = ask(&mut connection)?;
        if let Some(agreed) = &self.agreed {
            agreed.say(&mut connection, self.opened);
        }
        self.kept = Some(connection);
        Ok(Seen { head, connection: self.opened })
    }
}
