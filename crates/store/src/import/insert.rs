//! Inserting rows into SQLite, some with each statement, and writing what has changed of a row.
//!
//! The statement that diesel writes for a row of forty columns is a tuple of forty types, which is walked twice for
//! every row, and one that updates is prepared anew for every row. These are walked by a straight line of code, and kept
//! prepared; several rows share what a statement that inserts costs by itself.

use super::cards::Cards;
use super::lookup::on_either;
use super::rows::{GroupRow, MembershipRow, PersonRow};
use crate::connection::Connection as Either;
use diesel::backend::Backend;
use diesel::connection::Connection;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Text};
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

/// The same for persons whose cards are put together already, into a table that takes them.
pub(super) fn insert_with_cards(
    connection: &mut SqliteConnection,
    rows: &[PersonRow],
    cards: &Cards,
) -> QueryResult<()> {
    let (chunks, rest) = rows.as_chunks::<SOME>();
    let card = |nth: usize| cards.get(nth).unwrap_or_default();
    for (nth, rows) in chunks.iter().enumerate() {
        let cards = std::array::from_fn(|at| card(nth * SOME + at));
        connection.execute_returning_count(&InsertWithCards(rows, cards))?;
    }
    for (nth, row) in (chunks.len() * SOME..).zip(rest) {
        connection.execute_returning_count(&InsertWithCards(std::array::from_ref(row), [card(nth)]))?;
    }
    Ok(())
}

/// Writes what is different in `after` over the row `before`, which has the same key; nothing where nothing is. Columns
/// that stay the same are not named, so that no index of theirs is touched, and the texts of the few statements that come
/// of it repeat, so that they stay prepared. Gives how many rows there were to write: 1, or 0 where there is none of that
/// key any more, or nothing to be written.
pub(crate) fn update<R: Columns>(connection: &mut Either, before: &R, after: &R) -> QueryResult<usize> {
    if before == after {
        return Ok(0);
    }
    on_either!(connection, inner => inner.execute_returning_count(&Update { before, after }))
}

/// A row with as many values as its table has columns that are written.
pub(crate) trait Columns: PartialEq + 'static {
    /// The statement up to the names of the columns. It says `OR FAIL`, so that SQLite need not be able to take back the first rows of
    /// a statement when a later one is refused: for that it would copy every page before it changes it.
    const INSERT_INTO: &'static str;
    /// The names of the columns, and what stands before the values.
    const NAMES: &'static str;
    /// The beginning of a statement that updates, up to the columns.
    const UPDATE: &'static str;
    /// The values.
    fn values<'b>(&'b self, out: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()>;
    /// The columns that are others in `before`, with the values of this.
    fn changed<'b, DB>(&'b self, before: &Self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Backend + HasSqlType<BigInt> + HasSqlType<Bool> + HasSqlType<Text>,
        i64: ToSql<BigInt, DB>,
        bool: ToSql<Bool, DB>,
        String: ToSql<Text, DB>;
    /// How many columns are different.
    fn count_changed(&self, before: &Self) -> usize;
    /// Columns by which the row is found, with their values.
    fn key(&self) -> impl Iterator<Item = (&'static str, &i64)>;
}

macro_rules! columns {
    ($row:ident in $table:literal by $($key:ident),+: $first:ident $first_type:ident, $($column:ident $type:ident),+ $(,)?) => {
        impl Columns for $row {
            const INSERT_INTO: &'static str = concat!("INSERT OR FAIL INTO ", $table, " (");
            const NAMES: &'static str = concat!(stringify!($first), $(", ", stringify!($column),)+ ") VALUES (");
            fn values<'b>(&'b self, out: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                out.push_bind_param::<$first_type, _>(&self.$first)?;
                $(
                    out.push_sql(", ");
                    out.push_bind_param::<$type, _>(&self.$column)?;
                )+
                Ok(())
            }
            const UPDATE: &'static str = concat!("UPDATE ", $table, " SET ");
            fn changed<'b, DB>(&'b self, before: &Self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
            where
                DB: Backend + HasSqlType<BigInt> + HasSqlType<Bool> + HasSqlType<Text>,
                i64: ToSql<BigInt, DB>,
                bool: ToSql<Bool, DB>,
                String: ToSql<Text, DB>,
            {
                let mut comma = "";
                if self.$first != before.$first {
                    out.push_sql(concat!(stringify!($first), " = "));
                    out.push_bind_param::<$first_type, _>(&self.$first)?;
                    comma = ", ";
                }
                $(if self.$column != before.$column {
                    out.push_sql(comma);
                    out.push_sql(concat!(stringify!($column), " = "));
                    out.push_bind_param::<$type, _>(&self.$column)?;
                    comma = ", ";
                })+
                let _ = comma;
                Ok(())
            }
            fn count_changed(&self, before: &Self) -> usize {
                usize::from(self.$first != before.$first) $(+ usize::from(self.$column != before.$column))+
            }
            fn key(&self) -> impl Iterator<Item = (&'static str, &i64)> {
                [$((stringify!($key), &self.$key)),+].into_iter()
            }
        }
    };
}

columns!(PersonRow in "persons" by number:
    number BigInt, id Text, uid Text, login Text, login_folded Text, name Text, name_folded Text, description Text,
    description_folded Text, email Text, email_folded Text, phone Text, phone_folded Text, additional_information Text,
    additional_information_folded Text, business_name Text, tag_line Text, city Text, state Text, country Text,
    category Text, overview Text, avatar Text, link Text, metadata Text, tags Text, role Text, status_message Text,
    account_status Text, presence Text, hourly_rate BigInt, earnings_6_months BigInt, feedback_6_months BigInt,
    positive_feedback_6_months BigInt, freelancer Bool, individual Bool, last_active_at BigInt, created_at BigInt,
    updated_at BigInt,
);
columns!(GroupRow in "\"groups\"" by number:
    number BigInt, id Text, guid Text, name Text, name_folded Text, description Text, description_folded Text,
    sponsor Text, criteria Text, icon Text, page Text, email Text, email_folded Text, additional_information Text,
    additional_information_folded Text, metadata Text, tags Text, kind Text,
    password_hash Text, owner BigInt, created_at BigInt, updated_at BigInt,
);
columns!(MembershipRow in "memberships" by group_number, person_number:
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
        out.push_sql(R::NAMES);
        for (at, row) in self.0.iter().enumerate() {
            if at > 0 {
                out.push_sql("), (");
            }
            row.values(&mut out)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

/// The statement for persons with cards.
struct InsertWithCards<'r, const N: usize>(&'r [PersonRow; N], [&'r str; N]);

/// By which diesel finds that one again.
struct CardId<const N: usize>;

impl<const N: usize> QueryId for InsertWithCards<'_, N> {
    type QueryId = CardId<N>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<const N: usize> QueryFragment<Sqlite> for InsertWithCards<'_, N> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(PersonRow::INSERT_INTO);
        out.push_sql("card, ");
        out.push_sql(PersonRow::NAMES);
        for (at, (row, card)) in self.0.iter().zip(&self.1).enumerate() {
            if at > 0 {
                out.push_sql("), (");
            }
            out.push_bind_param::<Text, str>(card)?;
            out.push_sql(", ");
            row.values(&mut out)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

/// Statements that name so many columns at most stay prepared: a text, what is folded of it, and when it was changed.
const FEW: usize = 3;

/// The statement that writes what is different in `after` from `before`.
struct Update<'r, R> {
    before: &'r R,
    after: &'r R,
}

impl<R> QueryId for Update<'_, R> {
    // Which columns it names depends on the rows, so it is found again by its text.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R: Columns, DB> QueryFragment<DB> for Update<'_, R>
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<Bool> + HasSqlType<Text>,
    i64: ToSql<BigInt, DB>,
    bool: ToSql<Bool, DB>,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // There are very many sets of columns, and each statement that stays prepared takes memory.
        if self.after.count_changed(self.before) > FEW {
            out.unsafe_to_cache_prepared();
        }
        out.push_sql(R::UPDATE);
        self.after.changed(self.before, &mut out)?;
        let mut link = " WHERE ";
        for (column, value) in self.after.key() {
            out.push_sql(link);
            out.push_sql(column);
            out.push_sql(" = ");
            out.push_bind_param::<BigInt, _>(value)?;
            link = " AND ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::debug_query;
    use diesel::pg::Pg;

    #[test]
    fn only_what_has_changed_is_named() {
        let before = PersonRow::new(7, "i".to_owned(), "u".to_owned(), "L".to_owned(), 5);
        let city = PersonRow { city: "Łódź".to_owned(), updated_at: 9, ..before.clone() };
        let update = Update { before: &before, after: &city };
        let told = "UPDATE persons SET city = ?, updated_at = ? WHERE number = ? -- binds: [\"Łódź\", 9, 7]";
        assert_eq!(debug_query::<Sqlite, _>(&update).to_string(), told);
        let back = Update { before: &city, after: &before };
        let told = "UPDATE persons SET city = $1, updated_at = $2 WHERE number = $3 -- binds: [\"\", 0, 7]";
        assert_eq!(debug_query::<Pg, _>(&back).to_string(), told);
        let member = MembershipRow::after(None, 3, 7, &crate::import::Said::default(), 5);
        let pending = MembershipRow { state: "pending".to_owned(), joined_at: 0, ..member.clone() };
        let told = "UPDATE memberships SET state = ?, joined_at = ? WHERE group_number = ? AND person_number = ? \
                    -- binds: [\"pending\", 0, 3, 7]";
        assert_eq!(debug_query::<Sqlite, _>(&Update { before: &member, after: &pending }).to_string(), told);
    }
}
