//! Inserting rows into SQLite, some with each statement.
//!
//! The statement that diesel writes for a row of forty columns is a tuple of forty types, which is walked twice for
//! every row. This one is walked by a straight line of code, and several rows share what a statement costs by itself.

use super::rows::{GroupRow, MembershipRow, PersonRow};
use diesel::connection::Connection;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use std::marker::PhantomData;

/// How many rows one statement inserts, as long as there are so many. More gain next to nothing.
const SOME: usize = 8;

/// Inserts all rows, in their order. When this fails some of them may have been inserted, so the transaction must be
/// given up.
pub(super) fn insert<R: Columns>(connection: &mut SqliteConnection, rows: &[R]) -> QueryResult<()> {
    let (chunks, rest) = rows.as_chunks::<SOME>();
    for chunk in chunks {
        connection.execute_returning_count(&Insert(chunk))?;
    }
    for row in rest {
        connection.execute_returning_count(&Insert(std::array::from_ref(row)))?;
    }
    Ok(())
}

/// A row with as many values as its table has columns that are written.
pub(super) trait Columns: 'static {
    /// The statement up to the values. It says `OR FAIL`, so that SQLite need not be able to take back the first rows of
    /// a statement when a later one is refused: for that it would copy every page before it changes it.
    const INSERT_INTO: &'static str;
    /// The values in brackets.
    fn values<'b>(&'b self, out: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()>;
}

macro_rules! columns {
    ($row:ident in $table:literal: $first:ident $first_type:ident, $($column:ident $type:ident),+ $(,)?) => {
        impl Columns for $row {
            const INSERT_INTO: &'static str = concat!(
                "INSERT OR FAIL INTO ", $table, " (", stringify!($first), $(", ", stringify!($column),)+ ") VALUES "
            );
            fn values<'b>(&'b self, out: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                out.push_sql("(");
                out.push_bind_param::<$first_type, _>(&self.$first)?;
                $(
                    out.push_sql(", ");
                    out.push_bind_param::<$type, _>(&self.$column)?;
                )+
                out.push_sql(")");
                Ok(())
            }
        }
    };
}

columns!(PersonRow in "persons":
    number BigInt, id Text, uid Text, login Text, login_folded Text, name Text, name_folded Text, description Text,
    description_folded Text, email Text, email_folded Text, phone Text, phone_folded Text, additional_information Text,
    additional_information_folded Text, business_name Text, tag_line Text, city Text, state Text, country Text,
    category Text, overview Text, avatar Text, link Text, metadata Text, tags Text, role Text, status_message Text,
    account_status Text, presence Text, hourly_rate BigInt, earnings_6_months BigInt, feedback_6_months BigInt,
    positive_feedback_6_months BigInt, freelancer Bool, individual Bool, last_active_at BigInt, created_at BigInt,
    updated_at BigInt,
);
columns!(GroupRow in "\"groups\"":
    number BigInt, id Text, guid Text, name Text, name_folded Text, description Text, description_folded Text,
    sponsor Text, criteria Text, icon Text, page Text, email Text, email_folded Text, additional_information Text,
    additional_information_folded Text, metadata Text, tags Text, kind Text,
    password_hash Text, owner BigInt, created_at BigInt, updated_at BigInt,
);
columns!(MembershipRow in "memberships":
    group_number BigInt, state Text, joined_at BigInt, person_number BigInt, scope Text, asked_at BigInt,
    joined_by BigInt, scope_changed_at BigInt, scope_changed_by BigInt, banned_at BigInt, banned_by BigInt,
);

/// The statement.
struct Insert<'r, R, const N: usize>(&'r [R; N]);

/// By which diesel finds the prepared statement again.
struct Id<R, const N: usize>(PhantomData<R>);

impl<R: Columns, const N: usize> QueryId for Insert<'_, R, N> {
    type QueryId = Id<R, N>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<R: Columns, const N: usize> QueryFragment<Sqlite> for Insert<'_, R, N> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(R::INSERT_INTO);
        for (at, row) in self.0.iter().enumerate() {
            if at > 0 {
                out.push_sql(", ");
            }
            row.values(&mut out)?;
        }
        Ok(())
    }
}
