//! What a change does to a list, told so that what was found in the list need not be found again.

use crate::sequence::Entry;
use membership::{OrderKey, State};
use std::sync::Arc;

/// What happens to a place of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// Who stands there goes.
    Remove(usize),
    /// Somebody comes to stand there; who stood there and behind move by one place.
    Insert(usize, Entry),
    /// Somebody stays where it stands, as another.
    Touch(Entry),
}

/// What one change does to the lists of a group.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// By state and order; of a state that is not here, nothing has changed.
    pub(crate) lists: Vec<(State, Arc<[OrderKey]>, Vec<Edit>)>,
}

impl Step {
    /// How many edits there are.
    pub(crate) fn len(&self) -> usize {
        self.lists.iter().map(|(.., edits)| edits.len()).sum()
    }

    /// Those of a list in an order; `None` when they are not known, since the order was not there.
    pub(crate) fn of(&self, state: State, order: &[OrderKey]) -> Option<&[Edit]> {
        let mut lists = self.lists.iter().filter(|(of, ..)| *of == state).peekable();
        if lists.peek().is_none() {
            return Some(&[]);
        }
        lists.find(|(_, keys, _)| **keys == *order).map(|(.., edits)| &**edits)
    }
}

/// Up to so many edits are followed in a short time, whatever is to be asked of those who have changed,
const FEW: usize = 64;
/// as long as they move no more than so many bytes of what was found.
const MOVED: usize = 256 << 10;

/// Whether it takes a short time to follow these steps with what was found in a list in an order, which takes so many
/// bytes: all behind its place are moved by each who comes or goes.
pub(crate) fn are_few(steps: &[Arc<Step>], state: State, order: &[OrderKey], bytes: usize) -> bool {
    let edits = steps.iter().filter_map(|step| step.of(state, order)).flatten();
    let moving = edits.filter(|edit| !matches!(edit, Edit::Touch(_))).count();
    steps.iter().map(|step| step.len()).sum::<usize>() <= FEW && moving.saturating_mul(bytes) <= MOVED
}

/// Which places of a list are found, while the list changes.
#[derive(Clone, Debug)]
pub(crate) enum Places {
    /// These, in ascending order.
    Few(Vec<u32>),
    /// One bit for each place.
    Many(Vec<u64>),
}

const WORD: usize = u64::BITS as usize;

impl Places {
    /// Takes a place away.
    pub(crate) fn remove(&mut self, at: usize) {
        match self {
            Self::Few(all) => {
                let behind = all.partition_point(|place| (*place as usize) < at);
                if all.get(behind).is_some_and(|place| *place as usize == at) {
                    all.remove(behind);
                }
                all[behind..].iter_mut().for_each(|place| *place -= 1);
            }
            Self::Many(words) => {
                let Some(words) = words.get_mut(at / WORD..) else { return };
                let mut below = (1 << (at % WORD)) - 1;
                for nth in 0..words.len() {
                    let carried = words.get(nth + 1).map_or(0, |next| next << (WORD - 1));
                    words[nth] = words[nth] & below | words[nth] >> 1 & !below | carried;
                    below = 0;
                }
            }
        }
    }

    /// Puts a place in before the one at `at`.
    pub(crate) fn insert(&mut self, at: usize, is_found: bool) {
        match self {
            Self::Few(all) => {
                let behind = all.partition_point(|place| (*place as usize) < at);
                all[behind..].iter_mut().for_each(|place| *place += 1);
                if is_found {
                    all.insert(behind, at as u32);
                }
            }
            Self::Many(words) => {
                if words.len() <= at / WORD {
                    words.resize(at / WORD + 1, 0);
                }
                let mut below = (1 << (at % WORD)) - 1;
                let mut carried = u64::from(is_found) << (at % WORD);
                for word in &mut words[at / WORD..] {
                    let before = *word;
                    *word = before & below | (before & !below) << 1 | carried;
                    (below, carried) = (0, before >> (WORD - 1));
                }
                if carried > 0 {
                    words.push(carried);
                }
            }
        }
    }

    /// Says of a place whether it is found.
    pub(crate) fn set(&mut self, at: usize, is_found: bool) {
        match self {
            Self::Few(all) => {
                let near = all.partition_point(|place| (*place as usize) < at);
                let was = all.get(near).is_some_and(|place| *place as usize == at);
                match (was, is_found) {
                    (true, false) => _ = all.remove(near),
                    (false, true) => all.insert(near, at as u32),
                    _ => {}
                }
            }
            Self::Many(words) => {
                if words.len() <= at / WORD {
                    words.resize(at / WORD + 1, 0);
                }
                let word = &mut words[at / WORD];
                *word = *word & !(1 << (at % WORD)) | u64::from(is_found) << (at % WORD);
            }
        }
    }

    /// Goes on with what happens to the list. Whether somebody who comes is found is asked of `is_found`; gives those who
    /// stay, of whom that is not asked here.
    pub(crate) fn follow<'a>(
        &mut self,
        edits: impl Iterator<Item = &'a Edit>,
        mut is_found: impl FnMut(&Entry) -> bool,
    ) -> Vec<Entry> {
        let mut edits = edits.peekable();
        let mut stay = Vec::new();
        while let Some(edit) = edits.next() {
            match (edit, edits.peek()) {
                // As a rule who changes stays in its place.
                (Edit::Remove(from), Some(Edit::Insert(to, entry))) if from == to => {
                    self.set(*to, is_found(entry));
                    edits.next();
                }
                (Edit::Remove(at), _) => self.remove(*at),
                (Edit::Insert(at, entry), _) => self.insert(*at, is_found(entry)),
                (Edit::Touch(entry), _) => stay.push(*entry),
            }
        }
        stay
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use membership::Scope;

    #[test]
    fn edits_are_few_while_they_move_little() {
        let entry = Entry { joined_at: None, slot: 0, scope: Scope::Participant };
        let ordered = [OrderKey { by: membership::OrderBy::Number, descending: true }];
        let steps = |count: usize, edit: Edit| -> Vec<_> {
            // What happens to other lists moves nothing here.
            let lists = vec![(State::Member, [].into(), vec![edit]), (State::Member, ordered.into(), vec![])];
            (0..count).map(|_| Arc::new(Step { lists: lists.clone() })).collect()
        };
        let few = |count, edit, order: &[OrderKey], bytes| are_few(&steps(count, edit), State::Member, order, bytes);
        for edit in [Edit::Remove(0), Edit::Insert(0, entry)] {
            assert!(few(64, edit, &[], 1_000) && !few(65, edit, &[], 1_000));
            assert!(few(2, edit, &[], 125_000) && !few(3, edit, &[], 125_000));
            assert!(few(64, edit, &ordered, 125_000) && few(0, edit, &[], 1 << 30) && !few(1, edit, &[], 1 << 30));
        }
        assert!(few(64, Edit::Touch(entry), &[], 125_000) && !few(65, Edit::Touch(entry), &[], 1));
    }

    #[test]
    fn places_follow_a_list() {
        for seed in 0..40_u32 {
            let mut dice = seed;
            let mut below = |bound: usize| {
                dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (dice >> 8) as usize % bound
            };
            // A plain list of who is found beside both kinds, which the same happens to.
            let len = below(200);
            let mut plain: Vec<bool> = (0..len).map(|_| below(3) == 0).collect();
            let found = |plain: &[bool]| (0..plain.len() as u32).filter(|at| plain[*at as usize]).collect::<Vec<_>>();
            let mut words = vec![0; len.div_ceil(WORD)];
            found(&plain).iter().for_each(|at| words[*at as usize / WORD] |= 1 << (*at as usize % WORD));
            let (mut few, mut many) = (Places::Few(found(&plain)), Places::Many(words));
            for _ in 0..300 {
                let entry = Entry { joined_at: None, slot: below(2) as u32, scope: Scope::Participant };
                let is_found = |entry: &Entry| entry.slot == 1;
                let at = below(plain.len() + 1);
                let edits = match below(4) {
                    0 | 1 if at < plain.len() => vec![Edit::Remove(at)],
                    2 if at < plain.len() => vec![Edit::Remove(at), Edit::Insert(at, entry)],
                    3 => vec![Edit::Touch(entry), Edit::Insert(at, entry)],
                    _ => vec![Edit::Insert(at, entry)],
                };
                for edit in &edits {
                    match edit {
                        Edit::Remove(at) => _ = plain.remove(*at),
                        Edit::Insert(at, entry) => plain.insert(*at, is_found(entry)),
                        Edit::Touch(_) => {}
                    }
                }
                let touched = edits.iter().filter(|edit| matches!(edit, Edit::Touch(_))).count();
                for places in [&mut few, &mut many] {
                    assert_eq!(places.follow(edits.iter(), is_found).len(), touched);
                    if !plain.is_empty() {
                        places.set(at.min(plain.len() - 1), plain[at.min(plain.len() - 1)]);
                    }
                }
                let (Places::Few(few), Places::Many(many)) = (&few, &many) else { panic!("they stay what they are") };
                assert_eq!(*few, found(&plain));
                let bits = many.iter().enumerate().flat_map(|(nth, word)| {
                    (0..WORD).filter(move |bit| word >> bit & 1 == 1).map(move |bit| (nth * WORD + bit) as u32)
                });
                assert_eq!(bits.collect::<Vec<_>>(), found(&plain));
            }
        }
    }
}
