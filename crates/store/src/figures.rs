//! What an operator watches: how busy the pools are, and how much is stored.

use crate::connection::Connection;
use crate::error::StoreError;
use crate::pool::Pool;
use crate::query::{Kind, Sql};
use crate::schema::{change_head, groups, persons};
use crate::store::{Failure, Store};
use diesel::dsl::count_star;
use diesel::prelude::*;
use membership::State;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// How one pool of connections is used, at one moment. Never waits for the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// `readers` and `writer` on SQLite; `all` on PostgreSQL, where every connection does both.
    pub name: &'static str,
    /// The most connections that there may be.
    pub size: u32,
    /// Connections that there are.
    pub open: u32,
    /// Those of them that are at work.
    pub in_use: u32,
    /// How many wait for one.
    pub waiting: u32,
    /// How many have waited in vain since the start, for `acquire_timeout` each.
    pub timed_out: u64,
}

/// How much the store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Persons.
    pub persons: u64,
    /// Groups.
    pub groups: u64,
    /// Memberships in each state, from the kept totals.
    pub memberships: Vec<(State, u64)>,
}

/// Where the change log begins and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogEnds {
    /// The number of the last change; 0 before the first.
    pub head: u64,
    /// Changes up to this number have been pruned.
    pub floor: u64,
}

/// What a pool does not count itself.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    pub waiting: AtomicU32,
    pub timed_out: AtomicU64,
}

/// One who waits, until dropped.
pub(crate) struct Waiting<'a>(&'a Waits);

impl<'a> Waiting<'a> {
    pub fn begin(waits: &'a Waits) -> Self {
        waits.waiting.fetch_add(1, Ordering::Relaxed);
        Self(waits)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How this pool is used.
pub(crate) fn pool_use(name: &'static str, pool: &Pool, waits: &Waits) -> PoolUse {
    let state = pool.state();
    PoolUse {
        name,
        size: pool.max_size(),
        open: state.connections,
        in_use: state.connections.saturating_sub(state.idle_connections),
        waiting: waits.waiting.load(Ordering::Relaxed),
        timed_out: waits.timed_out.load(Ordering::Relaxed),
    }
}

impl Store {
    /// The ends of the change log: one row by its key.
    pub fn log_ends(&self) -> Result<LogEnds, StoreError> {
        let (head, floor): (i64, i64) = self.read(|connection| {
            Ok(change_head::table.select((change_head::number, change_head::floor)).first(connection)?)
        })?;
        Ok(LogEnds { head: number(head)?, floor: number(floor)? })
    }

    /// How much is stored. Memberships are added up from the totals that are kept for each group; persons and groups are
    /// counted in an index (some 5 ms on SQLite and 30 ms on PostgreSQL for a million).
    pub fn totals(&self) -> Result<Totals, StoreError> {
        let (persons, groups, memberships) = self.read(|connection| {
            let persons: i64 = persons::table.select(count_star()).first(connection)?;
            let groups: i64 = groups::table.select(count_star()).first(connection)?;
            Ok((persons, groups, sums(connection)?))
        })?;
        let of =
            |state: &State| memberships.iter().filter(|(word, _)| word == state.as_str()).map(|(_, sum)| sum).sum();
        let memberships = State::ALL.iter().map(|state| Ok((*state, number(of(state))?)));
        let memberships = memberships.collect::<Result<_, StoreError>>()?;
        Ok(Totals { persons: number(persons)?, groups: number(groups)?, memberships })
    }
}

/// The kept totals of all groups together, by the word of the state.
fn sums(connection: &mut Connection) -> Result<Vec<(String, i64)>, Failure> {
    let mut sql = Sql::new(connection);
    sql.push("SELECT ").columns(["state", "CAST(SUM(members) AS BIGINT)"]);
    sql.push(" FROM group_totals GROUP BY state");
    let found = sql.load(connection, &[Kind::Text, Kind::Int], State::ALL.len())?;
    Ok((0..found.rows()).map(|row| (found.text(row, 0).to_owned(), found.int(row, 1))).collect())
}

fn number(found: i64) -> Result<u64, StoreError> {
    u64::try_from(found).map_err(|_| StoreError::Fault(format!("a total is {found}")))
}
