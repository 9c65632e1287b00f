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

/// One half of them, 0 or 1: which half, a hash of the number of the person says, so that both halves are about as large
/// wherever one looks, and however the numbers were given.
struct Half<const WHICH: u8>;

impl CopyTarget for Members {
    type Table = memberships::table;
    type SqlType = BigInt;

    fn walk_target(pass: AstPass<'_, '_, Pg>) -> QueryResult<()> {
        question(pass, "");
        Ok(())
    }
}

impl<const WHICH: u8> CopyTarget for Half<WHICH> {
    type Table = memberships::table;
    type SqlType = BigInt;

    fn walk_target(pass: AstPass<'_, '_, Pg>) -> QueryResult<()> {
        let half = if WHICH == 0 { "= 0 " } else { "<> 0 " };
        question(pass, &format!("AND (hashint8(m.person_number) & 1) {half}"));
        Ok(())
    }
}

/// Writes the query, with another condition.
fn question(mut pass: AstPass<'_, '_, Pg>, condition: &str) {
    pass.push_sql("(SELECT m.scope, m.joined_at, p.number, p.uid");
    for (_, column, _) in OPTIONAL {
        pass.push_sql(", ");
        pass.push_sql(column);
    }
    pass.push_sql(
        " FROM memberships m JOIN persons p ON p.number = m.person_number \
         WHERE m.group_number = CAST(current_setting('rollcall.group') AS BIGINT) \
         AND m.state = (current_setting('rollcall.state') COLLATE \"C\") ",
    );
    pass.push_sql(condition);
    pass.push_sql("ORDER BY m.joined_at, m.person_number)");
}

/// Hands the memberships of the group that stand in `state` to `each`, in the default order, with every field. To be called
/// in a transaction. With a `second` connection, in a transaction of the same snapshot, two processes of the server send a
/// half each, for which most of the time is spent.
pub fn all(
    connection: &mut PgConnection,
    second: Option<&mut PgConnection>,
    group: i64,
    state: State,
    each: &mut dyn FnMut(&MemberRow<'_>),
) -> Result<(), Failure> {
    prepare(connection, group, state)?;
    let Some(second) = second else {
        let rows = diesel::copy_to(Members).with_format(CopyFormat::Binary).load_raw(connection)?;
        let outcome = read(rows, state, each);
        let ended = end(connection);
        return outcome.and(ended);
    };
    prepare(second, group, state)?;
    let ones = diesel::copy_to(Half::<0>).with_format(CopyFormat::Binary).load_raw(connection)?;
    let others = diesel::copy_to(Half::<1>).with_format(CopyFormat::Binary).load_raw(second)?;
    let outcome = merge(ones, others, state, each);
    let ended = [end(connection), end(second)];
    outcome?;
    ended.into_iter().collect()
}

fn prepare(connection: &mut PgConnection, group: i64, state: State) -> Result<(), Failure> {
    // Rows that come as they stand in the indexes are sent from the first moment on. To sort them takes the server longer,
    // and room on its disk for all of them. Nothing of it is worth being compiled, or done by several processes, which take
    // more time together.
    connection.batch_execute(
        "SET LOCAL enable_sort = off; SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0",
    )?;
    let set = "SELECT set_config('rollcall.group', $1, true), set_config('rollcall.state', $2, true)";
    diesel::sql_query(set).bind::<Text, _>(group.to_string()).bind::<Text, _>(state.as_str()).execute(connection)?;
    Ok(())
}

/// Ends what a stream that was not read to its end leaves under way.
fn end(connection: &mut PgConnection) -> Result<(), Failure> {
    Ok(connection.batch_execute("SET LOCAL rollcall.state = ''")?)
}

/// Reads a stream to its end.
fn read(rows: impl BufRead, state: State, each: &mut dyn FnMut(&MemberRow<'_>)) -> Result<(), Failure> {
    let mut rows = Rows::new(rows, state);
    while let Some(row) = rows.next()? {
        each(&row);
    }
    Ok(())
}

/// Reads two streams, each of which is in the default order, to their ends.
fn merge(
    first: impl BufRead,
    second: impl BufRead,
    state: State,
    each: &mut dyn FnMut(&MemberRow<'_>),
) -> Result<(), Failure> {
    let place = |row: &MemberRow<'_>| (row.joined_at, row.person.number);
    let (mut first, mut second) = (Rows::new(first, state), Rows::new(second, state));
    let (mut one, mut other) = (first.next()?, second.next()?);
    loop {
        match (&one, &other) {
            (Some(row), Some(next)) if place(next) < place(row) => {
                each(next);
                other = second.next()?;
            }
            (Some(row), _) => {
                each(row);
                one = first.next()?;
            }
            (None, Some(row)) => {
                each(row);
                other = second.next()?;
            }
            (None, None) => return Ok(()),
        }
    }
}

/// A stream of rows.
struct Rows<B> {
    from: B,
    /// How much is read of the piece at hand, each of which holds whole rows; the first one the beginning, too.
    at: usize,
    begun: bool,
    state: State,
}

impl<B: BufRead> Rows<B> {
    const fn new(from: B, state: State) -> Self {
        Self { from, at: 0, begun: false, state }
    }

    fn piece(&mut self) -> Result<&[u8], Failure> {
        Ok(self.from.fill_buf().map_err(|error| StoreError::Unavailable(error.to_string()))?)
    }

    /// The next row; none at the end, behind which nothing is to be asked for.
    fn next(&mut self) -> Result<Option<MemberRow<'_>>, Failure> {
        if !self.go_on()? {
            return Ok(None);
        }
        let (at, state) = (self.at, self.state);
        let bytes = self.from.fill_buf().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let mut rest = Bytes(bytes.get(at..).unwrap_or_default());
        let count = rest.count().ok_or(UNREADABLE)?;
        let row = row(&mut rest, count, state)?;
        self.at = bytes.len() - rest.0.len();
        Ok(Some(row))
    }

    /// Goes to where the next row begins; false at the end.
    fn go_on(&mut self) -> Result<bool, Failure> {
        loop {
            let (at, begun) = (self.at, self.begun);
            let bytes = self.piece()?;
            if bytes.is_empty() {
                // An error of the server ends a stream as its end does, but for what stands there.
                let told = "the database ended a stream of rows before its end";
                return Err(StoreError::Unavailable(told.to_owned()).into());
            }
            let (length, mut rest) = (bytes.len(), Bytes(bytes.get(at..).unwrap_or_default()));
            if at == length {
                self.from.consume(length);
                self.at = 0;
            } else if !begun {
                let extra = rest.take(SIGNATURE.len() + 4).filter(|begin| begin.starts_with(SIGNATURE));
                extra.and_then(|_| rest.length()).and_then(|length| rest.take(length?)).ok_or(UNREADABLE)?;
                let at = length - rest.0.len();
                (self.at, self.begun) = (at, true);
            } else if rest.count() == Some(-1) {
                self.from.consume(length);
                self.at = 0;
                // Lets the connection see that nothing follows.
                return if matches!(self.from.fill_buf(), Ok([])) { Ok(false) } else { Err(UNREADABLE.into()) };
            } else {
                return Ok(true);
            }
        }
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
