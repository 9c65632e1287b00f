//! The persons of all groups in memory, each once, by *slot*: where one stands for as long as it is in any group.

mod arena;
mod block;
mod change;
mod chunk;
mod column;
mod ints;
mod mask;
mod patch;
mod ready;
mod texts;

pub(crate) use arena::Arena;
pub(crate) use block::{BLOCK, Block, gather};
pub(crate) use chunk::{Chunk, Folding, Scratch};
use column::SEARCHED;
pub(crate) use column::{COLUMNS, Column};
pub(crate) use ints::Ints;
pub(crate) use mask::Mask;
pub use ready::MOST;
pub(crate) use texts::{Around, Texts};

use std::cmp::Ordering;
use std::sync::Arc;

/// How many persons a chunk holds.
pub(crate) const ROWS: usize = 256;
/// What counters and the allocator take for a shared piece of memory, about.
pub(crate) const SHARED: usize = 24;

/// All persons of a snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Persons {
    blocks: Vec<Arc<Block>>,
    chunks: usize,
    bytes: u64,
    /// How many blocks are scattered.
    scattered: usize,
}

impl Persons {
    /// How many chunks there are.
    pub(crate) const fn chunks(&self) -> usize {
        self.chunks
    }

    #[inline]
    pub(crate) fn chunk(&self, at: usize) -> &Arc<Chunk> {
        self.blocks[at / BLOCK].chunk(at % BLOCK)
    }

    /// The chunk and the row in it of a slot.
    #[inline]
    pub(crate) fn place(&self, slot: u32) -> (&Arc<Chunk>, usize) {
        let slot = slot as usize;
        (self.chunk(slot / ROWS), slot % ROWS)
    }

    pub(crate) fn number(&self, slot: u32) -> i64 {
        let (chunk, row) = self.place(slot);
        chunk.number(row)
    }

    /// Puts a chunk in the place of one, or behind the last.
    pub(crate) fn set(&mut self, at: usize, chunk: Arc<Chunk>) {
        if at == self.chunks {
            self.chunks += 1;
            if at.is_multiple_of(BLOCK) {
                self.blocks.push(Arc::default());
            }
        }
        let block = Arc::make_mut(&mut self.blocks[at / BLOCK]);
        self.bytes -= block.bytes();
        self.scattered -= usize::from(block.is_scattered());
        block.set(at % BLOCK, chunk);
        self.scattered += usize::from(block.is_scattered());
        self.bytes += block.bytes();
    }

    /// The blocks that it is worth while to gather, with their places.
    pub(crate) fn scattered(&self) -> impl Iterator<Item = (usize, &Arc<Block>)> {
        self.blocks.iter().enumerate().filter(|(_, block)| block.is_scattered())
    }

    pub(crate) const fn is_scattered(&self) -> bool {
        self.scattered > 0
    }

    /// Puts `new`, which holds the same, in the place of the block `old`, unless that has changed. Whether it did.
    pub(crate) fn swap(&mut self, at: usize, old: &Arc<Block>, new: Block) -> bool {
        let Some(place) = self.blocks.get_mut(at).filter(|place| Arc::ptr_eq(place, old)) else { return false };
        self.bytes = self.bytes - old.bytes() + new.bytes();
        self.scattered = self.scattered - usize::from(old.is_scattered()) + usize::from(new.is_scattered());
        *place = Arc::new(new);
        true
    }

    /// Gathers one block, if that gives back what nobody reads any more. Whether there was one.
    pub(crate) fn give_back(&mut self) -> bool {
        if !self.is_scattered() {
            return false;
        }
        let found = self.scattered().find(|(_, block)| block.left() > 0);
        let Some((at, block)) = found.map(|(at, block)| (at, Arc::clone(block))) else { return false };
        self.swap(at, &block, block.gathered())
    }

    /// How many bytes they take.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many bytes the rows take that are kept written.
    pub(crate) fn ready_bytes(&self) -> u64 {
        (0..self.chunks).map(|at| self.chunk(at).ready_bytes()).sum()
    }

    /// How the persons of two slots, each of its own snapshot, stand to one another in this key of an order.
    pub(crate) fn compare(key: membership::OrderBy, a: (&Self, u32), b: (&Self, u32)) -> Ordering {
        let ((a, of_a), (b, of_b)) = (a.0.place(a.1), b.0.place(b.1));
        match key {
            membership::OrderBy::Text(field) => a.folded(field, of_a).as_bytes().cmp(b.folded(field, of_b).as_bytes()),
            // Printed in hexadecimal digits, which stand in the order of what they mean.
            membership::OrderBy::Id => a.id(of_a).cmp(&b.id(of_b)),
            membership::OrderBy::Number => a.number(of_a).cmp(&b.number(of_b)),
            membership::OrderBy::Changed => a.changed(of_a).cmp(&b.changed(of_b)),
        }
    }
}
