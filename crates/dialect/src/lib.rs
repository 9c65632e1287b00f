//! The seam between foreign HTTP dialects and the shared core: what a dialect is, its requests and replies without a
//! web server, the arithmetic of pages, and the writing of JSON.
//!
//! **May import:** `membership` and `access` (both re-exported here, so that a dialect needs this crate and
//! `membership` only). A dialect's crate imports this one; it never imports another dialect, a database or a web
//! server.
//!
//! A request goes through a [`Dialect`] in two pure steps: [`Dialect::parse`] turns it into a [`Call`] (what is
//! presented, which [`Action`] of the core, and how its outcome is written) or a [`Refusal`]; and every refusal, from
//! wherever it came, is turned into a reply by [`Dialect::refuse`]. In between, [`answer`] authorizes and runs the
//! action. So the whole behaviour of a dialect is tested without a socket or a database:
//!
//! ```
//! use dialect::{Query, integer};
//! let query = Query::parse("page=2&rpp=%32%35&v=1");
//! assert_eq!(integer(&query, &["page"]).expect("digits"), Some(2));
//! assert_eq!(integer(&query, &["rpp"]).expect("digits"), Some(25));
//! assert_eq!(integer(&query, &["absent"]).expect("digits"), None);
//! ```

pub use access;
pub use membership;

mod action;
mod answer;
mod at_hand;
mod call;
mod client;
mod host;
pub mod json;
mod known;
mod limited;
pub mod oauth;
mod parameters;
mod refusal;
mod request;
mod route;
mod session;
pub mod sign_in;
mod standing;

pub use action::{Action, Cost, CountWriter, MembersWriter, Run, Token, TokenWriter};
pub use answer::{Core, answer, answer_if, run};
pub use at_hand::{AtHand, answer_at_hand, reaches};
pub use call::{Call, Dialect, Mount, Parsed, Presented};
pub use client::client_key;
pub use host::is_host;
pub use known::Known;
pub use limited::within;
pub use parameters::{Form, Query, decode_segment, integer, positive_integer, total_pages};
pub use refusal::{Fault, FaultCode, Refusal};
pub use request::{Headers, Method, Reply, Request};
pub use route::{Resource, Route};
pub use session::{NewToken, Session};
pub use standing::{Standing, StandingFields};
