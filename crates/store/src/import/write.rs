//! One batch: a transaction that brings rows in, with their totals, counters and entries of the change log.

use super::cards::Cards;
use super::lookup::LIST;
use super::merge::Step;
use super::rows::{GroupRow, MembershipRow, PersonRow};
use super::{Counts, insert, lookup};
use crate::changes::{self, Change};
use crate::connection::Connection;
use crate::error::{StoreError, overtaken};
use crate::schema::{counters, groups, memberships, persons};
use crate::store::Failure;
use crate::totals::Differences;
use diesel::prelude::*;
use membership::record::{GroupRecord, PersonRecord};
use membership::{By, Scope, State};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A row was deleted after the lines were resolved.
const GONE: Failure = Failure::Store(StoreError::Overtaken);

/// The rows of one transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub new_persons: Vec<PersonRow>,
    /// Their cards, where the database does not keep those itself meanwhile.
    pub cards: Cards,
    pub new_groups: Vec<GroupRow>,
    pub new_memberships: Vec<MembershipRow>,
    /// How many of the new memberships there are in a group, by their states and scopes.
    pub totals: BTreeMap<(i64, State, Scope), i64>,
    /// Number of the person and what is said.
    pub persons: Vec<(i64, PersonRecord)>,
    /// Number of the group, what is said, number of the owner that is said.
    pub groups: Vec<(i64, GroupRecord, Option<i64>)>,
    /// Numbers of groups and new owners whose bans are lifted by memberships in this batch or a later one.
    pub forgiven: BTreeSet<(i64, i64)>,
    /// Numbers of group and person and what is said.
    pub memberships: Vec<(i64, i64, Step)>,
}

impl Batch {
    /// This without its rows, but with the room that they took.
    pub fn emptied(mut self) -> Self {
        self.new_persons.clear();
        self.cards.clear();
        self.new_groups.clear();
        self.new_memberships.clear();
        self.totals.clear();
        self.persons.clear();
        self.groups.clear();
        self.forgiven.clear();
        self.memberships.clear();
        self
    }

    pub fn len(&self) -> usize {
        let new = self.new_persons.len() + self.new_groups.len() + self.new_memberships.len();
        new + self.persons.len() + self.groups.len() + self.memberships.len()
    }
}

/// The counters of persons and groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    /// What they were when the lines were resolved; when they are not any more, somebody else has made rows.
    pub seen: (i64, i64),
    /// The highest numbers of the rows that the whole import makes.
    pub highest: (i64, i64),
}

/// What a batch did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    pub persons: Counts,
    pub groups: Counts,
    pub memberships: Counts,
}

/// Applies the batch, or with `write` unset only finds out what would happen. `None` when `numbers` are not right any
/// more; then nothing is done.
pub(super) fn apply(
    connection: &mut Connection,
    batch: &Batch,
    numbers: Option<Numbers>,
    by: &By,
    write: bool,
) -> Result<Option<Done>, Failure> {
    // How long a batch takes, and whom it waits for, is nothing that a limit for requests should decide.
    connection.without_time_limits()?;
    if let Some(numbers) = numbers {
        lock_counters(connection)?;
        if lookup::counters(connection)? != numbers.seen {
            return Ok(None);
        }
        raise_counters(connection, numbers.highest)?;
    }
    let mut work = Work { connection, now: by.now, write, touched: BTreeSet::new(), totals: Differences::default() };
    let done =
        Done { persons: work.persons(batch)?, groups: work.groups(batch)?, memberships: work.memberships(batch)? };
    if write {
        let Work { connection, touched, totals, .. } = work;
        totals.apply(connection)?;
        let entry = |group| Change { action: "import", group, ..Change::default() }.by(by);
        changes::log(connection, by.now, &touched.into_iter().map(entry).collect::<Vec<_>>())?;
    }
    Ok(Some(done))
}

/// Keeps others from making rows until the transaction ends. SQLite does anyway.
pub(super) fn lock_counters(connection: &mut Connection) -> Result<(), Failure> {
    if let Connection::Postgres(inner) = connection {
        // Not those of credentials, which are made all the time.
        let wanted = counters::table.filter(counters::name.eq_any(["group", "person"]));
        wanted.select(counters::last).order(counters::name).for_no_key_update().load::<i64>(inner)?;
    }
    Ok(())
}

/// Raises the counters to the numbers of persons and groups, in advance, so that nobody else is given one of them.
pub(super) fn raise_counters(connection: &mut Connection, highest: (i64, i64)) -> Result<(), Failure> {
    for (name, to) in [("group", highest.1), ("person", highest.0)] {
        diesel::update(counters::table.find(name).filter(counters::last.lt(to)))
            .set(counters::last.eq(to))
            .execute(connection)?;
    }
    Ok(())
}

/// Whether a batch failed because somebody else made or removed one of its rows after the lines were resolved.
pub(super) fn is_overtaken(failure: &Failure) -> bool {
    match failure {
        Failure::Database(error) => overtaken(error),
        Failure::Store(error) => matches!(error, StoreError::Overtaken),
        Failure::Halt(_) => false,
    }
}

struct Work<'a> {
    connection: &'a mut Connection,
    now: i64,
    write: bool,
    /// Groups whose rows or memberships changed; 0 stands for persons.
    touched: BTreeSet<i64>,
    totals: Differences,
}

/// Loads rows by their numbers, [`LIST`] at most, and locks them when they are going to be written (SQLite has locked
/// already).
macro_rules! load {
    ($work:ident, $table:ident, $row:ty, $numbers:expr) => {{
        let numbers: Vec<i64> = $numbers.collect();
        let query = $table::table.filter($table::number.eq_any(&numbers)).order($table::number);
        let rows = match &mut *$work.connection {
            Connection::Sqlite(inner) => query.select(<$row>::as_select()).load(inner)?,
            Connection::Postgres(inner) if $work.write => {
                // Rows that refer to these may be written meanwhile: their keys stay.
                query.select(<$row>::as_select()).for_no_key_update().load(inner)?
            }
            Connection::Postgres(inner) => query.select(<$row>::as_select()).load(inner)?,
        };
        rows.into_iter().map(|row: $row| (row.number, row)).collect::<HashMap<i64, $row>>()
    }};
}

/// Inserts rows: prepared statements on SQLite, a stream on PostgreSQL.
macro_rules! insert {
    ($connection:expr, $table:ident, $rows:expr) => {
        match $connection {
            Connection::Sqlite(inner) => insert::insert(inner, $rows)?,
            Connection::Postgres(inner) => {
                if !$rows.is_empty() {
                    diesel::copy_from($table::table).from_insertable($rows).execute(inner)?;
                }
            }
        }
    };
}

impl Work<'_> {
    fn persons(&mut self, batch: &Batch) -> Result<Counts, Failure> {
        let mut counts = Counts { created: batch.new_persons.len() as u64, ..Counts::default() };
        match &mut *self.connection {
            _ if !self.write => {}
            Connection::Sqlite(inner) if !batch.cards.is_empty() => {
                insert::insert_with_cards(inner, &batch.new_persons, &batch.cards)?;
            }
            connection => insert!(connection, persons, &batch.new_persons),
        }
        for some in batch.persons.chunks(LIST) {
            let stored = load!(self, persons, PersonRow, some.iter().map(|(number, _)| *number));
            for (number, said) in some {
                let before = stored.get(number).ok_or(GONE)?;
                let Some(row) = before.changed(said.clone(), self.now) else {
                    counts.unchanged += 1;
                    continue;
                };
                counts.changed += 1;
                if self.write {
                    insert::update(&mut *self.connection, before, &row)?;
                }
            }
        }
        if counts.created + counts.changed > 0 {
            self.touched.insert(0);
        }
        Ok(counts)
    }

    fn groups(&mut self, batch: &Batch) -> Result<Counts, Failure> {
        let mut counts = Counts { created: batch.new_groups.len() as u64, ..Counts::default() };
        if self.write {
            self.keep_owners(batch)?;
            insert!(&mut *self.connection, groups, &batch.new_groups);
        }
        self.touched.extend(batch.new_groups.iter().map(|row| row.number));
        for some in batch.groups.chunks(LIST) {
            let stored = load!(self, groups, GroupRow, some.iter().map(|(number, ..)| *number));
            for (number, said, owner) in some {
                let before = stored.get(number).ok_or(GONE)?;
                let Some(row) = before.changed(said.clone(), *owner, self.now) else {
                    counts.unchanged += 1;
                    continue;
                };
                counts.changed += 1;
                self.touched.insert(*number);
                if self.write {
                    insert::update(&mut *self.connection, before, &row)?;
                }
            }
        }
        if self.write {
            self.no_owner_was_banned(batch)?;
        }
        Ok(counts)
    }

    /// Makes sure that nobody has banned a new owner after the lines were resolved. The rows of the groups are held, so
    /// nobody does from now on.
    fn no_owner_was_banned(&mut self, batch: &Batch) -> Result<(), Failure> {
        let said = batch.groups.iter().filter_map(|(group, _, owner)| Some((*group, (*owner)?)));
        let said: Vec<(i64, i64)> = said.filter(|pair| !batch.forgiven.contains(pair)).collect();
        let stand = lookup::memberships(&mut *self.connection, &said)?;
        if stand.iter().any(|(.., state)| state == State::Banned.as_str()) { Err(GONE) } else { Ok(()) }
    }

    /// Makes sure that nobody who is to be banned has come to own the group after the lines were resolved, and does not
    /// until the transaction ends.
    fn bans_no_owner(&mut self, batch: &Batch) -> Result<(), Failure> {
        let new = batch.new_memberships.iter().filter(|row| row.state == State::Banned.as_str());
        let new = new.map(|row| (row.group_number, row.person_number));
        let others = batch.memberships.iter().filter(|(.., said)| said.state == Some(State::Banned));
        let bans: BTreeSet<(i64, i64)> = new.chain(others.map(|(group, person, _)| (*group, *person))).collect();
        let from: BTreeSet<i64> = bans.iter().map(|(group, _)| *group).collect();
        let from: Vec<i64> = from.into_iter().collect();
        for some in from.chunks(LIST) {
            let query = groups::table.filter(groups::number.eq_any(some)).order(groups::number);
            let query = query.select((groups::number, groups::owner));
            let owners: Vec<(i64, i64)> = match &mut *self.connection {
                Connection::Sqlite(inner) => query.load(inner)?,
                Connection::Postgres(inner) => query.for_no_key_update().load(inner)?,
            };
            if owners.iter().any(|owned| bans.contains(owned)) {
                return Err(GONE);
            }
        }
        Ok(())
    }

    /// Makes sure that those who will own groups are still there and stay until the transaction ends.
    fn keep_owners(&mut self, batch: &Batch) -> Result<(), Failure> {
        let new = batch.new_groups.iter().map(|row| row.owner).filter(|owner| *owner != 0);
        let owners: BTreeSet<i64> = new.chain(batch.groups.iter().filter_map(|(.., owner)| *owner)).collect();
        let owners: Vec<i64> = owners.into_iter().collect();
        for some in owners.chunks(LIST) {
            let query = persons::table.filter(persons::number.eq_any(some)).order(persons::number);
            let found: Vec<i64> = match &mut *self.connection {
                Connection::Sqlite(inner) => query.select(persons::number).load(inner)?,
                Connection::Postgres(inner) => query.select(persons::number).for_key_share().load(inner)?,
            };
            if found.len() < some.len() {
                return Err(GONE);
            }
        }
        Ok(())
    }

    fn memberships(&mut self, batch: &Batch) -> Result<Counts, Failure> {
        let mut counts = Counts { created: batch.new_memberships.len() as u64, ..Counts::default() };
        if self.write {
            self.bans_no_owner(batch)?;
            insert!(&mut *self.connection, memberships, &batch.new_memberships);
        }
        for ((group, state, scope), members) in &batch.totals {
            self.totals.add(*group, *state, *scope, *members);
            self.touched.insert(*group);
        }
        for said in batch.memberships.chunks(LIST) {
            let stored = self.stored_memberships(said)?;
            for (group, person, step) in said {
                let before = stored.get(&(*group, *person)).ok_or(GONE)?;
                let row = MembershipRow::after(Some(before), *group, *person, step, self.now);
                if row == *before {
                    counts.unchanged += 1;
                    continue;
                }
                counts.changed += 1;
                self.count(before, -1)?;
                self.count(&row, 1)?;
                if self.write {
                    insert::update(&mut *self.connection, before, &row)?;
                }
            }
        }
        Ok(counts)
    }

    fn count(&mut self, row: &MembershipRow, by: i64) -> Result<(), Failure> {
        let (state, scope) = row.stands()?;
        self.totals.add(row.group_number, state, scope, by);
        self.touched.insert(row.group_number);
        Ok(())
    }

    fn stored_memberships(&mut self, said: &[(i64, i64, Step)]) -> Result<HashMap<(i64, i64), MembershipRow>, Failure> {
        let mut sql = lookup::of_pairs("m.*", said.iter().map(|(group, person, _)| (*group, *person)));
        sql.push_str(" ORDER BY m.group_number, m.person_number");
        if self.write && matches!(self.connection, Connection::Postgres(_)) {
            sql.push_str(" FOR NO KEY UPDATE OF m");
        }
        let rows = diesel::sql_query(sql).load(&mut *self.connection)?;
        Ok(rows.into_iter().map(|row: MembershipRow| ((row.group_number, row.person_number), row)).collect())
    }
}
