//! For tests only: a naive directory in memory that says what the right answer is, seeded random populations and
//! queries, the sample data, a golden runner, and a fourth dialect as proof that the seam holds.
//!
//! **May import:** `membership` and `dialect` (which re-exports `access`), and no other crate of this project. Only
//! tests may import it.
//!
//! Nothing here is fast or clever; every function is written so that one can see that it is right. What goes wrong
//! here panics, since that is how a test hears of it.
//!
//! ```
//! use dialect::access::{CredentialKind, Rights};
//! use testkit::{MemoryDirectory, Plain, exchange};
//!
//! let mut directory = MemoryDirectory::new();
//! directory
//!     .load_ndjson(
//!         r#"{"kind":"group","number":7,"name":"Chess"}
//!            {"kind":"person","number":3,"login":"kasparov","name":"Garry"}
//!            {"kind":"membership","group":{"number":7},"person":{"login":"KASPAROV"},"joined_at":500}"#,
//!         1_000,
//!     )
//!     .expect("good lines");
//! directory.grant("plain", CredentialKind::Key, "secret", Rights::USER, None);
//!
//! let headers = [("x-plain-key", "secret")];
//! let reply = exchange(&Plain, directory.core(1_000), "GET", "/plain/groups/7/members", &headers, b"");
//! assert_eq!(reply.body, b"3\tkasparov\tGarry\tparticipant\t500\n");
//! ```
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests use this crate, and a panic is how a test hears of a fault"
)]

pub mod browser;
mod evaluate;
mod exchange;
pub mod golden;
mod memory;
mod plain;
pub mod random;
mod registrar;
mod restore;
pub mod sample;
mod told;
mod vault;
mod world;

pub use evaluate::{Subject, accepts};
pub use exchange::{exchange, exchange_below};
pub use memory::MemoryDirectory;
pub use plain::Plain;
pub use told::told;
