//! What only the one who writes the next snapshot needs: from numbers to slots, and from slots to standings.

use crate::group::Columns;
use crate::ledger::Ledger;
use crate::persons::{Chunk, Persons, ROWS};
use crate::places::{Places, Standing};
use crate::sequence::{Entry, SLOTS};
use crate::snapshot::Snapshot;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use membership::{PersonView, State};
use std::hash::BuildHasher;
use std::sync::Arc;

/// The books of the writer. They belong to the snapshot that was published last.
#[derive(Debug, Default)]
pub(crate) struct Books {
    hasher: DefaultHashBuilder,
    /// The slots, found by the number of the person in it.
    slots: HashTable<u32>,
    /// In how many groups the person of a slot is.
    uses: Vec<u32>,
    /// The rows that nobody has of the chunks that hold somebody.
    free: HashMap<u32, Vec<u8>>,
    /// The chunks that hold nobody.
    empty: Vec<u32>,
    /// Of each group, who stands in it.
    pub(crate) places: HashMap<i64, Places>,
    /// What happens to a group while somebody puts its members in order.
    pub(crate) journal: Option<Journal>,
    /// How many loads there have been.
    pub(crate) loads: u64,
    /// Where it is entered what has been found in groups.
    pub(crate) ledger: Arc<Ledger>,
}

/// Which slots of a group have changed since the snapshot that is being put in order, and how they stood then.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) group: i64,
    pub(crate) load: u64,
    pub(crate) before: HashMap<u32, Option<(State, Entry)>>,
}

/// Rows of persons that are to be written.
pub(crate) type Rows<'a> = Vec<(u32, Option<PersonView<'a>>)>;

impl Books {
    /// Empty ones.
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger, ..Self::default() }
    }

    /// Forgets all but how many loads there have been.
    pub(crate) fn forget(&mut self) {
        *self = Self { loads: self.loads, ..Self::new(Arc::clone(&self.ledger)) };
    }

    /// The slot of the person of this number, who is in `persons`.
    pub(crate) fn slot(&self, persons: &Persons, number: i64) -> Option<u32> {
        self.slots.find(self.hasher.hash_one(number), |slot| persons.number(*slot) == number).copied()
    }

    /// How many persons are in memory.
    pub(crate) fn persons(&self) -> usize {
        self.slots.len()
    }

    /// A slot that nobody has; `None` when there can be no more.
    pub(crate) fn take_slot(&mut self, persons: &mut Persons) -> Option<u32> {
        let chunk = match self.free.keys().next() {
            Some(chunk) => *chunk,
            None => {
                let first = self.add_chunk(persons, Chunk::nobody())?;
                self.give_back((first..).take(ROWS));
                let chunk = self.empty.pop()?;
                self.free.insert(chunk, (0..=u8::MAX).rev().collect());
                chunk
            }
        };
        let rows = self.free.get_mut(&chunk)?;
        let row = rows.pop()?;
        if rows.is_empty() {
            self.free.remove(&chunk);
        }
        Some(chunk * ROWS as u32 + u32::from(row))
    }

    /// Puts a chunk in the place of one that holds nobody, or behind the last, and gives its first slot; `None` when there
    /// can be no more. Its rows are in no group, and none of them is free.
    pub(crate) fn add_chunk(&mut self, persons: &mut Persons, chunk: Arc<Chunk>) -> Option<u32> {
        let at = match self.empty.pop() {
            Some(at) => at as usize,
            None => persons.chunks(),
        };
        if (at + 1) * ROWS > SLOTS {
            return None;
        }
        persons.set(at, chunk);
        if self.uses.len() < (at + 1) * ROWS {
            self.uses.resize((at + 1) * ROWS, 0);
        }
        u32::try_from(at * ROWS).ok()
    }

    pub(crate) fn give_back(&mut self, slots: impl IntoIterator<Item = u32>) {
        for slot in slots {
            let chunk = slot / ROWS as u32;
            let rows = self.free.entry(chunk).or_default();
            rows.push((slot % ROWS as u32) as u8);
            if rows.len() == ROWS {
                self.free.remove(&chunk);
                self.empty.push(chunk);
            }
        }
    }

    /// Counts one group more, or less, for a slot; gives how many there are.
    pub(crate) fn count(&mut self, slot: u32, by: i32) -> u32 {
        let uses = &mut self.uses[slot as usize];
        *uses = uses.saturating_add_signed(by);
        *uses
    }

    /// Makes the person in this slot to be found by number.
    pub(crate) fn enter(&mut self, persons: &Persons, slot: u32) {
        let hasher = &self.hasher;
        let hash = |slot: &u32| hasher.hash_one(persons.number(*slot));
        self.slots.insert_unique(hash(&slot), slot, hash);
    }

    /// Makes it not to be found any more; `persons` must still have it.
    pub(crate) fn strike(&mut self, persons: &Persons, slot: u32) {
        let hash = self.hasher.hash_one(persons.number(slot));
        if let Ok(entry) = self.slots.find_entry(hash, |other| *other == slot) {
            entry.remove();
        }
    }

    /// Makes room for so many more.
    pub(crate) fn reserve(&mut self, persons: &Persons, more: usize) {
        let hasher = &self.hasher;
        self.slots.reserve(more, |slot| hasher.hash_one(persons.number(*slot)));
    }

    /// Writes rows, each slot at most once.
    pub(crate) fn write(persons: &mut Persons, mut rows: Rows<'_>) {
        rows.sort_unstable_by_key(|(slot, _)| *slot);
        for of_chunk in rows.chunk_by(|a, b| a.0 as usize / ROWS == b.0 as usize / ROWS) {
            let at = of_chunk[0].0 as usize / ROWS;
            let changes: Vec<_> = of_chunk.iter().map(|(slot, person)| (*slot as usize % ROWS, *person)).collect();
            let chunk = persons.chunk(at).with(&changes);
            persons.set(at, if chunk.live.is_empty() { Chunk::nobody() } else { Arc::new(chunk) });
        }
    }

    /// Takes a group out of memory, and with it everybody who is in no other.
    pub(crate) fn drop_group(&mut self, next: &mut Snapshot, number: i64) {
        next.groups.remove(number);
        let Some(places) = self.places.remove(&number) else { return };
        self.leave(next, &places.slots());
    }

    /// Counts one group less for each of these slots, and lets go who is in none.
    pub(crate) fn leave(&mut self, next: &mut Snapshot, slots: &[u32]) {
        let mut gone: Vec<u32> = slots.iter().copied().filter(|slot| self.count(*slot, -1) == 0).collect();
        gone.iter().for_each(|slot| self.strike(&next.persons, *slot));
        gone.sort_unstable();
        // Piece by piece, for these may be all there are.
        for of_chunk in gone.chunk_by(|a, b| *a as usize / ROWS == *b as usize / ROWS) {
            Self::write(&mut next.persons, of_chunk.iter().map(|slot| (*slot, None)).collect());
        }
        self.give_back(gone);
    }

    /// How the person of a slot stands in a group, with its entry; `None` when it does not.
    pub(crate) fn standing(&self, columns: &Columns, persons: &Persons, slot: u32) -> Option<(State, usize, Entry)> {
        let Standing { state, joined_at } = self.places.get(&columns.group.number)?.get(slot)?;
        let wanted = (joined_at, persons.number(slot));
        let sequence = &columns.lists[state as usize].sequence;
        let at = sequence.find(|entry| (entry.joined_at, persons.number(entry.slot)).cmp(&wanted));
        (at < sequence.len()).then(|| (state, at, sequence.get(at))).filter(|(_, _, entry)| entry.slot == slot)
    }

    /// How many bytes the books take.
    pub(crate) fn bytes(&self) -> u64 {
        let places: u64 = self.places.values().map(Places::bytes).sum();
        let slots = self.slots.capacity() * 5 * 8 / 7 + self.uses.capacity() * 4;
        let free: usize = self.free.values().map(|rows| rows.capacity() + 40).sum();
        (slots + free + self.empty.capacity() * 4) as u64 + places
    }
}
