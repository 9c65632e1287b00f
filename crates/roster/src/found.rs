//! What a query has found in a list: kept, so that it need not be found again.

use crate::apply::find;
use crate::edits::{Places, Step};
use crate::filter::{Scratch, Test, beside};
use crate::group::List;
use crate::persons::{Mask, Persons, ROWS};
use crate::sequence::{Entry, Sequence};
use membership::{Filter, MemberQuery, OrderKey, ScopeSet, State};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

/// Which entries of a list.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) total: usize,
    at: Positions,
}

#[derive(Debug)]
enum Positions {
    /// Where they stand.
    Few(Box<[u32]>),
    /// One bit for each entry of the list, and how many are found before each stretch of [`STRETCH`] words.
    Many(Box<[u64]>, Box<[u32]>),
}

const STRETCH: usize = 8;

/// What was looked for, but for the window.
#[derive(Debug, PartialEq)]
pub(crate) struct Search {
    hash: u64,
    state: State,
    scopes: ScopeSet,
    order: Box<[OrderKey]>,
    filter: Option<Filter>,
    /// How many bytes all of this takes, about.
    bytes: u64,
}

/// Tells one search from another, without a copy of it.
pub(crate) fn hash(query: &MemberQuery, order: &[OrderKey]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (query.state, query.scopes, order, query.filter()).hash(&mut hasher);
    hasher.finish()
}

impl Search {
    pub(crate) fn new(query: &MemberQuery, order: &[OrderKey]) -> Self {
        let bytes = size_of::<Self>() + size_of_val(order) + query.filter().map_or(0, beside);
        Self {
            hash: hash(query, order),
            state: query.state,
            scopes: query.scopes,
            order: order.into(),
            filter: query.filter().cloned(),
            bytes: bytes as u64,
        }
    }

    /// How many bytes it takes, about.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn is(&self, hash: u64, query: &MemberQuery, order: &[OrderKey]) -> bool {
        self.hash == hash
            && self.state == query.state
            && self.scopes == query.scopes
            && *self.order == *order
            && self.filter.as_ref() == query.filter()
    }

    /// Looks at every entry of `sequence`, which is `list` in one of its orders.
    pub(crate) fn run(&self, persons: &Persons, list: &List, sequence: &Sequence) -> Found {
        let masks = self.filter.as_ref().map(|filter| masks(&Test::new(filter), persons, list));
        let words = match (&masks, self.scopes == ScopeSet::ALL) {
            (Some(masks), true) => sequence.bits_of(masks),
            (Some(masks), false) => sequence.bits(|slot, scope| has(masks, slot) & self.scopes.contains(scope)),
            (None, _) => sequence.bits(|_, scope| self.scopes.contains(scope)),
        };
        Found::new(words)
    }

    /// What it finds where `before` was found before these steps, all of which must know its order: only those are looked at
    /// who have changed.
    pub(crate) fn go_on(&self, before: &Found, steps: &[Arc<Step>], persons: &Persons, sequence: &Sequence) -> Found {
        let test = self.filter.as_ref().map(Test::new);
        let mut scratch = Scratch::default();
        // As they are now, whenever they came to stand there: who has changed since is asked about again.
        let mut is_found = |entry: &Entry| {
            let (chunk, row) = persons.place(entry.slot);
            let mut within = Mask::NONE;
            within.set(row);
            let of = |test: &Test<'_>, scratch| test.of(chunk, &within, scratch).has(row);
            self.scopes.contains(entry.scope)
                && chunk.live.has(row)
                && test.as_ref().is_none_or(|test| of(test, &mut scratch))
        };
        let mut places = before.places();
        let edits = steps.iter().filter_map(|step| step.of(self.state, &self.order)).flatten();
        for entry in places.follow(edits, &mut is_found) {
            let at = find(sequence, &self.order, persons, &entry);
            // Else it does not stand there any more.
            if at < sequence.len() && sequence.get(at).slot == entry.slot {
                places.set(at, is_found(&sequence.get(at)));
            }
        }
        Found::at(places, sequence.len())
    }
}

#[inline]
fn has(masks: &[Mask], slot: u32) -> bool {
    masks[slot as usize / ROWS].has(slot as usize % ROWS)
}

/// How many chunks are touched before they are looked at, so that the memory brings all of them at once.
const AHEAD: usize = 16;

/// Chunk by chunk, who of the list passes the test. Where the list is most of all persons, others may pass, too.
fn masks(test: &Test<'_>, persons: &Persons, list: &List) -> Vec<Mask> {
    let mut scratch = Scratch::default();
    let chunks = |range: Range<usize>| range.map(|at| persons.chunk(at));
    if list.sequence.len() >= persons.chunks() * ROWS / 2 {
        let mut masks = Vec::with_capacity(persons.chunks());
        for first in (0..persons.chunks()).step_by(AHEAD) {
            let some = || chunks(first..(first + AHEAD).min(persons.chunks()));
            std::hint::black_box(some().fold(0, |sum, chunk| sum ^ test.touch(chunk)));
            masks.extend(some().map(|chunk| test.of(chunk, &chunk.live, &mut scratch)));
        }
        return masks;
    }
    let mut masks = vec![Mask::NONE; persons.chunks()];
    list.sequence.each_slot(|slot| masks[slot as usize / ROWS].set(slot as usize % ROWS));
    for (mask, chunk) in masks.iter_mut().zip(chunks(0..persons.chunks())).filter(|(mask, _)| !mask.is_empty()) {
        *mask = test.of(chunk, mask, &mut scratch);
    }
    masks
}

impl Found {
    pub(crate) fn new(words: Vec<u64>) -> Self {
        let total = words.iter().map(|word| word.count_ones() as usize).sum();
        // Four bytes for each one, or a bit for each entry.
        let at = if total < words.len() * 2 {
            let mut at = Vec::with_capacity(total);
            for (nth, word) in words.iter().enumerate() {
                let mut rest = *word;
                while rest != 0 {
                    at.push((nth * 64) as u32 + rest.trailing_zeros());
                    rest &= rest - 1;
                }
            }
            Positions::Few(at.into())
        } else {
            let mut before = 0;
            let ranks = words.chunks(STRETCH).map(|stretch| {
                let rank = before;
                before += stretch.iter().map(|word| word.count_ones()).sum::<u32>();
                rank
            });
            let ranks = ranks.collect();
            Positions::Many(words.into(), ranks)
        };
        Self { total, at }
    }

    /// In a list of so many.
    fn at(places: Places, len: usize) -> Self {
        match places {
            Places::Few(at) if at.len() < len / 16 + 64 => Self { total: at.len(), at: Positions::Few(at.into()) },
            Places::Few(at) => {
                let mut words = vec![0; len.div_ceil(64)];
                at.iter().for_each(|at| words[*at as usize / 64] |= 1 << (at % 64));
                Self::new(words)
            }
            Places::Many(words) => Self::new(words),
        }
    }

    fn places(&self) -> Places {
        match &self.at {
            Positions::Few(at) => Places::Few(at.to_vec()),
            Positions::Many(words, _) => Places::Many(words.to_vec()),
        }
    }

    /// How many bytes it takes, without what was looked for, about.
    pub(crate) fn bytes(&self) -> u64 {
        let ranks = match &self.at {
            Positions::Few(_) => 0,
            Positions::Many(_, ranks) => size_of_val(&**ranks),
        };
        (self.bytes_of_places() + ranks + size_of::<Self>()) as u64
    }

    /// How many bytes of it move where somebody comes or goes at the beginning of the list.
    pub(crate) fn bytes_of_places(&self) -> usize {
        match &self.at {
            Positions::Few(at) => size_of_val(&**at),
            Positions::Many(words, _) => size_of_val(&**words),
        }
    }

    /// Calls `each` with the positions of up to `limit` of them, from the one of this number on.
    pub(crate) fn each(&self, offset: usize, limit: usize, mut each: impl FnMut(usize)) {
        let limit = limit.min(self.total.saturating_sub(offset));
        if limit == 0 {
            return;
        }
        match &self.at {
            Positions::Few(at) => at[offset..offset + limit].iter().for_each(|at| each(*at as usize)),
            Positions::Many(words, ranks) => {
                let stretch = ranks.partition_point(|rank| *rank as usize <= offset) - 1;
                let (mut pass, mut left) = (offset - ranks[stretch] as usize, limit);
                for (at, word) in words.iter().enumerate().skip(stretch * STRETCH) {
                    let mut rest = *word;
                    let count = rest.count_ones() as usize;
                    if pass >= count {
                        pass -= count;
                        continue;
                    }
                    while rest != 0 {
                        if pass > 0 {
                            pass -= 1;
                        } else {
                            each(at * 64 + rest.trailing_zeros() as usize);
                            left -= 1;
                            if left == 0 {
                                return;
                            }
                        }
                        rest &= rest - 1;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_is_given_from_any_place_on() {
        for every in [1, 2, 3, 7, 64, 65, 1_000, 100_000] {
            let wanted: Vec<usize> = (0..10_000).filter(|at| at % every == 0).collect();
            let mut words = vec![0_u64; 10_000_usize.div_ceil(64)];
            wanted.iter().for_each(|at| words[at / 64] |= 1 << (at % 64));
            let found = Found::new(words);
            assert_eq!(found.total, wanted.len());
            for offset in [0, 1, 63, 64, 500, 511, 512, 513, 4_999, 9_999, 10_000, usize::MAX] {
                for limit in [0, 1, 10, 700, usize::MAX] {
                    let mut given = Vec::new();
                    found.each(offset, limit, |at| given.push(at));
                    let expected: Vec<usize> = wanted.iter().copied().skip(offset).take(limit).collect();
                    assert_eq!(given, expected, "every {every}, {limit} from {offset}");
                }
            }
        }
    }
}
