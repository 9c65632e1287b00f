//! Rows of members that are kept written, for the encoders that are asked for by name.

use super::{Chunk, Scratch};
use membership::{Encoder, Written};
use std::sync::OnceLock;

/// How many encoders there may be whose rows are kept.
pub const MOST: usize = 4;

/// What is written of the persons of a chunk. A changed chunk is another one, of which nothing is written yet.
#[derive(Debug, Default)]
pub(crate) struct Ready([OnceLock<Box<Chunked>>; MOST]);

/// All rows of a chunk, one behind the other.
#[derive(Debug)]
struct Chunked {
    bytes: Box<[u8]>,
    /// Of each row, where what stands before the membership ends, and where the row does.
    ends: Box<[(u32, u32)]>,
}

/// A copy is a chunk of its own.
impl Clone for Ready {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Ready {
    /// How many bytes are kept.
    pub(super) fn bytes(&self) -> u64 {
        let of = |chunked: &Chunked| chunked.bytes.len() + size_of_val(&*chunked.ends) + size_of::<Chunked>();
        self.0.iter().filter_map(|chunked| chunked.get()).map(|chunked| of(chunked) as u64).sum()
    }

    /// Whether anything is written.
    pub(super) fn has(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|chunked| chunked.get().is_some())
    }

    /// What is written of a row, if anything is.
    pub(super) fn row(&self, at: usize, row: usize) -> Option<Written<'_>> {
        let chunked = self.0.get(at)?.get()?;
        let (before, end) = *chunked.ends.get(row)?;
        let begin = row.checked_sub(1).map_or(0, |row| chunked.ends[row].1);
        let bytes = chunked.bytes.get(begin as usize..end as usize)?;
        Some(Written::of(bytes, (before - begin) as usize))
    }

    /// Writes all rows of the chunk, unless that has been done.
    pub(super) fn write(&self, at: usize, encoder: &Encoder, chunk: &Chunk) {
        let Some(place) = self.0.get(at) else { return };
        place.get_or_init(|| {
            let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(chunk.rows()));
            let mut scratch = Scratch::default();
            for row in 0..chunk.rows() {
                let begin = bytes.len();
                let mut before = 0;
                if chunk.live.has(row) {
                    before = (encoder.write)(&chunk.view(row, encoder.fields, &mut scratch), &mut bytes);
                }
                // A chunk holds 256 rows, each a few KiB at the most.
                let end = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                ends.push((end(begin + before), end(bytes.len())));
            }
            Box::new(Chunked { bytes: bytes.into(), ends: ends.into() })
        });
    }
}
