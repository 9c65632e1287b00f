//! Reads that every request makes, as SQL: pieces of text and bound values, put together once for both databases, and
//! rows taken over into one buffer.

mod filter;
mod page;
mod statement;
mod table;

pub use filter::{Subject, filter_on};
pub use page::{count, is_simple, page, window};
pub use statement::{Flavor, Sql};
pub use table::{Kind, Table};
