//! Rows of members that are kept written, for the encoders that are asked for by name.

use super::{Chunk, ROWS, Scratch};
use membership::{Encoder, Written};
use std::sync::{Arc, OnceLock};

/// How many encoders there may be whose rows are kept.
pub const MOST: usize = 4;
/// How many rows are written together, so that a changed one leaves those of others as they are.
const PART: usize = 32;

/// What is written of the persons of a chunk. A changed chunk is another one, which shares what is written of rows that
/// have not changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ready([OnceLock<Arc<Parts>>; MOST]);

type Parts = [OnceLock<Arc<Rows>>; ROWS / PART];

/// Some rows of a chunk, one behind the other.
#[derive(Debug)]
struct Rows {
    bytes: Box<[u8]>,
    /// Of each row, where what stands before the membership ends, and where the row does.
    ends: Box<[(u32, u32)]>,
}

impl Ready {
    /// What stays written where these rows change.
    pub(super) fn without(&self, rows: impl Iterator<Item = usize> + Clone) -> Self {
        let without = |parts: &Arc<Parts>| {
            let mut left: Parts = Parts::clone(parts);
            for row in rows.clone() {
                if let Some(part) = left.get_mut(row / PART) {
                    *part = OnceLock::new();
                }
            }
            OnceLock::from(Arc::new(left))
        };
        Self(self.0.each_ref().map(|parts| parts.get().map_or_else(OnceLock::new, without)))
    }

    /// How many bytes are kept.
    pub(super) fn bytes(&self) -> u64 {
        let of = |rows: &Arc<Rows>| rows.bytes.len() + size_of_val(&*rows.ends) + size_of::<Rows>();
        let there = self.0.iter().filter_map(|parts| parts.get());
        there
            .map(|parts| (size_of::<Parts>() + parts.iter().filter_map(OnceLock::get).map(of).sum::<usize>()) as u64)
            .sum()
    }

    /// Whether anything is written of the part in which this row is.
    pub(super) fn has(&self, at: usize, row: usize) -> bool {
        self.part(at, row).is_some_and(|part| part.get().is_some())
    }

    fn part(&self, at: usize, row: usize) -> Option<&OnceLock<Arc<Rows>>> {
        self.0.get(at)?.get()?.get(row / PART)
    }

    /// What is written of a row, if anything is.
    pub(super) fn row(&self, at: usize, row: usize) -> Option<Written<'_>> {
        let rows = self.part(at, row)?.get()?;
        let row = row % PART;
        let (before, end) = *rows.ends.get(row)?;
        let begin = row.checked_sub(1).map_or(0, |row| rows.ends[row].1);
        let bytes = rows.bytes.get(begin as usize..end as usize)?;
        Some(Written::of(bytes, (before - begin) as usize))
    }

    /// Writes the rows of the part in which this one is, unless that has been done.
    pub(super) fn write(&self, at: usize, row: usize, encoder: &Encoder, chunk: &Chunk) {
        let Some(parts) = self.0.get(at) else { return };
        let Some(part) = parts.get_or_init(Arc::default).get(row / PART) else { return };
        part.get_or_init(|| {
            let first = row / PART * PART;
            let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(PART));
            let mut scratch = Scratch::default();
            for row in first..(first + PART).min(chunk.rows()) {
                let begin = bytes.len();
                let mut before = 0;
                if chunk.live.has(row) {
                    before = (encoder.write)(&chunk.view(row, encoder.fields, &mut scratch), &mut bytes);
                }
                // Some rows, each a few KiB at the most.
                let end = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                ends.push((end(begin + before), end(bytes.len())));
            }
            Arc::new(Rows { bytes: bytes.into(), ends: ends.into() })
        });
    }
}
