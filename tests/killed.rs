//! A large import that is killed in its midst.

use crate::support::gateway::{Database, Gateway, rollcall, succeed};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

/// More than the first batch holds, which has 50,000 rows.
const MEMBERS: u64 = 60_000;

/// A file with so many members, in `directory`.
fn members(directory: &Path) -> String {
    let lines = succeed(&["generate", "--groups", "1", "--members", &MEMBERS.to_string(), "--seed", "5"], b"");
    let file = directory.join("large.ndjson");
    std::fs::write(&file, lines).expect("writes");
    file.into_os_string().into_string().expect("UTF-8")
}

fn start(database: &str, file: &str) -> Child {
    rollcall()
        .args(["import", "--database", database, file])
        .env("ROLLCALL__LOGGING__FILTER", "store::import=debug")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

/// Waits for a line that holds this, and gives it.
fn told(import: &mut Child, what: &str) -> String {
    let mut lines = BufReader::new(import.stderr.as_mut().expect("a pipe")).lines();
    lines.find_map(|line| line.ok().filter(|line| line.contains(what))).expect(what)
}

fn kill(mut import: Child) {
    import.kill().expect("kills");
    assert!(!import.wait().expect("ends").success(), "killed before its end");
}

fn import(database: &str, file: &str) -> Value {
    serde_json::from_str(&succeed(&["import", "--database", database, file], b"")).expect("a JSON line")
}

fn count(report: &Value, kind: &str, what: &str) -> u64 {
    report[kind][what].as_u64().expect("a number")
}

#[test]
fn a_killed_import_leaves_a_sound_store_and_is_done_by_the_next() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = members(dir.path());
    let database = Database::sqlite();
    succeed(&["migrate", "--database", &database.url], b"");
    let mut killed = start(&database.url, &file);
    let batch = told(&mut killed, "a batch of");
    // The next batch is being written now, and the first one copied from the log into the database.
    kill(killed);
    assert!(batch.contains("50000"), "the first batch was told: {batch}");

    let check = || succeed(&["check", "--database", &database.url], b"");
    check();
    let report = import(&database.url, &file);
    let both = |kind: &str| (count(&report, kind, "created"), count(&report, kind, "unchanged"));
    let (persons, memberships) = (both("persons"), both("memberships"));
    assert!(persons.1 >= 49_999, "what was committed is there: {report}");
    assert_eq!((persons.0 + persons.1, memberships.0 + memberships.1), (MEMBERS, MEMBERS), "{report}");
    check();
    let report = import(&database.url, &file);
    assert_eq!(count(&report, "memberships", "unchanged"), MEMBERS, "{report}");
}

/// A database that the import makes is there when it is whole, with all its indexes, or not at all.
#[test]
fn a_killed_import_into_a_new_database_leaves_none() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = members(dir.path());
    let database = format!("sqlite://{}/new/members.db", dir.path().display());
    let place = dir.path().join("new");
    std::fs::create_dir(&place).expect("a directory");
    let left = || place.read_dir().expect("a directory").count();
    for killed_at in ["lines resolved", "a batch of"] {
        let mut killed = start(&database, &file);
        told(&mut killed, killed_at);
        kill(killed);
        assert!(!place.join("members.db").exists());
        assert_eq!(left(), 1, "what was begun, and nothing of the time before");
    }
    let report = import(&database, &file);
    assert_eq!(count(&report, "memberships", "created"), MEMBERS, "{report}");
    assert_eq!(left(), 1, "the database");
    succeed(&["check", "--database", &database], b"");
    let report = import(&database, &file);
    assert_eq!(count(&report, "memberships", "unchanged"), MEMBERS, "{report}");
}

/// Who makes the database meanwhile keeps it, and gets the rows too.
#[test]
fn a_database_that_somebody_else_makes_meanwhile_is_imported_into() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = members(dir.path());
    let database = Database::sqlite();
    let mut importing = start(&database.url, &file);
    told(&mut importing, "a batch of");
    let gateway = Gateway::serve(&database);
    let one = r#"{"kind":"person","uid":"theirs"}"#;
    succeed(&["import", "--database", &database.url, "-"], one.as_bytes());
    let ended = importing.wait_with_output().expect("ends");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let report: Value = serde_json::from_slice(&ended.stdout).expect("a JSON line");
    assert_eq!(count(&report, "memberships", "created"), MEMBERS, "{report}");
    drop(gateway);
    succeed(&["check", "--database", &database.url], b"");
    let exported = succeed(&["export", "--database", &database.url], b"");
    assert!(exported.contains("\"theirs\""));
}
