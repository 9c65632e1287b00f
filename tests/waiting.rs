//! Somebody else writes to the SQLite file for a long time: who wants to write waits and is refused in time, and nobody who
//! reads waits with them.

use crate::support::admin::Admin;
use crate::support::gateway::{Database, Gateway};
use crate::support::keys::{Dialect, Keys};
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SAMPLE: &str = concat!(
    r#"{"kind":"person","number":1,"uid":"jane","login":"jane","name":"Jane"}"#,
    "\n",
    r#"{"kind":"group","number":1,"guid":"chess"}"#,
    "\n",
    r#"{"kind":"membership","group":{"number":1},"person":{"number":1},"scope":"admin","joined_at":1000}"#,
    "\n",
);
/// More writers than there are turns of any kind.
const WRITERS: usize = 6;
/// A read is answered in milliseconds; a writer gives up after ten seconds.
const FAST: Duration = Duration::from_secs(2);

#[test]
fn readers_do_not_wait_for_writers_who_wait_for_somebody_else() {
    let database = Database::sqlite();
    database.import(SAMPLE);
    let settings = [("ROLLCALL__DATABASE__POOL_SIZE", "2"), ("ROLLCALL__LIMITS__QUEUE_TIMEOUT_SECONDS", "2")];
    let gateway = Gateway::start(&["--database", &database.url], &settings);
    let keys = Keys::make(&database, &gateway, "jane");
    let mut admin = Admin::of(&gateway, &database);
    let path = database.url.strip_prefix("sqlite://").expect("a file");
    let mut foreign = SqliteConnection::establish(path).expect("opens");
    foreign.batch_execute("BEGIN IMMEDIATE").expect("locked");

    let done = AtomicBool::new(false);
    let mut reading = admin.another();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|at| {
                let (mut admin, mut client, keys) = (admin.another(), gateway.client(), &keys);
                scope.spawn(move || {
                    let begun = Instant::now();
                    let reply = if at % 2 == 0 {
                        admin.ask("POST", "/groups", &json!({ "guid": format!("g{at}") }))
                    } else {
                        let body = format!(r#"{{"guid":"g{at}","name":"G","type":"public"}}"#);
                        let key = [("apikey", keys.cometchat.as_str()), ("Content-Type", "application/json")];
                        client.send("POST", "/v3/groups", &key, body.as_bytes())
                    };
                    (reply, begun.elapsed())
                })
            })
            .collect();
        // One of them asks the database at least, as the others are in the line before it.
        let reader = scope.spawn(|| {
            let (mut client, mut slowest, mut reads) = (gateway.client(), Duration::ZERO, 0);
            while !done.load(Ordering::Relaxed) {
                let begun = Instant::now();
                let filtered = "/api/Organization/groups?$filter=contains(Name,'x')";
                let reply = keys.get(&mut client, Dialect::Rm, filtered, &[]);
                assert_eq!(reply.status, 200, "{}", reply.text());
                let reply = reading.get("/persons?search=jane");
                assert_eq!(reply.status, 200, "{}", reply.text());
                slowest = slowest.max(begun.elapsed());
                reads += 1;
            }
            (slowest, reads)
        });
        let replies: Vec<_> = writers.into_iter().map(|writer| writer.join().expect("answered")).collect();
        done.store(true, Ordering::Relaxed);
        for (reply, took) in replies {
            assert_eq!(reply.status, 503, "{}", reply.text());
            assert!(reply.header("retry-after").is_some());
            assert!(took < Duration::from_secs(20), "refused after {took:?}");
        }
        let (slowest, reads) = reader.join().expect("answered");
        assert!(slowest < FAST, "the slowest of {reads} pairs of reads took {slowest:?}");
        assert!(reads > 10, "only {reads} pairs of reads");
    });

    foreign.batch_execute("ROLLBACK").expect("unlocked");
    let made = admin.ask("POST", "/groups", &json!({ "guid": "after" }));
    assert_eq!(made.status, 201, "{}", made.text());
}
