//! A page of members, and how many there are.

use super::filter::{CHANGED, column, filter};
use super::statement::{Flavor, Sql};
use crate::connection::Connection;
use crate::rows::{self, Corrupt};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use membership::{
    Filter, MemberQuery, MemberRow, Money, OrderBy, OrderKey, PersonFields, PersonView, Scope, ScopeSet, State,
};
use uuid::Uuid;

type T = Text;
type I = BigInt;
/// The columns of a row: the person, then the membership.
type RowType = (I, T, T, Texts, T, T, I, I, I, I, I, I, I, T, I);
/// The eighteen texts that a query may leave out, in the order of [`TEXTS`].
type Texts = (T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T);

/// The texts that a query may leave out.
const TEXTS: [(PersonFields, &str); 18] = [
    (PersonFields::LOGIN, "p.login"),
    (PersonFields::NAME, "p.name"),
    (PersonFields::BUSINESS_NAME, "p.business_name"),
    (PersonFields::TAG_LINE, "p.tag_line"),
    (PersonFields::DESCRIPTION, "p.description"),
    (PersonFields::EMAIL, "p.email"),
    (PersonFields::PHONE, "p.phone"),
    (PersonFields::ADDITIONAL_INFORMATION, "p.additional_information"),
    (PersonFields::CITY, "p.city"),
    (PersonFields::STATE, "p.state"),
    (PersonFields::COUNTRY, "p.country"),
    (PersonFields::CATEGORY, "p.category"),
    (PersonFields::AVATAR, "p.avatar"),
    (PersonFields::LINK, "p.link"),
    (PersonFields::METADATA, "p.metadata"),
    (PersonFields::TAGS, "p.tags"),
    (PersonFields::ROLE, "p.role"),
    (PersonFields::STATUS_MESSAGE, "p.status_message"),
];

/// One row of a page as it is loaded.
#[derive(Queryable, Debug)]
pub struct MemberRecord {
    number: i64,
    id: String,
    uid: String,
    texts: TextRecord,
    account_status: String,
    presence: String,
    hourly_rate: i64,
    earnings_6_months: i64,
    feedback_6_months: i64,
    positive_feedback_6_months: i64,
    last_active_at: i64,
    created_at: i64,
    updated_at: i64,
    scope: String,
    joined_at: i64,
}

/// Its texts that a query may leave out.
#[derive(Queryable, Debug)]
pub struct TextRecord {
    login: String,
    name: String,
    business_name: String,
    tag_line: String,
    description: String,
    email: String,
    phone: String,
    additional_information: String,
    city: String,
    state: String,
    country: String,
    category: String,
    avatar: String,
    link: String,
    metadata: String,
    tags: String,
    role: String,
    status_message: String,
}

impl MemberRecord {
    /// The row as renderers take it.
    pub fn row(&self, state: State) -> Result<MemberRow<'_>, Corrupt> {
        let texts = &self.texts;
        Ok(MemberRow {
            person: PersonView {
                number: self.number,
                id: Uuid::parse_str(&self.id).map_err(|_| Corrupt("persons.id"))?,
                uid: &self.uid,
                login: &texts.login,
                name: &texts.name,
                business_name: &texts.business_name,
                tag_line: &texts.tag_line,
                description: &texts.description,
                email: &texts.email,
                phone: &texts.phone,
                additional_information: &texts.additional_information,
                hourly_rate: Money { cents: self.hourly_rate },
                city: &texts.city,
                state: &texts.state,
                country: &texts.country,
                category: &texts.category,
                earnings_6_months: Money { cents: self.earnings_6_months },
                feedback_6_months: self.feedback_6_months,
                positive_feedback_6_months: self.positive_feedback_6_months,
                avatar: &texts.avatar,
                link: &texts.link,
                metadata: &texts.metadata,
                tags: &texts.tags,
                role: &texts.role,
                status_message: &texts.status_message,
                account_status: rows::account_status(&self.account_status)?,
                presence: self.presence.parse().map_err(|_| Corrupt("persons.presence"))?,
                last_active_at: rows::some(self.last_active_at),
                created_at: self.created_at,
                updated_at: rows::some(self.updated_at),
            },
            state,
            scope: self.scope.parse::<Scope>().map_err(|_| Corrupt("memberships.scope"))?,
            joined_at: rows::some(self.joined_at),
        })
    }
}

/// Loads the rows in the window of `query`.
pub fn page(connection: &mut Connection, group: i64, query: &MemberQuery) -> QueryResult<Vec<MemberRecord>> {
    if query.window.limit == 0 || query.scopes == ScopeSet::NONE {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(connection.flavor());
    select(&mut sql, query.fields);
    // The window is cut over the narrow membership first; the wide persons are joined to what is left.
    sql.push(" FROM (SELECT m.person_number, m.scope, m.joined_at");
    let joined = query.filter().is_some() || query.order.iter().any(|key| key.by != OrderBy::Number);
    from(&mut sql, group, query, joined);
    order(&mut sql, &query.order, "m.");
    sql.push(" LIMIT ").int(i64::from(query.window.limit));
    sql.push(" OFFSET ").int(i64::try_from(query.window.offset).unwrap_or(i64::MAX));
    // In SQLite the word CROSS keeps the planner from turning the join around; the windowed rows come first.
    sql.push(match sql.flavor {
        Flavor::Sqlite => ") w CROSS JOIN persons p ON p.number = w.person_number",
        Flavor::Postgres => ") w JOIN persons p ON p.number = w.person_number",
    });
    order(&mut sql, &query.order, "w.");
    sql.query::<RowType>(is_common(query)).load::<MemberRecord>(connection)
}

/// Counts what `query` finds by looking at every candidate.
pub fn count(connection: &mut Connection, group: i64, query: &MemberQuery) -> QueryResult<i64> {
    if query.scopes == ScopeSet::NONE {
        return Ok(0);
    }
    let mut sql = Sql::new(connection.flavor());
    sql.push("SELECT COUNT(*)");
    from(&mut sql, group, query, query.filter().is_some());
    sql.query::<BigInt>(is_common(query)).get_result(connection)
}

/// Whether statements of this shape come again and again: their prepared form is kept. There must only be a bounded
/// number of such shapes, since nothing ever leaves the cache of a connection.
fn is_common(query: &MemberQuery) -> bool {
    let simple = query.filter().is_none_or(|filter| match filter {
        Filter::Presence(_) => true,
        Filter::Text(a, _, b) | Filter::Match(_, a, b) => {
            use membership::TextExpr::{Field, Literal};
            matches!((a, b), (Field(_), Literal(_)) | (Literal(_), Field(_)))
        }
        _ => false,
    });
    simple && query.order.len() <= 1
}

fn select(sql: &mut Sql, fields: PersonFields) {
    sql.push("SELECT p.number, p.id, p.uid");
    for (field, column) in TEXTS {
        sql.push(", ").push(if fields.contains(field) { column } else { "''" });
    }
    sql.push(
        ", p.account_status, p.presence, p.hourly_rate, p.earnings_6_months, p.feedback_6_months, \
         p.positive_feedback_6_months, p.last_active_at, p.created_at, p.updated_at, w.scope, w.joined_at",
    );
}

/// The candidates: memberships `m` of the group, joined to persons `p` where the filter or the order needs them.
fn from(sql: &mut Sql, group: i64, query: &MemberQuery, joined: bool) {
    sql.push(" FROM memberships m");
    if joined {
        sql.push(" JOIN persons p ON p.number = m.person_number");
    }
    sql.push(" WHERE m.group_number = ").int(group).push(" AND m.state = ").text(query.state.as_str());
    if query.scopes != ScopeSet::ALL {
        for (at, scope) in query.scopes.iter().enumerate() {
            sql.push(if at == 0 { " AND m.scope IN (" } else { ", " }).text(scope.as_str());
        }
        sql.push(")");
    }
    if let Some(wanted) = query.filter() {
        sql.push(" AND ");
        filter(sql, wanted);
    }
}

/// The keys of the order and the two that every order ends in. `membership` is what the membership is called here.
fn order(sql: &mut Sql, keys: &[OrderKey], membership: &str) {
    sql.push(" ORDER BY ");
    for key in keys {
        match key.by {
            OrderBy::Text(field) => sql.push(column(field)),
            OrderBy::Id => sql.push("p.id"),
            OrderBy::Number => sql.push(membership).push("person_number"),
            OrderBy::Changed => sql.push(CHANGED),
        };
        sql.push(if key.descending { " DESC, " } else { ", " });
    }
    sql.push(membership).push("joined_at, ").push(membership).push("person_number");
}
