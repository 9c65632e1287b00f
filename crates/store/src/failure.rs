//! Why a transaction failed.

use crate::commands::Halt;
use crate::error::{StoreError, lost_connection, may_retry, overtaken};
use membership::CommandError;

/// A transaction that failed.
pub(crate) struct Failed {
    pub failure: Failure,
    /// Whether it had begun, so that something may have been done.
    pub begun: bool,
    /// Whether it could not be rolled back.
    pub lost: bool,
}

impl Failed {
    /// Whether the connection is of no use any more.
    pub fn is_lost(&self) -> bool {
        self.lost || matches!(&self.failure, Failure::Database(error) if lost_connection(error))
    }

    /// Whether the database asks for trying again.
    pub fn may_retry(&self) -> bool {
        matches!(&self.failure, Failure::Database(error) if may_retry(error))
    }

    /// Whether a row that was not there is there now, or the other way round.
    pub fn is_overtaken(&self) -> bool {
        matches!(&self.failure, Failure::Database(error) if overtaken(error))
    }
}

/// Why a transaction failed: the database's error as it is, so that it can be judged whether to try again.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error of the database.
    Database(diesel::result::Error),
    /// A command is given up: by its own judgement, nothing is wrong with the store.
    Halt(Halt),
    /// Anything else.
    Store(StoreError),
}

impl From<Halt> for Failure {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        Self::Halt(Halt::Refused(error))
    }
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Database(error) => error.into(),
            Failure::Store(error) => error,
            Failure::Halt(halt) => Self::Fault(format!("a command was given up that was none: {halt:?}")),
        }
    }
}
