//! What is in memory for a query.

use crate::MOST_READY;
use crate::edits::{Step, are_few};
use crate::found::{Found, Search};
use crate::group::{Columns, List};
use crate::persons::{Persons, Scratch};
use crate::sequence::{Entry, Sequence};
use crate::snapshot::{Place, Snapshot};
use arc_swap::Guard;
use membership::{
    Encoder, Group, MemberPage, MemberRow, OrderKey, PersonFields, PersonView, Rows, Scope, State, Window, Written,
};
use std::sync::Arc;

/// What is in memory for a query, of one snapshot. It stays as it was however long it is kept; who keeps it long keeps
/// the memory of that snapshot.
pub struct Held {
    pub(crate) snapshot: Guard<Arc<Snapshot>>,
    pub(crate) place: Place,
    pub(crate) state: State,
    pub(crate) keys: Vec<OrderKey>,
    pub(crate) wanted: Wanted,
    pub(crate) window: Window,
    pub(crate) fields: PersonFields,
    /// Names of encoders whose rows are kept.
    pub(crate) ready: [&'static str; MOST_READY],
}

/// Which entries of the list.
pub(crate) enum Wanted {
    All,
    /// Those that have been found before.
    Kept(Arc<Found>),
    /// Those that had been found before these steps.
    Before(Arc<Search>, Arc<Found>, Vec<Arc<Step>>),
    /// Those that are to be found.
    Sought(Arc<Search>),
}

/// What an answer costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// About what its rows cost: nothing is looked for, or among few.
    Short,
    /// Members are looked at one after the other: up to some milliseconds in a group of a million, more when the filter
    /// reckons. Or many changes are followed in what was found before.
    Scan,
}

/// Which changes an answer rests on: as long as both numbers stay, all answers about the group stay the same, but for
/// when somebody was last active, which is exact within a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// The number of the last change of the group and its memberships, or of one behind it at which it was loaded.
    pub group: u64,
    /// The same of somebody in it.
    pub persons: u64,
}

/// Among so many, looking for some is short whatever the filter.
const FEW: usize = 64;

impl Held {
    fn columns(&self) -> &Columns {
        self.snapshot.groups.at(self.place)
    }

    fn list(&self) -> &List {
        &self.columns().lists[self.state as usize]
    }

    fn sequence(&self) -> &Sequence {
        let list = self.list();
        // The order has been there when this was made, and its snapshot does not change.
        list.in_order(&self.keys).unwrap_or(&list.sequence)
    }

    fn found(&self) -> Option<Arc<Found>> {
        match &self.wanted {
            Wanted::All => None,
            Wanted::Kept(found) => Some(Arc::clone(found)),
            Wanted::Before(search, before, steps) => {
                let found = search.go_on(before, steps, &self.snapshot.persons, self.sequence());
                Some(self.keep(search, found))
            }
            Wanted::Sought(search) => {
                Some(self.keep(search, search.run(&self.snapshot.persons, self.list(), self.sequence())))
            }
        }
    }

    fn keep(&self, search: &Arc<Search>, found: Found) -> Arc<Found> {
        let found = Arc::new(found);
        let columns = self.columns();
        columns.kept().put(Arc::clone(search), Arc::clone(&found), columns.step);
        found
    }

    /// What it costs to be answered.
    pub fn cost(&self) -> Cost {
        match &self.wanted {
            Wanted::Sought(_) if self.list().sequence.len() > FEW => Cost::Scan,
            Wanted::Before(_, before, steps) if !are_few(steps, self.state, &self.keys, before.bytes_of_places()) => {
                Cost::Scan
            }
            _ => Cost::Short,
        }
    }

    /// The group that was asked about.
    pub fn group(&self) -> &Group {
        &self.columns().group
    }

    /// Which changes it rests on.
    pub fn version(&self) -> Version {
        self.columns().version
    }

    /// Hands the rows with the total to `read`, which is called once.
    pub fn members(&self, read: &mut dyn FnMut(MemberPage<'_>)) {
        let (found, sequence) = (self.found(), self.sequence());
        let total = found.as_ref().map_or(sequence.len(), |found| found.total);
        let offset = usize::try_from(self.window.offset).unwrap_or(usize::MAX).min(total);
        let rows = Cut {
            persons: &self.snapshot.persons,
            sequence,
            found: found.as_deref(),
            state: self.state,
            fields: self.fields,
            ready: &self.ready,
            offset,
            len: (self.window.limit as usize).min(total - offset),
        };
        read(MemberPage { group: &self.columns().group, total: total as u64, rows: &rows });
    }

    /// How many members the query finds, whatever its window.
    pub fn count(&self) -> u64 {
        self.found().map_or(self.list().sequence.len(), |found| found.total) as u64
    }
}

/// The rows of a window.
struct Cut<'a> {
    persons: &'a Persons,
    sequence: &'a Sequence,
    found: Option<&'a Found>,
    state: State,
    fields: PersonFields,
    ready: &'a [&'static str],
    offset: usize,
    len: usize,
}

/// For each so many rows of a page one part of a chunk of persons, which has twice as many, is written, and one more; rows
/// of others are taken from what is written already, or written alone. In the default order that is everybody soon; in
/// another one each row may stand in a part of its own, all of which would take long.
const MANY: usize = 16;

impl Cut<'_> {
    fn row<'r>(&self, entry: Entry, person: PersonView<'r>) -> MemberRow<'r> {
        let membership = self.fields.contains(PersonFields::MEMBERSHIP);
        MemberRow {
            person,
            state: self.state,
            scope: if membership { entry.scope } else { Scope::Participant },
            joined_at: if membership { entry.joined_at } else { None },
        }
    }

    fn entries(&self, mut read: impl FnMut(Entry)) {
        match self.found {
            None => self.sequence.from(self.offset).take(self.len).for_each(read),
            Some(found) => found.each(self.offset, self.len, |position| read(self.sequence.get(position))),
        }
    }
}

impl Rows for Cut<'_> {
    fn len(&self) -> usize {
        self.len
    }

    fn each(&self, read: &mut dyn FnMut(&MemberRow<'_>)) {
        let mut scratch = Scratch::default();
        self.entries(|entry| {
            let (chunk, row) = self.persons.place(entry.slot);
            read(&self.row(entry, chunk.view(row, self.fields, &mut scratch)));
        });
    }

    fn each_written(&self, encoder: &Encoder, beside: PersonFields, read: &mut dyn FnMut(&MemberRow<'_>, Written<'_>)) {
        let kept = self.ready.iter().position(|name| *name == encoder.name);
        let (mut scratch, mut bytes) = (Scratch::default(), Vec::new());
        let mut left = self.len / MANY + 1;
        self.entries(|entry| {
            let (chunk, row) = self.persons.place(entry.slot);
            let written = kept.and_then(|at| chunk.written(at, encoder, row, &mut left));
            if let Some(written) = written {
                read(&self.row(entry, chunk.view(row, beside, &mut scratch)), written);
                return;
            }
            bytes.clear();
            let person = chunk.view(row, self.fields, &mut scratch);
            let before = (encoder.write)(&person, &mut bytes);
            read(&self.row(entry, person), Written::of(&bytes, before));
        });
    }

    fn append(&self, encoder: &Encoder, out: &mut Vec<u8>, begin: &mut dyn FnMut(&mut Vec<u8>)) {
        let kept = self.ready.iter().position(|name| *name == encoder.name);
        let mut scratch = Scratch::default();
        let mut left = self.len / MANY + 1;
        self.entries(|entry| {
            begin(out);
            let (chunk, row) = self.persons.place(entry.slot);
            match kept.and_then(|at| chunk.written(at, encoder, row, &mut left)) {
                Some(written) => {
                    out.extend_from_slice(written.before);
                    out.extend_from_slice(written.after);
                }
                None => _ = (encoder.write)(&chunk.view(row, self.fields, &mut scratch), out),
            }
        });
    }
}
