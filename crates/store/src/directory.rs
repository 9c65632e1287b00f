//! The store as a [`Directory`].

use crate::connection::Connection;
use crate::error::StoreError;
use crate::query;
use crate::rows::{GroupRecord, PersonRecord};
use crate::schema::{change_head, groups, persons};
use crate::store::{Failure, Store};
use crate::totals;
use diesel::prelude::*;
use membership::{Directory, DirectoryError, Group, GroupKey, MemberPage, MemberQuery, Person, PersonKey, SliceRows};

impl Directory for Store {
    fn members(&self, query: &MemberQuery, read: &mut dyn FnMut(MemberPage<'_>)) -> Result<(), DirectoryError> {
        let found = self.read(|connection| {
            let Some(group) = group(connection, &query.group)? else { return Ok(None) };
            let kept = kept_total(connection, group.number, query)?;
            // Past the end of what is known there is nothing to look for.
            let beyond = kept.is_some_and(|total| query.window.offset >= total);
            let rows = if beyond { Vec::new() } else { query::page(connection, group.number, query)? };
            let total = match kept.or_else(|| seen_total(query, rows.len())) {
                Some(total) => total,
                None => counted(query::count(connection, group.number, query)?)?,
            };
            Ok(Some((group, total, rows)))
        })?;
        let (group, total, records) = found.ok_or(DirectoryError::NoSuchGroup)?;
        let rows: Vec<_> =
            records.iter().map(|record| record.row(query.state)).collect::<Result<_, _>>().map_err(StoreError::from)?;
        read(MemberPage { group: &group, total, rows: &SliceRows(&rows) });
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
        Ok(self.read(|connection| person(connection, key))?)
    }

    fn group(&self, key: &GroupKey) -> Result<Option<Group>, DirectoryError> {
        Ok(self.read(|connection| group(connection, key))?)
    }

    fn head(&self) -> Result<u64, DirectoryError> {
        let head: i64 =
            self.read(|connection| Ok(change_head::table.select(change_head::number).first(connection)?))?;
        Ok(u64::try_from(head).unwrap_or_default())
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

/// The total, where a page shows it: one that is not full and not past the end is the last.
fn seen_total(query: &MemberQuery, rows: usize) -> Option<u64> {
    let rows = rows as u64;
    let first_and_empty = query.window.offset == 0 && query.window.limit > 0;
    ((rows > 0 || first_and_empty) && rows < u64::from(query.window.limit)).then(|| query.window.offset + rows)
}

fn counted(total: i64) -> Result<u64, StoreError> {
    u64::try_from(total).map_err(|_| StoreError::Fault(format!("a group has {total} members")))
}

/// The group so named.
pub(crate) fn group(connection: &mut Connection, key: &GroupKey) -> Result<Option<Group>, Failure> {
    let all = groups::table.select(GroupRecord::as_select());
    let row = match key {
        GroupKey::Number(number) => all.filter(groups::number.eq(number)).first(connection).optional()?,
        GroupKey::Id(id) => all.filter(groups::id.eq(id.to_string())).first(connection).optional()?,
        GroupKey::Guid(guid) => all.filter(groups::guid.eq(guid)).first(connection).optional()?,
    };
    Ok(row.map(Group::try_from).transpose()?)
}

/// The person so named.
pub(crate) fn person(connection: &mut Connection, key: &PersonKey) -> Result<Option<Person>, Failure> {
    let all = persons::table.select(PersonRecord::as_select());
    let row = match key {
        PersonKey::Number(number) => all.filter(persons::number.eq(number)).first(connection).optional()?,
        PersonKey::Id(id) => all.filter(persons::id.eq(id.to_string())).first(connection).optional()?,
        PersonKey::Uid(uid) => all.filter(persons::uid.eq(uid)).first(connection).optional()?,
        PersonKey::Login(login) => {
            let folded = membership::text::fold(login);
            all.filter(persons::login_folded.eq(folded)).first(connection).optional()?
        }
    };
    Ok(row.map(Person::try_from).transpose()?)
}
