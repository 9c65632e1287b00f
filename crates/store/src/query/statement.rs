//! A statement under construction: SQL text with values that are always bound, never written into the text.

use crate::connection::{Connection, MultiBackend};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryResult, RunQueryDsl};
use std::marker::PhantomData;

/// Which SQL the database speaks, where it differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Connection {
    /// Which SQL this connection speaks.
    pub fn flavor(&self) -> Flavor {
        match self {
            Self::Sqlite(_) => Flavor::Sqlite,
            Self::Postgres(_) => Flavor::Postgres,
        }
    }
}

#[derive(Clone, Debug)]
enum Part {
    Sql(String),
    Text(String),
    Int(i64),
}

/// Pieces of SQL and the values between them.
#[derive(Clone, Debug)]
pub struct Sql {
    /// Which SQL is written.
    pub flavor: Flavor,
    parts: Vec<Part>,
}

impl Sql {
    /// Nothing yet.
    pub const fn new(flavor: Flavor) -> Self {
        Self { flavor, parts: Vec::new() }
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

    /// Makes a query of it whose rows are of the SQL type `T`. Its prepared form is kept on the connection if
    /// `cached`, which only shapes that come again and again should be.
    pub fn query<T>(self, cached: bool) -> Statement<T> {
        Statement { parts: self.parts, cached, row: PhantomData }
    }
}

/// A finished query.
#[derive(Debug)]
pub struct Statement<T> {
    parts: Vec<Part>,
    cached: bool,
    row: PhantomData<T>,
}

impl<T> QueryId for Statement<T> {
    type QueryId = ();
    // The text differs from value to value, so it is the key of the cache.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for Statement<T> {
    type SqlType = T;
}

impl<T> RunQueryDsl<Connection> for Statement<T> {}

impl<T> QueryFragment<MultiBackend> for Statement<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
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
