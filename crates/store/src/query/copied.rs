//! Whole groups out of PostgreSQL by `COPY`, whose rows cost a fraction of those of a query: nothing is made of a row, or
//! of each of its columns, before this reads it.

use super::cards::{self, Fields, MOST, OPTIONAL};
use crate::error::StoreError;
use crate::rows::{Corrupt, some};
use crate::schema::memberships;
use crate::store::Failure;
use diesel::connection::SimpleConnection;
use diesel::pg::{CopyFormat, CopyTarget, Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::sql_types::{BigInt, Text};
use membership::{MemberRow, State};
use std::io::BufRead;

/// What a stream of rows begins with; behind it are four bytes of flags, and the length of what follows them.
const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";

/// The memberships of one group in one state with their persons, in the default order. `COPY` takes no values, so which
/// ones stands in two settings of the transaction.
struct Members;

impl CopyTarget for Members {
    type Table = memberships::table;
    type SqlType = BigInt;

    fn walk_target(mut pass: AstPass<'_, '_, Pg>) -> QueryResult<()> {
        pass.push_sql("(SELECT m.scope, m.joined_at, p.number, p.uid");
        for (_, column, _) in OPTIONAL {
            pass.push_sql(", ");
            pass.push_sql(column);
        }
        pass.push_sql(
            " FROM memberships m JOIN persons p ON p.number = m.person_number \
             WHERE m.group_number = CAST(current_setting('rollcall.group') AS BIGINT) \
             AND m.state = (current_setting('rollcall.state') COLLATE \"C\") \
             ORDER BY m.joined_at, m.person_number)",
        );
        Ok(())
    }
}

/// Hands the memberships of the group that stand in `state` to `each`, in the default order, with every field. To be called
/// in a transaction.
pub fn all(
    connection: &mut PgConnection,
    group: i64,
    state: State,
    each: &mut dyn FnMut(&MemberRow<'_>),
) -> Result<(), Failure> {
    // Rows that come as they stand in the indexes are sent from the first moment on. To sort them takes the server longer,
    // and room on its disk for all of them. Nothing of it is worth being compiled, or done by several processes, which take
    // more time together.
    connection.batch_execute(
        "SET LOCAL enable_sort = off; SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0",
    )?;
    let set = "SELECT set_config('rollcall.group', $1, true), set_config('rollcall.state', $2, true)";
    diesel::sql_query(set).bind::<Text, _>(group.to_string()).bind::<Text, _>(state.as_str()).execute(connection)?;
    let mut rows = diesel::copy_to(Members).with_format(CopyFormat::Binary).load_raw(connection)?;
    let outcome = read(&mut rows, state, each);
    drop(rows);
    // Ends what a stream that was not read to its end leaves under way.
    let ended = connection.batch_execute("SET LOCAL rollcall.state = ''");
    outcome?;
    Ok(ended?)
}

/// Reads a stream to its end.
fn read(rows: &mut impl BufRead, state: State, each: &mut dyn FnMut(&MemberRow<'_>)) -> Result<(), Failure> {
    let mut begun = false;
    loop {
        let bytes = rows.fill_buf().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        // Each piece holds whole rows; the first one the beginning, too.
        let mut rest = Bytes(bytes);
        if bytes.is_empty() {
            // An error of the server ends a stream as its end does, but for what stands there.
            return Err(StoreError::Unavailable("the database ended a stream of rows before its end".to_owned()).into());
        }
        if !begun {
            begun = true;
            let extra = rest.take(SIGNATURE.len() + 4).filter(|begin| begin.starts_with(SIGNATURE));
            extra.and_then(|_| rest.length()).and_then(|length| rest.take(length?)).ok_or(UNREADABLE)?;
        }
        while !rest.0.is_empty() {
            match rest.count().ok_or(UNREADABLE)? {
                -1 => {
                    let length = bytes.len();
                    rows.consume(length);
                    // Lets the connection see that nothing follows.
                    return match rows.fill_buf() {
                        Ok([]) => Ok(()),
                        _ => Err(UNREADABLE.into()),
                    };
                }
                count => each(&row(&mut rest, count, state)?),
            }
        }
        let length = bytes.len();
        rows.consume(length);
    }
}

/// What a stream holds that is none.
const UNREADABLE: Corrupt = Corrupt("of a stream of rows");

/// The next row, of which so many fields are announced.
fn row<'a>(rest: &mut Bytes<'a>, count: i16, state: State) -> Result<MemberRow<'a>, Corrupt> {
    let mut fields = [&[][..]; BEFORE + MOST];
    if usize::try_from(count) != Ok(fields.len()) {
        return Err(UNREADABLE);
    }
    for field in &mut fields {
        *field = rest.length().flatten().and_then(|length| rest.take(length)).ok_or(UNREADABLE)?;
    }
    let [scope, joined_at, number, uid, texts @ ..] = &fields;
    let person = cards::person(number_of(number)?, text(uid, "persons.uid")?, Raw(texts))?;
    let scope = text(scope, "memberships.scope")?.parse().map_err(|_| Corrupt("memberships.scope"))?;
    Ok(MemberRow { person, state, scope, joined_at: some(number_of(joined_at)?) })
}

/// How many columns come before those of a card.
const BEFORE: usize = 3;

/// The columns of a card behind the uid, as they are sent.
struct Raw<'r, 'a>(&'r [&'a [u8]]);

impl<'a> Fields<'a> for Raw<'_, 'a> {
    fn text(&self, at: usize) -> Result<&'a str, Corrupt> {
        text(self.0[at], OPTIONAL[at].1)
    }

    fn int(&self, at: usize) -> Result<i64, Corrupt> {
        number_of(self.0[at])
    }

    fn asked(&self, _: usize) -> bool {
        true
    }
}

fn text<'a>(bytes: &'a [u8], column: &'static str) -> Result<&'a str, Corrupt> {
    std::str::from_utf8(bytes).map_err(|_| Corrupt(column))
}

fn number_of(bytes: &[u8]) -> Result<i64, Corrupt> {
    Ok(i64::from_be_bytes(bytes.try_into().map_err(|_| UNREADABLE)?))
}

/// What is left to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// How many fields follow; -1 at the end.
    fn count(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// How many bytes follow; `Some(None)` where there is no value.
    fn length(&mut self) -> Option<Option<usize>> {
        Some(usize::try_from(i32::from_be_bytes(self.take(4)?.try_into().ok()?)).ok())
    }
}

#[cfg(test)]
mod tests;
