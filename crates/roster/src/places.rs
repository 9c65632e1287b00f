//! Who stands where in a group: from slots to what finds their entries.

use crate::persons::ROWS;
use hashbrown::HashMap;
use membership::State;

/// How the membership of a slot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) state: State,
    pub(crate) joined_at: Option<i64>,
}

/// The standing of each slot of a group. Few are kept one by one; many in pages, which take less.
#[derive(Debug)]
pub(crate) enum Places {
    Few(HashMap<u32, Standing>),
    Many { pages: Vec<Option<Box<[i64; ROWS]>>>, odd: HashMap<u32, Standing>, len: usize },
}

/// No member of a list in pages; who joined in that very second is kept apart.
const NOBODY: i64 = i64::MIN;
/// From how many on pages are made.
const MANY: usize = 4_096;

impl Places {
    /// For about so many.
    pub(crate) fn with_capacity(many: usize) -> Self {
        if many < MANY {
            Self::Few(HashMap::with_capacity(many))
        } else {
            Self::Many { pages: Vec::new(), odd: HashMap::new(), len: 0 }
        }
    }

    pub(crate) fn get(&self, slot: u32) -> Option<Standing> {
        match self {
            Self::Few(all) => all.get(&slot).copied(),
            Self::Many { pages, odd, .. } => {
                let page = pages.get(slot as usize / ROWS).and_then(Option::as_ref);
                match page.map_or(NOBODY, |page| page[slot as usize % ROWS]) {
                    NOBODY => odd.get(&slot).copied(),
                    joined_at => Some(Standing { state: State::Member, joined_at: Some(joined_at) }),
                }
            }
        }
    }

    /// Gives how the slot stood before.
    pub(crate) fn set(&mut self, slot: u32, standing: Option<Standing>) -> Option<Standing> {
        let before = self.get(slot);
        match self {
            Self::Few(all) => {
                match standing {
                    Some(standing) => all.insert(slot, standing),
                    None => all.remove(&slot),
                };
            }
            Self::Many { pages, odd, len } => {
                *len = *len + usize::from(standing.is_some()) - usize::from(before.is_some());
                odd.remove(&slot);
                let mut value = NOBODY;
                match standing {
                    Some(Standing { state: State::Member, joined_at: Some(joined_at) }) if joined_at != NOBODY => {
                        value = joined_at;
                    }
                    Some(standing) => {
                        odd.insert(slot, standing);
                    }
                    None => {}
                }
                let (page, row) = (slot as usize / ROWS, slot as usize % ROWS);
                if value != NOBODY && page >= pages.len() {
                    pages.resize(page + 1, None);
                }
                if let Some(place) = pages.get_mut(page)
                    && (value != NOBODY || place.is_some())
                {
                    place.get_or_insert_with(|| Box::new([NOBODY; ROWS]))[row] = value;
                }
            }
        }
        before
    }

    /// Every slot.
    pub(crate) fn slots(&self) -> Vec<u32> {
        match self {
            Self::Few(all) => all.keys().copied().collect(),
            Self::Many { pages, odd, len } => {
                let mut slots = Vec::with_capacity(*len);
                for (page, rows) in pages.iter().enumerate() {
                    let rows = rows.iter().flat_map(|rows| rows.iter().enumerate());
                    slots
                        .extend(rows.filter(|(_, value)| **value != NOBODY).map(|(row, _)| (page * ROWS + row) as u32));
                }
                slots.extend(odd.keys().copied());
                slots
            }
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        let of_map = |map: &HashMap<u32, Standing>| map.capacity() * (size_of::<(u32, Standing)>() + 1) * 8 / 7;
        (match self {
            Self::Few(all) => of_map(all),
            Self::Many { pages, odd, .. } => {
                let there = pages.iter().flatten().count();
                there * (ROWS * 8 + 16) + pages.capacity() * 8 + of_map(odd)
            }
        }) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_keep_the_same() {
        let (mut few, mut many) = (Places::with_capacity(1), Places::with_capacity(MANY));
        for round in 0..5_000_u32 {
            let slot = round.wrapping_mul(7_919) % 1_500;
            let standing = match round % 5 {
                0 => None,
                1 => Some(Standing { state: State::Pending, joined_at: None }),
                2 => Some(Standing { state: State::Member, joined_at: Some(i64::MIN) }),
                _ => Some(Standing { state: State::Member, joined_at: Some(i64::from(round)) }),
            };
            assert_eq!(few.set(slot, standing), many.set(slot, standing));
            assert_eq!((few.get(slot), many.get(slot)), (standing, standing));
        }
        let sorted = |places: &Places| {
            let mut slots = places.slots();
            slots.sort_unstable();
            slots
        };
        assert_eq!(sorted(&few), sorted(&many));
        assert!(!sorted(&few).is_empty());
    }
}
