//! The tables of a new database without their indexes, as long as it is being filled.
//!
//! Each row goes into several indexes at places far from each other; an index that is made of all rows at once is written
//! from its beginning to its end. So they are taken away before the first row comes and made behind the last. Nobody but
//! the import sees the database meanwhile (see [`crate::NewFile`]), and what must be unique is found out from the lines
//! before; making the indexes would find it again.
//!
//! SQLite makes the indexes of unique columns with the table, and gives them no other way. For those the table is made
//! without that word while it is empty, and such indexes are made as others are: they are the same in the file but for how
//! the schema calls them, and so the schema is told its own words again in the end. All words are those of the schema
//! that the migrations have made; here stand only the names of the tables. See [`super::sorted`] for the indexes of persons,
//! which take the longest.

use super::sorted::{self, Aside, Keys, Sorting};
use crate::connection::Connection;
use crate::error::StoreError;
use crate::store::{Failure, Store};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

/// The tables that an import fills.
const TABLES: [&str; 3] = [PERSONS, "groups", "memberships"];
/// The one whose rows have keys that come in no order.
const PERSONS: &str = "persons";
/// What is sorted for an index is sorted in pieces of the size of the cache, in KiB, and then merged: small ones stay in the
/// cache of the processor, and are sorted by other threads while the next one is gathered. Rows are read once, from the first
/// to the last, for which a memory map is no gain.
const SORTING: &str = "PRAGMA cache_size = -8192; PRAGMA mmap_size = 0";
/// The word for a unique column.
const UNIQUE: &str = " UNIQUE";
/// What a column that is computed begins with, and what ends it where it is kept in the table.
const GENERATED: &str = " GENERATED ALWAYS AS (";
const STORED: &str = " STORED";

/// What is made again in the end.
pub(super) struct Bare {
    tables: Vec<Table>,
    /// Where persons are made without indexes.
    sorting: Option<Sorting>,
}

struct Table {
    name: &'static str,
    /// As the schema has it.
    sql: String,
    /// Those that were taken away.
    indexes: Vec<Index>,
    /// Whether a column that SQLite keeps itself is one like others meanwhile.
    takes_cards: bool,
}

struct Index {
    name: String,
    /// As the schema has it; none for that of a unique column.
    sql: Option<String>,
    columns: Vec<String>,
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    sql: Option<String>,
}

impl Bare {
    /// Takes the indexes away. The tables must be empty: those that are not keep theirs. What the second part is given of
    /// each person need not be read again.
    pub fn begin(store: &Store) -> Result<(Self, Option<Aside>), StoreError> {
        let tables = store.write(|connection| {
            let mut tables = Vec::new();
            for name in TABLES {
                if is_empty(connection, name)? {
                    tables.push(Table::strip(connection, name)?);
                }
            }
            Ok(tables)
        })?;
        let begun = tables.iter().any(|table| table.name == PERSONS).then(sorted::begin);
        let (aside, sorting) = match begun {
            Some(Ok((aside, sorting))) => (Some(aside), Some(sorting)),
            Some(Err(error)) => {
                log::debug!("no thread to sort keys: {error}");
                (None, None)
            }
            None => (None, None),
        };
        Ok((Self { tables, sorting }, aside))
    }

    /// Whether the cards of persons are written like other columns meanwhile.
    pub fn takes_cards(&self) -> bool {
        self.tables.iter().any(|table| table.takes_cards)
    }

    /// Makes them again, where `persons` persons were made. The second part of what was begun must have been dropped. Fails
    /// where rows are not unique that must be, or the disk is full.
    pub fn end(self, store: &Store, persons: u64) -> Result<(), StoreError> {
        let Self { tables, sorting } = self;
        let complete = |names: &dyn Fn(&str) -> bool, keys: &[(&str, Keys)]| {
            store.write(|connection| {
                connection.batch_execute(SORTING)?;
                tables.iter().filter(|table| names(table.name)).try_for_each(|table| table.complete(connection, keys))
            })
        };
        // The keys of persons are being sorted meanwhile.
        complete(&|name| name != PERSONS, &[])?;
        let mut keys = sorting.map(Sorting::end).unwrap_or_default();
        // Whatever else there is, an index must know it.
        keys.retain(|(_, keys)| keys.len() as u64 == persons);
        complete(&|name| name == PERSONS, &keys)?;
        // What this connection knows of the schema it knows by the names of the meantime.
        store.outside(|connection| Ok(connection.batch_execute("PRAGMA writable_schema = RESET")?))
    }
}

fn is_empty(connection: &mut Connection, table: &str) -> Result<bool, Failure> {
    let any = diesel::sql_query(format!("SELECT '' AS name, '' AS sql FROM \"{table}\" LIMIT 1"));
    Ok(any.load::<Words>(connection)?.is_empty())
}

impl Table {
    fn strip(connection: &mut Connection, name: &'static str) -> Result<Self, Failure> {
        let sql = diesel::sql_query("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name = ?1");
        let Words { sql, .. } = sql.bind::<Text, _>(name).get_result(connection)?;
        let sql = sql.unwrap_or_default();
        let all = diesel::sql_query("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1");
        let all: Vec<Words> = all.bind::<Text, _>(name).load(connection)?;
        let mut indexes = Vec::new();
        for Words { name, sql } in all {
            let columns = diesel::sql_query("SELECT name, NULL AS sql FROM pragma_index_info(?1) ORDER BY seqno");
            let columns: Vec<Words> = columns.bind::<Text, _>(&name).load(connection)?;
            indexes.push(Index { name, sql, columns: columns.into_iter().map(|column| column.name).collect() });
        }
        let of_columns = indexes.iter().filter(|index| index.sql.is_none());
        if of_columns.clone().any(|index| index.columns.len() != 1) || sql.matches(UNIQUE).count() != of_columns.count()
        {
            // Not in the words that are known here.
            indexes.retain(|index| index.sql.is_some());
        }
        for index in indexes.iter().filter(|index| index.sql.is_some()) {
            connection.batch_execute(&format!("DROP INDEX \"{}\"", index.name))?;
        }
        let mut plain = sql.clone();
        if indexes.iter().any(|index| index.sql.is_none()) {
            plain = plain.replace(UNIQUE, "");
        }
        let takes_cards = name == PERSONS && without_generated(&mut plain);
        if plain != sql {
            connection.batch_execute(&format!("DROP TABLE \"{name}\"; {plain}"))?;
        }
        Ok(Self { name, sql, indexes, takes_cards })
    }

    /// Makes the indexes, of `keys` where these have their first columns.
    fn complete(&self, connection: &mut Connection, keys: &[(&str, Keys)]) -> Result<(), Failure> {
        for index in &self.indexes {
            index.make(connection, self.name, keys)?;
        }
        connection.batch_execute("PRAGMA writable_schema = ON")?;
        diesel::sql_query("UPDATE sqlite_schema SET sql = ?1 WHERE type = 'table' AND name = ?2")
            .bind::<Text, _>(&self.sql)
            .bind::<Text, _>(self.name)
            .execute(connection)?;
        for index in &self.indexes {
            diesel::sql_query(
                "UPDATE sqlite_schema SET type = 'index', name = ?1, tbl_name = ?2, sql = ?3 WHERE name = ?4",
            )
            .bind::<Text, _>(&index.name)
            .bind::<Text, _>(self.name)
            .bind::<Nullable<Text>, _>(&index.sql)
            .bind::<Text, _>(index.meanwhile())
            .execute(connection)?;
        }
        Ok(connection.batch_execute("PRAGMA writable_schema = OFF")?)
    }
}

/// Takes away how a column is generated, if just one is, and kept in the table. Whether that is so.
fn without_generated(sql: &mut String) -> bool {
    let (Some(begin), 1) = (sql.find(GENERATED), sql.matches(GENERATED).count()) else { return false };
    let mut depth = 0_usize;
    let close = sql[begin..].find(|letter: char| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => return false,
        }
        depth == 0
    });
    let Some(end) = close.map(|close| begin + close + 1) else { return false };
    if !sql[end..].starts_with(STORED) {
        return false;
    }
    sql.replace_range(begin..end + STORED.len(), "");
    true
}

impl Index {
    /// What it is called while it is being made: SQLite keeps the names that it gives itself for itself.
    fn meanwhile(&self) -> String {
        format!("new_{}", self.name)
    }

    fn make(&self, connection: &mut Connection, table: &str, keys: &[(&str, Keys)]) -> Result<(), Failure> {
        let (name, unique) = (self.meanwhile(), self.sql.is_none());
        let quoted = |columns: &[String]| format!("\"{}\"", columns.join("\", \""));
        // Others than plain ones SQLite makes itself.
        let plain = |sql: &String| !["UNIQUE", "WHERE", "COLLATE", "DESC"].iter().any(|word| sql.contains(word));
        let keys = if self.sql.as_ref().is_none_or(plain) { keys } else { &[] };
        // The number of the row is in an index behind the columns, also where it is one of them.
        let sorted = match self.columns.as_slice() {
            [first] if unique => Some((first, "key TEXT, row INTEGER, PRIMARY KEY (key, row)", 2)),
            [first, second] if second == "number" => {
                Some((first, "key TEXT, number INTEGER, row INTEGER, PRIMARY KEY (key, number, row)", 3))
            }
            _ => None,
        };
        let sorted = sorted.and_then(|(first, columns, count)| {
            keys.iter().find(|(column, _)| column == first).map(|(_, keys)| (keys, columns, count))
        });
        if let Some((keys, columns, count)) = sorted {
            connection.batch_execute(&format!("CREATE TABLE \"{name}\" ({columns}) WITHOUT ROWID"))?;
            return keys.write(connection, &name, unique, count);
        }
        let columns = quoted(&self.columns);
        // In the words of the schema, but for the name.
        let sql = match &self.sql {
            None => format!("CREATE UNIQUE INDEX \"{name}\" ON \"{table}\" ({columns})"),
            Some(sql) => sql.replacen(&self.name, &name, 1),
        };
        Ok(connection.batch_execute(&sql)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use crate::import::PersonRow;
    use crate::import::cards::Cards;

    #[derive(QueryableByName, Debug, PartialEq)]
    struct Entry {
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        tbl_name: String,
        #[diesel(sql_type = Text)]
        sql: String,
    }

    fn schema(store: &Store) -> Vec<Entry> {
        let all = "SELECT type AS kind, name, tbl_name, COALESCE(sql, '') AS sql FROM sqlite_schema \
                   WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' ORDER BY type, name";
        store.read(|connection| Ok(diesel::sql_query(all).load(connection)?)).expect("read")
    }

    fn unseen() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}", directory.path().join("a.db").display());
        let store = Store::open_unseen(&Settings::new(url.parse().expect("a URL"))).expect("opens");
        store.migrate().expect("migrates");
        (directory, store)
    }

    fn person(number: i64, uid: &str, id: &str, login: &str) -> PersonRow {
        PersonRow::new(number, id.to_owned(), uid.to_owned(), login.to_owned(), 1)
    }

    fn insert(store: &Store, row: &PersonRow) -> Result<(), StoreError> {
        store.write(|connection| {
            let row = diesel::insert_into(crate::schema::persons::table).values(row);
            Ok(crate::import::on_either!(connection, inner => row.execute(inner)).map(drop)?)
        })
    }

    /// As the import does as long as the indexes are not there.
    fn fill(store: &Store, bare: &Bare, row: &PersonRow) {
        assert!(bare.takes_cards());
        let mut cards = Cards::default();
        cards.push(row);
        let rows = std::slice::from_ref(row);
        let filled = store.write(|connection| {
            let Connection::Sqlite(inner) = connection else { panic!("SQLite") };
            Ok(crate::import::insert::insert_with_cards(inner, rows, &cards)?)
        });
        filled.expect("nothing holds it up");
    }

    /// Whether the keys are sorted here, or by SQLite.
    #[test]
    fn the_schema_is_the_same_again() {
        for put_aside in [true, false] {
            let (_directory, store) = unseen();
            let before = schema(&store);
            let (bare, mut aside) = Bare::begin(&store).expect("begun");
            let unique = |table: &Table| table.indexes.iter().filter(|index| index.sql.is_none()).count();
            let taken = bare.tables.iter().map(|table| (table.indexes.len(), unique(table)));
            assert_eq!(taken.collect::<Vec<_>>(), [(4, 3), (4, 2), (2, 0)]);
            let meanwhile = schema(&store);
            let mut left = meanwhile.iter().filter(|entry| TABLES.contains(&entry.tbl_name.as_str()));
            assert!(left.all(|entry| entry.kind == "table"), "{meanwhile:#?}");
            for n in [2, 1, 3] {
                let row = person(n, &format!("u{n}"), &format!("i{n}"), &format!("L{n}"));
                fill(&store, &bare, &row);
                if let Some(aside) = aside.as_mut().filter(|_| put_aside) {
                    aside.put(&row);
                }
            }
            drop(aside);
            bare.end(&store, 3).expect("ended");
            assert_eq!(schema(&store), before);
            // The ids and the counter are none, but what SQLite itself finds and what is missing would be told besides.
            let told = store.check().expect("checked");
            assert!(told.iter().all(|told| told.contains("person")) && told.len() == 4, "{told:?}");
            let twice = [(4, "u1", "i", "l"), (4, "u", "i1", "l"), (4, "u", "i", "l1"), (1, "u", "i", "l")];
            for (number, uid, id, login) in twice {
                let refused = insert(&store, &person(number, uid, id, login)).expect_err("it is there");
                assert!(refused.to_string().contains("UNIQUE constraint failed: persons."), "{refused}");
            }
            insert(&store, &person(4, "u4", "i4", "l4")).expect("inserted");
            // There are rows now, so the indexes stay.
            let (kept, aside) = Bare::begin(&store).expect("begun");
            assert_eq!(kept.tables.iter().map(|table| table.name).collect::<Vec<_>>(), ["groups", "memberships"]);
            assert!(aside.is_none());
            kept.end(&store, 0).expect("ended");
            assert_eq!(schema(&store), before);
        }
    }

    #[test]
    fn rows_that_are_not_unique_are_refused_in_the_end() {
        for put_aside in [true, false] {
            let (_directory, store) = unseen();
            let (bare, mut aside) = Bare::begin(&store).expect("begun");
            for row in [person(1, "u", "i1", "l1"), person(2, "u", "i2", "l2")] {
                fill(&store, &bare, &row);
                if let Some(aside) = aside.as_mut().filter(|_| put_aside) {
                    aside.put(&row);
                }
            }
            drop(aside);
            let refused = bare.end(&store, 2).expect_err("twice the same uid");
            assert!(refused.to_string().contains("UNIQUE constraint failed: "), "{refused}");
        }
    }

    #[test]
    fn only_a_column_that_is_kept_becomes_like_others() {
        let changed = |sql: &str| {
            let mut plain = sql.to_owned();
            without_generated(&mut plain).then_some(plain)
        };
        let kept = "CREATE TABLE t (a TEXT GENERATED ALWAYS AS (b || (c)) STORED, b TEXT)";
        assert_eq!(changed(kept).as_deref(), Some("CREATE TABLE t (a TEXT, b TEXT)"));
        for other in [
            "CREATE TABLE t (a TEXT)",
            "CREATE TABLE t (a TEXT GENERATED ALWAYS AS (b) VIRTUAL, b TEXT)",
            "CREATE TABLE t (a TEXT GENERATED ALWAYS AS (b || (c) STORED, b TEXT",
            "CREATE TABLE t (a TEXT GENERATED ALWAYS AS (c) STORED, b TEXT GENERATED ALWAYS AS (c) STORED, c TEXT)",
        ] {
            assert_eq!(changed(other), None, "{other}");
        }
    }

    /// What an import leaves is what the migrations made, with all their indexes.
    #[test]
    fn an_import_leaves_the_schema_of_the_migrations() {
        let (_directory, store) = unseen();
        let before = schema(&store);
        let mut spool = crate::import::Spool::new().expect("a spool");
        let line = r#"{"kind":"person","uid":"jane"}"#;
        spool.read("f", &mut line.as_bytes(), crate::Format::Auto, &mut |_| ()).expect("reads");
        let options = crate::ImportOptions { dry_run: false, skip_bad: false, by: membership::By::system(1) };
        assert!(store.import(&mut spool, &options, &mut |_| ()).expect("imports").applied);
        assert_eq!(schema(&store), before);
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    }
}
