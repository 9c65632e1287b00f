//! Indexes of a new database that are made of keys which another thread has sorted.
//!
//! SQLite makes an index by reading the whole table, sorting what it has read, and writing that, one after the other. Here
//! keys are put aside while the rows are prepared, and sorted while other rows are written; only the writing is left.
//!
//! An index has no way in but its table. But in the file it is the same as a table of just its values without row numbers,
//! all of them being the key: <https://www.sqlite.org/fileformat2.html>, 1.6 and 2.4. So such a table is filled, and the
//! schema then calls it an index.

use super::rows::PersonRow;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::store::Failure;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

/// The columns of `persons` whose values are put aside, each of which begins an index.
const COLUMNS: [&str; 4] = ["uid", "id", "login_folded", "name_folded"];
/// How many bytes they may take. When they are more SQLite makes the indexes itself.
const ROOM: usize = 512 << 20;
/// How many entries one statement inserts.
const SOME: usize = 64;

/// The values of one column, with the numbers of their rows.
#[derive(Debug, Default)]
pub(super) struct Keys {
    texts: String,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// How the text begins, so that most are told apart without it.
    begin: u64,
    number: i64,
    /// Where the text stands.
    at: u32,
    length: u32,
}

impl Keys {
    fn push(&mut self, text: &str, number: i64) {
        let mut begin = [0; 8];
        let length = text.len().min(begin.len());
        begin[..length].copy_from_slice(&text.as_bytes()[..length]);
        // Neither is more than `ROOM` and one text.
        let [at, length] = [self.texts.len(), text.len()].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        self.entries.push(Entry { begin: u64::from_be_bytes(begin), number, at, length });
        self.texts.push_str(text);
    }

    fn text(&self, entry: &Entry) -> &str {
        let at = entry.at as usize;
        self.texts.get(at..at + entry.length as usize).unwrap_or_default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    fn bytes(&self) -> usize {
        self.texts.len() + self.entries.len() * size_of::<Entry>()
    }

    /// In the order of an index: by bytes, then by number.
    fn sort(&mut self) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_unstable_by(|a, b| {
            let texts = || self.text(a).cmp(self.text(b));
            a.begin.cmp(&b.begin).then_with(texts).then(a.number.cmp(&b.number))
        });
        // The texts too, so that they are read from the first to the last.
        let mut texts = String::with_capacity(self.texts.len());
        for entry in &mut entries {
            let text = self.text(entry);
            entry.at = u32::try_from(texts.len()).unwrap_or(u32::MAX);
            texts.push_str(text);
        }
        *self = Self { texts, entries };
    }

    /// Writes them, sorted, into a table of this name. When they are to be `unique`, fails where two are the same.
    pub fn write(&self, connection: &mut Connection, table: &str, unique: bool, columns: usize) -> Result<(), Failure> {
        let same = |two: &[Entry]| two[0].begin == two[1].begin && self.text(&two[0]) == self.text(&two[1]);
        if unique && self.entries.windows(2).any(same) {
            return Err(
                StoreError::Fault(format!("UNIQUE constraint failed: two rows have the same in {table}")).into()
            );
        }
        let Connection::Sqlite(connection) = connection else { return Ok(()) };
        for entries in self.entries.chunks(SOME) {
            let insert = Insert { keys: self, entries, table, columns };
            diesel::connection::Connection::execute_returning_count(connection, &insert)?;
        }
        Ok(())
    }
}

/// A statement that inserts some entries: text and number, the number as often as there are `columns` besides.
struct Insert<'k> {
    keys: &'k Keys,
    entries: &'k [Entry],
    table: &'k str,
    columns: usize,
}

impl QueryId for Insert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Sqlite> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("INSERT OR FAIL INTO ");
        out.push_identifier(self.table)?;
        let mut link = " VALUES (";
        for entry in self.entries {
            out.push_sql(link);
            out.push_bind_param::<Text, _>(self.keys.text(entry))?;
            for _ in 1..self.columns {
                out.push_sql(", ");
                out.push_bind_param::<BigInt, _>(&entry.number)?;
            }
            link = "), (";
        }
        out.push_sql(")");
        Ok(())
    }
}

/// The thread that sorts.
pub(super) struct Sorting(JoinHandle<Option<[Keys; 4]>>);

/// What is put aside for it. Sorting begins when this is dropped.
pub(super) struct Aside {
    keys: [Keys; 4],
    bytes: usize,
    sorter: Sender<[Keys; 4]>,
}

/// Begins to put aside.
pub(super) fn begin() -> std::io::Result<(Aside, Sorting)> {
    let (sorter, received) = channel::<[Keys; 4]>();
    let thread = std::thread::Builder::new().name("sort".to_owned()).spawn(move || {
        let mut keys = received.recv().ok()?;
        keys.iter_mut().for_each(Keys::sort);
        Some(keys)
    })?;
    Ok((Aside { keys: Default::default(), bytes: 0, sorter }, Sorting(thread)))
}

impl Aside {
    /// Puts the keys of a person aside, unless they have become too many.
    pub fn put(&mut self, row: &PersonRow) {
        if self.bytes > ROOM {
            return;
        }
        for (keys, text) in self.keys.iter_mut().zip([&row.uid, &row.id, &row.login_folded, &row.name_folded]) {
            keys.push(text, row.number);
        }
        self.bytes = self.keys.iter().map(Keys::bytes).sum();
        if self.bytes > ROOM {
            self.keys = Default::default();
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if self.bytes <= ROOM {
            drop(self.sorter.send(std::mem::take(&mut self.keys)));
        }
    }
}

impl Sorting {
    /// The sorted keys of each column; none when they were too many.
    pub fn end(self) -> Vec<(&'static str, Keys)> {
        let keys = self.0.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        keys.map(|keys| COLUMNS.into_iter().zip(keys).collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: i64, name: &str) -> PersonRow {
        PersonRow { name_folded: name.to_owned(), ..PersonRow::new(number, String::new(), "u".into(), "l".into(), 1) }
    }

    #[test]
    fn keys_are_sorted_by_bytes_and_then_by_number() {
        let (mut aside, sorting) = begin().expect("a thread");
        let names = ["", "\u{1}", "a", "abcdefg", "abcdefgh", "abcdefghi", "abcdefgi", "b", "b", "é", "李", "🦀"];
        for (number, name) in (1..).zip(names).collect::<Vec<_>>().into_iter().rev() {
            aside.put(&person(number, name));
        }
        drop(aside);
        let sorted = sorting.end();
        assert_eq!(sorted.iter().map(|(column, _)| *column).collect::<Vec<_>>(), COLUMNS);
        let (_, keys) = &sorted[3];
        let told: Vec<(&str, i64)> = keys.entries.iter().map(|entry| (keys.text(entry), entry.number)).collect();
        assert_eq!(told, names.into_iter().zip(1..).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_too_much_is_given_up() {
        let (mut aside, sorting) = begin().expect("a thread");
        aside.put(&person(1, "a"));
        aside.bytes = ROOM + 1;
        aside.put(&person(2, "b"));
        drop(aside);
        assert!(sorting.end().is_empty());
    }
}
