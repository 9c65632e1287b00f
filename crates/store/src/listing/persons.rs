//! Lists of persons, and how many there are.

use super::rows::{self, PERSON};
use super::{Conditions, few, page as page_of};
use crate::connection::Connection;
use crate::query::{Kind, Sql, Subject};
use crate::store::Failure;
use membership::{OrderKey, Page, Person, PersonQuery};

/// The persons of these numbers, those that are there, in no order.
pub(crate) fn by_numbers(connection: &mut Connection, numbers: &[i64]) -> Result<Vec<Person>, Failure> {
    let select = |sql: &mut Sql| {
        let kinds = rows::select(sql, &[PERSON]);
        sql.push(" FROM persons p WHERE p.number");
        kinds
    };
    super::by_numbers(connection, numbers, select, |row| row.person())
}

/// The persons that `query` finds.
pub(crate) fn page(connection: &mut Connection, query: &PersonQuery) -> Result<Page<Person>, Failure> {
    let mut rows = Vec::new();
    if query.window.limit > 0 {
        let (sql, kinds) = statement(connection, query);
        rows = rows::load(&sql, connection, &kinds, |row| row.person())?;
    }
    page_of(rows, query.window, || count(connection, query))
}

/// Asks for the rows in the window; what kinds their columns are of.
pub(super) fn statement(connection: &Connection, query: &PersonQuery) -> (Sql, Vec<Kind>) {
    let mut sql = Sql::new(connection);
    let kinds = rows::select(&mut sql, &[PERSON]);
    super::rows(&mut sql, Subject::Person, |to| conditions(to, query), |_| {}, &query.order, query.window);
    if !is_common(query, &query.order) {
        sql.rare();
    }
    (sql, kinds)
}

/// How many persons `query` finds, whatever its window.
pub(crate) fn count(connection: &mut Connection, query: &PersonQuery) -> Result<u64, Failure> {
    super::count(connection, Subject::Person, |to| conditions(to, query), is_common(query, &[]))
}

fn conditions(to: &mut Conditions<'_>, query: &PersonQuery) {
    to.one_of("p.role", query.roles.iter().map(String::as_str));
    to.tagged("p.tags", &query.tags);
    to.filter(Subject::Person, query.filter());
}

/// Whether the statement of this query, in this order, is kept prepared: see [`super::few`]. Some 60 shapes are.
pub(super) fn is_common(query: &PersonQuery, order: &[OrderKey]) -> bool {
    few(query.filter(), &[order.len(), query.roles.len(), query.tags.len()])
}
