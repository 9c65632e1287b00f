//! Whether every index of the migrations is there. Without one, answers are slow, and what must be unique need not be.

use crate::connection::Connection;
use crate::store::Failure;
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

/// Name (empty where the database chooses it: primary keys and unique columns), table, whether it is unique, columns.
const INDEXES: [(&str, &str, bool, &[&str]); 32] = [
    ("memberships_person", "memberships", true, &["person_number", "group_number"]),
    ("memberships_scope", "memberships", false, &["group_number", "state", "scope", "joined_at", "person_number"]),
    ("changes_group", "changes", false, &["group_number", "number"]),
    ("credentials_client", "credentials", false, &["audience", "client_id", "kind"]),
    ("credentials_expiry", "credentials", false, &["kind", "expires_at"]),
    ("credentials_parent", "credentials", false, &["parent"]),
    ("credentials_person", "credentials", false, &["person_number"]),
    ("credentials_revoked", "credentials", false, &["kind", "revoked_at"]),
    ("groups_owner", "groups", false, &["owner", "number"]),
    ("groups_name", "groups", false, &["name_folded", "number"]),
    ("persons_name", "persons", false, &["name_folded", "number"]),
    ("job_groups_job", "job_groups", false, &["job_number", "group_number"]),
    ("idempotency_begun", "idempotency", false, &["begun_at"]),
    ("", "persons", true, &["number"]),
    ("", "persons", true, &["uid"]),
    ("", "persons", true, &["id"]),
    ("", "persons", true, &["login_folded"]),
    ("", "groups", true, &["number"]),
    ("", "groups", true, &["id"]),
    ("", "groups", true, &["guid"]),
    ("", "memberships", true, &["group_number", "state", "joined_at", "person_number"]),
    ("", "group_totals", true, &["group_number", "state", "scope"]),
    ("", "counters", true, &["name"]),
    ("", "changes", true, &["number"]),
    ("", "change_head", true, &["one"]),
    ("", "credentials", true, &["id"]),
    ("", "passwords", true, &["person_number"]),
    ("", "credentials", true, &["secret_hash"]),
    ("", "store_facts", true, &["name"]),
    ("", "jobs", true, &["number"]),
    ("", "job_groups", true, &["group_number", "job_number"]),
    ("", "idempotency", true, &["credential", "idempotency_key"]),
];

/// One column of an index.
#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    index_name: String,
    #[diesel(sql_type = Bool)]
    is_unique: bool,
    #[diesel(sql_type = Text)]
    column_name: String,
}

/// The columns of whole indexes, not of those that leave rows out (but for the one that is meant to). The primary key of an SQLite table with row numbers
/// has no index of its own: it is the table.
const SQLITE: &str = "\
    SELECT s.name AS table_name, i.name AS index_name, i.\"unique\" AS is_unique, \
        COALESCE(c.name, '') AS column_name, c.seqno AS place \
    FROM sqlite_schema s, pragma_index_list(s.name) i, pragma_index_info(i.name) c \
    WHERE s.type = 'table' AND (NOT i.partial OR i.name = 'memberships_scope') \
    UNION SELECT s.name, 'sqlite_rowid_' || s.name, TRUE, c.name, c.pk \
    FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table' AND c.pk > 0 \
    ORDER BY 1, 2, 5";

/// The same. An index that could not be built to its end is there, but of no use.
const POSTGRESQL: &str = "\
    SELECT t.relname::text AS table_name, i.relname::text AS index_name, x.indisunique AS is_unique, \
        COALESCE(a.attname::text, '') AS column_name \
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid \
    CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k (attnum, place) \
    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum \
    WHERE pg_table_is_visible(t.oid) AND x.indisvalid \
        AND (x.indpred IS NULL OR i.relname = 'memberships_scope') \
        AND t.relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace) \
    ORDER BY t.relname COLLATE \"C\", i.relname COLLATE \"C\", k.place";

/// The indexes that are missing, in words.
pub(super) fn missing(connection: &mut Connection) -> Result<Vec<String>, Failure> {
    let query = if matches!(connection, Connection::Sqlite(_)) { SQLITE } else { POSTGRESQL };
    let columns: Vec<Column> = diesel::sql_query(query).load(connection)?;
    let same = |a: &Column, b: &Column| a.table_name == b.table_name && a.index_name == b.index_name;
    let there: Vec<&[Column]> = columns.chunk_by(same).collect();
    let is_there = |(name, table, unique, columns): &(&str, &str, bool, &[&str])| {
        there.iter().any(|index| {
            index[0].table_name == *table
                && (name.is_empty() || index[0].index_name == *name)
                && index[0].is_unique == *unique
                && index.iter().map(|column| column.column_name.as_str()).eq(columns.iter().copied())
        })
    };
    let words = |(name, table, unique, columns): &(&str, &str, bool, &[&str])| {
        let unique = if *unique { "unique " } else { "" };
        let named = if name.is_empty() { String::new() } else { format!(" {name}") };
        format!("the {unique}index{named} of {table} ({}) is missing", columns.join(", "))
    };
    Ok(INDEXES.iter().filter(|index| !is_there(index)).map(words).collect())
}
