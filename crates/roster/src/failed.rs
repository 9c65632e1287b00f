//! An error of a source that several hear of who waited for the same answer.

use membership::DirectoryError;
use std::sync::Arc;

/// What a [`DirectoryError`] says, to be said more than once.
#[derive(Clone, Debug)]
pub(crate) enum Failed {
    Unavailable(Arc<str>),
    Fault(Arc<str>),
}

impl From<DirectoryError> for Failed {
    fn from(error: DirectoryError) -> Self {
        let said = |source: &dyn std::error::Error| Arc::from(source.to_string());
        match &error {
            DirectoryError::Unavailable(source) => Self::Unavailable(said(source.as_ref())),
            DirectoryError::Fault(source) => Self::Fault(said(source.as_ref())),
            // None of these is an answer to what a roster asks of its source.
            DirectoryError::NoSuchGroup | DirectoryError::OutOfReach | DirectoryError::Gone(_) => {
                Self::Fault(said(&error))
            }
        }
    }
}

impl From<Failed> for DirectoryError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Unavailable(text) => Self::Unavailable(text.as_ref().into()),
            Failed::Fault(text) => Self::Fault(text.as_ref().into()),
        }
    }
}
