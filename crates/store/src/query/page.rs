//! A page of members, and how many there are.

use super::cards::{Before, Gathering, OPTIONAL, PageRows};
use super::common::is_common;
use super::copied;
use super::filter::{Subject, filter};
use super::statement::{Flavor, Sql, Value};
use super::table::Kind;
use crate::connection::Connection;
use crate::deadline;
use crate::store::Failure;
use diesel::QueryResult;
use membership::{MemberQuery, MemberRow, OrderBy, OrderKey, PersonFields, Rows as _, Scope, ScopeSet, State, Window};

/// Up to which offset the rows that are passed over may be joined to their persons too: less work than a second
/// look at the rows of the window.
const NEAR: u64 = 1_000;

/// Loads the rows in the window of `query`.
pub fn page(connection: &mut Connection, group: i64, query: &MemberQuery) -> QueryResult<PageRows> {
    if query.window.limit == 0 || query.scopes == ScopeSet::NONE {
        return Ok(PageRows::empty(query.state));
    }
    let mut sql = Sql::new(connection);
    let joined = query.filter().is_some() || query.order.iter().any(|key| key.by != OrderBy::Number);
    let join = join(sql.flavor);
    let (before, kinds) = if !joined && query.window.offset <= NEAR {
        // The memberships stand in the order of the list, so rows come as they are wanted and nothing is sorted.
        let columns = select(&mut sql, query.fields, ["m.scope", "m.joined_at"]);
        sql.push(" FROM memberships m").push(join).push("m.person_number");
        candidates(&mut sql, group, query);
        order(&mut sql, &query.order, "m.");
        window(&mut sql, query.window);
        columns
    } else {
        // The window is cut over what is narrow first; the wide persons are joined to what is left.
        let columns = select(&mut sql, query.fields, ["w.scope", "w.joined_at"]);
        sql.push(" FROM (SELECT m.person_number, m.scope, m.joined_at");
        from(&mut sql, group, query, joined);
        order(&mut sql, &query.order, "m.");
        window(&mut sql, query.window);
        sql.push(") w").push(join).push("w.person_number");
        order(&mut sql, &query.order, "w.");
        columns
    };
    if !is_common(query) {
        sql.rare();
    }
    let mut rows = Gathering::new(query.fields, query.window.limit.min(1_000) as usize);
    let flavor = sql.flavor;
    sql.each(connection, &kinds, |column, value| {
        if column == 0 {
            rows.begin();
        }
        take(&mut rows, flavor, &before, column, value)
    })?;
    Ok(rows.finish(query.state))
}

/// Up to how many rows of a group are held at once by [`all`].
const STRETCH: usize = 256;

/// Hands the memberships of the group that stand in `state` to `each`, in the default order, with every field. Holds only
/// some of them at a time. To be called in a transaction; on PostgreSQL with a `second` one of the same snapshot, which shares
/// the work.
pub fn all(
    connection: &mut Connection,
    second: Option<&mut Connection>,
    group: i64,
    state: State,
    each: &mut dyn FnMut(&MemberRow<'_>),
) -> Result<(), Failure> {
    if let Connection::Postgres(connection) = connection {
        let second = second.and_then(|second| match second {
            Connection::Postgres(second) => Some(second),
            Connection::Sqlite(_) => None,
        });
        return copied::all(connection, second, group, state, each);
    }
    let mut sql = Sql::new(connection);
    let (before, kinds) = select(&mut sql, PersonFields::ALL, ["m.scope", "m.joined_at"]);
    let flavor = sql.flavor;
    sql.push(" FROM memberships m").push(join(flavor)).push("m.person_number");
    sql.push(" WHERE m.group_number = ").int(group).push(" AND m.state = ").text(state.as_str());
    order(&mut sql, &[], "m.");
    let mut rows = Gathering::new(PersonFields::ALL, STRETCH);
    let mut hand_over = |rows: &mut Gathering| {
        let full = std::mem::replace(rows, Gathering::new(PersonFields::ALL, 0)).finish(state);
        full.each(each);
        let understood = full.understood();
        *rows = full.emptied();
        understood
    };
    let (mut held, mut corrupt) = (0, None);
    let streamed = sql.each(connection, &kinds, |column, value| {
        if column == 0 {
            if held == STRETCH {
                held = 0;
                corrupt = hand_over(&mut rows).err();
            }
            if corrupt.is_some() {
                return None;
            }
            held += 1;
            rows.begin();
        }
        take(&mut rows, flavor, &before, column, value)
    });
    // What could not be understood is told, rather than that it ended the stream.
    corrupt.map_or(Ok(()), Err)?;
    streamed?;
    Ok(hand_over(&mut rows)?)
}

/// What joins the persons `p` whose number is the column behind it. In SQLite the word CROSS keeps the planner from turning
/// the join around: memberships come first.
const fn join(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Sqlite => " CROSS JOIN persons p ON p.number = ",
        Flavor::Postgres => " JOIN persons p ON p.number = ",
    }
}

/// Takes the next value of the row under way, whose columns are what [`select`] writes.
fn take(rows: &mut Gathering, flavor: Flavor, before: &[Before], column: usize, value: Value<'_>) -> Option<()> {
    match (before.get(column), value) {
        (Some(what), _) => rows.before(*what, value),
        (None, Value::Text(card)) if flavor == Flavor::Sqlite => rows.card(card),
        (None, _) => rows.part(value),
    }
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
    Ok(sql.load(connection, &[Kind::Int], 1)?.int(0, 0))
}

/// Cuts the window.
pub fn window(sql: &mut Sql, window: Window) {
    // A bare parameter as LIMIT would make SQLite prepare the statement anew at every bind, to plan for its value; a
    // sum hides it from the planner.
    sql.push(" LIMIT (0 + ").int(i64::from(window.limit));
    sql.push(") OFFSET (0 + ").int(i64::try_from(window.offset).unwrap_or(i64::MAX)).push(")");
}

/// Writes the columns and tells what comes before the person, and the kinds of all: scope and time of joining, which are
/// these columns of the membership as it is called here, and the number, as far as they are asked for; then in SQLite the
/// person's card, in PostgreSQL the uid and what is asked for.
fn select(sql: &mut Sql, fields: PersonFields, [scope, joined_at]: [&str; 2]) -> (Vec<Before>, Vec<Kind>) {
    let (mut before, mut kinds) = (Vec::new(), Vec::new());
    sql.push("SELECT ");
    if fields.contains(PersonFields::MEMBERSHIP) {
        sql.blob(scope).push(", ").push(joined_at).push(", ");
        before.extend([Before::Scope, Before::JoinedAt]);
        kinds.extend([Kind::Text, Kind::Int]);
    }
    if fields.contains(PersonFields::NUMBER) {
        sql.push("p.number, ");
        before.push(Before::Number);
        kinds.push(Kind::Int);
    }
    kinds.push(Kind::Text);
    match sql.flavor {
        Flavor::Sqlite => {
            sql.blob("p.card");
        }
        Flavor::Postgres => {
            sql.push("p.uid");
            for (_, column, kind) in OPTIONAL.iter().filter(|(field, ..)| fields.contains(*field)) {
                sql.push(", ").push(column);
                kinds.push(*kind);
            }
        }
    }
    (before, kinds)
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
    // Asked where the filter is, so at every row that it judges.
    let number = if query.filter().is_some() { "p.number" } else { "m.person_number" };
    if sql.flavor == Flavor::Sqlite && (query.filter().is_some() || !query.order.is_empty()) {
        sql.push(" AND ").push(&deadline::condition(number));
    }
    if let Some(wanted) = query.filter() {
        sql.push(" AND ");
        filter(sql, Subject::Person, wanted);
    }
}

/// The keys of the order and the two that every order ends in. `membership` is what the membership is called here.
fn order(sql: &mut Sql, keys: &[OrderKey], membership: &str) {
    sql.push(" ORDER BY ");
    for key in keys {
        match (key.by, Subject::Person.key(key.by)) {
            (OrderBy::Number, _) => sql.push(membership).push("person_number"),
            (_, Some(column)) => sql.push(column),
            (_, None) => continue,
        };
        sql.push(if key.descending { " DESC, " } else { ", " });
    }
    sql.push(membership).push("joined_at, ").push(membership).push("person_number");
}
