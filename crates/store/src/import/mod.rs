//! The import: persons, groups and memberships from NDJSON or CSV into the store.
//!
//! It has three steps, so that a mistake on the last line is told before the first is applied:
//!
//! 1. [`Spool::read`] copies the input, already read and judged line by line, to a temporary file. What is wrong with
//!    a row by itself is found here.
//! 2. [`Store::import`] finds out which row each line means, by the store and the other lines. What is wrong between
//!    rows is found here: identifiers that name different rows, memberships of nobody.
//! 3. It applies the rows in batches of one transaction each, so a small import is atomic: the first batch has 50,000
//!    rows, the others as many as take about a second and a half, [`BATCH`] at most, fewer on a busy computer and while
//!    others write. Every batch carries its totals, its counters and its entries of the change log.
//!
//! Into a database that nobody sees yet ([`crate::NewFile`]) the batches are small, and the indexes are made in the end.
//!
//! Rules (our decision where the order does not say it):
//!
//! - Whatever the order of the lines, persons come first, then groups, then memberships; a line may name what stands
//!   behind it.
//! - All identifiers of a line must name the same row, or none of them any: then the row is made. An identifier never
//!   changes. A login names a row by its folding.
//! - Numbers that have to be made are higher than all numbers in the store and in the input; when none is left, the line is bad. Identifiers that have to
//!   be made are chosen in the order of the lines; the following lines may use them. None is chosen that a line
//!   anywhere in the input brings for another row.
//! - A field that is left out keeps what is stored. When a row changes and its `updated_at` is not said, that is the
//!   time of the import. The time 0 says that there is none; `joined_at` and `banned_at` may not say so.
//! - Lines of one input that name the same row are taken together; where they differ, the last one holds. So
//!   importing the same input twice changes nothing the second time.
//! - `joined_at` and `joined_by` are for the state `member` only, `banned_at` and `banned_by` for `banned` only. A
//!   change of the state removes them; entering the state without a said time makes it the time of the import.
//! - An actor named by its number alone need not exist any more, an owner must.
//! - An owner need not be a member, but is not banned when all lines are applied: a line that bans the one who owns the
//!   group then is bad, and so is one that names an owner whose ban no line lifts.

mod apply;
mod bad;
mod bare;
mod cards;
mod cells;
mod codec;
mod csv;
mod feed;
mod insert;
mod known;
mod lookup;
mod members;
mod merge;
mod ndjson;
mod owners;
mod resolve;
mod rows;
mod rules;
mod sorted;
mod spool;
mod tune;
mod unseen;
mod write;

pub use bad::BadRow;
pub use spool::Spool;

use crate::{Store, StoreError};
use membership::By;

pub(crate) use lookup::{
    DELETED, LIST, NO_GROUP, is_spent, on_either, persons_by_id, persons_by_login, persons_by_number, persons_by_uid,
};
pub(crate) use lookup::{groups_by_guid, groups_by_id, groups_by_number};
pub(crate) use merge::Step as Said;
pub(crate) use rows::{GroupRow, MembershipRow, PersonRow};

/// At most how many rows one transaction applies.
pub const BATCH: usize = 100_000;

/// How the input is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line, see [`membership::record`].
    Ndjson,
    /// Comma-separated values (RFC 4180) of one kind, which the header tells.
    Csv,
    /// NDJSON when the first character that is no blank is `{`, otherwise CSV.
    #[default]
    Auto,
}

/// How to import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportOptions {
    /// Only tell what would happen.
    pub dry_run: bool,
    /// Leave bad rows out instead of applying nothing.
    pub skip_bad: bool,
    /// On whose authority, and when; a time before 1 counts as 1.
    pub by: By,
}

/// How far a long work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows done.
    pub done: u64,
    /// Rows in all.
    pub total: u64,
}

/// What became of the rows of one kind. Several lines about one row count once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Made.
    pub created: u64,
    /// There before, and changed.
    pub changed: u64,
    /// There before, and not changed.
    pub unchanged: u64,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportReport {
    /// Groups.
    pub groups: Counts,
    /// Persons.
    pub persons: Counts,
    /// Memberships.
    pub memberships: Counts,
    /// The first thousand bad rows.
    pub bad: Vec<BadRow>,
    /// How many bad rows there are.
    pub bad_total: u64,
    /// The inputs of which a rest was not read, since nobody can tell the rows there apart: behind a bad header, or a
    /// quotation mark that is not closed. The place is in `bad`; how many rows there are is not known.
    pub unread: Vec<String>,
    /// Whether the good rows were applied: not in a dry run, and not when there are bad rows that may not be skipped.
    /// The counts are then of what would have happened; of nothing, when bad rows stand in the way.
    pub applied: bool,
}

/// Why an import could not be done at all. Bad rows are no error: they are in the report.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The input could not be read.
    #[error("{source_name} cannot be read: {error}")]
    Input {
        /// The name of the input.
        source_name: String,
        /// What happened.
        error: std::io::Error,
    },
    /// The temporary file could not be written or read.
    #[error("the temporary file cannot be used: {0}")]
    Spool(#[source] std::io::Error),
    /// Somebody else made or removed some of the same rows meanwhile. Batches that were applied before stay.
    #[error("others changed the same rows while they were imported; importing again does the rest")]
    Busy,
    /// The store. Batches that were applied before stay; importing the same input again does the rest.
    #[error("{0}; what was imported before stays, importing again does the rest")]
    Store(#[from] StoreError),
}

impl Store {
    /// Imports what was spooled.
    ///
    /// Fails when the store or the temporary file does; bad rows are in the report. The work may be repeated: the
    /// same input changes nothing the second time.
    pub fn import(
        &self,
        spool: &mut Spool,
        options: &ImportOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<ImportReport, ImportError> {
        apply::import(self, spool, options, progress)
    }
}
