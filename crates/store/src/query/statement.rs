//! A statement under construction: SQL text with values that are always bound, never written into the text.

use super::table::{Gathering, Kind, Table};
use crate::connection::Connection;
use diesel::QueryResult;
use diesel::connection::{Connection as _, DefaultLoadingMode, LoadConnection};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::{Field, Row};
use diesel::sql_types::{BigInt, Text, Untyped};
use diesel::sqlite::Sqlite;

/// Which SQL the database speaks, where it differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

#[derive(Clone, Debug)]
enum Part {
    Sql(String),
    Text(String),
    Int(i64),
}

/// A value of a row.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// An integer.
    Int(i64),
    /// A text, not yet known to be UTF-8.
    Text(&'a [u8]),
}

/// Pieces of SQL and the values between them.
#[derive(Clone, Debug)]
pub struct Sql {
    /// Which SQL is written.
    pub flavor: Flavor,
    parts: Vec<Part>,
    cached: bool,
}

impl Sql {
    /// Nothing yet, for this connection. Its prepared form will be kept on the connection; see [`Sql::rare`].
    pub fn new(connection: &Connection) -> Self {
        let flavor = match connection {
            Connection::Sqlite(_) => Flavor::Sqlite,
            Connection::Postgres(_) => Flavor::Postgres,
        };
        Self { flavor, parts: Vec::new(), cached: true }
    }

    /// Not to be kept prepared: there is no bound on how many such shapes there are, and nothing ever leaves the
    /// cache of a connection.
    pub const fn rare(&mut self) {
        self.cached = false;
    }

    /// Appends text that holds nothing a client sent.
    pub fn push(&mut self, sql: &str) -> &mut Self {
        if let Some(Part::Sql(last)) = self.parts.last_mut() {
            last.push_str(sql);
        } else {
            self.parts.push(Part::Sql(sql.to_owned()));
        }
        self
    }

    /// Binds a text. PostgreSQL compares it by its bytes, whatever the database's own collation.
    pub fn text(&mut self, value: &str) -> &mut Self {
        match self.flavor {
            Flavor::Sqlite => {
                self.parts.push(Part::Text(value.to_owned()));
                self
            }
            Flavor::Postgres => {
                self.push("(");
                self.parts.push(Part::Text(value.to_owned()));
                self.push(" COLLATE \"C\")")
            }
        }
    }

    /// Binds an integer.
    pub fn int(&mut self, value: i64) -> &mut Self {
        self.parts.push(Part::Int(value));
        self
    }

    /// Appends the columns of a `SELECT`.
    ///
    /// SQLite is asked for each row as one text with U+0000, which no stored text holds, between its columns: one value
    /// costs a fraction of the calls and checks that a dozen of them do. (As a blob, since a text is checked at once.)
    pub fn columns<'c>(&mut self, columns: impl IntoIterator<Item = &'c str>) -> &mut Self {
        let packed = self.flavor == Flavor::Sqlite;
        if packed {
            self.push("CAST(concat_ws(char(0)");
        }
        for (at, column) in columns.into_iter().enumerate() {
            self.push(if at > 0 || packed { ", " } else { "" }).push(column);
        }
        if packed { self.push(") AS BLOB)") } else { self }
    }

    /// Appends a text column as it is to be read: SQLite checks a text at once, but not a blob.
    pub fn blob(&mut self, column: &str) -> &mut Self {
        match self.flavor {
            Flavor::Sqlite => self.push("CAST(").push(column).push(" AS BLOB)"),
            Flavor::Postgres => self.push(column),
        }
    }

    /// Runs the query and takes its rows over, probably so many. Their columns, given to [`Sql::columns`], are of these
    /// kinds.
    pub fn load(&self, connection: &mut Connection, kinds: &[Kind], rows: usize) -> QueryResult<Table> {
        let mut rows = Gathering::new(kinds.len(), rows);
        if self.flavor == Flavor::Sqlite {
            self.each(connection, &[Kind::Text], |_, value| match value {
                Value::Text(packed) => rows.push_packed(packed, kinds),
                Value::Int(_) => None,
            })?;
        } else {
            self.each(connection, kinds, |_, value| {
                match value {
                    Value::Int(value) => rows.push_int(value),
                    Value::Text(value) => rows.push_text(value),
                }
                Some(())
            })?;
        }
        rows.finish().map_err(unreadable)
    }

    /// Runs what is no query; how many rows it has written. Unlike a statement of diesel's that writes over rows, of which
    /// diesel keeps none prepared since what such a one names may differ from row to row.
    pub fn execute(&self, connection: &mut Connection) -> QueryResult<usize> {
        match connection {
            Connection::Postgres(connection) => connection.execute_returning_count(self),
            Connection::Sqlite(connection) => connection.execute_returning_count(self),
        }
    }

    /// Runs the query and hands every value to `take`, row after row, with the number of its column from 0. The columns
    /// are of these kinds; one of SQLite that is a text must be a blob there, see [`Sql::blob`]. Ends with an error when
    /// `take` gives `None`. On SQLite rows are taken as they are found, on PostgreSQL when all of them are there: what is too
    /// much for that comes in another way, see [`super::all`].
    pub fn each(
        &self,
        connection: &mut Connection,
        kinds: &[Kind],
        mut take: impl FnMut(usize, Value<'_>) -> Option<()>,
    ) -> QueryResult<()> {
        match connection {
            Connection::Postgres(connection) => {
                each_value(LoadConnection::<DefaultLoadingMode>::load(connection, self)?, kinds, take)
            }
            Connection::Sqlite(connection) => {
                for row in LoadConnection::load(connection, self)? {
                    let row = row?;
                    for (at, kind) in kinds.iter().enumerate() {
                        let field = row.get(at);
                        let mut value = field.as_ref().and_then(Field::value).ok_or_else(|| absent(at))?;
                        let taken = match kind {
                            Kind::Int => take(at, Value::Int(value.read_long())),
                            Kind::Text => take(at, Value::Text(value.read_blob())),
                        };
                        taken.ok_or_else(|| absent(at))?;
                    }
                }
                Ok(())
            }
        }
    }
}

/// Hands every value of rows of PostgreSQL to `take`, see [`Sql::each`].
fn each_value<'r>(
    rows: impl Iterator<Item = QueryResult<impl Row<'r, Pg>>>,
    kinds: &[Kind],
    mut take: impl FnMut(usize, Value<'_>) -> Option<()>,
) -> QueryResult<()> {
    for row in rows {
        let row = row?;
        for (at, kind) in kinds.iter().enumerate() {
            let field = row.get(at);
            let value = field.as_ref().and_then(Field::value).ok_or_else(|| absent(at))?;
            let bytes = value.as_bytes();
            let taken = match kind {
                Kind::Int => take(at, Value::Int(i64::from_be_bytes(bytes.try_into().map_err(unreadable)?))),
                Kind::Text => take(at, Value::Text(bytes)),
            };
            taken.ok_or_else(|| absent(at))?;
        }
    }
    Ok(())
}

fn absent(column: usize) -> diesel::result::Error {
    unreadable(format!("column {column} of a row is absent or not what it should be"))
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(error.into())
}

impl QueryId for Sql {
    type QueryId = ();
    // The text differs from value to value, so it is the key of the cache.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = Untyped;
}

/// The same walk for either database.
macro_rules! fragment {
    ($backend:ty) => {
        impl QueryFragment<$backend> for Sql {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $backend>) -> QueryResult<()> {
                if !self.cached {
                    out.unsafe_to_cache_prepared();
                }
                for part in &self.parts {
                    match part {
                        Part::Sql(sql) => out.push_sql(sql),
                        Part::Text(value) => out.push_bind_param::<Text, _>(value)?,
                        Part::Int(value) => out.push_bind_param::<BigInt, _>(value)?,
                    }
                }
                Ok(())
            }
        }
    };
}

fragment!(Sqlite);
fragment!(Pg);
