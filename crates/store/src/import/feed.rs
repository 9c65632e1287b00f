//! What the third step writes: the spool is read again and made into batches, while others are being written.

use super::ImportError;
use super::known::{Known, Pairs, Row, Told};
use super::members::Members;
use super::merge::{Merge, Step};
use super::resolve::{Rows, SKIPPED};
use super::rows::{GroupRow, MembershipRow, PersonRow};
use super::sorted::Aside;
use super::spool::{PileReader, damaged};
use super::write::Batch;
use membership::record::{GroupRecord, MembershipRecord, PersonRecord};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};

/// Reads the spool again and makes batches of it.
pub(super) struct Feeder<'a> {
    pub rows: &'a Rows,
    /// What lines about memberships mean. Ends without it when that is not wanted, since one of them is bad.
    pub meant: Receiver<Meant>,
    pub now: i64,
    /// Takes the keys of new persons, where it is there.
    pub aside: Option<Aside>,
    /// Whether the cards of new persons are to be put together.
    pub cards: bool,
    /// How many rows a batch should have.
    pub size: &'a AtomicUsize,
    pub sender: SyncSender<Batch>,
    /// Batches that were written.
    pub used: Receiver<Batch>,
}

/// What the lines about memberships mean, and what reads them again.
pub(super) struct Meant {
    pub members: Members,
    pub reader: PileReader,
}

struct Feeding<'a> {
    feeder: Feeder<'a>,
    batch: Batch,
    meant: Option<Meant>,
    /// Whether that has come.
    told: bool,
}

/// Why feeding ended early.
enum Ended {
    /// Nobody wants more batches, since writing one has failed or a line is bad.
    Unwanted,
    Failed(ImportError),
}

impl From<ImportError> for Ended {
    fn from(error: ImportError) -> Self {
        Self::Failed(error)
    }
}

impl Feeder<'_> {
    /// Sends all batches: first persons, then groups, then memberships. False where that ended early because they are not
    /// wanted. Fails when the temporary files cannot be read.
    pub fn feed(self, persons: PileReader, groups: PileReader) -> Result<bool, ImportError> {
        let mut feeding = Feeding { feeder: self, batch: Batch::default(), meant: None, told: false };
        match feeding.all(persons, groups) {
            Ok(()) => Ok(true),
            Err(Ended::Unwanted) => Ok(false),
            Err(Ended::Failed(error)) => Err(error),
        }
    }
}

impl Feeding<'_> {
    fn all(&mut self, persons: PileReader, groups: PileReader) -> Result<(), Ended> {
        self.look()?;
        self.persons(persons)?;
        // That is all of them.
        drop(self.feeder.aside.take());
        self.groups(groups)?;
        let meant = match self.meant.take() {
            Some(meant) => meant,
            None => self.feeder.meant.recv().map_err(|_| Ended::Unwanted)?,
        };
        self.told = true;
        self.memberships(meant)?;
        if self.batch.len() > 0 { self.send() } else { Ok(()) }
    }

    /// Looks whether it is told yet what memberships mean.
    fn look(&mut self) -> Result<(), Ended> {
        if !self.told {
            match self.feeder.meant.try_recv() {
                Ok(meant) => (self.meant, self.told) = (Some(meant), true),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return Err(Ended::Unwanted),
            }
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), Ended> {
        self.look()?;
        // In the order of the table: neighbours are written together.
        self.batch.new_memberships.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        for row in &self.batch.new_memberships {
            let (state, scope) = (row.state.parse().map_err(|_| damaged())?, row.scope.parse().map_err(|_| damaged())?);
            *self.batch.totals.entry((row.group_number, state, scope)).or_default() += 1;
        }
        // The room of one that was written is used again: taking so much anew from the system costs more than the rows.
        let next = self.feeder.used.try_iter().last().map(Batch::emptied).unwrap_or_default();
        self.feeder.sender.send(std::mem::replace(&mut self.batch, next)).map_err(|_| Ended::Unwanted)
    }

    fn send_when_full(&mut self) -> Result<(), Ended> {
        if self.batch.len() < self.feeder.size.load(Ordering::Relaxed) { Ok(()) } else { self.send() }
    }

    /// Lines that differ about the same row wait for each other, so that what they say together is applied at once.
    fn persons(&mut self, mut reader: PileReader) -> Result<(), Ended> {
        let mut often: BTreeMap<u32, PersonRecord> = BTreeMap::new();
        for &at in &self.feeder.rows.person_lines {
            let spooled = reader.next()?.ok_or_else(damaged)?;
            if at == SKIPPED {
                continue;
            }
            let record: PersonRecord = spooled.record()?;
            let row = known(&self.feeder.rows.persons, at)?;
            if row.told == Told::Often {
                together(&mut often, at, record);
            } else {
                self.person(at, row, record)?;
            }
        }
        often.into_iter().try_for_each(|(at, record)| self.person(at, known(&self.feeder.rows.persons, at)?, record))
    }

    fn person(&mut self, at: u32, row: &Row, mut said: PersonRecord) -> Result<(), Ended> {
        if row.new {
            let made = self.feeder.rows.persons.made(at);
            let uid = made.and_then(|made| made.uid.as_deref()).map(str::to_owned).or_else(|| said.uid.take());
            let login = made.and_then(|made| made.login.as_deref()).map(str::to_owned).or_else(|| said.login.take());
            let (Some(uid), Some(login)) = (uid, login) else { return Err(damaged().into()) };
            let mut person = PersonRow::new(row.number, row.id.to_string(), uid, login, self.feeder.now);
            person.take(said);
            if let Some(aside) = &mut self.feeder.aside {
                aside.put(&person);
            }
            if self.feeder.cards {
                self.batch.cards.push(&person);
            }
            self.batch.new_persons.push(person);
        } else {
            self.batch.persons.push((row.number, said));
        }
        self.send_when_full()
    }

    fn groups(&mut self, mut reader: PileReader) -> Result<(), Ended> {
        let mut often: BTreeMap<u32, GroupRecord> = BTreeMap::new();
        for &at in &self.feeder.rows.group_lines {
            let spooled = reader.next()?.ok_or_else(damaged)?;
            if at == SKIPPED {
                continue;
            }
            let record: GroupRecord = spooled.record()?;
            let row = known(&self.feeder.rows.groups, at)?;
            if row.told == Told::Often {
                together(&mut often, at, record);
            } else {
                self.group(at, row, record)?;
            }
        }
        often.into_iter().try_for_each(|(at, record)| self.group(at, known(&self.feeder.rows.groups, at)?, record))
    }

    fn group(&mut self, at: u32, row: &Row, mut said: GroupRecord) -> Result<(), Ended> {
        let owner = match &said.owner {
            Some(owner) => {
                let at = self.feeder.rows.person("owner", owner).map_err(|_| damaged())?;
                Some(known(&self.feeder.rows.persons, at)?.number)
            }
            None => None,
        };
        if row.new {
            let made = self.feeder.rows.groups.made(at).and_then(|made| made.uid.as_deref()).map(str::to_owned);
            let Some(guid) = made.or_else(|| said.guid.take()) else { return Err(damaged().into()) };
            let mut group = GroupRow::new(row.number, row.id.to_string(), guid, self.feeder.now);
            group.take(said, owner);
            self.batch.new_groups.push(group);
        } else {
            if let Some(owner) =
                owner.filter(|_| self.meant.as_ref().is_some_and(|meant| meant.members.owners.is_in_doubt(at)))
            {
                self.batch.forgiven.insert((row.number, owner));
            }
            self.batch.groups.push((row.number, said, owner));
        }
        self.send_when_full()
    }

    fn memberships(&mut self, meant: Meant) -> Result<(), Ended> {
        let Meant { members, mut reader } = meant;
        let rows = self.feeder.rows;
        let mut often: BTreeMap<(u32, u32), Step> = BTreeMap::new();
        for &key in &members.lines {
            let spooled = reader.next()?.ok_or_else(damaged)?;
            if key.0 == SKIPPED {
                continue;
            }
            let record: MembershipRecord = spooled.record()?;
            let step = rows.step(&record).map_err(|_| damaged())?;
            if members.told_often(key) {
                together(&mut often, key, step);
            } else {
                self.membership(&members.pairs, key, step)?;
            }
        }
        often.into_iter().try_for_each(|(key, step)| self.membership(&members.pairs, key, step))
    }

    fn membership(&mut self, pairs: &Pairs, key: (u32, u32), said: Step) -> Result<(), Ended> {
        let rows = self.feeder.rows;
        let group = known(&rows.groups, key.0)?.number;
        let person = known(&rows.persons, key.1)?.number;
        if pairs.get(key).is_some_and(|pair| pair.stored) {
            self.batch.memberships.push((group, person, said));
        } else {
            self.batch.new_memberships.push(MembershipRow::after(None, group, person, &said, self.feeder.now));
        }
        self.send_when_full()
    }
}

fn known(known: &Known, at: u32) -> Result<&Row, ImportError> {
    known.row(at).ok_or_else(damaged)
}

fn together<K: Ord, R: Merge>(often: &mut BTreeMap<K, R>, at: K, record: R) {
    match often.get_mut(&at) {
        Some(earlier) => earlier.merge(record),
        None => drop(often.insert(at, record)),
    }
}
