//! The read model: whole groups as columns in memory, in front of the directory that they come from, and exact to the
//! last committed change.
//!
//! **May import:** `membership`, and no other crate of this project.
//!
//! A [`Roster`] follows the change log of its [`membership::Source`]. It answers from memory only what is proven current
//! for the request at hand: who asks reads the number of the last change *after* the request came in, and is given what
//! stands in memory only when that is at least as new. A group comes into memory in the background when it is first
//! asked about, and leaves it when others need its place; meanwhile the source answers, the same but slower.

mod absent;
mod apply;
mod bits;
mod books;
mod edits;
mod failed;
mod fetch;
mod filter;
mod found;
mod group;
mod held;
mod kept;
mod ledger;
mod loader;
mod log;
mod persons;
mod places;
mod roster;
mod sequence;
mod snapshot;
mod sort;
mod staging;
mod turns;

pub use held::{Cost, Held, Version};
pub use persons::MOST as MOST_READY;
pub use roster::{Figures, Ground, Roster, Settings};
