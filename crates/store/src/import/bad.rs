//! Bad rows: where they stand and what is wrong.

use std::fmt;

/// A row that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct BadRow {
    /// The name of the input.
    pub source: String,
    /// The line, from 1; of a CSV row of several lines the first.
    pub line: u64,
    /// NDJSON: the character (byte) of the line, from 1. CSV: the cell of the row, from 1.
    pub column: u64,
    /// What is wrong, naming the field.
    pub problem: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.source, self.line, self.column, self.problem)
    }
}

/// At most how many bad rows are kept; the others are only counted.
pub(super) const KEPT: usize = 1_000;

/// The bad rows found so far.
#[derive(Clone, Debug, Default)]
pub(super) struct BadRows {
    pub kept: Vec<BadRow>,
    pub total: u64,
}

impl BadRows {
    pub fn add(&mut self, row: BadRow) {
        self.total += 1;
        if self.kept.len() < KEPT {
            self.kept.push(row);
        }
    }
}

/// What is wrong with a row by itself: with the named field, or with the row as a whole (an empty name).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub field: &'static str,
    pub text: String,
}

impl Problem {
    /// `field problem`, to be read as a sentence.
    pub fn of(field: &'static str, problem: impl fmt::Display) -> Self {
        Self { field, text: format!("{field} {problem}") }
    }
}
