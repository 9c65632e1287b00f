//! Chunks that stand together.

use super::arena::Arena;
use super::{Chunk, SEARCHED};
use std::sync::Arc;

/// How many chunks stand together, so that a changed one copies the list of these and a short list of such lists.
pub(crate) const BLOCK: usize = 64;

/// From so many chunks on that stand alone, all are gathered: each costs who looks through all chunks as much as half of
/// what it holds, and what it left in a run takes place for nothing.
const MANY: usize = 8;

/// Some chunks. What filters read of all of them stands in *runs*, one behind the other, but for what has changed since
/// they were gathered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    chunks: Vec<Arc<Chunk>>,
    /// How many of them stand alone, about.
    alone: usize,
    bytes: u64,
    /// Of each searched column, what is in its runs.
    runs: [Runs; SEARCHED],
}

/// What is in the runs of a column of a block.
#[derive(Clone, Copy, Debug, Default)]
struct Runs {
    /// Of how many chunks that are here.
    here: u32,
    /// How many bytes are of chunks that are not here any more. They are given back with the last one that is.
    left: u64,
}

impl Runs {
    /// Some of a chunk comes, and some of another goes.
    fn change(&mut self, comes: Option<&Arena>, goes: Option<&Arena>) {
        self.here += u32::from(comes.is_some());
        if let Some(goes) = goes {
            self.here -= 1;
            self.left += goes.size() as u64;
        }
        if self.here == 0 {
            self.left = 0;
        }
    }
}

impl Block {
    #[inline]
    pub(super) fn chunk(&self, at: usize) -> &Arc<Chunk> {
        &self.chunks[at]
    }

    /// Puts a chunk in the place of one, or behind the last.
    pub(super) fn set(&mut self, at: usize, chunk: Arc<Chunk>) {
        self.bytes += chunk.bytes();
        let Some(place) = self.chunks.get_mut(at) else {
            self.alone += usize::from(!is_in_run(&chunk));
            for (column, runs) in self.runs.iter_mut().enumerate() {
                runs.change(in_run(&chunk, column), None);
            }
            self.chunks.push(chunk);
            return;
        };
        self.bytes -= place.bytes();
        let mut leaves = false;
        for (column, runs) in self.runs.iter_mut().enumerate() {
            let (goes, comes) = (in_run(place, column), in_run(&chunk, column));
            if goes.zip(comes).is_some_and(|(goes, comes)| comes.is_beside(goes)) {
                continue;
            }
            leaves |= goes.is_some();
            runs.change(comes, goes);
        }
        self.alone += usize::from(!is_in_run(&chunk) && (leaves || is_in_run(place)));
        *place = chunk;
    }

    /// How many bytes it takes, with what is left in runs.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes + self.left()
    }

    /// How many bytes stay in runs for nothing until it is gathered.
    pub(super) fn left(&self) -> u64 {
        self.runs.iter().map(|runs| runs.left).sum()
    }

    /// Whether it is worth while to gather it: for who looks through it, or for what that gives back.
    pub(super) fn is_scattered(&self) -> bool {
        self.alone >= MANY || self.left() > self.bytes
    }

    /// The same, with what filters read of all chunks in runs.
    pub(crate) fn gathered(&self) -> Self {
        let mut gathered: Vec<Chunk> =
            self.chunks.iter().filter(|chunk| may_be_in_run(chunk)).map(|chunk| Chunk::clone(chunk)).collect();
        gather(&mut gathered);
        let mut gathered = gathered.into_iter().map(Arc::new);
        let mut next = Self::default();
        for (at, chunk) in self.chunks.iter().enumerate() {
            // The others stay the ones that they are, since all blocks may share them.
            let other = if may_be_in_run(chunk) { gathered.next() } else { None };
            next.set(at, other.unwrap_or_else(|| Arc::clone(chunk)));
        }
        // What is too large for runs stands alone all the same.
        Self { alone: 0, ..next }
    }
}

/// Puts what filters read of these chunks, column by column, into runs.
pub(crate) fn gather(chunks: &mut [Chunk]) {
    for at in 0..SEARCHED {
        let mut arenas: Vec<&mut Arena> = chunks.iter_mut().filter_map(|chunk| chunk.arena_mut(at)).collect();
        Arena::gather(&mut arenas);
    }
    chunks.iter_mut().for_each(Chunk::measure);
}

/// Whether nothing of a chunk that could stand in a run stands alone.
fn is_in_run(chunk: &Chunk) -> bool {
    (0..SEARCHED).filter_map(|at| chunk.arena(at)).all(Arena::is_in_run)
}

/// Whether anything of a chunk could.
fn may_be_in_run(chunk: &Chunk) -> bool {
    (0..SEARCHED).any(|at| chunk.arena(at).is_some())
}

/// What of a searched column of a chunk stands in a run, if it does.
fn in_run(chunk: &Chunk, column: usize) -> Option<&Arena> {
    chunk.arena(column).filter(|arena| arena.is_in_run())
}
