//! The fuzz targets, for libFuzzer. What they do stands in [`targets`].

#![allow(clippy::expect_used, clippy::panic, reason = "a panic is how a target tells that a promise is broken")]

pub mod targets;
