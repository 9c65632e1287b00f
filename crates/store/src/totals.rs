//! Totals that are kept, not counted: per group, state and scope, in the transaction that changes the membership.

use crate::connection::Connection;
use crate::prepared::Prepared;
use crate::query::{Kind, Sql};
use crate::schema::group_totals::{self, dsl};
use crate::store::Failure;
use diesel::prelude::*;
use diesel::upsert::excluded;
use membership::{Scope, ScopeSet, State};
use std::collections::BTreeMap;

/// How many memberships of the group stand in `state` with one of `scopes`.
pub fn of(connection: &mut Connection, group: i64, state: State, scopes: ScopeSet) -> Result<i64, Failure> {
    let mut sql = Sql::new(connection);
    sql.push("SELECT ").columns(["scope", "members"]).push(" FROM group_totals WHERE group_number = ").int(group);
    sql.push(" AND state = ").text(state.as_str());
    let found = sql.load(connection, &[Kind::Text, Kind::Int], 3)?;
    let wanted = |row: &usize| found.text(*row, 0).parse::<Scope>().is_ok_and(|scope| scopes.contains(scope));
    Ok((0..found.rows()).filter(wanted).map(|row| found.int(row, 1)).sum())
}

/// Differences to be applied to the totals, gathered over a transaction.
#[derive(Debug, Default)]
pub struct Differences(BTreeMap<(i64, &'static str, &'static str), i64>);

impl Differences {
    /// One membership more (`by` 1) or less (-1).
    pub fn add(&mut self, group: i64, state: State, scope: Scope, by: i64) {
        *self.0.entry((group, state.as_str(), scope.as_str())).or_default() += by;
    }

    /// The difference that is outstanding.
    pub fn of(&self, group: i64, state: State, scope: Scope) -> i64 {
        self.0.get(&(group, state.as_str(), scope.as_str())).copied().unwrap_or(0)
    }

    /// Applies them in ascending order of the group, so that no two transactions wait for each other.
    pub fn apply(&self, connection: &mut Connection) -> Result<(), Failure> {
        let mut rows = self.0.iter().filter(|(_, by)| **by != 0).map(|((group, state, scope), by)| Row {
            group_number: *group,
            state,
            scope,
            members: *by,
        });
        match connection {
            Connection::Sqlite(connection) => {
                for row in rows {
                    let added = diesel::insert_into(group_totals::table)
                        .values(&row)
                        .on_conflict((dsl::group_number, dsl::state, dsl::scope))
                        .do_update()
                        .set(dsl::members.eq(dsl::members + row.members));
                    Prepared(added).execute(connection)?;
                }
            }
            // Another transaction may be making the same row: then this waits for it and adds to what it made.
            Connection::Postgres(connection) => loop {
                let some: Vec<_> = rows.by_ref().take(ROWS).collect();
                if some.is_empty() {
                    break;
                }
                diesel::insert_into(group_totals::table)
                    .values(&some)
                    .on_conflict((dsl::group_number, dsl::state, dsl::scope))
                    .do_update()
                    .set(dsl::members.eq(dsl::members + excluded(dsl::members)))
                    .execute(connection)?;
            },
        }
        Ok(())
    }
}

/// How many rows one statement writes: PostgreSQL binds up to 65,535 values.
const ROWS: usize = 1_000;

/// A total to be made, or a difference to be added to the one that is there.
#[derive(Insertable)]
#[diesel(table_name = group_totals)]
struct Row<'a> {
    group_number: i64,
    state: &'a str,
    scope: &'a str,
    members: i64,
}
