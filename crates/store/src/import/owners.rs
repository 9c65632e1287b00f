//! Who owns the groups after the import: nobody who is banned from them then.
//!
//! Lines about groups are judged before those about memberships, so a line that names an owner whom the store has banned
//! is in doubt until all lines are known: it is good when a later line lifts the ban.

use super::resolve::SKIPPED;
use super::spool::Place;
use std::collections::{HashMap, HashSet};

/// A line about a group whose owner the store has banned.
pub(super) struct Doubtful {
    /// Which line about a group it is.
    pub line: usize,
    pub place: Place,
    /// The places of the group and of the owner.
    pub key: (u32, u32),
}

/// The owners of groups, as far as lines say them or bans have to do with them.
#[derive(Default)]
pub(super) struct Owners {
    /// By the place of the group the one whom the last line says, or [`SKIPPED`].
    said: Vec<u32>,
    /// Whom earlier lines said who differ.
    earlier: HashSet<(u32, u32)>,
    /// By the place of the group the number of the owner in the store, 0 for none.
    stored: HashMap<u32, i64>,
    doubtful: Vec<Doubtful>,
    in_doubt: HashSet<u32>,
}

impl Owners {
    /// Takes in what a good line says.
    pub fn say(&mut self, (group, person): (u32, u32)) {
        let at = group as usize;
        if self.said.len() <= at {
            self.said.resize(at + 1, SKIPPED);
        }
        let before = std::mem::replace(&mut self.said[at], person);
        if before != SKIPPED && before != person {
            self.earlier.insert((group, before));
        }
    }

    /// Notes that a line, which has been taken in, names one whom the store has banned.
    pub fn doubt(&mut self, doubtful: Doubtful) {
        self.in_doubt.insert(doubtful.key.0);
        self.doubtful.push(doubtful);
    }

    /// The lines that are in doubt.
    pub fn doubtful(&self) -> &[Doubtful] {
        &self.doubtful
    }

    /// Whether a good line names an owner of the group whose ban a later line lifts.
    pub fn is_in_doubt(&self, group: u32) -> bool {
        self.in_doubt.contains(&group)
    }

    /// Whether it matters who owns the group in the store.
    pub fn rests_on_the_store(&self, group: u32) -> bool {
        !self.stored.contains_key(&group) && (self.said(group).is_none() || self.is_in_doubt(group))
    }

    /// Takes in who owns the group in the store.
    pub fn stored(&mut self, group: u32, owner: i64) {
        self.stored.insert(group, owner);
    }

    /// Whether the person, of this number, may own the group when all lines are applied.
    pub fn may_own(&self, (group, person): (u32, u32), number: i64) -> bool {
        let in_store = || self.stored.get(&group) == Some(&number);
        match self.said(group) {
            None => in_store(),
            Some(said) if said == person => true,
            // When that line turns out to be bad, what else is said holds.
            Some(_) => self.is_in_doubt(group) && (in_store() || self.earlier.contains(&(group, person))),
        }
    }

    fn said(&self, group: u32) -> Option<u32> {
        self.said.get(group as usize).copied().filter(|said| *said != SKIPPED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_says_who_owns_a_group() {
        let mut owners = Owners::default();
        assert!(owners.rests_on_the_store(3));
        owners.stored(3, 70);
        assert!(owners.may_own((3, 7), 70) && !owners.may_own((3, 8), 80) && !owners.may_own((4, 7), 70));
        owners.say((3, 8));
        owners.say((3, 9));
        assert_eq!([7, 8, 9].map(|p| owners.may_own((3, p), i64::from(p) * 10)), [false, false, true]);
    }

    #[test]
    fn while_a_line_is_in_doubt_the_others_count_too() {
        let mut owners = Owners::default();
        owners.say((3, 8));
        owners.say((3, 9));
        assert!(!owners.rests_on_the_store(3) && !owners.may_own((3, 8), 80));
        owners.doubt(Doubtful { line: 1, place: Place::default(), key: (3, 9) });
        assert!(owners.rests_on_the_store(3));
        owners.stored(3, 70);
        assert!(!owners.rests_on_the_store(3), "it is known");
        assert_eq!([6, 7, 8, 9].map(|p| owners.may_own((3, p), i64::from(p) * 10)), [false, true, true, true]);
    }
}
