//! Reads that every request makes, as SQL: pieces of text and bound values, put together once for both databases, and
//! rows taken over into one buffer.

mod cards;
mod common;
mod copied;
mod filter;
mod page;
mod statement;
mod table;

pub use filter::{Subject, filter};
pub use page::{all, count, page, window};
pub use statement::{Flavor, Sql, Value};
pub use table::{Gathering, Kind, Table};
