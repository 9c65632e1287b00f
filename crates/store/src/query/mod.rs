//! Member queries as SQL: pieces of text and bound values, put together once for both databases.

mod filter;
mod page;
mod statement;

pub use page::{count, page};
