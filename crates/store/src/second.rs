//! A second connection that sees what the first one does, so that two processes of PostgreSQL send a large group.
//!
//! What a server takes for the rows of a group, it takes for sending them, column by column, and does that in one process
//! for each connection. A transaction can give its snapshot away, and one on another connection take it. Where there is no
//! second connection to be had, one has to do.

use crate::connection::{Connection, Role};
use crate::pool::Taken;
use crate::store::{Failure, Store};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// From how many memberships on a second connection is worth it.
const LARGE: i64 = if cfg!(test) { 1_000 } else { 20_000 };

/// A connection in a transaction of its own. Closed when dropped.
pub(crate) struct Second(Taken);

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    members: i64,
}

#[derive(QueryableByName)]
struct Exported {
    #[diesel(sql_type = Text)]
    id: String,
}

#[derive(QueryableByName, PartialEq)]
struct Seen {
    #[diesel(sql_type = Text)]
    seen: String,
}

/// Which server sees what. Where an address stands for several servers, another one may have a snapshot of the same id.
const SEEN: &str = "SELECT CAST(txid_current_snapshot() AS TEXT) || ' ' || CAST(pg_postmaster_start_time() AS TEXT) \
                    || ' ' || current_database() || ' ' || (SELECT number FROM change_head) AS seen";

impl Store {
    /// A second connection for the group of this number in the snapshot of the first one, which is in a transaction that
    /// reads; `None` where the group is small, or no other connection can be had or used. Fails when the first one does,
    /// also where it is only that its snapshot cannot be given away: then its transaction is of no use any more.
    pub(crate) fn second(&self, first: &mut Connection, group: i64) -> Result<Option<Second>, Failure> {
        let Connection::Postgres(inner) = first else { return Ok(None) };
        let size =
            "SELECT CAST(COALESCE(SUM(members), 0) AS BIGINT) AS members FROM group_totals WHERE group_number = $1";
        let Size { members } = diesel::sql_query(size).bind::<BigInt, _>(group).get_result(inner)?;
        if members < LARGE {
            return Ok(None);
        }
        let Some(mut taken) = self.take_another() else { return Ok(None) };
        // Stays so unless all goes well: nobody knows in what state it is then.
        taken.lost = true;
        let seen: Seen = diesel::sql_query(SEEN).get_result(inner)?;
        let Exported { id } = diesel::sql_query("SELECT pg_export_snapshot() AS id").get_result(inner)?;
        match join(&mut taken.connection, &id) {
            Ok(same) if same == seen => Ok(Some(Second(taken))),
            Ok(_) => {
                log::debug!("the second connection sees another server");
                Ok(None)
            }
            Err(error) => {
                log::debug!("the second connection cannot be used: {error}");
                Ok(None)
            }
        }
    }
}

/// Begins a transaction in the snapshot of this id; what it sees.
fn join(connection: &mut Connection, id: &str) -> QueryResult<Seen> {
    connection.begin(Role::Reader)?;
    // A statement that takes no values; an id has hexadecimal digits and hyphens.
    connection.batch_execute(&format!("SET TRANSACTION SNAPSHOT '{}'", id.replace('\'', "")))?;
    connection.without_time_limits()?;
    diesel::sql_query(SEEN).get_result(connection)
}

impl Second {
    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.0.connection
    }

    /// Ends the transaction, after which others may use the connection.
    pub(crate) fn give_back(mut self) {
        self.0.lost = self.0.connection.commit().is_err();
    }
}
