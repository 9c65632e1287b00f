//! Reads that every request makes, as SQL: pieces of text and bound values, put together once for both databases, and
//! rows taken over into one buffer.

mod cards;
mod common;
mod filter;
mod page;
mod statement;
mod table;

pub use page::{count, page};
pub use statement::Sql;
pub use table::Kind;
