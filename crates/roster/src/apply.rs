//! From one snapshot to the next, by what has changed.

use crate::books::{Books, Rows};
use crate::edits::{Edit, Step};
use crate::group::{Columns, List, compare, compare_keys, compare_last};
use crate::log::concerns_credentials;
use crate::persons::{Persons, Scratch};
use crate::places::Standing;
use crate::sequence::{Entry, Sequence};
use crate::snapshot::Snapshot;
use hashbrown::{HashMap, HashSet};
use membership::{Changed, Membership, OrderKey, Person, PersonFields, PersonView, State};
use std::sync::Arc;

/// What has become of one person in one group.
#[derive(Clone, Copy, Debug)]
struct Move {
    slot: u32,
    before: Option<(State, Entry)>,
    after: Option<(State, Entry)>,
    /// Whether the person is not the same as before, wherever it stands.
    edited: bool,
    /// The number of the change.
    number: u64,
}

/// What the entries of the log say.
#[derive(Debug, Default)]
struct Said {
    /// Whether nothing that stood before holds any more.
    all_stale: bool,
    stale: HashSet<i64>,
    last_credential_change: Option<u64>,
    /// The last change of each group and each person.
    groups: HashMap<i64, u64>,
    persons: HashMap<i64, u64>,
}

impl Said {
    fn new(changed: &Changed) -> Self {
        let mut said = Self::default();
        for entry in &changed.entries {
            if concerns_credentials(entry) {
                said.last_credential_change = Some(entry.number);
            }
            if let Some(group) = entry.group {
                said.groups.insert(group, entry.number);
            }
            if let Some(person) = entry.person {
                said.persons.insert(person, entry.number);
            }
            match (entry.action.as_str(), entry.group) {
                // Behind its end, another may have been made under its number.
                ("import" | "group_delete", Some(group)) => _ = said.stale.insert(group),
                ("import", None) => said.all_stale = true,
                _ => {}
            }
        }
        said
    }
}

impl Books {
    /// The snapshot behind `before`, in which `changed` has happened.
    pub(crate) fn apply(&mut self, before: &Snapshot, changed: &Changed) -> Snapshot {
        let said = Said::new(changed);
        let last_credential_change = said.last_credential_change.unwrap_or(before.last_credential_change);
        if said.all_stale {
            return self.begin_anew(before.epoch, changed.head, last_credential_change);
        }
        let mut next = Snapshot { head: changed.head, last_credential_change, ..before.clone() };
        for group in &said.stale {
            self.drop_group(&mut next, *group);
        }
        self.edit_groups(&mut next, changed, &said);
        self.move_persons(&mut next, changed, &said);
        next
    }

    /// Nothing of what stood before.
    pub(crate) fn begin_anew(&mut self, epoch: u64, head: u64, last_credential_change: u64) -> Snapshot {
        self.forget();
        Snapshot { epoch, head, last_credential_change, ..Snapshot::default() }
    }

    fn edit_groups(&mut self, next: &mut Snapshot, changed: &Changed, said: &Said) {
        for (number, group) in &changed.groups {
            let Some(group) = group else {
                self.drop_group(next, *number);
                continue;
            };
            if let Some(columns) = next.groups.get(*number)
                && *columns.group != *group
            {
                let mut columns = columns.copy();
                columns.group = group.clone().into();
                columns.version.group = said.groups.get(number).copied().unwrap_or(changed.head);
                next.groups.set(columns);
            }
        }
    }

    fn move_persons(&mut self, next: &mut Snapshot, changed: &Changed, said: &Said) {
        // Without the groups that have just been dropped, and otherwise as it stood before.
        let old = next.persons.clone();
        let mut memberships: HashMap<i64, Vec<&Membership>> = HashMap::new();
        for membership in changed.memberships.iter().filter(|m| self.places.contains_key(&m.group)) {
            memberships.entry(membership.person).or_default().push(membership);
        }
        let mut moves: HashMap<i64, Vec<Move>> = HashMap::new();
        let (mut rows, mut come, mut gone): (Rows<'_>, Vec<u32>, Vec<u32>) = Default::default();
        let mut full: HashSet<i64> = HashSet::new();
        let held: Vec<i64> = self.places.keys().copied().collect();
        for (number, person) in &changed.persons {
            let theirs = memberships.get(number).filter(|_| person.is_some()).map_or(&[][..], Vec::as_slice);
            let known = self.slot(&old, *number);
            let slot = match known {
                Some(slot) => slot,
                None if theirs.is_empty() => continue,
                None => match self.take_slot(&mut next.persons) {
                    Some(slot) => slot,
                    None => {
                        // No place for anybody any more: these groups are not kept.
                        full.extend(theirs.iter().map(|membership| membership.group));
                        continue;
                    }
                },
            };
            let edited = known.is_none() || is_edited(&old, slot, person.as_ref());
            let at = said.persons.get(number).copied().unwrap_or(changed.head);
            let groups = if known.is_some() { held.clone() } else { theirs.iter().map(|m| m.group).collect() };
            for group in groups {
                let stood = next.groups.get(group).filter(|_| known.is_some());
                let before = stood.and_then(|columns| self.standing(columns, &old, slot));
                let before = before.map(|(state, _, entry)| (state, entry));
                let after = theirs.iter().find(|m| m.group == group).map(|m| entry_of(m, slot));
                if before.is_none() && after.is_none() {
                    continue;
                }
                if before != after || edited {
                    moves.entry(group).or_default().push(Move { slot, before, after, edited, number: at });
                }
                self.stand(group, slot, after);
            }
            if self.count(slot, 0) == 0 {
                rows.push((slot, None));
                gone.push(slot);
            } else if edited {
                rows.push((slot, person.as_ref().map(Person::view)));
                if known.is_none() {
                    come.push(slot);
                }
            }
        }
        gone.iter().for_each(|slot| self.strike(&old, *slot));
        Self::write(&mut next.persons, rows);
        come.iter().for_each(|slot| self.enter(&next.persons, *slot));
        for (group, moves) in moves {
            self.note(group, &moves);
            let after = next.groups.get(group).and_then(|columns| move_in(columns, &old, &next.persons, &moves));
            match after {
                Some(columns) => next.groups.set(columns),
                // What should stand there does not: it is loaded anew when it is asked for.
                None => self.drop_group(next, group),
            }
        }
        full.iter().for_each(|group| self.drop_group(next, *group));
        // Only now, so that a slot means one person at most in all of this.
        self.give_back(gone);
    }

    /// How a slot stands from now on in a group.
    fn stand(&mut self, group: i64, slot: u32, after: Option<(State, Entry)>) {
        let Some(places) = self.places.get_mut(&group) else { return };
        let before = places.set(slot, after.map(|(state, entry)| Standing { state, joined_at: entry.joined_at }));
        match (before, after) {
            (None, Some(_)) => self.count(slot, 1),
            (Some(_), None) => self.count(slot, -1),
            _ => 0,
        };
    }

    /// Writes down what moves in a group that somebody puts in order.
    fn note(&mut self, group: i64, moves: &[Move]) {
        if let Some(journal) = self.journal.as_mut().filter(|journal| journal.group == group) {
            for Move { slot, before, .. } in moves {
                journal.before.entry(*slot).or_insert(*before);
            }
        }
    }
}

fn entry_of(membership: &Membership, slot: u32) -> (State, Entry) {
    (membership.state, Entry { joined_at: membership.joined_at, slot, scope: membership.scope })
}

/// Whether a row of a list would show the person otherwise.
fn is_edited(persons: &Persons, slot: u32, person: Option<&Person>) -> bool {
    let (chunk, row) = persons.place(slot);
    let mut scratch = Scratch::default();
    let before: PersonView<'_> = chunk.view(row, PersonFields::ALL, &mut scratch);
    person.is_none_or(|person| person.view() != before)
}

/// The group behind these moves; `None` when one begins where nobody stands.
fn move_in(columns: &Columns, old: &Persons, new: &Persons, moves: &[Move]) -> Option<Columns> {
    let mut next = columns.copy();
    for Move { before, after, edited, number, .. } in moves {
        if before != after {
            next.version.group = next.version.group.max(*number);
        }
        if *edited {
            next.version.persons = next.version.persons.max(*number);
        }
    }
    let mut step = Step::default();
    for state in State::ALL {
        let of_state = |at: Option<(State, Entry)>| at.filter(|(of, _)| of == state).map(|(_, entry)| entry);
        let list = &mut next.lists[*state as usize];
        let mut changes: Vec<(Option<Entry>, Option<Entry>)> = Vec::new();
        for Move { before, after, .. } in moves {
            let change = (of_state(*before), of_state(*after));
            if let Some(entry) = change.0 {
                list.scopes[entry.scope as usize] = list.scopes[entry.scope as usize].checked_sub(1)?;
            }
            if let Some(entry) = change.1 {
                list.scopes[entry.scope as usize] += 1;
            }
            if change != (None, None) {
                changes.push(change);
            }
        }
        if !changes.is_empty() {
            move_in_list(list, *state, (old, new), &changes, &mut step)?;
        }
    }
    next.measure();
    next.step += 1;
    next.kept().step(step);
    Some(next)
}

fn move_in_list(
    list: &mut List,
    state: State,
    (old, new): (&Persons, &Persons),
    changes: &[(Option<Entry>, Option<Entry>)],
    step: &mut Step,
) -> Option<()> {
    step.lists.push((state, [].into(), reorder(&mut list.sequence, &[], old, new, changes)?));
    for order in &mut list.orders {
        let edits = reorder(&mut order.sequence, &order.keys, old, new, changes)?;
        step.lists.push((state, Arc::clone(&order.keys), edits));
    }
    Some(())
}

/// Takes entries from where they stood, as the persons were, and puts them where they stand, as they are. First all of
/// the one, then all of the other: so each is looked for among entries that are in order. Gives what it did.
pub(crate) fn reorder(
    sequence: &mut Sequence,
    keys: &[OrderKey],
    old: &Persons,
    new: &Persons,
    changes: &[(Option<Entry>, Option<Entry>)],
) -> Option<Vec<Edit>> {
    // Whoever has another scope, but nothing that decides about the place.
    let stays_there = |before: &Entry, after: &Entry| {
        (before.slot, before.joined_at) == (after.slot, after.joined_at)
            && compare_keys(keys, (old, before.slot), (new, after.slot)).is_eq()
    };
    let (mut edits, mut moved) = (Vec::with_capacity(changes.len()), Vec::new());
    for change in changes {
        match change {
            (Some(before), Some(after)) if stays_there(before, after) => {
                if before != after {
                    sequence.replace(stand(sequence, keys, old, before)?, *after);
                }
                edits.push(Edit::Touch(*after));
            }
            change => moved.push(change),
        }
    }
    for before in moved.iter().filter_map(|(before, _)| before.as_ref()) {
        let at = stand(sequence, keys, old, before)?;
        sequence.remove(at);
        edits.push(Edit::Remove(at));
    }
    for after in moved.iter().filter_map(|(_, after)| after.as_ref()) {
        let at = find(sequence, keys, new, after);
        sequence.insert(at, *after);
        edits.push(Edit::Insert(at, *after));
    }
    Some(edits)
}

/// Where the entry stands; `None` where it does not.
fn stand(sequence: &Sequence, keys: &[OrderKey], persons: &Persons, entry: &Entry) -> Option<usize> {
    let at = find(sequence, keys, persons, entry);
    (at < sequence.len() && sequence.get(at).slot == entry.slot).then_some(at)
}

/// Where an entry stands in a list in this order, or would.
pub(crate) fn find(sequence: &Sequence, keys: &[OrderKey], persons: &Persons, entry: &Entry) -> usize {
    if keys.is_empty() {
        sequence.find(|other| compare_last(persons, other, entry))
    } else {
        sequence.find(|other| compare(keys, persons, other, entry))
    }
}
