//! Whole-program tests: the real binary `rollcall`, over real sockets, on SQLite and on a throw-away PostgreSQL. And
//! what holds for the project as a whole: which crate may import which, which Rust it needs.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is how a test fails")]

mod admin;
mod admin_api;
mod admin_streams;
mod bench;
mod caps;
mod certificate;
mod cli;
mod conformance;
mod congress;
mod crash;
mod credentials;
mod crowd;
mod demo;
mod ending;
mod faults;
mod floods;
mod fuzz;
#[path = "../fuzz/src/targets.rs"]
mod fuzz_targets;
mod hardening;
mod hostile;
mod killed;
mod layers;
mod leaving;
mod limits;
mod list_edges;
mod memory;
mod metrics;
mod msrv;
mod oauth;
mod page_edges;
mod pairs;
mod proving;
mod rates;
mod roster;
mod sample;
mod security;
mod support;
mod tls;
mod upkeep;
mod waiting;
mod walks;
mod writing;
