//! Lists of groups, persons, memberships and jobs, as SQL. Each list is answered within the transaction of its caller.

mod changed;
mod groups;
mod jobs;
mod memberships;
mod persons;
mod rows;
#[cfg(test)]
mod tests;

pub(crate) use changed::changed;
pub(crate) use groups::{
    by_numbers as groups_by_numbers, count as count_groups, entry as group_entry, group, page as groups,
};
pub(crate) use jobs::{job, page as jobs};
pub(crate) use memberships::{membership, of_person as memberships_of, of_persons as memberships_of_all};
pub(crate) use persons::{by_numbers as persons_by_numbers, count as count_persons, page as persons};

use crate::connection::Connection;
use crate::deadline;
use crate::error::StoreError;
use crate::query::{self, Flavor, Kind, Sql, Subject};
use crate::rows::Corrupt;
use crate::store::Failure;
use membership::text::has_nul;
use membership::{Filter, OrderBy, OrderKey, Page, Window};

/// Up to which offset the rows that are passed over are read with all their columns: less work than a second look at the
/// rows of the window.
const NEAR: u64 = 1_000;

impl Subject {
    /// Its table, and what it is called.
    const fn table(self) -> &'static str {
        match self {
            Self::Person => "persons p",
            Self::Group => "\"groups\" g",
        }
    }
}

/// What a `WHERE` asks for, one condition after the other.
struct Conditions<'s> {
    sql: &'s mut Sql,
    on: Subject,
    begun: bool,
}

impl<'s> Conditions<'s> {
    const fn new(sql: &'s mut Sql, on: Subject) -> Self {
        Self { sql, on, begun: false }
    }

    /// Whatever is asked of many rows is asked while there is time, see [`deadline`].
    fn in_time(&mut self) {
        if !self.begun && self.sql.flavor == Flavor::Sqlite {
            self.begun = true;
            self.sql.push(" WHERE ").push(&deadline::condition(self.on.number()));
        }
    }

    /// The next condition is written behind this.
    fn and(&mut self) -> &mut Sql {
        self.in_time();
        let word = if self.begun { " AND " } else { " WHERE " };
        self.begun = true;
        self.sql.push(word)
    }

    fn filter(&mut self, on: Subject, filter: Option<&Filter>) {
        if let Some(filter) = filter {
            query::filter(self.and(), on, filter);
        }
    }

    /// The column holds one of these texts, byte for byte; nothing is asked for when there are none.
    fn one_of<'w>(&mut self, column: &str, words: impl IntoIterator<Item = &'w str>) {
        let mut words = words.into_iter().peekable();
        if words.peek().is_none() {
            return;
        }
        let sql = self.and();
        sql.push("(1 = 0");
        for word in words.filter(|word| !has_nul(word)) {
            sql.push(" OR ").push(column).push(" = ").text(word);
        }
        sql.push(")");
    }

    /// The column, a JSON array as canonical text, has one of these tags; nothing is asked for when there are none.
    fn tagged(&mut self, column: &str, tags: &[String]) {
        if tags.is_empty() {
            return;
        }
        let sql = self.and();
        for (at, tag) in tags.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { " OR " });
            bears(sql, column, tag);
        }
        sql.push(")");
    }
}

/// Whether the column, a JSON array as canonical text, has this tag. The tag as JSON, quotes included, is looked for behind
/// the bracket at the beginning, where only the first element is, and behind a comma. Within a text every quote has a
/// backslash before it, so a comma directly before a quote separates two elements, or is the last letter of a text that
/// this quote closes. Behind a closing quote comes a comma or the bracket: no tag as JSON goes on like that, but for the
/// tag `,` itself. That one is looked for together with the quote that closes the element before, in the array without
/// what stands in texts behind backslashes, where every quote opens or closes.
fn bears(sql: &mut Sql, column: &str, tag: &str) {
    let position = match sql.flavor {
        Flavor::Sqlite => "instr(",
        Flavor::Postgres => "strpos(",
    };
    let json = serde_json::Value::from(tag).to_string();
    sql.push(position).push(column).push(", ").text(&format!("[{json}")).push(") = 1 OR ").push(position);
    if tag == "," {
        sql.push("replace(replace(").push(column).push(", ").text("\\\\").push(", '-'), ");
        sql.text("\\\"").push(", '-'), ").text("\",\",\"");
    } else {
        sql.push(column).push(", ").text(&format!(",{json}"));
    }
    sql.push(") > 0");
}

/// Writes what comes behind the columns of a `SELECT`: the rows of the subject under `conditions`, in the order of the
/// keys and then by number, of these the ones in the window, each joined to what `join` says.
fn rows(
    sql: &mut Sql,
    on: Subject,
    conditions: impl Fn(&mut Conditions<'_>),
    join: impl Fn(&mut Sql),
    keys: &[OrderKey],
    window: Window,
) {
    let (table, number) = (on.table(), on.number());
    if keys.first().is_none_or(|key| key.by == OrderBy::Number) && window.offset <= NEAR {
        // Rows come in the order of the table, so nothing is sorted.
        sql.push(" FROM ").push(table);
        join(sql);
        conditions(&mut Conditions::new(sql, on));
        order(sql, on, keys);
        query::window(sql, window);
    } else {
        // The window is cut over what is narrow first; what is wide is joined to what is left.
        sql.push(" FROM (SELECT ").push(number).push(" AS number FROM ").push(table);
        let mut asked = Conditions::new(sql, on);
        asked.in_time();
        conditions(&mut asked);
        order(sql, on, keys);
        query::window(sql, window);
        // In SQLite the word CROSS keeps the planner from turning the join around.
        let word = if sql.flavor == Flavor::Sqlite { " CROSS JOIN " } else { " JOIN " };
        sql.push(") w").push(word).push(table).push(" ON ").push(number).push(" = w.number");
        join(sql);
        order(sql, on, keys);
    }
}

fn order(sql: &mut Sql, on: Subject, keys: &[OrderKey]) {
    sql.push(" ORDER BY ");
    for key in keys {
        let Some(column) = on.key(key.by) else { continue };
        sql.push(column).push(if key.descending { " DESC" } else { "" });
        if key.by == OrderBy::Number {
            return;
        }
        sql.push(", ");
    }
    sql.push(on.number());
}

/// Whether a list asks for so little that there are only few such statements: there is no filter, and at most one key of
/// an order or one word is `asked` for. Nothing ever leaves the cache of a connection, so no others may be kept prepared;
/// preparing them anew is little beside what they search or sort.
fn few(filter: Option<&Filter>, asked: &[usize]) -> bool {
    filter.is_none() && asked.iter().sum::<usize>() <= 1
}

/// How many numbers a question lists, at most.
const LISTED: usize = 512;

/// Asks for what has to do with these numbers, some at a time: `select` writes a `SELECT` up to the column of the number.
/// Each question lists one number or a few or many, the last one again and again where there are not as many, so that
/// there are only so many statements to be kept prepared.
fn by_numbers<T>(
    connection: &mut Connection,
    numbers: &[i64],
    select: impl Fn(&mut Sql) -> Vec<Kind>,
    read: impl Fn(&mut rows::Cells<'_>) -> Result<T, Corrupt>,
) -> Result<Vec<T>, Failure> {
    let mut found = Vec::new();
    for some in numbers.chunks(LISTED) {
        let mut sql = Sql::new(connection);
        let kinds = select(&mut sql);
        let places = if some.len() == 1 { 1 } else { some.len().next_power_of_two() };
        let last = some.last().copied().into_iter().cycle();
        for (at, number) in some.iter().copied().chain(last).take(places).enumerate() {
            sql.push(if at > 0 { ", " } else { " IN (" }).int(number);
        }
        sql.push(")");
        found.append(&mut rows::load(&sql, connection, &kinds, &read)?);
    }
    Ok(found)
}

/// Counts the rows of the subject under `conditions`.
fn count(
    connection: &mut Connection,
    on: Subject,
    conditions: impl Fn(&mut Conditions<'_>),
    common: bool,
) -> Result<u64, Failure> {
    let mut sql = Sql::new(connection);
    sql.push("SELECT ").columns(["COUNT(*)"]).push(" FROM ").push(on.table());
    conditions(&mut Conditions::new(&mut sql, on));
    if !common {
        sql.rare();
    }
    counted(connection, &sql)
}

/// Runs a statement that counts.
fn counted(connection: &mut Connection, sql: &Sql) -> Result<u64, Failure> {
    let found = rows::load(sql, connection, &[Kind::Int], |row| Ok(row.int()))?;
    let count = found.first().copied().unwrap_or_default();
    Ok(u64::try_from(count).map_err(|_| StoreError::Fault(format!("there are {count} rows")))?)
}

/// The page of these rows, which are those in the window; `count` is asked for the total where they do not show it.
fn page<T>(rows: Vec<T>, window: Window, count: impl FnOnce() -> Result<u64, Failure>) -> Result<Page<T>, Failure> {
    let total = match seen_total(window, rows.len()) {
        Some(total) => total,
        None => count()?,
    };
    Ok(Page { rows, total })
}

/// The total, where a page of so many rows shows it: one that is not full and not past the end is the last.
pub(crate) fn seen_total(window: Window, rows: usize) -> Option<u64> {
    let rows = rows as u64;
    let first_and_empty = window.offset == 0 && window.limit > 0;
    ((rows > 0 || first_and_empty) && rows < u64::from(window.limit)).then(|| window.offset + rows)
}
