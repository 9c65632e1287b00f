//! Groups: one, a list of them, and how many there are.

use super::rows::{self, Cells, Columns, GROUP, MEMBERS, OWNER, STANDING};
use super::{Conditions, few, page as page_of};
use crate::connection::Connection;
use crate::query::{Kind, Sql, Subject};
use crate::rows::Corrupt;
use crate::store::Failure;
use membership::text::has_nul;
use membership::{Group, GroupEntry, GroupKey, GroupKind, GroupQuery, OrderKey, Page, State};

/// The group so named. Asked by almost every request, so it goes the short way.
pub(crate) fn group(connection: &mut Connection, key: &GroupKey) -> Result<Option<Group>, Failure> {
    let mut sql = Sql::new(connection);
    let kinds = rows::select(&mut sql, &[GROUP]);
    sql.push(" FROM \"groups\" g");
    one(connection, sql, key, &kinds, |row| row.group())
}

/// The groups of these numbers, those that are there, in no order.
pub(crate) fn by_numbers(connection: &mut Connection, numbers: &[i64]) -> Result<Vec<Group>, Failure> {
    let select = |sql: &mut Sql| {
        let kinds = rows::select(sql, &[GROUP]);
        sql.push(" FROM \"groups\" g WHERE g.number");
        kinds
    };
    super::by_numbers(connection, numbers, select, |row| row.group())
}

/// The group so named as a list shows it to the person of the number `viewer`.
pub(crate) fn entry(
    connection: &mut Connection,
    key: &GroupKey,
    viewer: Option<i64>,
) -> Result<Option<GroupEntry>, Failure> {
    let mut sql = Sql::new(connection);
    let kinds = rows::select(&mut sql, columns(viewer));
    sql.push(" FROM \"groups\" g");
    join(&mut sql, viewer);
    one(connection, sql, key, &kinds, |row| read(row, viewer))
}

/// The groups that `query` finds.
pub(crate) fn page(connection: &mut Connection, query: &GroupQuery) -> Result<Page<GroupEntry>, Failure> {
    let mut rows = Vec::new();
    if query.window.limit > 0 && may_find(query) {
        let (sql, kinds) = statement(connection, query);
        rows = rows::load(&sql, connection, &kinds, |row| read(row, query.viewer))?;
    }
    page_of(rows, query.window, || count(connection, query))
}

/// Asks for the rows in the window; what kinds their columns are of.
pub(super) fn statement(connection: &Connection, query: &GroupQuery) -> (Sql, Vec<Kind>) {
    let mut sql = Sql::new(connection);
    let kinds = rows::select(&mut sql, columns(query.viewer));
    let join = |sql: &mut Sql| join(sql, query.viewer);
    super::rows(&mut sql, Subject::Group, |to| conditions(to, query), join, &query.order, query.window);
    if !is_common(query, &query.order) {
        sql.rare();
    }
    (sql, kinds)
}

/// How many groups `query` finds, whatever its window.
pub(crate) fn count(connection: &mut Connection, query: &GroupQuery) -> Result<u64, Failure> {
    if !may_find(query) {
        return Ok(0);
    }
    super::count(connection, Subject::Group, |to| conditions(to, query), is_common(query, &[]))
}

/// The row under the key of what `sql` selects.
fn one<T>(
    connection: &mut Connection,
    mut sql: Sql,
    key: &GroupKey,
    kinds: &[Kind],
    read: impl Fn(&mut Cells<'_>) -> Result<T, Corrupt>,
) -> Result<Option<T>, Failure> {
    match key {
        GroupKey::Number(number) => sql.push(" WHERE g.number = ").int(*number),
        GroupKey::Id(id) => sql.push(" WHERE g.id = ").text(&id.to_string()),
        // Not every database can even be asked about a text with this character in it.
        GroupKey::Guid(guid) if has_nul(guid) => return Ok(None),
        GroupKey::Guid(guid) => sql.push(" WHERE g.guid = ").text(guid),
    };
    Ok(rows::load(&sql, connection, kinds, read)?.pop())
}

const fn columns(viewer: Option<i64>) -> &'static [&'static Columns] {
    match viewer {
        Some(_) => &[GROUP, MEMBERS, OWNER, STANDING],
        None => &[GROUP, MEMBERS, OWNER],
    }
}

/// The owner and the membership of the viewer, where there are such.
fn join(sql: &mut Sql, viewer: Option<i64>) {
    sql.push(" LEFT JOIN persons p ON p.number = g.owner");
    if let Some(viewer) = viewer {
        sql.push(" LEFT JOIN memberships m ON m.group_number = g.number AND m.person_number = ").int(viewer);
    }
}

fn read(row: &mut Cells<'_>, viewer: Option<i64>) -> Result<GroupEntry, Corrupt> {
    Ok(GroupEntry {
        group: row.group()?,
        members: u64::try_from(row.int()).map_err(|_| Corrupt("group_totals.members"))?,
        owner: row.owner()?,
        standing: if viewer.is_some() { row.standing()? } else { None },
    })
}

/// Whether there can be any such groups: without a viewer nobody is a member.
fn may_find(query: &GroupQuery) -> bool {
    if query.only.as_ref().is_some_and(Vec::is_empty) {
        return false;
    }
    query.joined != Some(true) || query.viewer.is_some()
}

fn conditions(to: &mut Conditions<'_>, query: &GroupQuery) {
    to.one_of("g.kind", query.kinds.iter().map(|kind| kind.as_str()));
    if let Some(only) = &query.only {
        let sql = to.and().push("g.number IN (");
        for (at, number) in only.iter().enumerate() {
            sql.push(if at > 0 { ", " } else { "" }).int(*number);
        }
        sql.push(")");
    }
    to.tagged("g.tags", &query.tags);
    if let Some(owner) = query.owner {
        to.and().push("g.owner = (SELECT o.number FROM persons o WHERE o.id = ").text(&owner.to_string()).push(")");
    }
    if let (Some(joined), Some(viewer)) = (query.joined, query.viewer) {
        joined_by(to.and().push(if joined { "g.number IN " } else { "g.number NOT IN " }), viewer);
    }
    // Whoever is a member of all that is asked for sees it all.
    if query.visible && query.joined != Some(true) {
        let sql = to.and().push("(g.kind <> ").text(GroupKind::Private.as_str());
        if let Some(viewer) = query.viewer {
            joined_by(sql.push(" OR g.number IN "), viewer);
        }
        sql.push(")");
    }
    to.filter(Subject::Group, query.filter());
}

/// The numbers of the groups of which the viewer is a member.
fn joined_by(sql: &mut Sql, viewer: i64) {
    sql.push("(SELECT v.group_number FROM memberships v WHERE v.person_number = ").int(viewer);
    sql.push(" AND v.state = ").text(State::Member.as_str()).push(")");
}

/// Whether the statement of this query, in this order, is kept prepared: see [`super::few`]. Some 120 shapes are.
pub(super) fn is_common(query: &GroupQuery, order: &[OrderKey]) -> bool {
    let asked = [
        order.len(),
        query.kinds.len(),
        query.tags.len(),
        usize::from(query.owner.is_some()),
        usize::from(query.joined.is_some()),
        usize::from(query.visible),
    ];
    query.only.is_none() && few(query.filter(), &asked)
}
