//! The number of the last change, asked for before every answer that is kept in memory: so it must cost next to nothing.
//!
//! Both ways see whatever was committed before they were asked, by whichever process.

use crate::connection::{Connection, Role};
use crate::error::StoreError;
use crate::pool::Manager;
use crate::rows::Corrupt;
use crate::schema::change_head;
use crate::store::{Failure, Store};
use diesel::prelude::*;
use membership::{Directory as _, DirectoryError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

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
    /// and without a connection from the pool; one question on PostgreSQL, for which [`Heads`] is better where many ask.
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

    /// A thread of its own that answers for the head; ends with the last clone of what this gives.
    pub fn heads(&self) -> Result<Heads, StoreError> {
        let (ask, asked) = channel();
        let manager = self.manager().clone();
        let opened = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&opened);
        let spawned = thread::Builder::new().name("head".to_owned()).spawn(move || answer(&asked, &manager, &count));
        spawned.map_err(|error| StoreError::Unavailable(format!("no thread: {error}")))?;
        Ok(Heads { line: ask, opened })
    }
}

type Answer = Box<dyn FnOnce(Result<u64, DirectoryError>) + Send>;

/// Tells the head to all who ask, as many as wait by one question to the database: for PostgreSQL, where a question takes
/// longer than an answer from memory. Cloning it is cheap, and gives the same.
#[derive(Clone)]
pub struct Heads {
    line: Sender<Answer>,
    opened: Arc<AtomicU64>,
}

impl Heads {
    /// Has `answer` called with the number of the last committed change, or with why it is not known. The question begins
    /// when this has been called, so the number is that of all changes that were committed before. `answer` is called on
    /// the thread that tells all others too, so it must neither block nor panic.
    pub fn ask(&self, answer: impl FnOnce(Result<u64, DirectoryError>) + Send + 'static) {
        if let Err(refused) = self.line.send(Box::new(answer)) {
            (refused.0)(Err(StoreError::Unavailable("nobody asks for the head any more".to_owned()).into()));
        }
    }
}

impl Heads {
    /// How many connections have been opened for it. Behind each one may be another database than behind the one before:
    /// one that was recovered to an earlier time, or a standby that was not as far.
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::SeqCst)
    }
}

/// Answers until nobody can ask any more. A connection that fails is opened anew, once before it is told.
fn answer(asked: &Receiver<Answer>, manager: &Manager, opened: &AtomicU64) {
    let mut kept = None;
    while let Ok(first) = asked.recv() {
        let waiting: Vec<Answer> = std::iter::once(first).chain(asked.try_iter()).collect();
        let old = kept.is_some();
        let mut head = ask_kept(&mut kept, manager, opened);
        if old && head.is_err() {
            head = ask_kept(&mut kept, manager, opened);
        }
        for answer in waiting {
            answer(head.clone().map_err(DirectoryError::from));
        }
    }
}

/// The head by the connection that is kept, or by a new one, which then is kept.
fn ask_kept(kept: &mut Option<Connection>, manager: &Manager, opened: &AtomicU64) -> Result<u64, StoreError> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => {
            let connection = manager.open(Role::Reader)?;
            opened.fetch_add(1, Ordering::SeqCst);
            connection
        }
    };
    let head = ask(&mut connection)?;
    *kept = Some(connection);
    Ok(head)
}
