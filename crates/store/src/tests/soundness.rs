//! `check` finds what cannot be.

use super::{number, on_both, postgresql};
use crate::{Format, ImportOptions, Spool, Store, StoreError};
use diesel::connection::SimpleConnection;
use membership::{limits, sample};

/// Imports NDJSON, all of it or nothing.
pub fn import(store: &Store, text: &str, now: i64) {
    let mut spool = Spool::new().expect("a spool");
    spool.read("test", &mut text.as_bytes(), Format::Ndjson, &mut |_| {}).expect("spooled");
    let options = ImportOptions { dry_run: false, skip_bad: false, by: membership::By::system(now) };
    let report = store.import(&mut spool, &options, &mut |_| {}).expect("imported");
    assert_eq!(report.bad_total, 0, "{:?}", report.bad);
    assert!(report.applied);
}

/// Imports the sample data.
pub fn load(store: &Store) {
    import(store, sample::NDJSON, 1_700_000_000);
}

#[test]
fn a_fresh_import_is_sound() {
    on_both(|store| {
        load(store);
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

/// Does what foreign keys and other constraints would refuse: SQLite can be told to look away, and on PostgreSQL the
/// constraint of this name is dropped.
pub fn damage(store: &Store, sql: &str, constraint: Option<(&str, &str)>) {
    let lax = if store.in_process() {
        "PRAGMA foreign_keys = off; PRAGMA ignore_check_constraints = on".to_owned()
    } else {
        let drop = |(table, name): (&str, &str)| format!("; ALTER TABLE {table} DROP CONSTRAINT {name}");
        format!("SET session_replication_role = replica{}", constraint.map(drop).unwrap_or_default())
    };
    let done = store.outside(|connection| {
        connection.batch_execute(&lax)?;
        Ok(connection.batch_execute(sql)?)
    });
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Does one damage after the other to one store, each of which must be told, and must not have been told before.
fn all_are_told(damages: &[(&str, &str)]) {
    on_both(|store| {
        load(store);
        let mut before = store.check().expect("checked");
        assert_eq!(before, Vec::<String>::new());
        for (sql, told) in damages {
            damage(store, sql, None);
            let problems = store.check().expect("checked");
            let is_told = |problems: &[String]| problems.iter().any(|p| p.contains(told));
            assert!(is_told(&problems), "{sql}: {problems:#?}");
            assert!(!is_told(&before), "{told:?} was told before: {before:#?}");
            before = problems;
        }
    });
}

#[test]
fn every_kind_of_damage_is_told() {
    for (damage, told) in [
        ("UPDATE group_totals SET members = members + 1 WHERE scope = 'admin' AND state = 'member'", "is kept as"),
        ("DELETE FROM group_totals WHERE scope = 'admin' AND state = 'member'", "is kept as 0"),
        (
            "INSERT INTO group_totals (group_number, state, scope, members) VALUES (424242, 'member', 'admin', 3)",
            "there are 0",
        ),
        ("UPDATE memberships SET banned_at = 5 WHERE state = 'member'", "banned_at 5"),
        ("UPDATE counters SET last = 5 WHERE name = 'person'", "counter of person"),
        ("DELETE FROM changes WHERE number = 1", "change log"),
        ("UPDATE change_head SET number = number + 1", "change log"),
        ("DELETE FROM change_head", "0 heads"),
    ] {
        on_both(|store| {
            load(store);
            store.outside(|connection| Ok(connection.batch_execute(damage)?)).expect(damage);
            let problems = store.check().expect("checked");
            assert!(problems.iter().any(|p| p.contains(told)), "{damage}: {problems:?}");
        });
    }
}

#[test]
fn rows_that_name_nothing_are_told() {
    all_are_told(&[
        (
            "UPDATE memberships SET person_number = 424242 WHERE person_number = (SELECT MAX(number) FROM persons)",
            "person 424242 in group ",
        ),
        (
            "UPDATE memberships SET group_number = 434343 WHERE group_number = (SELECT MAX(number) FROM \"groups\")",
            "group 434343, which has person ",
        ),
        ("UPDATE \"groups\" SET owner = 444444", "person 444444, the owner of group "),
        ("DELETE FROM counters WHERE name = 'credential'", "the counter of credential is missing"),
        ("DELETE FROM counters", "the counter of person is missing"),
    ]);
}

#[test]
fn an_owner_who_is_banned_is_told() {
    all_are_told(&[(
        "UPDATE memberships SET state = 'banned', joined_at = 0, banned_at = 5 \
         WHERE person_number = (SELECT MIN(person_number) FROM memberships WHERE state = 'member'); \
         UPDATE \"groups\" SET owner = (SELECT MIN(person_number) FROM memberships WHERE state = 'banned')",
        ", is banned from it",
    )]);
}

#[test]
fn negative_times_are_told() {
    const PERSON: &str = "person_number = (SELECT MAX(person_number) FROM memberships)";
    let membership = |column: &str| format!("UPDATE memberships SET {column} = -77 WHERE {PERSON}");
    for column in ["asked_at", "joined_at", "scope_changed_at", "banned_at"] {
        all_are_told(&[(&membership(column), &format!("{column} -77"))]);
    }
    let credential = |id: i64, times: &str| {
        format!(
            "INSERT INTO credentials (id, audience, kind, rights, person_number, client_id, secret_hash, parent, \
                 created_at, expires_at, revoked_at) \
             VALUES ({id}, '', '', '', 424242, '', 'x{id}', 0, {times}); UPDATE counters SET last = 9 \
             WHERE name = 'credential'"
        )
    };
    all_are_told(&[
        (&credential(1, "-1, 0, 0"), "credential 1 has a negative time: created_at -1"),
        (&credential(2, "0, -2, 0"), "credential 2 has a negative time: created_at 0, expires_at -2"),
        (&credential(3, "0, 0, -3"), "credential 3 has a negative time: created_at 0, expires_at 0, revoked_at -3"),
        ("UPDATE changes SET at = -4 WHERE number = 2", "change 2 has a negative time: at -4"),
    ]);
}

/// A column of one row, what is put into it, and what is told behind the name of the row.
type Cell<'a> = (&'a str, &'a str, &'a str);

/// Damages the last row, which stands in the last chunk.
fn cells_are_told(table: &str, row: &str, cells: &[Cell]) {
    on_both(|store| {
        load(store);
        let last = number(store, &format!("SELECT MAX(number) AS number FROM {table}"));
        for (column, value, told) in cells {
            let told = format!("{row} {last}: {told}");
            assert!(!store.check().expect("checked").contains(&told), "{told} was told before");
            damage(store, &format!("UPDATE {table} SET {column} = {value} WHERE number = {last}"), None);
            let problems = store.check().expect("checked");
            assert!(problems.contains(&told), "{column} = {value}, {told}: {problems:#?}");
        }
    });
}

/// A literal of so many characters, each of more than one byte.
fn long(characters: usize) -> String {
    format!("'{}'", "ä".repeat(characters))
}

#[test]
fn persons_that_cannot_be_are_told() {
    let too_long = [
        ("login", limits::LOGIN),
        ("name", limits::NAME),
        ("business_name", limits::BUSINESS_NAME),
        ("tag_line", limits::TAG_LINE),
        ("description", limits::DESCRIPTION),
        ("email", limits::EMAIL),
        ("phone", limits::PHONE),
        ("additional_information", limits::DESCRIPTION),
        ("city", limits::SHORT),
        ("state", limits::SHORT),
        ("country", limits::SHORT),
        ("category", limits::SHORT),
        ("overview", limits::OVERVIEW),
        ("avatar", limits::URL),
        ("link", limits::URL),
        ("role", limits::SHORT),
        ("status_message", limits::TAG_LINE),
    ];
    let texts: Vec<(&str, String, String)> = too_long
        .iter()
        .map(|(column, max)| (*column, long(max + 1), format!("{column} must have at most {max} characters")))
        .collect();
    let texts: Vec<Cell> = texts.iter().map(|(column, value, told)| (*column, value.as_str(), told.as_str())).collect();
    cells_are_told("persons", "person", &texts);
    cells_are_told(
        "persons",
        "person",
        &[
            ("login_folded", "'X'", "login_folded is not the folding of login"),
            ("name_folded", "'X'", "name_folded is not the folding of name"),
            ("description_folded", "'X'", "description_folded is not the folding of description"),
            ("email_folded", "'X'", "email_folded is not the folding of email"),
            ("phone_folded", "'X'", "phone_folded is not the folding of phone"),
            (
                "additional_information_folded",
                "'X'",
                "additional_information_folded is not the folding of additional_information",
            ),
            ("id", "'6fe49ce4'", "id must be a UUID in lower case with hyphens"),
            ("uid", "'UPPER'", "uid must be in lower case"),
            ("uid", "'a b'", "uid must be 1 to 100 letters a to z, digits, hyphens and underscores"),
            ("login", "''", "login must not be empty"),
            ("metadata", "'[1]'", "metadata must be a JSON object"),
            ("metadata", "'{\"b\":1,\"a\":2}'", CANONICAL_METADATA),
            ("tags", "'{}'", "tags must be a JSON array of texts"),
            ("tags", "'[\"a\", \"b\"]'", "tags must be canonical: no blanks, empty for none"),
            ("hourly_rate", "-1", "hourly_rate must not be negative but is -1"),
            ("earnings_6_months", "-1", "earnings_6_months must not be negative but is -1"),
            ("feedback_6_months", "-1", "feedback_6_months must not be negative but is -1"),
            ("positive_feedback_6_months", "-1", "positive_feedback_6_months must not be negative but is -1"),
            ("last_active_at", "-1", "last_active_at must not be negative but is -1"),
            ("created_at", "-1", "created_at must not be negative but is -1"),
            ("updated_at", "-1", "updated_at must not be negative but is -1"),
        ],
    );
}

const CANONICAL_METADATA: &str = "metadata must be canonical: keys sorted, no blanks, empty for no keys";

#[test]
fn groups_that_cannot_be_are_told() {
    let too_long = [
        ("name", limits::NAME),
        ("description", limits::DESCRIPTION),
        ("sponsor", limits::BUSINESS_NAME),
        ("criteria", limits::DESCRIPTION),
        ("icon", limits::URL),
        ("page", limits::URL),
        ("email", limits::EMAIL),
        ("additional_information", limits::DESCRIPTION),
    ];
    let texts: Vec<(&str, String, String)> = too_long
        .iter()
        .map(|(column, max)| (*column, long(max + 1), format!("{column} must have at most {max} characters")))
        .collect();
    let texts: Vec<Cell> = texts.iter().map(|(column, value, told)| (*column, value.as_str(), told.as_str())).collect();
    cells_are_told("\"groups\"", "group", &texts);
    let metadata = format!("'{{\"a\":\"{}\"}}'", "x".repeat(limits::METADATA));
    let tags = format!("'[{}\"x\"]'", "\"x\",".repeat(limits::TAGS));
    let tag = format!("'[\"{}\"]'", "x".repeat(limits::TAG + 1));
    cells_are_told(
        "\"groups\"",
        "group",
        &[
            ("name_folded", "'X'", "name_folded is not the folding of name"),
            ("description_folded", "'X'", "description_folded is not the folding of description"),
            ("id", "'6FE49CE4-56D4-475F-9483-1ADCA6B2976C'", "id must be a UUID in lower case with hyphens"),
            ("guid", "''", "guid must be 1 to 100 letters a to z, digits, hyphens and underscores"),
            ("metadata", "'{'", "metadata must be a JSON object"),
            ("metadata", "'{}'", CANONICAL_METADATA),
            ("metadata", &metadata, "metadata must have at most 20000 characters"),
            ("tags", "'[1]'", "tags must be a JSON array of texts"),
            ("tags", "'[]'", "tags must be canonical: no blanks, empty for none"),
            ("tags", &tags, "tags must be at most 25"),
            ("tags", &tag, "tags must have at most 100 characters"),
            ("owner", "-1", "owner must not be negative but is -1"),
            ("created_at", "-1", "created_at must not be negative but is -1"),
            ("updated_at", "-1", "updated_at must not be negative but is -1"),
        ],
    );
}

#[test]
fn words_that_are_unknown_are_told() {
    for (table, column, told) in [
        ("persons", "account_status", "account_status holds an unknown word"),
        ("persons", "presence", "presence holds an unknown word"),
        ("\"groups\"", "kind", "kind holds an unknown word"),
        ("memberships", "state", "has an unknown state or scope"),
        ("memberships", "scope", "has an unknown state or scope"),
    ] {
        on_both(|store| {
            load(store);
            let constraint = format!("{}_{column}_check", table.trim_matches('"'));
            damage(store, &format!("UPDATE {table} SET {column} = 'odd'"), Some((table, &constraint)));
            let problems = store.check().expect("checked");
            assert!(problems.iter().any(|p| p.contains(told)), "{table}.{column}: {problems:#?}");
        });
    }
}

#[test]
fn a_missing_index_is_told() {
    all_are_told(&[
        ("DROP INDEX memberships_person", "the unique index memberships_person of memberships (person_number, "),
        ("DROP INDEX memberships_scope", "the index memberships_scope of memberships (group_number, state, "),
        ("DROP INDEX changes_group", "the index changes_group of changes (group_number, number) is missing"),
        ("DROP INDEX credentials_client", "the index credentials_client of credentials (audience, client_id, kind) is"),
        ("DROP INDEX credentials_parent", "the index credentials_parent of credentials (parent) is missing"),
        ("DROP INDEX credentials_person", "the index credentials_person of credentials (person_number) is missing"),
    ]);
}

#[test]
fn another_index_of_the_same_name_is_no_help() {
    let told = "the unique index memberships_person of memberships (person_number, group_number) is missing";
    for other in [
        "CREATE INDEX memberships_person ON memberships (person_number, group_number)",
        "CREATE UNIQUE INDEX memberships_person ON memberships (group_number, person_number)",
        "CREATE UNIQUE INDEX memberships_person ON memberships (person_number, group_number) WHERE person_number > 5",
    ] {
        all_are_told(&[(&format!("DROP INDEX memberships_person; {other}"), told)]);
    }
}

#[test]
fn a_unique_column_without_its_index_is_told() {
    let store = postgresql();
    load(&store);
    damage(&store, "SELECT 1", Some(("persons", "persons_login_folded_key")));
    assert_eq!(store.check().expect("checked"), ["the unique index of persons (login_folded) is missing"]);
}

#[test]
fn at_most_twenty_of_a_kind_are_told() {
    on_both(|store| {
        load(store);
        damage(
            store,
            "UPDATE persons SET name_folded = 'X', created_at = -1; UPDATE memberships SET asked_at = -1",
            None,
        );
        let problems = store.check().expect("checked");
        for told in ["name_folded is not", "created_at must not be negative", "has a negative time: asked_at -1"] {
            assert_eq!(problems.iter().filter(|p| p.contains(told)).count(), 20, "{told}: {problems:#?}");
        }
        assert_eq!(problems.len(), 60, "{problems:#?}");
    });
}

#[test]
fn credentials_may_outlive_their_persons() {
    on_both(|store| {
        load(store);
        let credential = "INSERT INTO credentials (id, audience, kind, rights, person_number, client_id, secret_hash, \
                              parent, created_at, expires_at, revoked_at) \
                          VALUES (1, '', '', '', 424242, '', 'x', 0, 1, 0, 0); \
                          UPDATE counters SET last = 1 WHERE name = 'credential'";
        damage(store, credential, None);
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    });
}

#[test]
fn a_newer_schema_is_refused() {
    on_both(|store| {
        load(store);
        damage(store, "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')", None);
        let refused = [store.ready().err(), store.check().err(), store.migrate().err()];
        for error in refused.map(|error| error.expect("newer")) {
            assert!(matches!(error, StoreError::Schema(_)), "{error:?}");
            let told = error.to_string();
            assert!(told.contains("newer than this program") && told.contains("99990101000000"), "{told}");
        }
        damage(store, "DELETE FROM __diesel_schema_migrations WHERE version = '99990101000000'", None);
        store.ready().expect("current");
    });
}
