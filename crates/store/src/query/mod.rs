//! Reads that every request makes, as SQL: pieces of text and bound values, put together once for both databases, and
//! rows taken over into one buffer.

mod cards;
mod common;
mod filter;
mod page;
mod statement;
mod table;

pub use common::is_simple;
pub use filter::{Subject, filter_on};
pub use page::{count, page, window};
pub use statement::{Flavor, Sql};
pub use table::{Kind, Table};
