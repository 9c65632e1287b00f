//! A page of members, and how many there are.

use super::filter::{CHANGED, column, filter};
use super::statement::{Flavor, Sql};
use super::table::{Kind, Table};
use crate::connection::Connection;
use crate::rows::{self, Corrupt};
use diesel::QueryResult;
use membership::{
    AccountStatus, Filter, MemberQuery, MemberRow, Money, OrderBy, OrderKey, PersonFields, PersonView, Presence, Rows,
    Scope, ScopeSet, State, Window,
};
use std::cell::Cell;
use uuid::Uuid;

/// The columns that a query may leave out, with the fields that ask for them. `PageRows::row` names them by their
/// place here, and `persons.card` in SQLite holds them in this order, behind the uid.
const OPTIONAL: [(PersonFields, &str, Kind); 28] = [
    (PersonFields::ID, "p.id", Kind::Text),
    (PersonFields::LOGIN, "p.login", Kind::Text),
    (PersonFields::NAME, "p.name", Kind::Text),
    (PersonFields::BUSINESS_NAME, "p.business_name", Kind::Text),
    (PersonFields::TAG_LINE, "p.tag_line", Kind::Text),
    (PersonFields::DESCRIPTION, "p.description", Kind::Text),
    (PersonFields::EMAIL, "p.email", Kind::Text),
    (PersonFields::PHONE, "p.phone", Kind::Text),
    (PersonFields::ADDITIONAL_INFORMATION, "p.additional_information", Kind::Text),
    (PersonFields::CITY, "p.city", Kind::Text),
    (PersonFields::STATE, "p.state", Kind::Text),
    (PersonFields::COUNTRY, "p.country", Kind::Text),
    (PersonFields::CATEGORY, "p.category", Kind::Text),
    (PersonFields::AVATAR, "p.avatar", Kind::Text),
    (PersonFields::LINK, "p.link", Kind::Text),
    (PersonFields::METADATA, "p.metadata", Kind::Text),
    (PersonFields::TAGS, "p.tags", Kind::Text),
    (PersonFields::ROLE, "p.role", Kind::Text),
    (PersonFields::STATUS_MESSAGE, "p.status_message", Kind::Text),
    (PersonFields::ACCOUNT_STATUS, "p.account_status", Kind::Text),
    (PersonFields::PRESENCE, "p.presence", Kind::Text),
    (PersonFields::BUSINESS, "p.hourly_rate", Kind::Int),
    (PersonFields::BUSINESS, "p.earnings_6_months", Kind::Int),
    (PersonFields::BUSINESS, "p.feedback_6_months", Kind::Int),
    (PersonFields::BUSINESS, "p.positive_feedback_6_months", Kind::Int),
    (PersonFields::TIMES, "p.last_active_at", Kind::Int),
    (PersonFields::TIMES, "p.created_at", Kind::Int),
    (PersonFields::TIMES, "p.updated_at", Kind::Int),
];

/// Up to which offset the rows that are passed over may be joined to their persons too: less work than a second
/// look at the rows of the window.
const NEAR: u64 = 1_000;

/// The columns that every row has, before the others: membership, number and uid.
const ALWAYS: [Kind; 4] = [Kind::Text, Kind::Int, Kind::Int, Kind::Text];

/// The rows of a page as they were loaded. They are understood only when they are read, each once; what cannot be
/// understood is passed over and told by [`PageRows::understood`].
#[derive(Debug)]
pub struct PageRows {
    table: Table,
    state: State,
    /// Where each column of [`OPTIONAL`] is; beyond the table when it was not asked for, which reads as 0 or empty.
    places: [usize; OPTIONAL.len()],
    fields: PersonFields,
    corrupt: Cell<Option<Corrupt>>,
}

impl PageRows {
    fn empty(query: &MemberQuery) -> Self {
        Self::new(Table::empty(), query)
    }

    fn new(table: Table, query: &MemberQuery) -> Self {
        let mut next = ALWAYS.len();
        let places = OPTIONAL.map(|(field, ..)| {
            if !query.fields.contains(field) {
                return usize::MAX;
            }
            next += 1;
            next - 1
        });
        Self { table, state: query.state, places, fields: query.fields, corrupt: Cell::new(None) }
    }

    /// Fails when a row could not be understood.
    pub fn understood(&self) -> Result<(), Corrupt> {
        self.corrupt.get().map_or(Ok(()), Err)
    }

    fn row(&self, row: usize) -> Result<MemberRow<'_>, Corrupt> {
        let table = &self.table;
        let text = |at: usize| table.text(row, self.places[at]);
        let int = |at: usize| table.int(row, self.places[at]);
        let asked = |field| self.fields.contains(field);
        let person = PersonView {
            number: table.int(row, 2),
            id: if asked(PersonFields::ID) {
                Uuid::parse_str(text(0)).map_err(|_| Corrupt("persons.id"))?
            } else {
                Uuid::nil()
            },
            uid: table.text(row, 3),
            login: text(1),
            name: text(2),
            business_name: text(3),
            tag_line: text(4),
            description: text(5),
            email: text(6),
            phone: text(7),
            additional_information: text(8),
            city: text(9),
            state: text(10),
            country: text(11),
            category: text(12),
            avatar: text(13),
            link: text(14),
            metadata: text(15),
            tags: text(16),
            role: text(17),
            status_message: text(18),
            account_status: if asked(PersonFields::ACCOUNT_STATUS) {
                rows::account_status(text(19))?
            } else {
                AccountStatus::Active
            },
            presence: if asked(PersonFields::PRESENCE) {
                text(20).parse().map_err(|_| Corrupt("persons.presence"))?
            } else {
                Presence::Available
            },
            hourly_rate: Money { cents: int(21) },
            earnings_6_months: Money { cents: int(22) },
            feedback_6_months: int(23),
            positive_feedback_6_months: int(24),
            last_active_at: rows::some(int(25)),
            created_at: int(26),
            updated_at: rows::some(int(27)),
        };
        let scope = table.text(row, 0).parse::<Scope>().map_err(|_| Corrupt("memberships.scope"))?;
        Ok(MemberRow { person, state: self.state, scope, joined_at: rows::some(table.int(row, 1)) })
    }
}

impl Rows for PageRows {
    fn len(&self) -> usize {
        self.table.rows()
    }

    fn each(&self, read: &mut dyn FnMut(&MemberRow<'_>)) {
        for at in 0..self.len() {
            match self.row(at) {
                Ok(row) => read(&row),
                Err(corrupt) => self.corrupt.set(Some(corrupt)),
            }
        }
    }
}

/// Loads the rows in the window of `query`.
pub fn page(connection: &mut Connection, group: i64, query: &MemberQuery) -> QueryResult<PageRows> {
    if query.window.limit == 0 || query.scopes == ScopeSet::NONE {
        return Ok(PageRows::empty(query));
    }
    let mut sql = Sql::new(connection);
    let joined = query.filter().is_some() || query.order.iter().any(|key| key.by != OrderBy::Number);
    // In SQLite the word CROSS keeps the planner from turning the join around: memberships come first.
    let join = match sql.flavor {
        Flavor::Sqlite => " CROSS JOIN persons p ON p.number = ",
        Flavor::Postgres => " JOIN persons p ON p.number = ",
    };
    let kinds = if !joined && query.window.offset <= NEAR {
        // The memberships stand in the order of the list, so rows come as they are wanted and nothing is sorted.
        let kinds = select(&mut sql, query.fields, ["m.scope", "m.joined_at"]);
        sql.push(" FROM memberships m").push(join).push("m.person_number");
        candidates(&mut sql, group, query);
        order(&mut sql, &query.order, "m.");
        window(&mut sql, query.window);
        kinds
    } else {
        // The window is cut over what is narrow first; the wide persons are joined to what is left.
        let kinds = select(&mut sql, query.fields, ["w.scope", "w.joined_at"]);
        sql.push(" FROM (SELECT m.person_number, m.scope, m.joined_at");
        from(&mut sql, group, query, joined);
        order(&mut sql, &query.order, "m.");
        window(&mut sql, query.window);
        sql.push(") w").push(join).push("w.person_number");
        order(&mut sql, &query.order, "w.");
        kinds
    };
    if !is_common(query) {
        sql.rare();
    }
    Ok(PageRows::new(sql.load(connection, &kinds, query.window.limit.min(1_000) as usize)?, query))
}

/// Counts what `query` finds by looking at every candidate.
pub fn count(connection: &mut Connection, group: i64, query: &MemberQuery) -> QueryResult<i64> {
    if query.scopes == ScopeSet::NONE {
        return Ok(0);
    }
    let mut sql = Sql::new(connection);
    sql.push("SELECT ").columns(["COUNT(*)"]);
    from(&mut sql, group, query, query.filter().is_some());
    if !is_common(query) {
        sql.rare();
    }
    Ok(sql.load(connection, &[Some(Kind::Int)], 1)?.int(0, 0))
}

/// Whether statements of this shape come again and again: their prepared form is kept. There must only be a bounded
/// number of such shapes, since nothing ever leaves the cache of a connection.
fn is_common(query: &MemberQuery) -> bool {
    query.filter().is_none_or(is_simple) && query.order.len() <= 1
}

/// Whether there is only a bounded number of filters of this shape.
pub fn is_simple(filter: &Filter) -> bool {
    match filter {
        Filter::Presence(_) => true,
        Filter::Text(a, _, b) | Filter::Match(_, a, b) => {
            use membership::TextExpr::{Field, Literal};
            matches!((a, b), (Field(_), Literal(_)) | (Literal(_), Field(_)))
        }
        _ => false,
    }
}

/// Cuts the window.
pub fn window(sql: &mut Sql, window: Window) {
    // A bare parameter as LIMIT would make SQLite prepare the statement anew at every bind, to plan for its value; a
    // sum hides it from the planner.
    sql.push(" LIMIT (0 + ").int(i64::from(window.limit));
    sql.push(") OFFSET (0 + ").int(i64::try_from(window.offset).unwrap_or(i64::MAX)).push(")");
}

/// Writes the columns; gives their kinds, `None` for one to be passed over. The first two are columns of the
/// membership, as it is called here.
fn select(sql: &mut Sql, fields: PersonFields, [scope, joined_at]: [&str; 2]) -> Vec<Option<Kind>> {
    sql.push("SELECT ");
    let always = ALWAYS.into_iter().map(Some);
    let asked = |field| fields.contains(field);
    match sql.flavor {
        Flavor::Sqlite => {
            sql.columns([scope, joined_at, "p.number", "p.card"]);
            always.chain(OPTIONAL.iter().map(|(field, _, kind)| asked(*field).then_some(*kind))).collect()
        }
        Flavor::Postgres => {
            let optional = || OPTIONAL.iter().filter(|(field, ..)| asked(*field));
            let always_named = [scope, joined_at, "p.number", "p.uid"];
            sql.columns(always_named.into_iter().chain(optional().map(|(_, column, _)| *column)));
            always.chain(optional().map(|(.., kind)| Some(*kind))).collect()
        }
    }
}

/// The candidates: memberships `m` of the group, joined to persons `p` where the filter or the order needs them.
fn from(sql: &mut Sql, group: i64, query: &MemberQuery, joined: bool) {
    sql.push(" FROM memberships m");
    if joined {
        sql.push(" JOIN persons p ON p.number = m.person_number");
    }
    candidates(sql, group, query);
}

/// Which memberships `m`, and which persons `p` where a filter asks for them.
fn candidates(sql: &mut Sql, group: i64, query: &MemberQuery) {
    sql.push(" WHERE m.group_number = ").int(group).push(" AND m.state = ").text(query.state.as_str());
    if query.scopes != ScopeSet::ALL {
        for (at, scope) in query.scopes.iter().enumerate() {
            sql.push(if at == 0 { " AND m.scope IN (" } else { ", " }).text(scope.as_str());
        }
        sql.push(")");
        if !query.scopes.contains(Scope::Participant) {
            // Says nothing new, but is what the partial index asks for.
            sql.push(" AND m.scope <> 'participant'");
        }
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
