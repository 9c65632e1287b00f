//! The store as a [`Source`]: whole groups, and what has become of them since.

use crate::connection::Connection;
use crate::error::StoreError;
use crate::store::{Failure, Store};
use crate::{changes, listing, query};
use membership::{CatchUp, Changed, DirectoryError, GroupKey, Loaded, MemberRow, Person, Source, State};
use std::collections::{BTreeMap, BTreeSet};

impl Source for Store {
    fn load(&self, group: i64, each: &mut dyn FnMut(&MemberRow<'_>)) -> Result<Option<Loaded>, DirectoryError> {
        let mut handed = false;
        let loaded = self.read(|connection| {
            if handed {
                // What was handed over is of another snapshot than what would come now.
                let lost = "the connection was lost while a group was being loaded";
                return Err(StoreError::Unavailable(lost.to_owned()).into());
            }
            // How long this takes depends on how many members there are.
            connection.without_time_limits()?;
            let Some(group) = listing::group(connection, &GroupKey::Number(group))? else { return Ok(None) };
            let (head, _) = changes::ends(connection)?;
            for state in State::ALL {
                query::all(connection, group.number, *state, &mut |row| {
                    handed = true;
                    each(row);
                })?;
            }
            Ok(Some(Loaded { group, head }))
        })?;
        Ok(loaded)
    }

    fn catch_up(&self, after: u64, limit: u32) -> Result<CatchUp, DirectoryError> {
        // As a rule there is nothing new, which costs least to find out. On PostgreSQL whoever asks knows better by a
        // question of its own, see `HeadReader`.
        if self.in_process() && self.head_now()? == after {
            return Ok(nothing_new(after));
        }
        Ok(self.read(|connection| catch_up(connection, after, limit))?)
    }
}

fn nothing_new(head: u64) -> CatchUp {
    CatchUp::Changed(Box::new(Changed { head, ..Changed::default() }))
}

fn catch_up(connection: &mut Connection, after: u64, limit: u32) -> Result<CatchUp, Failure> {
    let (head, floor) = changes::ends(connection)?;
    if head == after {
        return Ok(nothing_new(head));
    }
    // A log that ends before what is known of it is another one.
    if head < after || after < floor || head - after > u64::from(limit) {
        return Ok(CatchUp::Behind { head });
    }
    let entries = changes::behind(connection, after, None, limit)?;
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
