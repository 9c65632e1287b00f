//! What can go wrong in the store, and whose fault it is.

use access::VaultError;
use diesel::result::{DatabaseErrorKind, Error};
use membership::DirectoryError;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
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
    /// A credential builds on one that has been revoked.
    #[error("the credential that this one builds on has been revoked")]
    Gone,
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
            StoreError::Unavailable(_) | StoreError::Schema(_) | StoreError::Gone => Self::Unavailable(Box::new(error)),
        }
    }
}

impl From<StoreError> for VaultError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Gone => Self::Gone,
            StoreError::Fault(_) => Self::Fault(Box::new(error)),
            StoreError::Unavailable(_) | StoreError::Schema(_) => Self::Unavailable(Box::new(error)),
        }
    }
}

/// Whether a transaction that failed so may simply be tried again.
pub(crate) fn may_retry(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Error::DatabaseError(_, info) => info.message().contains("deadlock detected"),
        _ => false,
    }
}

/// Whether the connection itself is gone.
pub(crate) fn lost_connection(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand, _)
        | Error::BrokenTransactionManager => true,
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
