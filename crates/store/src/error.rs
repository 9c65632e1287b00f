//! What can go wrong in the store, and whose fault it is.

use access::VaultError;
use diesel::result::{DatabaseErrorKind, Error};
use membership::DirectoryError;

/// Why the store could not do something.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, busy, full or read-only; trying again later may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database holds, or was given, something that cannot be. A fault of ours.
    #[error("the database holds something that cannot be: {0}")]
    Fault(String),
    /// The schema is not the one that this program needs.
    #[error("{0}")]
    Schema(String),
    /// A credential builds on one that has been revoked, or belongs to a person who is gone.
    #[error("the credential that this one builds on has been revoked, or its person does not exist")]
    Gone,
    /// A row was deleted between two transactions of one task.
    #[error("somebody else has deleted a row meanwhile; try again")]
    Overtaken,
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match &error {
            // A violated constraint or a value that does not convert is a fault of ours; so is a statement that the
            // database does not understand, but diesel tells that only in words.
            Error::DatabaseError(
                DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::ForeignKeyViolation
                | DatabaseErrorKind::NotNullViolation
                | DatabaseErrorKind::CheckViolation
                | DatabaseErrorKind::RestrictViolation
                | DatabaseErrorKind::ExclusionViolation,
                _,
            )
            | Error::SerializationError(_)
            | Error::DeserializationError(_)
            | Error::QueryBuilderError(_)
            | Error::NotFound => Self::Fault(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<StoreError> for DirectoryError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Fault(_) => Self::Fault(Box::new(error)),
            StoreError::Unavailable(_) | StoreError::Schema(_) | StoreError::Gone | StoreError::Overtaken => {
                Self::Unavailable(Box::new(error))
            }
        }
    }
}

impl From<StoreError> for VaultError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Gone => Self::Gone,
            StoreError::Fault(_) => Self::Fault(Box::new(error)),
            StoreError::Unavailable(_) | StoreError::Schema(_) | StoreError::Overtaken => {
                Self::Unavailable(Box::new(error))
            }
        }
    }
}

/// Whether a transaction that failed so may simply be tried again.
///
/// Diesel tells a serialization failure by its code, but a deadlock only in words. They are English where the role may
/// choose the language of messages (see `connection`). Elsewhere the detail shows it, in any language: it names the
/// kind of lock that was waited for, as nothing else does that ends a statement.
pub(crate) fn may_retry(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            let names_a_lock = |detail: &str| detail.contains("ShareLock") || detail.contains("ExclusiveLock");
            info.message().contains("deadlock detected") || info.details().is_some_and(names_a_lock)
        }
        _ => false,
    }
}

/// Whether a transaction failed because somebody else made or removed a row after it was looked for.
pub(crate) fn overtaken(error: &Error) -> bool {
    use DatabaseErrorKind::{ForeignKeyViolation, UniqueViolation};
    matches!(error, Error::DatabaseError(UniqueViolation | ForeignKeyViolation, _))
}

/// Whether the database takes no writes at the moment, whatever is written: its disk is full, or it may not be written.
/// Diesel tells most of that in words.
pub(crate) fn refuses_writes(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => true,
        Error::DatabaseError(_, info) => {
            let message = info.message();
            [
                "database or disk is full",
                "readonly database",
                "disk I/O error",
                "unable to open database file",
                "No space left on device",
            ]
            .iter()
            .any(|sign| message.contains(sign))
        }
        _ => false,
    }
}

/// Whether the connection itself is gone, or in a state in which it is of no use. A connection that the server has
/// closed is told by diesel as such, in whatever language; the words are for what stands between us and the server.
pub(crate) fn lost_connection(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand, _)
        | Error::BrokenTransactionManager
        | Error::AlreadyInTransaction
        | Error::RollbackErrorOnCommit { .. } => true,
        Error::DatabaseError(_, info) => {
            let message = info.message();
            [
                "terminating connection",
                "server closed the connection",
                "no connection to the server",
                "the database system is",
            ]
            .iter()
            .any(|sign| message.contains(sign))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::result::DatabaseErrorInformation;

    struct Told {
        message: &'static str,
        details: Option<&'static str>,
    }

    impl DatabaseErrorInformation for Told {
        fn message(&self) -> &str {
            self.message
        }
        fn details(&self) -> Option<&str> {
            self.details
        }
        fn hint(&self) -> Option<&str> {
            None
        }
        fn table_name(&self) -> Option<&str> {
            None
        }
        fn column_name(&self) -> Option<&str> {
            None
        }
        fn constraint_name(&self) -> Option<&str> {
            None
        }
        fn statement_position(&self) -> Option<i32> {
            None
        }
    }

    fn told(kind: DatabaseErrorKind, message: &'static str, details: Option<&'static str>) -> Error {
        Error::DatabaseError(kind, Box::new(Told { message, details }))
    }

    #[test]
    fn what_may_be_tried_again() {
        use DatabaseErrorKind::{SerializationFailure, UniqueViolation, Unknown};
        let wait = Some("Prozess 7 wartet auf ShareLock-Sperre auf Transaktion 9; blockiert von Prozess 8.");
        for (error, expected) in [
            (told(SerializationFailure, "in any words", None), true),
            (told(Unknown, "deadlock detected", None), true),
            (told(Unknown, "Verklemmung entdeckt", wait), true),
            (told(Unknown, "syntax error", Some("at the end")), false),
            (told(UniqueViolation, "duplicate key", Some("Key (uid)=(a ShareLock) already exists.")), false),
            (Error::NotFound, false),
        ] {
            assert_eq!(may_retry(&error), expected, "{error:?}");
        }
    }

    #[test]
    fn what_shows_that_nothing_can_be_written() {
        use DatabaseErrorKind::{ReadOnlyTransaction, UniqueViolation, Unknown};
        for (error, expected) in [
            (told(ReadOnlyTransaction, "in any words", None), true),
            (told(Unknown, "database or disk is full", None), true),
            (told(Unknown, "attempt to write a readonly database", None), true),
            (told(Unknown, "could not extend file \"base/1\": No space left on device", None), true),
            (told(Unknown, "canceling statement due to statement timeout", None), false),
            (told(UniqueViolation, "duplicate key", None), false),
            (Error::NotFound, false),
        ] {
            assert_eq!(refuses_writes(&error), expected, "{error:?}");
        }
    }

    #[test]
    fn which_connections_are_lost() {
        use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand, Unknown};
        for (error, expected) in [
            (told(ClosedConnection, "in any words", None), true),
            (told(UnableToSendCommand, "in any words", None), true),
            (told(Unknown, "terminating connection due to administrator command", None), true),
            (told(Unknown, "canceling statement due to statement timeout", None), false),
            (Error::BrokenTransactionManager, true),
            (Error::AlreadyInTransaction, true),
            (
                Error::RollbackErrorOnCommit {
                    rollback_error: Box::new(Error::NotFound),
                    commit_error: Box::new(Error::NotFound),
                },
                true,
            ),
            (Error::NotFound, false),
        ] {
            assert_eq!(lost_connection(&error), expected, "{error:?}");
        }
    }
}
