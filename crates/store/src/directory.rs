//! The store as a [`Directory`].

use crate::connection::Connection;
use crate::error::StoreError;
use crate::query::{self, Kind, Sql};
use crate::rows::{self, Corrupt, PersonRecord};
use crate::schema::{change_head, persons};
use crate::store::{Failure, Store};
use crate::totals;
use diesel::prelude::*;
use membership::text::has_nul;
use membership::{
    Directory, DirectoryError, Group, GroupKey, MemberPage, MemberQuery, Person, PersonKey, Rows, SliceRows,
};
use uuid::Uuid;

impl Directory for Store {
    fn members(&self, query: &MemberQuery, read: &mut dyn FnMut(MemberPage<'_>)) -> Result<(), DirectoryError> {
        let found = self.read(|connection| {
            let Some(group) = group(connection, &query.group)? else { return Ok(None) };
            let kept = kept_total(connection, group.number, query)?;
            // Past the end of what is known there is nothing to look for.
            let beyond = kept.is_some_and(|total| query.window.offset >= total);
            let rows = if beyond { None } else { Some(query::page(connection, group.number, query)?) };
            let total = match kept.or_else(|| seen_total(query, rows.as_ref().map_or(0, Rows::len))) {
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

/// The group so named. Asked by almost every request, so it goes the short way.
pub(crate) fn group(connection: &mut Connection, key: &GroupKey) -> Result<Option<Group>, Failure> {
    const COLUMNS: [&str; 17] = [
        "number",
        "id",
        "guid",
        "name",
        "description",
        "kind",
        "owner",
        "sponsor",
        "criteria",
        "icon",
        "page",
        "email",
        "additional_information",
        "metadata",
        "tags",
        "created_at",
        "updated_at",
    ];
    const INTS: [usize; 4] = [0, 6, 15, 16];
    // Not every database can even be asked about a text with this character in it.
    if matches!(key, GroupKey::Guid(guid) if has_nul(guid)) {
        return Ok(None);
    }
    let kinds: [Kind; 17] = std::array::from_fn(|at| if INTS.contains(&at) { Kind::Int } else { Kind::Text });
    let mut sql = Sql::new(connection);
    sql.push("SELECT ").columns(COLUMNS).push(" FROM \"groups\" WHERE ");
    match key {
        GroupKey::Number(number) => sql.push("number = ").int(*number),
        GroupKey::Id(id) => sql.push("id = ").text(&id.to_string()),
        GroupKey::Guid(guid) => sql.push("guid = ").text(guid),
    };
    let found = sql.load(connection, &kinds, 1)?;
    if found.rows() == 0 {
        return Ok(None);
    }
    let (text, int) = (|at| found.text(0, at), |at| found.int(0, at));
    Ok(Some(Group {
        number: int(0),
        id: Uuid::parse_str(text(1)).map_err(|_| Corrupt("groups.id"))?,
        guid: text(2).to_owned(),
        name: text(3).to_owned(),
        description: text(4).to_owned(),
        kind: text(5).parse().map_err(|_| Corrupt("groups.kind"))?,
        owner: rows::some(int(6)),
        sponsor: text(7).to_owned(),
        criteria: text(8).to_owned(),
        icon: text(9).to_owned(),
        page: text(10).to_owned(),
        email: text(11).to_owned(),
        additional_information: text(12).to_owned(),
        metadata: text(13).to_owned(),
        tags: text(14).to_owned(),
        created_at: int(15),
        updated_at: rows::some(int(16)),
    }))
}

/// The person so named.
pub(crate) fn person(connection: &mut Connection, key: &PersonKey) -> Result<Option<Person>, Failure> {
    if matches!(key, PersonKey::Uid(text) | PersonKey::Login(text) if has_nul(text)) {
        return Ok(None);
    }
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
