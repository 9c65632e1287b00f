//! What stands in memory at one number of the change log.

use crate::group::Columns;
use crate::persons::Persons;
use hashbrown::HashMap;
use membership::GroupKey;
use std::sync::Arc;

/// All that stands in memory. It never changes: what comes next is another, which shares what has stayed the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// How often all began anew, since the log was another one or too far ahead.
    pub(crate) epoch: u64,
    pub(crate) head: u64,
    pub(crate) last_credential_change: u64,
    pub(crate) persons: Persons,
    pub(crate) groups: Groups,
}

impl Snapshot {
    /// How many bytes the columns take.
    pub(crate) const fn bytes(&self) -> u64 {
        self.persons.bytes() + self.groups.bytes()
    }
}

/// How many parts the map of groups has: a change copies one of them.
const PARTS: usize = 64;

/// The groups by number, and the numbers of their other names.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    parts: Vec<Arc<Part>>,
    numbers: Arc<HashMap<GroupKey, i64>>,
    bytes: u64,
}

/// In ascending order of the numbers.
type Part = Vec<(i64, Arc<Columns>)>;

/// Where a group stands in a snapshot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place(usize, usize);

impl Default for Groups {
    fn default() -> Self {
        Self { parts: vec![Arc::default(); PARTS], numbers: Arc::default(), bytes: 0 }
    }
}

const fn part_of(number: i64) -> usize {
    number.rem_euclid(PARTS as i64) as usize
}

impl Groups {
    /// Where the group so named stands.
    pub(crate) fn place(&self, key: &GroupKey) -> Option<Place> {
        let number = match key {
            GroupKey::Number(number) => *number,
            GroupKey::Id(_) | GroupKey::Guid(_) => *self.numbers.get(key)?,
        };
        let part = part_of(number);
        Some(Place(part, self.parts[part].binary_search_by_key(&number, |(number, _)| *number).ok()?))
    }

    pub(crate) fn at(&self, place: Place) -> &Columns {
        &self.parts[place.0][place.1].1
    }

    pub(crate) fn get(&self, number: i64) -> Option<&Columns> {
        self.place(&GroupKey::Number(number)).map(|place| self.at(place))
    }

    /// Puts a group in, or in the place of the one of its number.
    pub(crate) fn set(&mut self, columns: Columns) {
        let (number, group) = (columns.group.number, Arc::clone(&columns.group));
        let names = [GroupKey::Id(group.id), GroupKey::Guid(group.guid.clone())];
        if names.iter().any(|name| self.numbers.get(name) != Some(&number)) {
            let numbers = Arc::make_mut(&mut self.numbers);
            numbers.retain(|_, other| *other != number);
            numbers.extend(names.map(|name| (name, number)));
        }
        self.bytes += columns.bytes;
        let part = Arc::make_mut(&mut self.parts[part_of(number)]);
        match part.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(at) => {
                self.bytes -= part[at].1.bytes;
                part[at].1 = Arc::new(columns);
            }
            Err(at) => part.insert(at, (number, Arc::new(columns))),
        }
    }

    pub(crate) fn remove(&mut self, number: i64) {
        let part = &mut self.parts[part_of(number)];
        if let Ok(at) = part.binary_search_by_key(&number, |(number, _)| *number) {
            let (_, columns) = Arc::make_mut(part).remove(at);
            self.bytes -= columns.bytes;
            Arc::make_mut(&mut self.numbers).retain(|_, other| *other != number);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Columns> {
        self.parts.iter().flat_map(|part| part.iter()).map(|(_, columns)| columns.as_ref())
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }
}
