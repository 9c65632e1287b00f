//! What is done in the background, in pieces so small that nobody waits long for one.

use crate::connection::Connection;
use crate::error::StoreError;
use crate::import::{DELETED, NO_GROUP};
use crate::schema::{change_head, changes};
use crate::store::{Failure, Store};
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// How many entries of the log are pruned at once.
const PRUNED: i64 = 1_000;

/// Held by the process that is at it.
const ADVISORY_LOCK: i64 = crate::migrate::ADVISORY_LOCK + 1;

#[derive(QueryableByName)]
struct Got {
    #[diesel(sql_type = Bool)]
    got: bool,
}

/// Whether no other process does any of this until the transaction ends. On SQLite there is one writer anyway.
pub(crate) fn is_ours(connection: &mut Connection) -> Result<bool, Failure> {
    match connection {
        Connection::Sqlite(_) => Ok(true),
        Connection::Postgres(connection) => {
            let asked = diesel::sql_query(format!("SELECT pg_try_advisory_xact_lock({ADVISORY_LOCK}) AS got"));
            Ok(asked.get_result::<Got>(connection)?.got)
        }
    }
}

impl Store {
    /// Forgets some of the oldest entries of the change log, as far as all of them are from before the time `before` (unix
    /// seconds), and moves the floor of the log with them: whoever asks for what was behind it is told that it is gone. At
    /// most a thousand at once; true when there may be more. Nothing is done where another process is at it.
    pub fn prune_changes(&self, before: i64) -> Result<bool, StoreError> {
        self.write(|connection| {
            if !is_ours(connection)? {
                return Ok(false);
            }
            let floor: i64 = change_head::table.select(change_head::floor).first(connection)?;
            let oldest = changes::table.filter(changes::number.gt(floor)).order(changes::number).limit(PRUNED);
            let oldest: Vec<(i64, i64)> = oldest.select((changes::number, changes::at)).load(connection)?;
            // The log stays without gaps: what is younger keeps all behind it, even if a clock went back.
            let old = oldest.iter().take_while(|(_, at)| *at < before).last();
            let Some(&(last, _)) = old else { return Ok(false) };
            // Who was deleted stays known, so that nobody is given the number again.
            let whoever = changes::action.eq(DELETED).and(changes::group_number.eq(NO_GROUP));
            let old = changes::table.filter(changes::number.gt(floor)).filter(changes::number.le(last));
            diesel::delete(old.filter(diesel::dsl::not(whoever))).execute(connection)?;
            // Last, as everybody who changes something waits from here on until the commit.
            diesel::update(change_head::table).set(change_head::floor.eq(last)).execute(connection)?;
            Ok(oldest.len() as i64 == PRUNED && oldest.last().is_some_and(|(number, _)| *number == last))
        })
    }
}
