//! Totals that are kept, not counted: per group, state and scope, in the transaction that changes the membership.

use crate::connection::Connection;
use crate::query::{Kind, Sql};
use crate::store::Failure;
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
        let mut rows = self.0.iter().filter(|(_, by)| **by != 0).peekable();
        while rows.peek().is_some() {
            let mut sql = Sql::new(connection);
            sql.push("INSERT INTO group_totals (group_number, state, scope, members) VALUES ");
            let mut some = 0;
            for ((group, state, scope), by) in rows.by_ref().take(ROWS) {
                sql.push(if some > 0 { ", (" } else { "(" }).int(*group).push(", ").text(state).push(", ");
                sql.text(scope).push(", ").int(*by).push(")");
                some += 1;
            }
            // Another transaction may be making the same row: then this waits for it and adds to what it made.
            sql.push(" ON CONFLICT (group_number, state, scope) DO UPDATE SET members = ");
            sql.push("group_totals.members + excluded.members");
            if some > COMMON {
                sql.rare();
            }
            sql.execute(connection)?;
        }
        Ok(())
    }
}

/// Of how many rows a statement is kept prepared: a step changes two.
const COMMON: usize = 4;

/// How many rows one statement writes: PostgreSQL binds up to 65,535 values.
const ROWS: usize = 1_000;
