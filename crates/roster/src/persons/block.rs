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
    /// How many bytes in the runs are of chunks that are not here any more.
    left: u64,
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
            self.chunks.push(chunk);
            return;
        };
        self.bytes -= place.bytes();
        let left = left(place, &chunk);
        self.left += left;
        self.alone += usize::from(!is_in_run(&chunk) && (left > 0 || is_in_run(place)));
        *place = chunk;
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes + self.left
    }

    pub(super) const fn is_scattered(&self) -> bool {
        self.alone >= MANY
    }

    /// The same, with what filters read of all chunks in runs.
    pub(crate) fn gathered(&self) -> Self {
        let mut gathered: Vec<Chunk> =
            self.chunks.iter().filter(|chunk| may_be_in_run(chunk)).map(|chunk| Chunk::clone(chunk)).collect();
        gather(&mut gathered);
        let mut gathered = gathered.into_iter().map(Arc::new);
        // The others stay the ones that they are, since all blocks may share them.
        let mut other = |chunk: &Chunk| if may_be_in_run(chunk) { gathered.next() } else { None };
        let chunks: Vec<_> =
            self.chunks.iter().map(|chunk| other(chunk).unwrap_or_else(|| Arc::clone(chunk))).collect();
        let bytes = chunks.iter().map(|chunk| chunk.bytes()).sum();
        Self { chunks, alone: 0, bytes, left: 0 }
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

/// How many bytes a chunk leaves in runs when another comes into its place.
fn left(old: &Chunk, new: &Chunk) -> u64 {
    let of = |at: usize| {
        let old = old.arena(at).filter(|arena| arena.is_in_run())?;
        let stays = new.arena(at).is_some_and(|new| new.is_beside(old));
        (!stays).then(|| old.size() as u64)
    };
    (0..SEARCHED).filter_map(of).sum()
}
