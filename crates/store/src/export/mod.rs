//! The export: persons, groups and memberships, by number, as the import reads them.
//!
//! Everything comes from one snapshot and is written row by row, so a store of any size takes little memory. A whole
//! export, imported into an empty store, exports the same bytes. Hashes of passwords, credentials and the change log
//! are not exported.
//!
//! NDJSON leaves out what the import would make by itself at creation; CSV, one kind a file, writes every cell.
//! References are written by number.

mod ndjson;
mod read;
mod table;

pub use crate::import::Progress;

use crate::{Store, StoreError};
use membership::GroupKey;
use std::io::{self, Write};

/// What to export, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportOptions {
    /// Only this group, with its memberships in all states, the persons of these and its owner. Actors are not
    /// among them: they are kept by number and need not exist where it is imported.
    pub group: Option<GroupKey>,
    /// How to write.
    pub format: ExportFormat,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One JSON object a line: persons, then groups, then memberships.
    Ndjson,
    /// Comma-separated values (RFC 4180, lines end in a line feed) of one kind, with a header.
    Csv(RecordKind),
}

/// The kinds of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// Persons.
    Persons,
    /// Groups.
    Groups,
    /// Memberships.
    Memberships,
}

impl RecordKind {
    /// All kinds, in the order in which they are exported.
    pub const ALL: [Self; 3] = [Self::Persons, Self::Groups, Self::Memberships];
}

/// Why an export could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is no group so named.
    #[error("no such group")]
    NoSuchGroup,
    /// The output could not be written.
    #[error("the export cannot be written: {0}")]
    Output(#[source] io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Writes what is asked for to `out`, which is best buffered, and gives the number of rows.
    ///
    /// Fails when the group does not exist, when the store fails or when `out` does; what was written before stays.
    pub fn export(
        &self,
        what: &ExportOptions,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<u64, ExportError> {
        read::export(self, what, out, progress)
    }
}
