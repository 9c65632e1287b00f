//! The store as a [`Source`]: whole groups, and what has become of them since.

use crate::connection::{Connection, Role};
use crate::error::StoreError;
use crate::second::Second;
use crate::store::{Failure, Store, transaction};
use crate::{changes, listing, query};
use diesel::connection::SimpleConnection;
use membership::{CatchUp, ChangeEntry, Changed, DirectoryError, GroupKey, Loaded, MemberRow, Person, Source, State};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

impl Source for Store {
    fn load(&self, group: i64, each: &mut dyn FnMut(&MemberRow<'_>)) -> Result<Option<Loaded>, DirectoryError> {
        let (mut handed, mut alone) = (false, false);
        let mut load = |alone: bool, refused: &mut bool| {
            self.read_unmapped(|connection| {
                if handed {
                    // What was handed over is of another snapshot than what would come now.
                    let lost = "the connection was lost while a group was being loaded";
                    return Err(StoreError::Unavailable(lost.to_owned()).into());
                }
                // How long this takes depends on how many members there are.
                connection.without_time_limits()?;
                let Some(group) = listing::group(connection, &GroupKey::Number(group))? else { return Ok(None) };
                let (head, _) = changes::ends(connection)?;
                *refused = !alone;
                let mut second = if alone { None } else { self.second(connection, group.number)? };
                *refused = false;
                for state in State::ALL {
                    let beside = second.as_mut().map(Second::connection);
                    query::all(connection, beside, group.number, *state, &mut |row| {
                        handed = true;
                        each(row);
                    })?;
                }
                if let Some(second) = second {
                    second.give_back();
                }
                Ok(Some(Loaded { group, head }))
            })
        };
        loop {
            let mut refused = false;
            match load(alone, &mut refused) {
                // Nothing has been handed over yet.
                Err(error) if refused => {
                    log::debug!("no snapshot for a second connection: {error}");
                    alone = true;
                }
                outcome => return Ok(outcome?),
            }
        }
    }

    fn catch_up(&self, after: u64, limit: u32) -> Result<CatchUp, DirectoryError> {
        // As a rule there is nothing new, which costs least to find out. On PostgreSQL whoever asks knows better by a
        // question of its own, see `HeadReader`.
        if self.in_process() && self.head_now()? == after {
            return Ok(nothing_new(after));
        }
        // As a rule few members have changed, which one statement tells.
        if let Some(changed) = self.follow(Span::Statement, |connection| listing::changed(connection, after, limit))? {
            return Ok(CatchUp::Changed(Box::new(changed)));
        }
        Ok(self.follow(Span::Transaction, |connection| catch_up(connection, after, limit))?)
    }
}

/// What is one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    /// One statement.
    Statement,
    /// Several in a transaction.
    Transaction,
}

/// The connection to SQLite that is asked what has changed; opened when it is first needed.
///
/// It reads the file rather than mapping it: whenever somebody has committed, a connection gives back all that it has
/// mapped, and to have it mapped again costs more than to read the few pages that a change is about.
#[derive(Default)]
pub(crate) struct Follower(Mutex<Option<Connection>>);

impl Store {
    /// Runs `work` in one snapshot, as [`Store::read`] does, on SQLite on the connection that is kept for it, where nobody
    /// else uses it.
    fn follow<T>(
        &self,
        span: Span,
        mut work: impl FnMut(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        if self.in_process()
            && let Ok(mut kept) = self.follower().0.try_lock()
            && let Some(mut connection) = kept.take().or_else(|| self.unmapped())
        {
            let done = match span {
                Span::Statement => work(&mut connection),
                Span::Transaction => {
                    transaction(&mut connection, Role::Reader, &mut work).map_err(|failed| failed.failure)
                }
            };
            match done {
                Ok(done) => {
                    *kept = Some(connection);
                    return Ok(done);
                }
                // Nobody knows in what state it is.
                Err(failure) => log::debug!("what has changed is asked for again: {failure:?}"),
            }
        }
        match span {
            Span::Statement => self.read_alone(work),
            Span::Transaction => self.read(work),
        }
    }

    /// The same on SQLite on a connection of its own: what is read of a large group would else be mapped all at once, and
    /// count as memory of this process.
    fn read_unmapped<T>(&self, mut work: impl FnMut(&mut Connection) -> Result<T, Failure>) -> Result<T, StoreError> {
        let connection = if self.in_process() { self.unmapped() } else { None };
        match connection {
            Some(mut connection) => {
                Ok(transaction(&mut connection, Role::Reader, &mut work).map_err(|failed| failed.failure)?)
            }
            None => self.read(work),
        }
    }

    /// A new connection that does not map the file, if it can be had.
    fn unmapped(&self) -> Option<Connection> {
        // One that only reads must not make the database that has been moved away.
        self.manager().file.as_deref().filter(|file| file.exists())?;
        let mut connection = self.manager().open(Role::Reader).ok()?;
        connection.batch_execute("PRAGMA mmap_size = 0").ok()?;
        Some(connection)
    }
}

fn nothing_new(head: u64) -> CatchUp {
    CatchUp::Changed(Box::new(Changed { head, ..Changed::default() }))
}

/// The same as [`listing::changed`], whatever has changed.
pub(crate) fn catch_up(connection: &mut Connection, after: u64, limit: u32) -> Result<CatchUp, Failure> {
    let (head, entries) = match entries(connection, after, limit)? {
        Some(found) => found,
        None => {
            let (head, _) = changes::ends(connection)?;
            return Ok(if head == after { nothing_new(head) } else { CatchUp::Behind { head } });
        }
    };
    let groups: BTreeSet<i64> = entries.iter().filter_map(|entry| entry.group).collect();
    let groups: Vec<i64> = groups.into_iter().collect();
    let mut found: BTreeMap<i64, _> =
        listing::groups_by_numbers(connection, &groups)?.into_iter().map(|group| (group.number, group)).collect();
    // Who has a new owner is named by itself or with that one. Only then: some own very many groups, and belong to them.
    let changed = entries.iter().filter(|entry| entry.person.is_none()).filter_map(|entry| found.get(&entry.group?));
    let mut persons: BTreeSet<i64> = changed.filter_map(|group| group.owner).collect();
    persons.extend(entries.iter().filter_map(|entry| entry.person));
    let persons: Vec<i64> = persons.into_iter().collect();
    let groups = groups.into_iter().map(|number| (number, found.remove(&number))).collect();
    let memberships = listing::memberships_of_all(connection, &persons)?;
    let mut found: BTreeMap<i64, Person> =
        listing::persons_by_numbers(connection, &persons)?.into_iter().map(|person| (person.number, person)).collect();
    let persons = persons.into_iter().map(|number| (number, found.remove(&number))).collect();
    Ok(CatchUp::Changed(Box::new(Changed { entries, head, persons, memberships, groups })))
}

/// The entries behind the number `after`, with that of the last one; `None` when there are none, or more than `limit`, or
/// when they are not all there.
fn entries(connection: &mut Connection, after: u64, limit: u32) -> Result<Option<(u64, Vec<ChangeEntry>)>, Failure> {
    // One more than may be, so that the log has no gaps tells all that its ends would.
    let Some(to) = after.checked_add(u64::from(limit) + 1).and_then(|to| i64::try_from(to).ok()) else {
        return Ok(None);
    };
    let from = to - i64::from(limit) - 1;
    let entries = changes::between(connection, from, to)?;
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(None) };
    let all = first.number == after + 1 && last.number - after == entries.len() as u64;
    let head = last.number;
    Ok((all && entries.len() as u64 <= u64::from(limit)).then_some((head, entries)))
}
