//! Memberships in an order, in pieces that are copied one at a time when something changes.

use crate::bits::Bits;
use crate::persons::{Ints, Mask, ROWS, SHARED};
use membership::Scope;
use std::cmp::Ordering;
use std::sync::Arc;

/// One membership of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) joined_at: Option<i64>,
    /// Where the person stands.
    pub(crate) slot: u32,
    pub(crate) scope: Scope,
}

/// How many entries a piece is made with, and how many it grows to before it is cut in two.
const PIECE: usize = 512;
const LARGEST: usize = 1_024;
/// The same for pieces that stand together.
const BLOCK: usize = 64;
const LARGEST_BLOCK: usize = 128;
/// How many bits of a kept slot are the slot; the scope stands above.
const SLOT_BITS: u32 = 30;
/// How many slots there may be.
pub(crate) const SLOTS: usize = 1 << SLOT_BITS;

/// A list of memberships that is found by position.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sequence {
    /// Each with the number of entries up to its end.
    blocks: Vec<(usize, Arc<Block>)>,
}

#[derive(Clone, Debug, Default)]
struct Block {
    /// Each with the number of entries up to its end in this block.
    pieces: Vec<(usize, Arc<Piece>)>,
    bytes: u64,
}

#[derive(Debug)]
pub(crate) struct Piece {
    slots: Box<[u32]>,
    /// The first slot, where each is the one behind the one before.
    first: Option<u32>,
    joined: Ints,
}

impl Piece {
    fn new(entries: &[Entry]) -> Arc<Self> {
        let kept = |entry: &Entry| entry.slot | (entry.scope as u32) << SLOT_BITS;
        let slots: Box<[u32]> = entries.iter().map(kept).collect();
        Arc::new(Self {
            first: first_of_consecutive(&slots),
            slots,
            joined: Ints::new(entries.iter().map(|entry| entry.joined_at)),
        })
    }

    fn entry(&self, at: usize) -> Entry {
        let (slot, scope) = parts(self.slots[at]);
        Entry { joined_at: self.joined.get(at), slot, scope }
    }

    fn entries(&self) -> Vec<Entry> {
        (0..self.slots.len()).map(|at| self.entry(at)).collect()
    }

    fn bytes(&self) -> usize {
        self.slots.len() * 4 + self.joined.bytes() + size_of::<Self>() + 3 * SHARED
    }
}

const fn parts(kept: u32) -> (u32, Scope) {
    let scope = match kept >> SLOT_BITS {
        0 => Scope::Participant,
        1 => Scope::Moderator,
        _ => Scope::Admin,
    };
    (kept & (SLOTS as u32 - 1), scope)
}

/// The first slot, where each is the one behind the one before.
fn first_of_consecutive(kept: &[u32]) -> Option<u32> {
    let slot = |kept: u32| parts(kept).0;
    let (first, last) = (slot(*kept.first()?), slot(*kept.last()?));
    if last.checked_sub(first)? as usize != kept.len() - 1 {
        return None;
    }
    // All of them, without an end in between, which is faster.
    let strays = kept.iter().zip(first..).fold(0, |strays, (kept, slot)| strays | (slot ^ kept));
    (strays & (SLOTS as u32 - 1) == 0).then_some(first)
}

impl Block {
    fn new(pieces: Vec<Arc<Piece>>) -> Self {
        let of_pieces: usize = pieces.iter().map(|piece| piece.bytes() + size_of::<(usize, usize)>()).sum();
        let mut end = 0;
        let with_end = |piece: Arc<Piece>| {
            end += piece.slots.len();
            (end, piece)
        };
        let bytes = (of_pieces + SHARED + size_of::<(usize, usize)>()) as u64;
        Self { pieces: pieces.into_iter().map(with_end).collect(), bytes }
    }

    fn len(&self) -> usize {
        self.pieces.last().map_or(0, |(end, _)| *end)
    }
}

impl Sequence {
    /// The entries in the order in which they come.
    pub(crate) fn new(entries: impl Iterator<Item = Entry>) -> Self {
        let mut entries = entries.peekable();
        let mut pieces = Vec::new();
        while entries.peek().is_some() {
            pieces.push(Piece::new(&entries.by_ref().take(PIECE).collect::<Vec<_>>()));
        }
        let mut all = Self::default();
        all.blocks.extend(pieces.chunks(BLOCK).map(|pieces| (0, Arc::new(Block::new(pieces.to_vec())))));
        all.count();
        all
    }

    fn count(&mut self) {
        let mut end = 0;
        for (up_to, block) in &mut self.blocks {
            end += block.len();
            *up_to = end;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.blocks.last().map_or(0, |(end, _)| *end)
    }

    /// Block, piece, and place in it of the entry at `position`, which must be one.
    fn place(&self, position: usize) -> (usize, usize, usize) {
        let block = self.blocks.partition_point(|(end, _)| *end <= position);
        let within = position - if block == 0 { 0 } else { self.blocks[block - 1].0 };
        let pieces = &self.blocks[block].1.pieces;
        let piece = pieces.partition_point(|(end, _)| *end <= within);
        (block, piece, within - if piece == 0 { 0 } else { pieces[piece - 1].0 })
    }

    pub(crate) fn get(&self, position: usize) -> Entry {
        let (block, piece, at) = self.place(position);
        self.blocks[block].1.pieces[piece].1.entry(at)
    }

    /// The entries from `position` on.
    pub(crate) fn from(&self, position: usize) -> impl Iterator<Item = Entry> + '_ {
        let (block, piece, at) = if position < self.len() { self.place(position) } else { (self.blocks.len(), 0, 0) };
        let first = self.blocks.get(block).map_or(&[][..], |(_, block)| &block.pieces[piece..]);
        let rest = self.blocks.iter().skip(block + 1).flat_map(|(_, block)| &block.pieces);
        let pieces = first.iter().chain(rest).map(|(_, piece)| piece.as_ref());
        pieces.enumerate().flat_map(move |(nth, piece)| {
            (if nth == 0 { at } else { 0 }..piece.slots.len()).map(move |at| piece.entry(at))
        })
    }

    /// Calls `each` with the slot of every entry.
    #[inline]
    pub(crate) fn each_slot(&self, mut each: impl FnMut(u32)) {
        self.each_piece(|piece| piece.slots.iter().for_each(|kept| each(parts(*kept).0)));
    }

    /// One bit for each entry, as `holds` says of slot and scope.
    #[inline]
    pub(crate) fn bits(&self, holds: impl Fn(u32, Scope) -> bool) -> Vec<u64> {
        let mut bits = Bits::with_capacity(self.len());
        self.each_piece(|piece| {
            bits.extend(piece.slots.iter().map(|kept| {
                let (slot, scope) = parts(*kept);
                holds(slot, scope)
            }));
        });
        bits.into_words()
    }

    /// One bit for each entry, as that of its slot is.
    pub(crate) fn bits_of(&self, masks: &[Mask]) -> Vec<u64> {
        let mut bits = Bits::with_capacity(self.len());
        self.each_piece(|piece| match piece.first {
            // As they were loaded: nothing needs to be looked up.
            Some(first) => bits.extend_from(masks, first as usize, piece.slots.len()),
            None => bits.extend(piece.slots.iter().map(|kept| {
                let slot = parts(*kept).0 as usize;
                masks[slot / ROWS].has(slot % ROWS)
            })),
        });
        bits.into_words()
    }

    #[inline]
    fn each_piece(&self, mut each: impl FnMut(&Piece)) {
        self.blocks.iter().flat_map(|(_, block)| &block.pieces).for_each(|(_, piece)| each(piece));
    }

    /// The first position whose entry does not stand before, as `ordering` (of the entry to what is looked for) says.
    pub(crate) fn find(&self, mut ordering: impl FnMut(&Entry) -> Ordering) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if ordering(&self.get(middle)).is_lt() { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Puts an entry before the one that stands at `position`.
    pub(crate) fn insert(&mut self, position: usize, entry: Entry) {
        let end = self.len();
        if end == 0 {
            *self = Self::new(std::iter::once(entry));
            return;
        }
        // Behind the last one: the place of the last one, and one more.
        let (block, piece, at) = if position < end {
            self.place(position)
        } else {
            let (block, piece, at) = self.place(end - 1);
            (block, piece, at + 1)
        };
        self.change(block, piece, |entries| entries.insert(at, entry));
    }

    /// Takes away the entry at `position`, which must be one.
    pub(crate) fn remove(&mut self, position: usize) {
        let (block, piece, at) = self.place(position);
        self.change(block, piece, |entries| {
            entries.remove(at);
        });
    }

    /// Puts an entry in the place of the one at `position`, which must be one.
    pub(crate) fn replace(&mut self, position: usize, entry: Entry) {
        let (block, piece, at) = self.place(position);
        self.change(block, piece, |entries| entries[at] = entry);
    }

    fn change(&mut self, block: usize, piece: usize, change: impl FnOnce(&mut Vec<Entry>)) {
        let mut pieces: Vec<Arc<Piece>> =
            self.blocks[block].1.pieces.iter().map(|(_, piece)| Arc::clone(piece)).collect();
        let mut entries = pieces[piece].entries();
        change(&mut entries);
        let halves = match entries.len() {
            0 => vec![],
            len if len > LARGEST => entries.chunks(len.div_ceil(2)).map(Piece::new).collect(),
            _ => vec![Piece::new(&entries)],
        };
        pieces.splice(piece..=piece, halves);
        let blocks: Vec<(usize, Arc<Block>)> = match pieces.len() {
            0 => vec![],
            len if len > LARGEST_BLOCK => {
                pieces.chunks(len.div_ceil(2)).map(|half| (0, Arc::new(Block::new(half.to_vec())))).collect()
            }
            _ => vec![(0, Arc::new(Block::new(pieces)))],
        };
        self.blocks.splice(block..=block, blocks);
        self.count();
    }

    /// How many bytes it takes.
    pub(crate) fn bytes(&self) -> u64 {
        self.blocks.iter().map(|(_, block)| block.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: i64) -> Entry {
        Entry { joined_at: Some(key), slot: key as u32, scope: Scope::ALL[key as usize % 3] }
    }

    #[test]
    fn what_is_put_in_and_taken_out_stands_where_it_should() {
        // A plain list beside it, changed alike. Steps that are prime to the length reach every place.
        let mut plain: Vec<Entry> = (0..3_000).map(|key| entry(key * 2)).collect();
        let mut sequence = Sequence::new(plain.iter().copied());
        for round in 0..20_000_usize {
            let grows = round % 7 < if round < 10_000 { 5 } else { 2 };
            if grows {
                let at = round.wrapping_mul(7_919) % (plain.len() + 1);
                let new = entry(round as i64);
                plain.insert(at, new);
                sequence.insert(at, new);
            } else if !plain.is_empty() {
                let at = round.wrapping_mul(104_729) % plain.len();
                plain.remove(at);
                sequence.remove(at);
            }
            assert_eq!(sequence.len(), plain.len());
            if round % 2_003 == 0 {
                assert!(sequence.from(0).eq(plain.iter().copied()), "after {round}");
                let at = round % plain.len().max(1);
                assert!(sequence.from(at).eq(plain[at..].iter().copied()), "from {at} after {round}");
            }
        }
        while !plain.is_empty() {
            plain.remove(0);
            sequence.remove(0);
        }
        assert_eq!(sequence.from(0).count(), 0);
    }

    #[test]
    fn a_key_is_found_where_it_stands_or_would() {
        let sequence = Sequence::new((0..2_000).map(|key| entry(key * 2)));
        for key in [-1, 0, 1, 2, 1_999, 2_000, 3_998, 3_999, 5_000] {
            let found = sequence.find(|entry| entry.joined_at.cmp(&Some(key)));
            assert_eq!(found as i64, ((key + 1) / 2).clamp(0, 2_000), "{key}");
        }
    }

    #[test]
    fn the_scope_of_the_greatest_slot_is_kept() {
        let greatest = Entry { joined_at: None, slot: SLOTS as u32 - 1, scope: Scope::Admin };
        let sequence = Sequence::new(std::iter::once(greatest));
        assert_eq!(sequence.get(0), greatest);
        assert_eq!(sequence.from(1).count(), 0);
    }
}
