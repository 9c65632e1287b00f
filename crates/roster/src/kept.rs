//! What queries have found in the lists of a group: kept while the group changes.

use crate::edits::Step;
use crate::found::{Found, Search, hash};
use crate::ledger::Ledger;
use crate::persons::SHARED;
use membership::{MemberQuery, OrderKey};
use std::collections::VecDeque;
use std::sync::Arc;

/// What has been found in the lists of a group, the last used first, as far as there is room for it, and what has happened
/// to the lists since. All versions of the group share it; each is known by how many steps the group has taken.
#[derive(Debug)]
pub(crate) struct Kept {
    ledger: Arc<Ledger>,
    all: Vec<Of>,
    bytes: u64,
    /// How many steps the newest version has taken.
    now: u64,
    /// The last of them, if anybody looks for anything.
    steps: VecDeque<Arc<Step>>,
    edits: usize,
    is_sought: bool,
}

/// Something that has been found.
#[derive(Debug)]
struct Of {
    search: Arc<Search>,
    found: Arc<Found>,
    /// In the version that has taken so many steps.
    at: u64,
}

/// How many bytes a search takes with what it has found, about.
fn bytes(search: &Search, found: &Found) -> u64 {
    search.bytes() + found.bytes() + (size_of::<Of>() + 2 * SHARED) as u64
}

/// What is kept of a search.
#[derive(Debug)]
pub(crate) enum Known {
    /// What is to be found.
    Found(Arc<Found>),
    /// What was to be found before these steps.
    Before(Arc<Search>, Arc<Found>, Vec<Arc<Step>>),
}

/// How many are kept of a group.
const KEPT: usize = 16;
/// How many edits are kept of a group: so much happens between two who look for the same, or they may as well look again.
const EDITS: usize = 256;

impl Kept {
    /// Nothing, to be entered into this ledger.
    pub(crate) const fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger, all: Vec::new(), bytes: 0, now: 0, steps: VecDeque::new(), edits: 0, is_sought: false }
    }

    /// How many steps had been taken before the first that is kept.
    fn first(&self) -> u64 {
        self.now - self.steps.len() as u64
    }

    /// Takes a step: to the next version.
    pub(crate) fn step(&mut self, step: Step) {
        self.now += 1;
        if !self.is_sought {
            return;
        }
        self.edits += step.len();
        self.steps.push_back(Arc::new(step));
        while self.edits > EDITS
            && let Some(step) = self.steps.pop_front()
        {
            self.edits -= step.len();
        }
        let (first, before) = (self.first(), self.all.len());
        self.all.retain(|of| of.at >= first);
        if self.all.len() < before {
            self.count();
        }
        // Who looks for something takes less time than so many steps.
        if self.all.is_empty() && first > 0 && self.edits * 2 > EDITS {
            self.clear();
        }
    }

    /// What is known of a search in the version that has taken `at` steps.
    pub(crate) fn get(&mut self, query: &MemberQuery, order: &[OrderKey], at: u64) -> Option<Known> {
        // What will be found can be kept.
        self.is_sought = true;
        let hash = hash(query, order);
        let place = self.all.iter().position(|of| of.search.is(hash, query, order) && of.at <= at)?;
        self.all[..=place].rotate_right(1);
        let Of { search, found, at: then } = self.all.first()?;
        if *then == at {
            return Some(Known::Found(Arc::clone(found)));
        }
        let (from, to) = (then.checked_sub(self.first())? as usize, at.checked_sub(self.first())? as usize);
        let steps: Vec<_> = self.steps.range(from..to.min(self.steps.len())).cloned().collect();
        let are_known = steps.iter().all(|step| step.of(query.state, order).is_some());
        are_known.then(|| Known::Before(Arc::clone(search), Arc::clone(found), steps))
    }

    /// Keeps what has been found in the version that has taken `at` steps.
    pub(crate) fn put(&mut self, search: Arc<Search>, found: Arc<Found>, at: u64) {
        let is_newer = |of: &Of| of.search == search && of.at > at;
        // What was found before all steps that are known is of no use any more.
        if at < self.first() || self.all.iter().any(is_newer) {
            return;
        }
        self.all.retain(|of| of.search != search);
        self.all.truncate(KEPT - 1);
        self.count();
        let bytes = bytes(&search, &found);
        while !self.ledger.has_room(bytes) && self.all.pop().is_some() {
            self.count();
        }
        if self.ledger.has_room(bytes) {
            self.all.insert(0, Of { search, found, at });
            self.count();
        }
    }

    /// Lets go of everything, for something else to have the room.
    pub(crate) fn clear(&mut self) {
        self.all.clear();
        self.steps.clear();
        (self.edits, self.is_sought) = (0, false);
        self.count();
    }

    /// Enters what is kept now in the place of what was.
    fn count(&mut self) {
        let bytes = self.all.iter().map(|of| bytes(&of.search, &of.found)).sum();
        self.ledger.found(self.bytes, bytes);
        self.bytes = bytes;
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.ledger.found(self.bytes, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edits::Edit;
    use membership::{Filter, Folded, GroupKey, State, TextExpr, TextField, Window};

    fn query(state: State) -> MemberQuery {
        let mut query = MemberQuery::new(GroupKey::Number(1), Window { offset: 0, limit: 1 });
        query.state = state;
        query
    }

    fn search(state: State) -> Arc<Search> {
        Arc::new(Search::new(&query(state), &[]))
    }

    fn found() -> Arc<Found> {
        Arc::new(Found::new(vec![u64::MAX; 1_000]))
    }

    #[test]
    fn what_is_kept_takes_no_more_than_there_is_room_for() {
        let one = bytes(&search(State::Member), &found());
        let ledger = Arc::new(Ledger::new(one * 5 / 2 + 1_000));
        ledger.set_columns(1_000);
        let mut kept = Kept::new(Arc::clone(&ledger));
        for state in State::ALL {
            kept.put(search(*state), found(), 0);
        }
        let there =
            |kept: &mut Kept| State::ALL.iter().filter(|state| kept.get(&query(**state), &[], 0).is_some()).count();
        assert_eq!(there(&mut kept), 2);
        assert_eq!(ledger.all(), 1_000 + 2 * one);
        // The same again takes no more.
        kept.put(search(State::ALL[2]), found(), 0);
        assert_eq!((there(&mut kept), ledger.all()), (2, 1_000 + 2 * one));
        // Where the columns have grown, it makes room.
        ledger.set_columns(1_000 + one);
        kept.put(search(State::ALL[0]), found(), 0);
        assert_eq!((there(&mut kept), ledger.all()), (1, 1_000 + 2 * one));
        drop(kept);
        assert_eq!(ledger.all(), 1_000 + one);
    }

    #[test]
    fn what_was_looked_for_takes_room_too() {
        let ledger = Arc::new(Ledger::new(1_000_000));
        let mut kept = Kept::new(Arc::clone(&ledger));
        let nobody = || Arc::new(Found::new(vec![0; 10]));
        let among = |items: usize| {
            let text = |nth: usize| Folded::new(&format!("{nth} {}", "a".repeat(100)));
            let filter = Filter::TextIn(TextExpr::Field(TextField::Name), (0..items).map(text).collect());
            Arc::new(Search::new(&query(State::Member).filtered(filter).expect("not too large"), &[]))
        };
        for items in [1, 2, 3, 5_000] {
            kept.put(among(items), nobody(), 0);
        }
        assert!(ledger.all() > 5_000 * 100 && ledger.all() < 1_000_000, "{}", ledger.all());
        assert_eq!(kept.all.len(), 4);
        // There is no room for both.
        kept.put(among(4_999), nobody(), 0);
        assert_eq!(kept.all.len(), 1);
        assert!(ledger.all() > 4_999 * 100 && ledger.all() < 1_000_000, "{}", ledger.all());
        kept.clear();
        assert_eq!(ledger.all(), 0);
    }

    #[test]
    fn what_was_found_before_is_given_with_all_that_has_happened_since() {
        let step = |edits: usize| Step { lists: vec![(State::Member, [].into(), vec![Edit::Remove(0); edits])] };
        let mut kept = Kept::new(Arc::new(Ledger::new(u64::MAX)));
        let (member, pending) = (query(State::Member), query(State::Pending));
        let since = |kept: &mut Kept, query: &MemberQuery, at: u64| match kept.get(query, &[], at) {
            Some(Known::Before(_, _, steps)) => Some(steps.len()),
            Some(Known::Found(_)) => Some(0),
            None => None,
        };
        // Before anybody looks for anything, steps are not kept.
        kept.step(step(1));
        assert_eq!(since(&mut kept, &member, 1), None);
        kept.step(step(2));
        // Who began before that step is done now.
        kept.put(search(State::Member), found(), 1);
        kept.put(search(State::Pending), found(), 2);
        assert_eq!((since(&mut kept, &member, 1), since(&mut kept, &member, 2)), (Some(0), Some(1)));
        assert_eq!(since(&mut kept, &pending, 1), None, "it was found later");
        kept.step(step(3));
        assert_eq!((since(&mut kept, &member, 2), since(&mut kept, &member, 3)), (Some(1), Some(2)));
        assert_eq!(since(&mut kept, &pending, 3), Some(1));
        // What is newer stays.
        kept.put(search(State::Member), found(), 3);
        kept.put(search(State::Member), found(), 2);
        assert_eq!((since(&mut kept, &member, 2), since(&mut kept, &member, 3)), (None, Some(0)));
        // An order that was not there has not been followed.
        let order = [OrderKey { by: membership::OrderBy::Number, descending: true }];
        let ordered = Arc::new(Search::new(&member, &order));
        kept.put(ordered, found(), 3);
        kept.step(step(1));
        assert!(kept.get(&member, &order, 4).is_none() && since(&mut kept, &member, 4) == Some(1));
        // Too much has happened.
        kept.step(step(EDITS));
        assert_eq!(since(&mut kept, &member, 5), None);
        kept.step(step(EDITS));
        assert_eq!((since(&mut kept, &member, 6), since(&mut kept, &pending, 6)), (None, None));
        assert_eq!(kept.all.len(), 0);
    }
}
