//! Totals that are kept, not counted: per group, state and scope, in the transaction that changes the membership.

use crate::connection::Connection;
use crate::query::{Kind, Sql};
use crate::schema::group_totals::dsl;
use crate::store::Failure;
use diesel::prelude::*;
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

    /// Applies them in ascending order of the group, so that no two transactions wait for each other.
    pub fn apply(&self, connection: &mut Connection) -> Result<(), Failure> {
        for ((group, state, scope), by) in &self.0 {
            if *by != 0 {
                add(connection, *group, state, scope, *by)?;
            }
        }
        Ok(())
    }
}

fn add(connection: &mut Connection, group: i64, state: &str, scope: &str, by: i64) -> Result<(), Failure> {
    let update = |connection: &mut Connection| {
        diesel::update(dsl::group_totals.find((group, state, scope)))
            .set(dsl::members.eq(dsl::members + by))
            .execute(connection)
    };
    if update(connection)? == 0 {
        // Another transaction may be making the same row: then this waits for it and adds to what it made.
        let row = (dsl::group_number.eq(group), dsl::state.eq(state), dsl::scope.eq(scope), dsl::members.eq(by));
        match connection {
            Connection::Sqlite(connection) => {
                diesel::insert_into(dsl::group_totals).values(row).execute(connection)?;
            }
            Connection::Postgres(connection) => {
                diesel::insert_into(dsl::group_totals)
                    .values(row)
                    .on_conflict((dsl::group_number, dsl::state, dsl::scope))
                    .do_update()
                    .set(dsl::members.eq(dsl::members + by))
                    .execute(connection)?;
            }
        }
    }
    Ok(())
}
