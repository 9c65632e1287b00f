//! The store as a [`Directory`].

use crate::connection::Connection;
use crate::error::StoreError;
use crate::listing::{self, seen_total};
use crate::rows::PersonRecord;
use crate::schema::persons;
use crate::store::{Failure, Store};
use crate::{changes, query, totals};
use diesel::prelude::*;
use membership::text::has_nul;
use membership::{
    Changes, Directory, DirectoryError, Group, GroupEntry, GroupKey, GroupQuery, Job, JobQuery, MemberPage,
    MemberQuery, Membership, MembershipEntry, Page, Person, PersonKey, PersonQuery, Rows, SliceRows, State, Window,
};

impl Directory for Store {
    fn members(&self, query: &MemberQuery, read: &mut dyn FnMut(MemberPage<'_>)) -> Result<(), DirectoryError> {
        let found = self.read(|connection| {
            let Some(group) = group(connection, &query.group)? else { return Ok(None) };
            let kept = kept_total(connection, group.number, query)?;
            // Past the end of what is known there is nothing to look for.
            let beyond = kept.is_some_and(|total| query.window.offset >= total);
            let rows = if beyond { None } else { Some(query::page(connection, group.number, query)?) };
            let total = match kept.or_else(|| seen_total(query.window, rows.as_ref().map_or(0, Rows::len))) {
                Some(total) => total,
                None => counted(query::count(connection, group.number, query)?)?,
            };
            Ok(Some((group, total, rows)))
        })?;
        let (group, total, rows) = found.ok_or(DirectoryError::NoSuchGroup)?;
        match rows {
            Some(rows) => {
                read(MemberPage { group: &group, total, rows: &rows });
                rows.understood().map_err(StoreError::from)?;
            }
            None => read(MemberPage { group: &group, total, rows: &SliceRows(&[]) }),
        }
        Ok(())
    }

    fn count(&self, query: &MemberQuery) -> Result<u64, DirectoryError> {
        let total = self.read(|connection| {
            let Some(group) = group(connection, &query.group)? else { return Ok(None) };
            match kept_total(connection, group.number, query)? {
                Some(total) => Ok(Some(total)),
                None => Ok(Some(counted(query::count(connection, group.number, query)?)?)),
            }
        })?;
        total.ok_or(DirectoryError::NoSuchGroup)
    }

    fn person(&self, key: &PersonKey) -> Result<Option<Person>, DirectoryError> {
        Ok(self.read_alone(|connection| person(connection, key))?)
    }

    fn group(&self, key: &GroupKey) -> Result<Option<Group>, DirectoryError> {
        Ok(self.read_alone(|connection| group(connection, key))?)
    }

    fn groups(&self, query: &GroupQuery) -> Result<Page<GroupEntry>, DirectoryError> {
        Ok(self.read(|connection| listing::groups(connection, query))?)
    }

    fn count_groups(&self, query: &GroupQuery) -> Result<u64, DirectoryError> {
        Ok(self.read(|connection| listing::count_groups(connection, query))?)
    }

    fn group_entry(&self, key: &GroupKey, viewer: Option<i64>) -> Result<GroupEntry, DirectoryError> {
        let found = self.read_alone(|connection| listing::group_entry(connection, key, viewer))?;
        found.ok_or(DirectoryError::NoSuchGroup)
    }

    fn persons(&self, query: &PersonQuery) -> Result<Page<Person>, DirectoryError> {
        Ok(self.read(|connection| listing::persons(connection, query))?)
    }

    fn count_persons(&self, query: &PersonQuery) -> Result<u64, DirectoryError> {
        Ok(self.read(|connection| listing::count_persons(connection, query))?)
    }

    fn membership(&self, key: &GroupKey, named: &PersonKey) -> Result<Option<MembershipEntry>, DirectoryError> {
        let found = self.read(|connection| {
            let Some(group) = group(connection, key)? else { return Ok(None) };
            let Some(person) = person(connection, named)? else { return Ok(Some(None)) };
            let membership = listing::membership(connection, group.number, person.number)?;
            Ok(Some(Some(MembershipEntry { group, person, membership })))
        })?;
        found.ok_or(DirectoryError::NoSuchGroup)
    }

    fn memberships_of(
        &self,
        person: i64,
        state: State,
        window: Window,
    ) -> Result<Page<(Group, Membership)>, DirectoryError> {
        Ok(self.read(|connection| listing::memberships_of(connection, person, state, window))?)
    }

    fn jobs(&self, query: &JobQuery) -> Result<Page<Job>, DirectoryError> {
        let found = self.read(|connection| {
            let Some(group) = group(connection, &query.group)? else { return Ok(None) };
            Ok(Some(listing::jobs(connection, group.number, query.state, query.window)?))
        })?;
        found.ok_or(DirectoryError::NoSuchGroup)
    }

    fn job(&self, number: i64) -> Result<Option<Job>, DirectoryError> {
        Ok(self.read_alone(|connection| listing::job(connection, number))?)
    }

    fn changes(&self, after: u64, group: Option<i64>, limit: u32) -> Result<Changes, DirectoryError> {
        let found = self.read(|connection| changes::after(connection, after, group, limit))?;
        found.map_err(DirectoryError::Gone)
    }

    fn head(&self) -> Result<u64, DirectoryError> {
        Ok(self.read_alone(changes::ends)?.0)
    }
}

/// The total, where it is kept: whenever there is no filter.
fn kept_total(connection: &mut Connection, group: i64, query: &MemberQuery) -> Result<Option<u64>, Failure> {
    if query.filter().is_some() {
        return Ok(None);
    }
    let total = totals::of(connection, group, query.state, query.scopes)?;
    Ok(Some(counted(total)?))
}

fn counted(total: i64) -> Result<u64, StoreError> {
    u64::try_from(total).map_err(|_| StoreError::Fault(format!("a group has {total} members")))
}

pub(crate) use crate::listing::group;

/// The person so named.
pub(crate) fn person(connection: &mut Connection, key: &PersonKey) -> Result<Option<Person>, Failure> {
    if matches!(key, PersonKey::Uid(text) | PersonKey::Login(text) if has_nul(text)) {
        return Ok(None);
    }
    let all = persons::table.select(PersonRecord::as_select());
    let row = match key {
        PersonKey::Number(number) => all.filter(persons::number.eq(number)).get_result(connection).optional()?,
        PersonKey::Id(id) => all.filter(persons::id.eq(id.to_string())).get_result(connection).optional()?,
        PersonKey::Uid(uid) => all.filter(persons::uid.eq(uid)).get_result(connection).optional()?,
        PersonKey::Login(login) => {
            let folded = membership::text::fold(login);
            all.filter(persons::login_folded.eq(folded)).get_result(connection).optional()?
        }
    };
    Ok(row.map(Person::try_from).transpose()?)
}
