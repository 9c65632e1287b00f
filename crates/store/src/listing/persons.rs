//! Lists of persons, and how many there are.

use super::rows::{self, PERSON};
use super::{Conditions, page as page_of};
use crate::connection::Connection;
use crate::query::{Kind, Sql, Subject, is_simple};
use crate::store::Failure;
use membership::{Page, Person, PersonQuery};

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
    if is_rare(query) || query.order.len() > 1 {
        sql.rare();
    }
    (sql, kinds)
}

/// How many persons `query` finds, whatever its window.
pub(crate) fn count(connection: &mut Connection, query: &PersonQuery) -> Result<u64, Failure> {
    super::count(connection, Subject::Person, |to| conditions(to, query), is_rare(query))
}

fn conditions(to: &mut Conditions<'_>, query: &PersonQuery) {
    to.one_of("p.role", query.roles.iter().map(String::as_str));
    to.tagged("p.tags", &query.tags);
    to.filter(Subject::Person, query.filter());
}

/// Whether there is no bound on how many conditions there are of this shape.
fn is_rare(query: &PersonQuery) -> bool {
    !query.filter().is_none_or(is_simple) || query.roles.len() > 1 || query.tags.len() > 1
}
