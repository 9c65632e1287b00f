//! A large import that is killed in its midst.

use crate::support::gateway::{Database, rollcall, succeed};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// More than the first batch holds, which has 50,000 rows.
const MEMBERS: u64 = 60_000;

#[test]
fn a_killed_import_leaves_a_sound_store_and_is_done_by_the_next() {
    let lines = succeed(&["generate", "--groups", "1", "--members", &MEMBERS.to_string(), "--seed", "5"], b"");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("large.ndjson");
    std::fs::write(&file, lines).expect("writes");
    let file = file.to_str().expect("UTF-8");
    let database = Database::sqlite();
    let mut import = rollcall()
        .args(["import", "--database", &database.url, file])
        .env("ROLLCALL__LOGGING__FILTER", "store::import=debug")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let told = BufReader::new(import.stderr.take().expect("a pipe")).lines();
    let batch = told.map_while(Result::ok).find(|line| line.contains("a batch of"));
    // The next batch is being written now, and the first one copied from the log into the database.
    import.kill().expect("kills");
    assert!(!import.wait().expect("ends").success(), "killed before its end");
    assert!(batch.is_some_and(|line| line.contains("50000")), "the first batch was told");

    let check = || succeed(&["check", "--database", &database.url], b"");
    check();
    let import = || -> Value {
        serde_json::from_str(&succeed(&["import", "--database", &database.url, file], b"")).expect("a JSON line")
    };
    let count = |report: &Value, kind: &str, what: &str| report[kind][what].as_u64().expect("a number");
    let report = import();
    let both = |kind: &str| (count(&report, kind, "created"), count(&report, kind, "unchanged"));
    let (persons, memberships) = (both("persons"), both("memberships"));
    assert!(persons.1 >= 49_999, "what was committed is there: {report}");
    assert_eq!((persons.0 + persons.1, memberships.0 + memberships.1), (MEMBERS, MEMBERS), "{report}");
    check();
    let report = import();
    assert_eq!(count(&report, "memberships", "unchanged"), MEMBERS, "{report}");
}
