//! What is made of the samples: medians and percentiles, tables, plots. No I/O but the writing of a plot, so the tests
//! of the whole program include it (`tests/bench.rs`).

pub mod literals;
pub mod plot;
pub mod spread;
pub mod table;
