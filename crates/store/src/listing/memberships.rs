//! The memberships of one person.

use super::rows::{self, GROUP, MEMBERSHIP};
use super::{counted, page};
use crate::connection::Connection;
use crate::query::{self, Sql};
use crate::store::Failure;
use membership::{Group, Membership, Page, State, Window};

/// The membership of the person of this number in the group of that number, in whatever state.
pub(crate) fn membership(connection: &mut Connection, group: i64, person: i64) -> Result<Option<Membership>, Failure> {
    let mut sql = Sql::new(connection);
    let kinds = rows::select(&mut sql, &[MEMBERSHIP]);
    sql.push(" FROM memberships m WHERE m.person_number = ").int(person);
    sql.push(" AND m.group_number = ").int(group);
    Ok(rows::load(&sql, connection, &kinds, |row| row.membership())?.pop())
}

/// The memberships of the persons of these numbers, in whatever group and state, in no order.
pub(crate) fn of_persons(connection: &mut Connection, persons: &[i64]) -> Result<Vec<Membership>, Failure> {
    let select = |sql: &mut Sql| {
        let kinds = rows::select(sql, &[MEMBERSHIP]);
        sql.push(" FROM memberships m WHERE m.person_number");
        kinds
    };
    super::by_numbers(connection, persons, select, |row| row.membership())
}

/// The memberships of the person of this number that stand in `state`, with their groups, by number of the group.
pub(crate) fn of_person(
    connection: &mut Connection,
    person: i64,
    state: State,
    window: Window,
) -> Result<Page<(Group, Membership)>, Failure> {
    let from = |sql: &mut Sql, join: &str| {
        sql.push(" FROM memberships m").push(join).push(" WHERE m.person_number = ").int(person);
        sql.push(" AND m.state = ").text(state.as_str());
    };
    let mut rows = Vec::new();
    if window.limit > 0 {
        let mut sql = Sql::new(connection);
        let kinds = rows::select(&mut sql, &[GROUP, MEMBERSHIP]);
        from(&mut sql, " JOIN \"groups\" g ON g.number = m.group_number");
        sql.push(" ORDER BY m.group_number");
        query::window(&mut sql, window);
        rows = rows::load(&sql, connection, &kinds, |row| Ok((row.group()?, row.membership()?)))?;
    }
    page(rows, window, || {
        let mut sql = Sql::new(connection);
        sql.push("SELECT ").columns(["COUNT(*)"]);
        from(&mut sql, "");
        counted(connection, &sql)
    })
}
