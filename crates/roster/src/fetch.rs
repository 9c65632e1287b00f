//! Bringing groups and orders into memory.

use crate::absent::TooLarge;
use crate::apply::reorder;
use crate::books::{Books, Journal, Rows};
use crate::group::{Columns, List, Ordered};
use crate::held::Version;
use crate::kept::Kept;
use crate::loader::Errand;
use crate::persons::ROWS;
use crate::places::{Places, Standing};
use crate::roster::Roster;
use crate::sequence::Entry;
use crate::snapshot::Snapshot;
use crate::sort::sorted;
use crate::staging::Staging;
use hashbrown::HashMap;
use membership::{CatchUp, DirectoryError, GroupKey, Loaded, OrderKey, State};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How many orders a list has at most.
const ORDERS: usize = 8;
/// The number of no group.
const NOBODY: i64 = i64::MIN;
/// A group that takes longer than this to be loaded is not loaded again for [`REST`] times as long as it took.
const LONG: Duration = Duration::from_millis(250);
const REST: u32 = 10;

impl Roster {
    /// Fetches what is wanted. What cannot be had is left: it will be wanted again.
    pub(crate) fn fetch(&self, job: &Errand) {
        let done = match job {
            Errand::Load(key) => self.load(key),
            Errand::Order(group, state, keys) => {
                self.put_in_order(*group, *state, keys);
                Ok(())
            }
            Errand::Trim => {
                self.trim();
                Ok(())
            }
            Errand::Gather => {
                self.gather();
                Ok(())
            }
        };
        if done.is_err() {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn load(&self, key: &GroupKey) -> Result<(), DirectoryError> {
        let begun = Instant::now();
        let outcome = self.load_at_once(key);
        // What becomes of it is not in question: a large group that was pushed out, or changed as a whole, at once must
        // not keep a reader of the database and this thread busy for ever.
        if begun.elapsed() >= LONG {
            self.absent.rest(key, Instant::now() + begun.elapsed() * REST);
        }
        outcome
    }

    fn load_at_once(&self, key: &GroupKey) -> Result<(), DirectoryError> {
        let epoch = self.snapshot.load().epoch;
        // Before the source is asked: who is made behind this is not missed.
        let generation = self.absent.generation();
        let Some(group) = self.source.group(key)? else {
            self.absent.put(key, generation);
            return Ok(());
        };
        let number = group.number;
        if self.snapshot.load().groups.get(number).is_some() || self.absent.too_large(number) == Some(TooLarge::Group) {
            return Ok(());
        }
        let first = self.snapshot.load().persons.chunks() == 0;
        let mut staging = Staging::new(self.settings.bytes, first);
        let Some(loaded) = self.source.load(number, &mut |row| staging.push(row))? else { return Ok(()) };
        if staging.is_too_large() {
            self.absent.put_too_large(number, TooLarge::Group);
            return Ok(());
        }
        let staging = self.only_unknown(staging);

        let mut turn = self.turns.lock();
        let before = self.snapshot.load_full();
        let from = before.head.min(loaded.head);
        let changed = match self.source.catch_up(from, self.settings.behind)? {
            CatchUp::Changed(changed) if changed.head >= before.head && epoch == before.epoch => changed,
            // What has been loaded is too old or of another log; what stands here may be, too, and then the next turn finds it.
            CatchUp::Changed(_) | CatchUp::Behind { .. } => return Ok(()),
        };
        let books = &mut turn.state;
        let mut next = Snapshot::clone(&before);
        let alone = next.persons.chunks() == 0;
        if take_in(books, &mut next, staging, loaded, self.clock.fetch_add(1, Ordering::Relaxed)) {
            self.loads.fetch_add(1, Ordering::Relaxed);
        }
        let mut next = books.apply(&next, &changed);
        self.absent.hear(&changed);
        let fits = self.keep_within(books, &mut next, number);
        if !fits && alone {
            self.absent.put_too_large(number, TooLarge::Group);
        } else if !fits {
            // What others left behind took its place: once more, from the beginning.
            self.wish(Errand::Load(GroupKey::Number(number)));
        }
        self.publish(books, next);
        Ok(())
    }

    /// Without the persons who stand in memory already, when these are many: their rows would take place for nothing.
    fn only_unknown(&self, staging: Staging) -> Staging {
        let known: Vec<bool> = {
            let turn = self.turns.lock();
            let snapshot = self.snapshot.load();
            let is_known = |number: i64| turn.state.slot(&snapshot.persons, number).is_some();
            staging.entries.iter().map(|(number, ..)| is_known(*number)).collect()
        };
        let many = known.iter().filter(|known| **known).count();
        if many * 8 > known.len() { staging.without(&known) } else { staging }
    }

    /// Puts a list into another order and keeps it, unless the group has been loaded anew meanwhile.
    fn put_in_order(&self, number: i64, state: State, keys: &[OrderKey]) {
        let before = {
            let mut turn = self.turns.lock();
            let before = self.snapshot.load_full();
            let Some(columns) = before.groups.get(number) else { return };
            if columns.lists[state as usize].in_order(keys).is_some() {
                return;
            }
            turn.state.journal = Some(Journal { group: number, load: columns.load, before: HashMap::new() });
            before
        };
        let Some(list) = before.groups.get(number).map(|columns| &columns.lists[state as usize]) else { return };
        let mut sequence = sorted(&before.persons, &list.sequence, keys);

        let mut turn = self.turns.lock();
        let books = &mut turn.state;
        let Some(journal) = books.journal.take() else { return };
        let now = self.snapshot.load_full();
        let Some(columns) = now.groups.get(number).filter(|columns| columns.load == journal.load) else { return };
        let of_state = |at: Option<(State, Entry)>| at.filter(|(of, _)| *of == state).map(|(_, entry)| entry);
        let changes: Vec<(Option<Entry>, Option<Entry>)> = journal
            .before
            .iter()
            .map(|(slot, stood)| {
                let stands = books.standing(columns, &now.persons, *slot).map(|(state, _, entry)| (state, entry));
                (of_state(*stood), of_state(stands))
            })
            .collect();
        if reorder(&mut sequence, keys, &before.persons, &now.persons, &changes).is_none() {
            return;
        }
        let mut columns = columns.copy();
        let list = &mut columns.lists[state as usize];
        if list.orders.len() >= ORDERS
            && let Some((oldest, _)) =
                list.orders.iter().enumerate().min_by_key(|(_, order)| order.used.load(Ordering::Relaxed))
        {
            list.orders.remove(oldest);
        }
        let used = Arc::new(self.clock.fetch_add(1, Ordering::Relaxed).into());
        list.orders.push(Ordered { keys: keys.into(), sequence, used });
        columns.measure();
        let mut next = Snapshot::clone(&now);
        next.groups.set(columns);
        self.keep_within(books, &mut next, number);
        self.publish(books, next);
    }

    /// Brings all back within the budget, beyond which changes may have led.
    fn trim(&self) {
        let mut turn = self.turns.lock();
        let books = &mut turn.state;
        let mut next = Snapshot::clone(&self.snapshot.load());
        self.keep_within(books, &mut next, NOBODY);
        self.publish(books, next);
    }

    /// Gathers what filters read, block by block, so that nobody who catches up meanwhile waits for more than one of them
    /// to be put in place.
    fn gather(&self) {
        let before = self.snapshot.load_full();
        for (at, block) in before.persons.scattered() {
            let gathered = block.gathered();
            let turn = self.turns.lock();
            let mut next = Snapshot::clone(&self.snapshot.load());
            // What has changed meanwhile is gathered another time.
            if next.persons.swap(at, block, gathered) {
                self.publish(&turn.state, next);
            }
        }
    }

    /// Lets go what was not asked for the longest, but for the group of this number, until all is within the budget; at
    /// last of that group, too. Whether that one did not have to go.
    fn keep_within(&self, books: &mut Books, next: &mut Snapshot, newest: i64) -> bool {
        // What has been found can be found again.
        if next.bytes() + books.bytes() + (self.ledger.all() - self.ledger.columns()) > self.settings.bytes {
            next.groups.iter().for_each(|columns| columns.kept().clear());
        }
        while next.bytes() + books.bytes() > self.settings.bytes {
            // What nobody reads any more, but stands in runs with what somebody does, goes before what may be asked for.
            if next.persons.give_back() {
                continue;
            }
            let others = next.groups.iter().filter(|columns| columns.group.number != newest);
            let oldest = others.min_by_key(|columns| columns.used.load(Ordering::Relaxed));
            match oldest.map(|columns| columns.group.number) {
                Some(oldest) => {
                    books.drop_group(next, oldest);
                    self.evictions.fetch_add(1, Ordering::Relaxed);
                }
                None => {
                    let Some(columns) = next.groups.get(newest) else {
                        // Nothing is left but room that was taken once.
                        *next = books.begin_anew(next.epoch, next.head, next.last_credential_change);
                        return true;
                    };
                    let mut columns = columns.copy();
                    let had_orders = columns.lists.iter_mut().any(|list| list.orders.pop().is_some());
                    if had_orders {
                        self.absent.put_too_large(newest, TooLarge::Orders);
                        columns.measure();
                        next.groups.set(columns);
                    } else {
                        self.evictions.fetch_add(1, Ordering::Relaxed);
                        *next = books.begin_anew(next.epoch, next.head, next.last_credential_change);
                        return false;
                    }
                }
            }
        }
        true
    }
}

/// Gives slots to the persons of a group and puts it into the snapshot. Whether there was room.
fn take_in(books: &mut Books, next: &mut Snapshot, staging: Staging, loaded: Loaded, now: u64) -> bool {
    let Staging { entries, here, chunks, rest, .. } = staging;
    let Some(slots) = settle_down(books, next, chunks, &here, &rest) else {
        *next = books.begin_anew(next.epoch, next.head, next.last_credential_change);
        return false;
    };
    // Whose row is here is found by the order of coming, who was known beforehand by number.
    let mut come = here.iter().zip(&slots).peekable();
    let mut find = |number: i64| match come.next_if(|(other, _)| **other == number) {
        Some((_, slot)) => Some(*slot),
        None => books.slot(&next.persons, number),
    };
    let stands: Option<Vec<u32>> = entries.iter().map(|(number, ..)| find(*number)).collect();
    let Some(stands) = stands else {
        // Somebody who was known has gone meanwhile. Who has come for this group alone goes again.
        let alone: Vec<u32> = slots.into_iter().filter(|slot| books.count(*slot, 0) == 0).collect();
        alone.iter().for_each(|slot| _ = books.count(*slot, 1));
        books.leave(next, &alone);
        return false;
    };
    let number = loaded.group.number;
    let mut places = Places::with_capacity(entries.len());
    let mut lists: [Vec<Entry>; State::ALL.len()] = Default::default();
    for (slot, (_, state, scope, joined_at)) in stands.into_iter().zip(entries) {
        places.set(slot, Some(Standing { state, joined_at }));
        books.count(slot, 1);
        lists[state as usize].push(Entry { joined_at, slot, scope });
    }
    books.places.insert(number, places);
    books.loads += 1;
    let mut columns = Columns {
        group: loaded.group.into(),
        version: Version { group: loaded.head, persons: loaded.head },
        load: books.loads,
        lists: lists.map(|list| List::new(list.into_iter())),
        used: Arc::new(now.into()),
        step: 0,
        found: Arc::new(Mutex::new(Kept::new(Arc::clone(&books.ledger)))),
        bytes: 0,
    };
    columns.measure();
    next.groups.set(columns);
    true
}

/// Gives everybody a slot, in the order of their coming: the one they have where they are known by now.
fn settle_down(
    books: &mut Books,
    next: &mut Snapshot,
    chunks: Vec<crate::persons::Chunk>,
    numbers: &[i64],
    rest: &crate::staging::Buffer,
) -> Option<Vec<u32>> {
    let mut slots = Vec::with_capacity(numbers.len());
    books.reserve(&next.persons, numbers.len());
    for (chunk, numbers) in chunks.into_iter().zip(numbers.chunks(ROWS)) {
        let known: Vec<Option<u32>> = numbers.iter().map(|number| books.slot(&next.persons, *number)).collect();
        let twice: Vec<_> =
            known.iter().enumerate().filter(|(_, known)| known.is_some()).map(|(row, _)| (row, None)).collect();
        let chunk = if twice.is_empty() { chunk } else { chunk.with(&twice) };
        let first = books.add_chunk(&mut next.persons, Arc::new(chunk))?;
        books.give_back(twice.iter().map(|(row, _)| first + *row as u32));
        for (known, slot) in known.into_iter().zip(first..) {
            slots.push(known.unwrap_or(slot));
            if known.is_none() {
                books.enter(&next.persons, slot);
            }
        }
    }
    let mut rows: Rows<'_> = Vec::new();
    for person in rest.views() {
        let slot = match books.slot(&next.persons, person.number) {
            Some(slot) => slot,
            None => {
                let slot = books.take_slot(&mut next.persons)?;
                rows.push((slot, Some(person)));
                slot
            }
        };
        slots.push(slot);
    }
    let new: Vec<u32> = rows.iter().map(|(slot, _)| *slot).collect();
    Books::write(&mut next.persons, rows);
    new.iter().for_each(|slot| books.enter(&next.persons, *slot));
    Some(slots)
}
