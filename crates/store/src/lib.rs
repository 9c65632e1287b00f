//! The member store: the only crate that knows diesel. It keeps persons, groups, memberships, their totals, the
//! change log and credentials in SQLite or PostgreSQL, and is a [`membership::Directory`], a [`membership::Registrar`] and an
//! [`access::Vault`].
//!
//! **May import:** `membership` and `access`.
//!
//! ```
//! use membership::{Directory, DirectoryError, GroupKey, MemberQuery, Window};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = store::Store::open(&store::Settings::new("sqlite::memory:".parse()?))?;
//! store.migrate()?;
//! let query = MemberQuery::new(GroupKey::Number(1116), Window::page(1, 10));
//! assert!(matches!(store.count(&query), Err(DirectoryError::NoSuchGroup)));
//! # Ok(())
//! # }
//! ```
//!
//! Reads run in one snapshot ([`Store`] keeps a pool of readers). Writes go through one writer on SQLite, and through
//! transactions that are tried again after a deadlock on PostgreSQL; each takes its numbers of the change log last,
//! so the log has no gaps and a number is visible only when all lower ones are.

mod any;
mod asker;
mod changes;
mod check;
mod commands;
mod connection;
mod deadline;
mod directory;
mod error;
pub mod export;
mod failure;
mod figures;
mod head;
pub mod idempotency;
mod identity;
pub mod import;
mod listing;
mod migrate;
mod new_file;
mod places;
mod pool;
mod query;
mod registrar;
mod rows;
mod schema;
mod second;
mod source;
mod store;
#[cfg(test)]
mod tests;
mod totals;
mod turns;
mod upkeep;
mod url;
mod vault;
mod wal;
mod wal_index;

pub use asker::{Asker, BadReply, Direct, Heard, NotDirect, Opened, Stream};
pub use error::StoreError;
pub use export::{ExportError, ExportFormat, ExportOptions, RecordKind};
pub use figures::{LogEnds, PoolUse, Totals};
pub use head::{HeadReader, Seen};
pub use import::{BadRow, Counts, Format, ImportError, ImportOptions, ImportReport, Progress, Spool};
pub use new_file::NewFile;
pub use pool::Settings;
pub use store::Store;
pub use url::{BadUrl, DatabaseUrl};
